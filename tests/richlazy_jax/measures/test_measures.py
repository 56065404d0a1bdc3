"""Measures against their definitions, and against values that are known."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj
import theory

sizes = st.integers(1, 7)


def cosine(a, b):
    return np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b)


@given(sizes, st.integers(0, 99))
def test_kernel_alignment_is_the_traces(x64, n, seed):
    rng = np.random.default_rng(seed)
    a, b = (m @ m.T for m in rng.standard_normal((2, n, n)))
    traces = np.trace(a @ b) / np.sqrt(np.trace(a @ a) * np.trace(b @ b))
    np.testing.assert_allclose(rj.kernel_alignment(jnp.asarray(a), jnp.asarray(b)), traces)


def test_kernel_alignment_at_the_ends_of_float32():
    kernel = jnp.eye(3) + 0.5
    for scale in (1e-30, 1e30):
        np.testing.assert_allclose(rj.kernel_alignment(scale * kernel, kernel), 1, rtol=1e-6)
    assert np.isnan(rj.kernel_alignment(0 * kernel, kernel))


@pytest.mark.parametrize("block", [1, 2, 3, 5, 7, 20])
def test_blocked_alignment_is_the_whole_one(x64, block):
    network = rj.mlp((4, 5, 2), "relu")
    x = jax.random.normal(jax.random.key(0), (7, 4))
    before, after = (network.init(jax.random.key(i)) for i in (1, 2))
    kernel = functools.partial(rj.empirical_ntk, network.apply)
    whole = rj.kernel_alignment(kernel(before, x), kernel(after, x))
    blocked = rj.blocked_kernel_alignment(
        lambda a, b: kernel(before, a, x2=b), lambda a, b: kernel(after, a, x2=b), x, block
    )
    np.testing.assert_allclose(blocked, whole, rtol=1e-12)


def test_blocked_alignment_needs_less_memory():
    network = rj.mlp((4, 5, 2), "relu")
    params = network.init(jax.random.key(1))
    n = 256

    def kernel(a, b):
        return rj.empirical_ntk(network.apply, params, a, x2=b, vmap_axes=0)

    def temporaries(f):
        shape = jax.ShapeDtypeStruct((n, 4), jnp.float32)
        return jax.jit(f).lower(shape).compile().memory_analysis().temp_size_in_bytes  # pyright: ignore[reportOptionalMemberAccess]

    whole = temporaries(lambda x: rj.kernel_alignment(kernel(x, x), kernel(x, x) + 1))
    blocked = temporaries(
        lambda x: rj.blocked_kernel_alignment(kernel, lambda a, b: kernel(a, b) + 1, x, 16)
    )
    # One whole kernel is n x n x 2 x 2 numbers of 4 bytes.
    assert whole >= n * n * 4 * 4
    assert blocked < n * n * 4 * 4 / 10


@given(sizes, sizes, sizes, st.integers(0, 99))
def test_representation_alignment_is_the_similarity_matrices(x64, trials, units, others, seed):
    rng = np.random.default_rng(seed)
    h, g = rng.standard_normal((trials, units)), rng.standard_normal((trials, others))
    expected = cosine(h @ h.T, g @ g.T)
    got = rj.representation_alignment(jnp.asarray(h), jnp.asarray(g))
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_sign_agreement_counts_zero_as_a_sign():
    before = jnp.array([[1.0, 0.0, 2.0, 0.0], [0.0, 3.0, 0.0, 1.0]])
    after = jnp.array([[5.0, 0.0, 0.0, 1.0], [0.0, 0.1, 0.0, 0.0]])
    np.testing.assert_allclose(rj.sign_agreement(before, after), 5 / 8)


def test_weight_change_norm():
    w = jnp.arange(6.0).reshape(2, 3)
    change = jnp.array([[3.0, 0, 0], [0, 0, -4.0]])
    np.testing.assert_allclose(rj.weight_change_norm(w, w + change), 5.0)


@given(sizes, sizes, st.integers(0, 99))
@pytest.mark.slow
def test_effective_ranks_are_those_of_theory(x64, rows, columns, seed):
    w = jnp.asarray(np.random.default_rng(seed).standard_normal((rows, columns)))
    for kind, value in rj.effective_ranks(w)._asdict().items():
        if kind == "eigenvalue_area" and rows != columns:
            assert np.isnan(value)
        else:
            np.testing.assert_allclose(value, theory.effective_rank(w, kind), rtol=1e-9)  # pyright: ignore[reportArgumentType]


def test_effective_ranks_of_many_in_one_program():
    """Two LAPACK calls in it, which must not wait for each other."""
    w = jax.random.normal(jax.random.key(0), (1000, 30, 30))
    many = jax.jit(jax.vmap(rj.effective_ranks))(w)
    one = rj.effective_ranks(w[7])
    for a, b in zip(many, one, strict=True):
        np.testing.assert_allclose(a[7], b, rtol=1e-4)


BAD = [
    (
        lambda: rj.kernel_alignment(jnp.ones((2, 2)), jnp.ones((3, 3))),
        r"kernel has shape \(2, 2\); allowed is that of other, \(3, 3\)",
    ),
    (
        lambda: rj.blocked_kernel_alignment(jnp.outer, jnp.outer, jnp.ones(3), 0),
        r"block is 0; .*>= 1",
    ),
    (
        lambda: rj.representation_alignment(jnp.ones((3, 2)), jnp.ones((4, 2))),
        r"other has 4 trials; allowed is 3",
    ),
    (
        lambda: rj.representation_alignment(jnp.ones(3), jnp.ones((3, 2))),
        r"activity has shape \(3,\); allowed is \(trials, units\)",
    ),
    (
        lambda: rj.sign_agreement(jnp.ones(2), jnp.ones(3)),
        r"activity has shape \(2,\); .*\(3,\)",
    ),
    (
        lambda: rj.weight_change_norm(jnp.ones(2), jnp.ones(3)),
        r"weights has shape \(2,\); .*\(3,\)",
    ),
    (lambda: rj.effective_ranks(jnp.ones(3)), r"w has shape \(3,\); allowed is \(rows, columns\)"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
