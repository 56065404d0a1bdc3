"""The alignment on a sample of examples, and whether its spread is the one it reports."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj
from richlazy_jax.measures import sampled_kernel_alignment


def features_kernel(weights):
    """K between outputs a and b of linear features, for weights (inputs, outputs, features)."""

    def kernel(x, x2):
        first, second = (jnp.einsum("ni,iap->nap", z, weights) for z in (x, x2))
        return jnp.einsum("nap,mbp->nmab", first, second)

    return kernel


def two_kernels(seed, n_in=3, n_out=2):
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal((2, n_in, n_out, 4))
    return [features_kernel(jnp.asarray(weights)) for weights in drawn]


def cosine(a, b):
    return np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b)


def by_brute_force(a, b):
    """Alignment, standard error and bias, from kernels with each example deleted in turn."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    n = len(a)
    deleted = np.array(
        [cosine(*(np.delete(np.delete(k, i, 0), i, 1) for k in (a, b))) for i in range(n)]
    )
    error = np.sqrt((n - 1) * np.mean((deleted - deleted.mean()) ** 2))
    whole = cosine(a, b)
    return whole, error, (n - 1) * (deleted.mean() - whole)


@given(
    n=st.integers(2, 8),
    block=st.none() | st.integers(1, 10),
    n_out=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_is_the_whole_alignment_and_the_jackknife_by_deletion(x64, n, block, n_out, seed):
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((2, n, n_out, 4))
    a, b = (jnp.asarray(np.einsum("nap,mbp->nmab", z, z)) for z in features)

    def looked_up(kernel):
        return lambda first, second: kernel[first.astype(int)][:, second.astype(int)]

    sampled = jax.jit(
        lambda x: sampled_kernel_alignment(looked_up(a), looked_up(b), x, block=block)
    )
    got = sampled(jnp.arange(n, dtype=float))
    whole = rj.kernel_alignment(a, b)
    np.testing.assert_allclose(got.alignment, whole, rtol=1e-12)
    # The others are differences of numbers near 1, up to n - 1 times as large.
    np.testing.assert_allclose(got[:3], by_brute_force(a, b), rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(got.examples, np.arange(n))


def test_a_single_example_has_no_error():
    got = jax.jit(lambda x: sampled_kernel_alignment(*two_kernels(0), x))(jnp.ones((1, 3)))  # pyright: ignore[reportCallIssue]
    assert 0 < got.alignment <= 1
    assert np.isnan(got.standard_error)
    assert np.isnan(got.bias)


def test_subsample_is_the_alignment_of_those_examples_under_jit_and_vmap(x64):
    network = rj.mlp((4, 5, 3), "relu")
    x = jax.random.normal(jax.random.key(0), (9, 4))
    before, after = (network.init(jax.random.key(i)) for i in (1, 2))
    options = {"implementation": "jacobian", "vmap_axes": 0}
    ntk = jax.jit(functools.partial(rj.empirical_ntk, network.apply, **options))

    @jax.jit
    @jax.vmap
    def sampled(key):
        return sampled_kernel_alignment(
            lambda a, b: ntk(before, a, x2=b),
            lambda a, b: ntk(after, a, x2=b),
            x,
            subsample=5,
            key=key,
            block=2,
        )

    many = sampled(jax.random.split(jax.random.key(3), 2))
    for i in range(2):
        used = x[many.examples[i]]
        desired = by_brute_force(ntk(before, used), ntk(after, used))
        np.testing.assert_allclose([values[i] for values in many[:3]], desired, rtol=1e-9)


def test_gradient_is_that_of_the_whole_alignment(x64):
    _, other = two_kernels(1)
    x = jax.random.normal(jax.random.key(0), (5, 3))
    weights = jax.random.normal(jax.random.key(1), (3, 2, 4))

    def whole(w):
        return rj.kernel_alignment(features_kernel(w)(x, x), other(x, x))

    def sampled(w):
        return sampled_kernel_alignment(features_kernel(w), other, x, block=2).alignment

    by_blocks, by_whole = (jax.jit(jax.grad(f))(weights) for f in (sampled, whole))
    np.testing.assert_allclose(by_blocks, by_whole, atol=1e-12)


def test_pairs_below_the_diagonal_of_blocks_are_not_computed():
    def kernel(first, second):
        below = first[0] > second[-1]
        return jnp.where(below, jnp.nan, jnp.exp(-jnp.abs(first[:, None] - second)))

    # Six blocks with none to fill up, which would bring the first examples into the last block.
    got = jax.jit(lambda x: sampled_kernel_alignment(kernel, kernel, x, block=2))(jnp.arange(12.0))
    np.testing.assert_allclose(got.alignment, 1, rtol=1e-6)


@pytest.mark.parametrize("block", [2, None])
def test_ends_of_float32(block):
    kernel, other = two_kernels(2)
    x = jax.random.normal(jax.random.key(0), (7, 3))
    # Far enough apart that some blocks vanish beside others.
    x = x * jnp.array([1e-9, 1e-5, 1, 1, 1, 1, 1])[:, None]
    desired = by_brute_force(kernel(x, x), other(x, x))

    @jax.jit
    def sampled(scale, other_scale):
        return sampled_kernel_alignment(
            lambda a, b: scale * kernel(a, b),
            lambda a, b: other_scale * other(a, b),
            x,
            block=block,
        )[:3]

    for scale in (1e-25, 1e25):
        np.testing.assert_allclose(sampled(scale, 1 / scale), desired, rtol=1e-4)
    assert np.isnan(sampled(0.0, 1.0)).all()


def test_one_example_that_outweighs_all_others():
    """What is left without it is 1e-24 of the sums, which no subtraction in float32 could find."""
    kernel, other = two_kernels(3)
    x = jax.random.normal(jax.random.key(0), (6, 3)).at[2].multiply(1e6)
    got = jax.jit(lambda x: sampled_kernel_alignment(kernel, other, x)[:3])(x)
    np.testing.assert_allclose(got, by_brute_force(kernel(x, x), other(x, x)), rtol=1e-4)


def test_block_bounds_the_memory():
    kernel, other = two_kernels(4, n_out=10)
    n = 128

    def temporaries(block):
        shape = jax.ShapeDtypeStruct((n, 3), jnp.float32)
        aligned = jax.jit(lambda x: sampled_kernel_alignment(kernel, other, x, block=block))
        return aligned.lower(shape).compile().memory_analysis().temp_size_in_bytes  # pyright: ignore[reportOptionalMemberAccess]

    # One whole kernel is n x n x 10 x 10 numbers of 4 bytes; what is kept is n x n x 3.
    assert temporaries(None) >= n * n * 100 * 4
    assert temporaries(16) < n * n * 100 * 4 / 2


@functools.cache
def draws_from_a_population():
    """Gaussian x with linear features, whose alignment over independent pairs is known.

    E[(x M x')(x M' x')] = Tr(M M') for independent x and x' of unit covariance.
    """
    m, other_m = np.diag([1.0, 0.6, 0.2]), np.diag([0.2, 0.6, 1.0])
    population = np.sum(m * other_m) / np.linalg.norm(m) / np.linalg.norm(other_m)

    def kernel(weights):
        return lambda x, x2: x @ jnp.asarray(weights, x.dtype) @ x2.T

    return kernel(m), kernel(other_m), population


def assert_is_the_variance(values, variances):
    """`variances`, one for each of `values`, are on average that of `values`."""
    n = len(values)
    excess = (values - values.mean()) ** 2 * n / (n - 1) - variances
    # Independent draws, so their mean is known to within this. It is Gaussian by their number.
    assert abs(excess.mean()) < 3 * excess.std() / np.sqrt(n)


def assert_is_the_mean(values, desired):
    assert abs(values.mean() - desired) < 3 * values.std() / np.sqrt(len(values))


@pytest.mark.slow
def test_error_and_bias_are_those_of_samples_of_a_population():
    kernel, other, population = draws_from_a_population()
    # Enough examples that the jackknife's own excess, a share of order 1 / n of the variance,
    # stays within the statistical error of 400 variances, a share of some sqrt(2 / 400).
    n, repeats = 200, 400

    @jax.jit
    def sampled(keys):
        def one(key):
            return sampled_kernel_alignment(kernel, other, jax.random.normal(key, (n, 3)))[:3]

        return jax.lax.map(one, keys)

    found = sampled(jax.random.split(jax.random.key(0), repeats))
    alignment, error, bias = (np.asarray(values, np.float64) for values in found)
    assert_is_the_variance(alignment, error**2)
    assert_is_the_mean(alignment - bias, population)
    # Without it the bias would be seen.
    assert alignment.mean() - population > 3 * alignment.std() / np.sqrt(repeats)


@pytest.mark.slow
def test_finite_population_correction():
    kernel, other, _ = draws_from_a_population()
    n, m, repeats = 300, 150, 400
    x = jax.random.normal(jax.random.key(0), (n, 3))

    @jax.jit
    def sampled(keys):
        def one(key):
            return sampled_kernel_alignment(kernel, other, x, subsample=m, key=key)[:3]

        return jax.lax.map(one, keys)

    found = sampled(jax.random.split(jax.random.key(1), repeats))
    alignment, error, bias = (np.asarray(values, np.float64) for values in found)
    rest = 1 - m / n
    assert_is_the_variance(alignment, error**2 * rest)
    # Without the correction the variance would be twice as large, which is seen.
    with pytest.raises(AssertionError):
        assert_is_the_variance(alignment, error**2)
    assert_is_the_mean(alignment - rest * bias, rj.kernel_alignment(kernel(x, x), other(x, x)))


def test_subsample_is_a_uniform_draw_without_replacement():
    x = jax.random.normal(jax.random.key(0), (6, 3))
    kernel, other = two_kernels(5)

    @jax.jit
    @jax.vmap
    def drawn(key):
        return sampled_kernel_alignment(kernel, other, x, subsample=3, key=key).examples

    keys = jax.random.split(jax.random.key(1), 2000)
    examples = np.sort(np.asarray(drawn(keys)), axis=1)
    subsets, counts = np.unique(examples, axis=0, return_counts=True)
    # All 20 subsets of three different examples and no other.
    assert len(subsets) == 20
    assert (np.diff(subsets, axis=1) > 0).all()
    # Chi-squared with 19 degrees of freedom: mean 19, standard deviation sqrt(38).
    chi_squared = np.sum((counts - 100) ** 2 / 100)
    assert abs(chi_squared - 19) < 3 * np.sqrt(38)
    again, other_key = drawn(jnp.stack([keys[0], keys[0]])), drawn(keys[:2])
    np.testing.assert_array_equal(again[0], again[1])
    np.testing.assert_array_equal(again[0], other_key[0])


def sampled(kernel=jnp.outer, other=jnp.outer, n=7, **options):
    return sampled_kernel_alignment(kernel, other, jnp.ones(n), **options)


KEY = jax.random.key(0)
BAD = [
    (lambda: sampled(subsample=8, key=KEY), r"subsample is 8; .*from 1 to 7"),
    (lambda: sampled(subsample=0, key=KEY), r"subsample is 0; .*from 1 to 7"),
    (lambda: sampled(subsample=True, key=KEY), r"subsample is True; .*from 1 to 7"),
    (lambda: sampled(subsample=2.0, key=KEY), r"subsample is 2\.0; .*from 1 to 7"),
    (lambda: sampled(subsample=3), r"key is None; allowed with subsample=3 is a key"),
    (lambda: sampled(block=0), r"block is 0; .*>= 1"),
    (lambda: sampled(n=0), r"x has shape \(0,\); .*at least one example"),
    (
        lambda: sampled_kernel_alignment(jnp.outer, jnp.outer, jnp.ones(())),
        r"x has shape \(\); .*at least one example",
    ),
    (
        lambda: sampled(other=lambda a, b: jnp.ones((7, 7, 2))),
        r"kernel has shape \(7, 7\); allowed is that of other, \(7, 7, 2\)",
    ),
    (
        lambda: sampled(*[lambda a, b: jnp.ones((7, 2, 7, 2))] * 2),  # pyright: ignore[reportArgumentType]
        r"kernel has shape \(7, 2, 7, 2\) for 7 examples by 7; allowed is \(7, 7, \.\.\.\)",
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
