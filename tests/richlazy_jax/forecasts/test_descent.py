"""Line-searched descent against the same written out in NumPy, and what it promises."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj

FIRST = [2.0**k for k in range(-14, 3)]


def by_hand(value, gradient, at, steps, horizon):
    """Half a quadratic's worth of the documented rule, step by step."""
    g = gradient(at)
    trials = [value(at) / (g @ g) * share for share in FIRST]
    size = min(trials, key=lambda s: value(at - s * g))
    losses, sizes, left = [value(at)], [], horizon
    for _ in range(steps):
        g = gradient(at)
        allowed = [min(size * f, left) for f in (0.5, 1.0, 2.0)]
        best = min(allowed, key=lambda s: value(at - s * g))
        if value(at - best * g) < value(at) and best > 0:
            at, size, left = at - best * g, best, left - best
            sizes.append(best)
        else:
            size = size * 0.125 if left > 0 else size
            sizes.append(0.0)
        losses.append(value(at))
    return at, losses, sizes


@given(
    st.integers(1, 6),
    st.sampled_from([1e-3, 1.0, 1e3]),
    st.sampled_from([np.inf, 0.3, 2.0]),
    st.integers(0, 99),
)
def test_it_is_the_rule_that_is_documented(x64, size, scale, horizon, seed):
    rng = np.random.default_rng(seed)
    root, wanted = rng.standard_normal((size, size)), rng.standard_normal(size)
    curve, start = root @ root.T * scale, rng.standard_normal(size)

    def value(at):
        return 0.5 * (at - wanted) @ curve @ (at - wanted)

    end, losses, sizes = by_hand(value, lambda at: curve @ (at - wanted), start, 12, horizon)
    found = rj.descend(value, jnp.asarray(start), 12, horizon)
    np.testing.assert_allclose(found.losses, losses, rtol=1e-6, atol=1e-12 * losses[0])
    np.testing.assert_allclose(found.sizes, sizes, rtol=1e-6)
    np.testing.assert_allclose(found.params, end, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("horizon", [0.01, 1.0, 30.0])
def test_it_ends_on_the_horizon_and_never_climbs(horizon):
    found = rj.descend(lambda p: jnp.sum((p["a"] - 1) ** 4), {"a": jnp.zeros(3)}, 60, horizon)
    assert float(found.sizes.sum()) <= horizon * (1 + 1e-6)
    assert np.all(np.diff(found.losses) <= 0)
    if horizon == 0.01:
        assert float(found.sizes.sum()) == pytest.approx(horizon)


def test_losses_that_are_not_finite_are_steps_too_long():
    """Beyond 1 the loss is infinite, and half of the candidates lie there."""
    found = rj.descend(lambda p: -jnp.log(1 - p[0]) - 3 * p[0], jnp.zeros(1), 40)
    assert np.isfinite(np.asarray(found.losses)).all()
    np.testing.assert_allclose(found.params, [2 / 3], atol=1e-2)


def test_a_start_at_the_minimum_stays_there():
    found = rj.descend(lambda p: jnp.sum(p**2), jnp.zeros(2), 3)
    assert np.all(np.asarray(found.params) == 0)
    assert np.all(np.asarray(found.sizes) == 0)


def test_under_jit_and_vmap_it_is_the_same():
    starts = jax.random.normal(jax.random.key(0), (4, 3))

    def run(start):
        return rj.descend(lambda p: jnp.sum((p - 1) ** 2 * jnp.arange(1.0, 4.0)), start, 10).losses

    together = jax.jit(jax.vmap(run))(starts)
    for start, losses in zip(starts, together, strict=True):
        np.testing.assert_allclose(run(start), losses, rtol=1e-5, atol=1e-6)
