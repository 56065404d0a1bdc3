"""Lower rank and other spectra, against numpy's decomposition."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj
import theory


@given(
    st.integers(1, 7),
    st.integers(1, 7),
    st.data(),
    st.sampled_from(["frobenius", "leading"]),
    st.integers(0, 99),
)
def test_low_rank_keeps_the_leading_triplets_and_the_size(x64, rows, columns, data, keep, seed):
    rank = data.draw(st.integers(1, min(rows, columns)))
    w = np.random.default_rng(seed).standard_normal((rows, columns))
    u, s, vt = np.linalg.svd(w, full_matrices=False)
    best = (u[:, :rank] * s[:rank]) @ vt[:rank]
    if keep == "frobenius":
        best *= np.linalg.norm(w) / np.linalg.norm(best)
    got = np.asarray(rj.low_rank(jnp.asarray(w), rank, keep))
    np.testing.assert_allclose(got, best, atol=1e-11)
    assert np.linalg.matrix_rank(got, tol=1e-9) == rank


def test_one_compilation_serves_all_ranks():
    traced = []

    @jax.jit
    def lowered(w, rank):
        traced.append(rank)
        return rj.low_rank(w, rank)

    w = jax.random.normal(jax.random.key(0), (6, 6))
    for rank in (1, 4, 6):
        np.testing.assert_allclose(lowered(w, jnp.asarray(rank)), rj.low_rank(w, rank), atol=1e-5)
    assert len(traced) == 1


@given(st.integers(1, 6), st.sampled_from(["frobenius", "leading"]), st.integers(0, 99))
def test_other_singular_values_on_the_same_vectors(x64, size, keep, seed):
    w = np.random.default_rng(seed).standard_normal((size, size + 2))
    new = rj.power_law_spectrum(size, 0.7)
    got = np.asarray(rj.with_singular_values(jnp.asarray(w), new, keep))
    u, s, vt = np.linalg.svd(w, full_matrices=False)
    ratio = np.arange(1, size + 1) ** -0.7
    size_of = np.linalg.norm if keep == "frobenius" else np.max
    np.testing.assert_allclose(got, (u * ratio * size_of(s) / size_of(ratio)) @ vt, atol=1e-10)


@pytest.mark.parametrize("size", [1, 2, 30, 300])
def test_spectrum_of_a_chosen_participation_ratio(size):
    for share in (0.0, 0.1, 0.5, 0.9, 1.0):
        ratio = 1 + share * (size - 1)
        s = rj.spectrum_of_participation_ratio(size, ratio)
        assert (np.diff(s) <= 0).all()
        got = theory.effective_rank(jnp.diag(s))
        np.testing.assert_allclose(got, ratio, rtol=1e-4)


W = jnp.eye(4)
BAD = [
    (lambda: rj.low_rank(W, 0), r"rank is 0; .*from 1 to 4"),
    (lambda: rj.low_rank(W, 5), r"rank is 5; .*from 1 to 4"),
    (lambda: rj.low_rank(W, 1.5), r"rank is .*1\.5.*; .*whole number"),  # pyright: ignore[reportArgumentType]
    (lambda: rj.low_rank(W, 2, "spectral"), r"keep is 'spectral'; .*'frobenius', 'leading'"),
    (lambda: rj.low_rank(jnp.ones(3), 1), r"w has shape \(3,\)"),
    (lambda: rj.with_singular_values(W, jnp.ones(3)), r"singular_values has 3 entries; .*4"),
    (lambda: rj.with_singular_values(W, -jnp.ones(4)), r"singular_values holds -1"),
    (lambda: rj.power_law_spectrum(3, -1.0), r"exponent holds -1"),
    (lambda: rj.spectrum_of_participation_ratio(3, 4.0), r"ratio is 4\.0; .*from 1 to 3"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
