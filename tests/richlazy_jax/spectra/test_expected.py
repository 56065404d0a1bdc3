"""Means of random matrices in closed form, against all matrices there are and against draws."""

import itertools

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import richlazy_jax as rj
from richlazy_jax.spectra import (
    exponential_entropy,
    gaussian_bidiagonal,
    gaussian_entropy,
    gaussian_inverse_ratio,
    participation_ratio,
    power_sums,
    shuffled_motif_excess,
    shuffled_power_sums,
)


def within_errors(draws, mean, errors=4.5):
    """The mean of draws is that one, as far as they can tell."""
    draws = np.asarray(draws)
    assert abs(draws.mean() - mean) < errors * draws.std(ddof=1) / np.sqrt(len(draws))


@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_the_mean_inverse_ratio_of_gaussian_matrices(n):
    rng = np.random.default_rng(n)
    draws = [1 / participation_ratio(rng.standard_normal((n, n))) for _ in range(2000)]
    if n == 1:
        assert gaussian_inverse_ratio(1) == 1
    else:
        within_errors(draws, gaussian_inverse_ratio(n))


def all_placed(weights, n, diagonal):
    """Every matrix with these weights at places of their own, each as likely."""
    places = [(i, j) for i in range(n) for j in range(n) if diagonal or i != j]
    for chosen in itertools.permutations(places, len(weights)):
        w = np.zeros((n, n))
        for place, weight in zip(chosen, weights, strict=True):
            w[place] = weight
        yield w


@pytest.mark.parametrize("diagonal", [False, True])
@pytest.mark.parametrize("weights", [[2.0], [1.0, -3.0], [1.0, 2.0, 4.0], [1.0, -2.0, 3.0, 5.0]])
def test_the_mean_power_sums_over_all_places(weights, diagonal):
    for n in (2, 3):
        if len(weights) > n * (n if diagonal else n - 1):
            continue
        each = [power_sums(w) for w in all_placed(weights, n, diagonal)]
        one = next(iter(all_placed(weights, n, diagonal)))
        found = shuffled_power_sums(one, diagonal)
        np.testing.assert_allclose(found.first, np.mean([s.first for s in each]), rtol=1e-12)
        np.testing.assert_allclose(found.second, np.mean([s.second for s in each]), rtol=1e-12)


@settings(max_examples=6)
@given(st.integers(4, 12), st.sampled_from([0.1, 0.4, 0.9]), st.booleans(), st.integers(0, 99))
@pytest.mark.slow
def test_the_mean_power_sums_of_draws(n, density, diagonal, seed):
    rng = np.random.default_rng(seed)
    w = rng.lognormal(size=(n, n)) * rng.choice([1, 1, -1], (n, n)) * (rng.random((n, n)) < density)
    w = w if diagonal else w * (1 - np.eye(n))
    w[1, 0] = w[2, 0] = 1.0
    places = np.flatnonzero(np.ones((n, n)) if diagonal else 1 - np.eye(n))
    draws = []
    for _ in range(2000):
        drawn = np.zeros(n * n)
        drawn[places] = rng.permutation(w.ravel()[places])
        draws.append(power_sums(drawn.reshape(n, n)).second)
    within_errors(draws, shuffled_power_sums(w, diagonal).second)


def test_the_mean_excess_over_all_places():
    for count in (1, 2, 3, 4, 6):
        found = [rj.measured_motifs(csr_array(w)) for w in all_placed([1.0] * count, 3, False)]
        for name in ("chain", "convergent", "divergent", "reciprocal"):
            mean = np.mean([float(getattr(each, name)) for each in found])
            assert mean == pytest.approx(shuffled_motif_excess(count, 6), abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 7, 30])
def test_bidiagonal_matrices_have_the_singular_values_of_gaussian_ones(n):
    rng = np.random.default_rng(n)
    largest, sums, dense = [], [], []
    for key in jax.random.split(jax.random.key(n), 400):
        found = gaussian_bidiagonal(key, n)
        matrix = np.diag(found.diagonal) + np.diag(found.above, 1)
        s = np.linalg.svd(matrix, compute_uv=False)
        np.testing.assert_allclose(found.singular_values(), s, atol=1e-6 * s[0])
        np.testing.assert_allclose(found.singular_values(1), s[:1], rtol=1e-10)
        np.testing.assert_allclose(found.power_sums, [(s**2).sum(), (s**4).sum()], rtol=1e-10)
        largest.append(s[0])
        sums.append((s**4).sum())
        dense.append(np.linalg.svd(rng.standard_normal((n, n)), compute_uv=False))
    dense = np.array(dense)
    # E Tr (G G^T)^2, exactly.
    within_errors(sums, n**2 * (2 * n + 1))
    error = np.hypot(np.std(largest), dense[:, 0].std()) / 20
    assert abs(np.mean(largest) - dense[:, 0].mean()) < 4.5 * error


def test_the_entropy_of_large_gaussian_matrices():
    for n in (100, 400):
        drawn = [
            exponential_entropy(gaussian_bidiagonal(key, n).singular_values())
            for key in jax.random.split(jax.random.key(0), 20)
        ]
        assert -1 < np.mean(drawn) - gaussian_entropy(n) < 0


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="w has weights on its diagonal"):
        shuffled_power_sums(np.eye(3))
    with pytest.raises(ValueError, match="connections is 7 and places is 6"):
        shuffled_motif_excess(7, 6)
    for function in (gaussian_inverse_ratio, gaussian_entropy):
        with pytest.raises(ValueError, match="n is 0; allowed"):
            function(0)
    with pytest.raises(ValueError, match="n is 0; allowed"):
        gaussian_bidiagonal(jax.random.key(0), 0)
