"""Estimates over the whole spectrum, against dense values and their own errors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import theory
from benchmarks.whole_brain import whole_brain  # pyright: ignore[reportMissingImports]
from richlazy_jax.spectra import (
    exponential_entropy,
    singular_value_quantiles,
    spectral_estimate,
    spectral_quadrature,
    spectral_ranks,
)

from .test_exact import DENSITIES, SEEDS, SIZES, graph  # pyright: ignore[reportMissingImports]


def nuclear(s):
    return s


@given(SIZES, DENSITIES, SEEDS)
def test_dense_ranks_are_those_of_theory(x64, size, density, seed):
    w = graph(size, density, seed)
    for kind, found in spectral_ranks(jax.random.key(seed), w)._asdict().items():
        assert found.error == 0
        exact = theory.effective_rank(jnp.asarray(w.toarray()), kind)  # pyright: ignore[reportArgumentType]
        np.testing.assert_allclose(found.value, exact, rtol=1e-9)


@settings(max_examples=20)
@given(st.integers(10, 200), DENSITIES, SEEDS, st.sampled_from([1e-200, 1.0, 1e200]))
def test_estimates_are_within_their_errors_of_dense_values(size, density, seed, scale):
    w = graph(size, density, seed, scale)
    dense = spectral_ranks(jax.random.key(0), w)
    found = spectral_ranks(jax.random.key(seed), w, probes=16, steps=50, dense=0)
    for kind in dense._fields:
        value, error = getattr(found, kind)
        # Errors told from 16 probes follow Student's distribution: beyond 5, one in 10,000.
        assert abs(value - getattr(dense, kind).value) <= 5 * error + 1e-9 * value


@pytest.mark.slow
def test_the_errors_are_as_large_as_they_say():
    w = graph(100, 0.1, 3)
    s = np.linalg.svd(w.toarray(), compute_uv=False)
    for function, exact in ((nuclear, s.sum()), (np.cbrt, np.cbrt(s).sum())):
        offs = []
        for seed in range(60):
            quadrature = spectral_quadrature(jax.random.key(seed), w, probes=12, steps=100)
            value, error = spectral_estimate(quadrature, (function,))
            offs.append((value - exact) / error)
        # Of 60, the root mean square is within a third of that of Student's with 11 degrees, 1.1.
        assert 0.75 < np.sqrt(np.mean(np.square(offs))) < 1.5
        assert abs(np.mean(offs)) < 4 * 1.1 / np.sqrt(60)


@given(st.integers(30, 120), SEEDS, st.integers(3, 20))
def test_the_rules_hold_the_sum_of_singular_values_between_them(size, seed, steps):
    # Signs do not matter for a diagonal matrix, so that every probe has the sum itself.
    s = np.random.default_rng(seed).exponential(size=size)
    found = spectral_quadrature(jax.random.key(seed), np.diag(s), probes=2, steps=steps)
    upper = size * (found.gauss_weights * found.gauss_nodes).sum(axis=1)
    lower = size * (found.radau_weights * found.radau_nodes).sum(axis=1)
    assert (upper >= s.sum() * (1 - 1e-12)).all()
    assert (lower <= s.sum() * (1 + 1e-12)).all()
    # Both are exact for what powers of the squares make up.
    for nodes, weights in (found[:2], found[2:4]):
        for power, exact in ((0, size), (2, (s**2).sum()), (4, (s**4).sum())):
            sums = size * (weights * nodes**power).sum(axis=1)
            np.testing.assert_allclose(sums, exact, rtol=1e-10)


def test_what_powers_make_up_has_no_error():
    w = graph(80, 0.2, 1)
    s = np.linalg.svd(w.toarray(), compute_uv=False)
    quadrature = spectral_quadrature(jax.random.key(0), w, probes=3, steps=10)
    found = spectral_estimate(quadrature, (lambda s: 3 - s**2 + 0.1 * s**4,))
    np.testing.assert_allclose(found.value, (3 - s**2 + 0.1 * s**4).sum(), rtol=1e-9)
    assert found.error < 1e-9 * abs(found.value)


def test_a_low_rank_ends_early():
    rng = np.random.default_rng(0)
    w = rng.standard_normal((60, 3)) @ rng.standard_normal((3, 60))
    found = spectral_quadrature(jax.random.key(0), w, probes=4, steps=40)
    assert ((found.gauss_weights > 0).sum(axis=1) <= 4).all()
    exact = np.linalg.svd(w, compute_uv=False)
    ranks = spectral_ranks(jax.random.key(0), w, dense=0)
    entropy = exponential_entropy(exact)
    assert abs(ranks.exponential_entropy.value - entropy) < 5 * ranks.exponential_entropy.error


def test_the_curve_is_that_of_the_singular_values():
    w = graph(200, 0.1, 0)
    s = np.linalg.svd(w.toarray(), compute_uv=False)
    share, values = singular_value_quantiles(spectral_quadrature(jax.random.key(0), w, 30, 60))
    assert (np.diff(share) > 0).all()
    assert (np.diff(values) <= 0).all()
    assert 0 < share[0] < share[-1] < 1
    exact = np.interp(share, (np.arange(200) + 0.5) / 200, s)
    # 30 probes know shares to about sqrt(1 / 4 / 200 / 30), 0.6 %, and the curve falls by s[0].
    assert np.abs(values - exact).mean() < 0.01 * s[0]


def test_the_same_key_gives_the_same_numbers_and_another_others():
    w = graph(50, 0.2, 0)
    first, again, other = (
        spectral_ranks(jax.random.key(seed), w, dense=0).exponential_entropy for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"probes": 1}, "probes is 1; allowed is a whole number >= 2"),
        ({"steps": 1}, "steps is 1"),
        ({"w": csr_array((5, 5))}, "w is zero everywhere"),
    ],
)
def test_bad_input_is_refused(options, message):
    for function in (spectral_quadrature, spectral_ranks):
        with pytest.raises(ValueError, match=message):
            function(**{"key": jax.random.key(0), "w": np.eye(5)} | options)


@pytest.mark.slow
@pytest.mark.parametrize(("connections", "seed"), [(30_000, 0), (110_000, 1)])
def test_at_three_thousand_nodes(connections, seed):
    w = whole_brain(jax.random.key(seed), 3000, connections)
    dense = spectral_ranks(jax.random.key(seed), w, dense=3000)
    found = spectral_ranks(jax.random.key(seed), w, dense=0)
    assert found.participation_ratio.error == 0
    for kind in dense._fields:
        value, error = getattr(found, kind)
        assert error < 0.02 * value
        assert abs(value - getattr(dense, kind).value) <= 4 * error + 1e-9 * value
