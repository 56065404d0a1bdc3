"""Motif statistics: the Gaussian correlations behind them, their bounds, and counting."""

import itertools
import re
from statistics import NormalDist

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

import richlazy_jax.connectivity as rc


def excess(p, rho):
    """The excess at a correlation, from the conditional law of one variable given the other."""
    with mpmath.workdps(30):
        theta = mpmath.sqrt(2) * mpmath.erfinv(1 - 2 * mpmath.mpf(p))
        rest = mpmath.sqrt(1 - mpmath.mpf(rho) ** 2)
        joint = mpmath.quad(
            lambda x: mpmath.npdf(x) * mpmath.ncdf((rho * x - theta) / rest),
            [theta, theta + 1, theta + 3, theta + 8, mpmath.inf],
        )
        return float(joint / mpmath.mpf(p) ** 2 - 1)


NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)


def quick_excess(p, rho):
    """The same to some 1e-9, by Gauss's rule."""
    theta = -NormalDist().inv_cdf(p)
    x = theta + 4.5 * (NODES + 1)
    above = ndtr((rho * x - theta) / np.sqrt(1 - rho**2))
    joint = 4.5 * np.sum(WEIGHTS * np.exp(-(x**2) / 2) * above) / np.sqrt(2 * np.pi)
    return float(joint / p**2 - 1)


def rounding(p):
    """What 1e-13 in a probability of order p is in an excess."""
    return 1e-13 * p / p**2


STATISTICS = [
    (0.1, 0.1, 0.3, 0.3, 2.0),
    (0.1, -0.2, 0.3, 0.3, 0.0),
    (0.5, -0.1, 0.1, 0.3, -0.4),
    (0.8, 0.03, 0.05, 0.06, 0.04),
    (0.01, 1.0, 3.0, 0.5, 20.0),
]


@pytest.mark.parametrize("fields", STATISTICS)
def test_correlations_behind_the_excesses(fields):
    p, chain, convergent, divergent, reciprocal = fields
    statistics = rc.MotifStatistics(*fields)
    theta, v_x, v_y, c, r = statistics.latent
    np.testing.assert_allclose(float(mpmath.ncdf(-theta)), p, rtol=1e-13)
    rho = [c, v_x, v_y, 2 * c + (1 - v_x - v_y) * r]
    got = [excess(p, one) for one in rho]
    np.testing.assert_allclose(
        got, [chain, convergent, divergent, reciprocal], rtol=1e-12, atol=rounding(p)
    )
    assert statistics.expected_reciprocal == reciprocal
    # Left to the others, the remainders of a pair are independent.
    implied = rc.MotifStatistics(*fields[:4])
    assert implied.latent == (theta, v_x, v_y, c, 0)
    np.testing.assert_allclose(
        implied.expected_reciprocal, excess(p, 2 * c), rtol=1e-12, atol=rounding(p)
    )


# Shrinking what fails would take minutes.
@settings(phases=[Phase.explicit, Phase.generate])
@given(st.floats(0.02, 0.95), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(-1.0, 1.0))
def test_bounds(p, first, second, part):
    """Just within each bound statistics can be had and just beyond they cannot."""
    v_x, v_y = 0.05 + 0.4 * first, 0.05 + 0.4 * second
    most = np.sqrt(v_x * v_y)
    c, v_z = 0.9 * part * most, 1 - v_x - v_y
    convergent, divergent = quick_excess(p, v_x), quick_excess(p, v_y)
    # A millionth of the greatest excess, a thousand times the slack of the bounds.
    step = 1e-6 * (1 - p) / p
    chain = quick_excess(p, c)
    for sign in (1, -1):
        for by in (-step, step):
            pair = quick_excess(p, 2 * c + sign * v_z) + sign * by
            bounds = {
                "divergent": (p, 0.0, convergent, quick_excess(p, 1 - v_x) + by),
                "chain": (p, quick_excess(p, sign * most) + sign * by, convergent, divergent),
                "reciprocal": (p, chain, convergent, divergent, pair),
            }
            for name, fields in bounds.items():
                if by < 0:
                    rc.MotifStatistics(*fields)
                    continue
                with pytest.raises(ValueError, match=f"^{name} is .* allowed is from"):
                    rc.MotifStatistics(*fields)


@pytest.mark.parametrize(
    ("p", "fields", "name"),
    [
        (0.1, {"chain": 0.5, "convergent": 0.3, "divergent": 0.3}, "chain"),
        (0.1, {"chain": -0.5, "convergent": 0.2, "divergent": 0.4}, "chain"),
        (0.4, {"chain": 0.1, "convergent": 0.3}, "chain"),
        (0.3, {"convergent": 1.0, "divergent": 1.0}, "divergent"),
        (0.2, {"reciprocal": 3.9, "chain": 0.1, "convergent": 0.3, "divergent": 0.3}, "reciprocal"),
        (0.2, {"reciprocal": -1, "chain": 0.1, "convergent": 0.3, "divergent": 0.3}, "reciprocal"),
        (0.1, {"convergent": -0.1}, "convergent"),
        (0.1, {"divergent": 9.1}, "divergent"),
        (0.1, {"reciprocal": -1.1}, "reciprocal"),
        (0.9, {"reciprocal": -0.2}, "reciprocal"),
    ],
)
def test_the_range_named_is_allowed(p, fields, name):
    with pytest.raises(ValueError, match=f"^{name} is {float(fields[name])}[;,]") as caught:
        rc.MotifStatistics(p, **fields)
    ((low, high),) = re.findall(r"from (\S+) to (\S+)", str(caught.value))
    for end in (low, high):
        rc.MotifStatistics(p, **{**fields, name: float(end)})


def test_known_ranges():
    """Bounds known by themselves: chains up to what both others share; p to 1 from 1 to 0."""
    rc.MotifStatistics(0.1, 0.3, 0.3, 0.3)
    with pytest.raises(ValueError, match=r"chain is 0\.301, .*to 0\.3 with convergent 0\.3"):
        rc.MotifStatistics(0.1, 0.301, 0.3, 0.3)
    assert rc.MotifStatistics(0.1, reciprocal=9).latent.pair == 1
    assert rc.MotifStatistics(0.1, reciprocal=-1).latent.pair == -1
    assert rc.MotifStatistics(0.5, convergent=1).latent == (0, 1, 0, 0, 0)
    with pytest.raises(ValueError, match=r"reciprocal is -0\.02; allowed is from -0\.012345"):
        rc.MotifStatistics(0.9, reciprocal=-0.02)


@pytest.mark.parametrize("field", ["probability", "chain", "convergent", "divergent", "reciprocal"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.1", True])
def test_what_is_not_a_number(no_shape_checks, field, value):
    with pytest.raises(ValueError, match=f"{field} is {value!r}; allowed are finite numbers"):
        rc.MotifStatistics(**{"probability": 0.1, field: value})


@pytest.mark.parametrize("p", [0, 1, -0.1, 1.5])
def test_probability(p):
    with pytest.raises(ValueError, match=f"probability is {float(p)}; .*above 0 and below 1"):
        rc.MotifStatistics(p)


def counted(a):
    """Frequencies of all motifs over ordered triples, one by one; rows receive."""
    n = len(a)
    triples = list(itertools.permutations(range(n), 3))
    pairs = list(itertools.permutations(range(n), 2))
    return np.array(
        [
            np.mean([a[i, j] for i, j in pairs]),
            np.mean([a[i, j] * a[j, k] for i, j, k in triples]),
            np.mean([a[i, j] * a[i, k] for i, j, k in triples]),
            np.mean([a[j, i] * a[k, i] for i, j, k in triples]),
            np.mean([a[i, j] * a[j, i] for i, j in pairs]),
        ]
    )


@given(st.sampled_from([3, 4, 8]), st.floats(0.2, 0.9), st.integers(0, 99))
def test_measured_as_counted_one_by_one(x64, n, p, seed):
    rng = np.random.default_rng(seed)
    # With connections on the diagonal, which do not count, and of any weight.
    a = (rng.random((n, n)) < p).astype(float)
    a[0, 1] = 1
    got = rc.measured_motifs(jnp.asarray(a * rng.standard_normal((n, n))))
    density, *frequencies = counted(a)
    np.testing.assert_allclose(got.probability, density, rtol=1e-14)
    np.testing.assert_allclose(got[1:], np.array(frequencies) / density**2 - 1, atol=1e-12)


def test_each_motif_under_its_own_name():
    def only(*connections):
        a = np.zeros((3, 3), bool)
        for target, source in connections:
            a[target, source] = True
        return a

    stack = np.stack(
        [
            only((0, 1), (1, 2)),
            only((0, 1), (0, 2)),
            only((0, 1), (2, 1)),
            only((0, 1), (1, 0)),
            only(),
        ]
    )
    got = jax.jit(jax.vmap(rc.measured_motifs))(jnp.asarray(stack))
    np.testing.assert_allclose(got.probability, [1 / 3] * 4 + [0], rtol=1e-6)
    present = 1 + np.stack(got[1:])
    # One chain is 1 of 6 ordered triples; the others count twice.
    expected = 9 * np.diag([1 / 6, 1 / 3, 1 / 3, 1 / 3])
    np.testing.assert_allclose(present[:, :4], expected, atol=1e-5)
    assert np.isnan(present[:, 4]).all()


@pytest.mark.parametrize("shape", [(2, 2), (3, 4), (3,), (3, 3, 3)])
def test_bad_matrix(no_shape_checks, shape):
    with pytest.raises(ValueError, match=rf"adjacency has shape {re.escape(str(shape))}; allowed"):
        rc.measured_motifs(jnp.ones(shape))
