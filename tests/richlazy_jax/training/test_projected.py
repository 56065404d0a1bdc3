"""Updates that end with a projection, and the bounds of zeros and signs."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj

KEY = jax.random.key(0)


def box(params, bounds):
    return optax.projections.projection_box(params, *bounds)


def loss_to(targets):
    return lambda w, batch: 0.5 * jnp.sum((w - targets) ** 2)


def nothing(key):
    return ()


def matrix(seed, shape=(6, 5), zeros=0.4):
    keys = jax.random.split(jax.random.key(seed))
    w = jax.random.normal(keys[0], shape)
    return jnp.where(jax.random.bernoulli(keys[1], zeros, shape), 0, w)


@given(seed=st.integers(0, 999), zeros=st.booleans(), signs=st.booleans())
def test_bounds_entry_by_entry(seed, zeros, signs):
    w = np.array(matrix(seed))
    # A column of one sign, one of the other, and a silent one.
    w[:, 0], w[:, 1], w[:, 2] = np.abs(w[:, 0]), -np.abs(w[:, 1]), 0
    lower, upper = rj.weight_bounds(jnp.asarray(w), zeros=zeros, signs=signs)
    for (i, j), entry in np.ndenumerate(w):
        others = set(np.sign(w[:, j])) - {0}
        if entry == 0 and zeros:
            wanted = (0, 0)
        elif not signs:
            wanted = (-np.inf, np.inf)
        else:
            sign = np.sign(entry) or (others.pop() if len(others) == 1 else 0)
            wanted = {1: (0, np.inf), -1: (-np.inf, 0), 0: (-np.inf, np.inf)}[sign]
        assert (lower[i, j], upper[i, j]) == wanted


def test_gradient_descent_stops_at_the_nearest_allowed_point(x64):
    start, targets = matrix(0), matrix(1, zeros=0.0)
    bounds = rj.weight_bounds(start, zeros=True, signs=True)
    optimizer = rj.projected(
        optax.sgd(0.5), box, lambda w: rj.weight_bounds(w, zeros=True, signs=True)
    )
    end = rj.train(loss_to(targets), start, optimizer, nothing, KEY, 200).params
    # The loss is the squared distance from the targets, so that its least value is at theirs.
    np.testing.assert_allclose(end, np.clip(targets, *bounds), atol=1e-12)


@pytest.mark.parametrize("optimizer", [optax.sgd(0.1, momentum=0.9), optax.adam(0.05)])
def test_every_step_keeps_zeros_and_signs_exactly(optimizer):
    start = matrix(3)
    made = rj.projected(optimizer, box, lambda w: rj.weight_bounds(w, zeros=True, signs=True))
    state, moved, w = rj.start_training(start, made, KEY), False, np.asarray(start)
    targets = matrix(4, zeros=0.0)
    for _ in range(30):
        state, _ = rj.continue_training(loss_to(targets), state, made, nothing, 1)
        w = np.asarray(state.params)
        assert (w[np.asarray(start) == 0] == 0).all()
        assert (w * np.asarray(start) >= 0).all()
        moved |= not np.array_equal(w, start)
    assert moved
    # Some entries have been stopped on the way, or nothing was tested.
    assert ((w == 0) & (np.asarray(start) != 0)).any()


def test_the_first_projected_update_by_hand():
    optimizer = rj.projected(
        optax.sgd(1.0), lambda w, kept: jnp.maximum(w, kept), lambda w: w - 0.25
    )
    state = optimizer.init(jnp.array([1.0, 2.0]))
    updates, _ = optimizer.update(jnp.array([0.125, 5.0]), state, jnp.array([1.0, 2.0]))
    np.testing.assert_array_equal(updates, [-0.125, -0.25])


def test_runs_side_by_side_keep_what_is_theirs():
    starts = jnp.stack([matrix(seed) for seed in range(3)])
    optimizer = rj.projected(
        optax.sgd(0.1, momentum=0.9), box, lambda w: rj.weight_bounds(w, zeros=True)
    )
    targets = matrix(9, zeros=0.0)
    keys = jax.random.split(KEY, 3)
    ends = rj.train_runs(loss_to(targets), starts, optimizer, nothing, keys, 20).params
    for start, end, key in zip(starts, ends, keys, strict=True):
        np.testing.assert_array_equal(np.asarray(start) == 0, np.asarray(end) == 0)
        alone = rj.train(loss_to(targets), start, optimizer, nothing, key, 20).params
        np.testing.assert_allclose(end, alone, rtol=1e-5)


def test_a_projection_that_allows_all_changes_nothing():
    start, targets = matrix(0), matrix(1)
    plain = optax.adam(0.05)
    free = rj.projected(plain, box, rj.weight_bounds)
    ends = [
        rj.train(loss_to(targets), start, each, nothing, KEY, 50).params for each in (plain, free)
    ]
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-4, atol=1e-6)


def test_bad_input(no_shape_checks):
    with pytest.raises(ValueError, match=r"w has shape \(3,\)"):
        rj.weight_bounds(jnp.ones(3), zeros=True)
    optimizer = rj.projected(optax.sgd(0.1), box, rj.weight_bounds)
    with pytest.raises(ValueError, match="params is None"):
        optimizer.update(jnp.ones((2, 2)), optimizer.init(jnp.ones((2, 2))))
