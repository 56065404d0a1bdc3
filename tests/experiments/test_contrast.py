"""Structure against null: the test, the effect size and the correction, each computed anew."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.recurrent import contrast, holm


@given(n=st.integers(2, 11), seed=st.integers(0, 999))
def test_p_is_the_share_of_all_swaps_within_pairs(n, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=n) + 0.5, rng.normal(size=n)
    signs = np.array(list(itertools.product([1, -1], repeat=n)))
    means = (signs * (a - b)).mean(axis=1)
    # Of two equal means, rounding must not count one out.
    share = (abs(means) >= abs((a - b).mean()) * (1 - 1e-12)).mean()
    found = contrast(a, b)
    assert found.p == pytest.approx(share, abs=1e-12)
    assert found.p >= 2 / 2**n
    assert found.difference == pytest.approx(a.mean() - b.mean())
    assert found.low < found.difference < found.high


def test_interval_and_effect_of_known_numbers():
    # Differences 1, 2, 3: mean 2, standard deviation 1, t(0.975, 2) = 4.302653.
    found = contrast(np.array([2.0, 4.0, 6.0]), np.array([1.0, 2.0, 3.0]))
    assert found.high - found.difference == pytest.approx(4.302653 / np.sqrt(3), rel=1e-6)
    # Variances 4 and 1; 1 - 3 / (4 * 4 - 1) = 0.8.
    assert found.effect == pytest.approx(0.8 * 2 / np.sqrt(2.5))
    assert found.p == 2 / 8


def test_runs_that_diverged_take_their_pair_out():
    a, b = np.array([1.0, np.nan, 2.0, 4.0]), np.array([0.0, 5.0, np.nan, 1.0])
    assert contrast(a, b) == contrast(a[[0, 3]], b[[0, 3]])
    assert contrast(a, b).seeds == 2
    assert np.isnan(contrast(a[:2], b[:2]).p)


def test_many_pairs_are_sampled_and_near_the_exact_value():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=18) + 0.4, rng.normal(size=18)
    signs = np.array(list(itertools.product([1, -1], repeat=18)), np.int8)
    exact = (abs((signs * (a - b)).mean(axis=1)) >= abs((a - b).mean())).mean()
    error = np.sqrt(exact * (1 - exact) / 2**16)
    assert abs(contrast(a, b).p - exact) < 3 * error + 2 / 2**16


def test_holm():
    # By hand: 0.01 * 4, 0.02 * 3, 0.03 * 2 = 0.06 again, and 0.04 * 1 kept from falling.
    given_p = np.array([0.03, 0.01, np.nan, 0.04, 0.02])
    np.testing.assert_allclose(holm(given_p), [0.06, 0.04, np.nan, 0.06, 0.06])
    np.testing.assert_allclose(holm(np.array([0.9, 0.8])), [1, 1])
