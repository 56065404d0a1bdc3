"""Excitatory and inhibitory units: signs, moments and balance."""

import math

import jax
import numpy as np
import pytest

import richlazy_jax.connectivity as rc

CASES = [
    (5, 0.6, 3, 1.0, "mean"),
    (10, 0.75, 8, 0.3, "mean"),
    (7, 0.5, 4, 0.6, "none"),
]


@pytest.mark.parametrize(("size", "excitatory", "n_excitatory", "density", "balance"), CASES)
def test_signs_moments_and_balance(
    draws, assert_means, size, excitatory, n_excitatory, density, balance
):
    gain = 1.5
    w = draws(
        lambda key: rc.dale_weights(
            key,
            size,
            excitatory=excitatory,
            balance=balance,
            density=density,
            gain=gain,
            resized=False,
        ),
        8000,
    )
    assert (w[:, :, :n_excitatory] >= 0).all()
    assert (w[:, :, n_excitatory:] <= 0).all()
    n_inhibitory = size - n_excitatory
    a = 1 if balance == "none" else n_excitatory / n_inhibitory
    factors = np.array([1.0] * n_excitatory + [-a] * n_inhibitory)
    m = gain * math.sqrt(2 / (math.pi * size))
    means, squares = factors * density * m, factors**2 * density * gain**2 / size
    assert_means(w, np.broadcast_to(means, (size, size)))
    assert_means(w**2, np.broadcast_to(squares, (size, size)))
    assert_means(w == 0, np.full((size, size), 1 - density))
    # Entries that were not independent would give their sum another variance.
    total = w.sum((1, 2))
    assert_means((total - size * means.sum()) ** 2, size * (squares - means**2).sum())
    if balance == "mean":
        assert abs(means.sum()) < 1e-12
        assert_means(w.sum(2), np.zeros(size))


@pytest.mark.parametrize(("size", "n_excitatory", "density"), [(6, 4, 0.4), (9, 5, 1.0)])
def test_balanced_rows(draws, assert_means, x64, size, n_excitatory, density):
    def both(key):
        return jax.numpy.stack(
            [
                rc.dale_weights(
                    key,
                    size,
                    excitatory=n_excitatory / size,
                    density=density,
                    balance=balance,
                    gain=1,
                    resized=False,
                )
                for balance in ("rows", "mean")
            ]
        )

    w, before = np.moveaxis(draws(both, 8000), 1, 0)
    e, i = np.split(w, [n_excitatory], axis=2)
    _, i_before = np.split(before, [n_excitatory], axis=2)
    kinds = e.any(2) & i.any(2)
    assert kinds.any()
    assert kinds.all() == (density == 1)
    np.testing.assert_allclose(w.sum(2)[kinds], 0, atol=1e-13)
    np.testing.assert_array_equal(w[~kinds], before[~kinds])
    np.testing.assert_array_equal(w[:, :, :n_excitatory], before[:, :, :n_excitatory])
    # One positive factor for each row, so that the ratios of its inhibitory entries stay.
    factor = i.sum(2, keepdims=True) / np.where(i_before.any(2), i_before.sum(2), 1.0)[..., None]
    np.testing.assert_allclose(i, factor * i_before, atol=1e-13)
    n_inhibitory, lost = size - n_excitatory, 1 - density
    mean = -n_excitatory / n_inhibitory * density * math.sqrt(2 / (math.pi * size))
    mean *= 1 - lost**n_inhibitory + lost**n_excitatory
    assert_means(i, np.full(i.shape[1:], mean))


def test_resized_to_the_null_of_the_same_key(x64):
    def pair(key):
        return rc.dale_weights(key, 8, balance="rows", density=0.7), rc.gaussian_weights(key, 8)

    keys = jax.random.split(jax.random.key(1), 5)
    w, null = jax.jit(jax.vmap(pair))(keys)
    norms = np.linalg.norm(w, axis=(1, 2))
    np.testing.assert_allclose(norms, np.linalg.norm(null, axis=(1, 2)), rtol=1e-13)
    assert len(set(norms)) == 5
    both = (w > 0).any(2) & (w < 0).any(2)
    np.testing.assert_allclose(w.sum(2)[both], 0, atol=1e-13)
    # Step by step and in its own units, it is the same draw.
    one = rc.dale_weights(keys[2], 8, balance="rows", density=0.7, resized=False)
    np.testing.assert_allclose(w[2], one * norms[2] / np.linalg.norm(one), rtol=1e-12)


KEY = jax.random.key(0)
BAD = [
    (lambda: rc.dale_weights(KEY, 0), r"size is 0; .*>= 1"),
    (lambda: rc.dale_weights(KEY, 5, excitatory=1.2), r"excitatory is 1\.2; .*from 0 to 1"),
    (lambda: rc.dale_weights(KEY, 5, excitatory=float("nan")), r"excitatory is nan"),
    (lambda: rc.dale_weights(KEY, 2, excitatory=0.8), r"makes 2 of 2 units .*each kind.*'mean'"),
    (lambda: rc.dale_weights(KEY, 5, excitatory=0, balance="rows"), r"makes 0 of 5 .*'rows'"),
    (lambda: rc.dale_weights(KEY, 5, balance="loose"), r"balance is 'loose'; .*'rows', 'none'"),
    (lambda: rc.dale_weights(KEY, 5, density=0.0), r"density is 0\.0; .*at most 1"),
    (lambda: rc.dale_weights(KEY, 5, density=1.5), r"density is 1\.5; .*at most 1"),
    (lambda: rc.dale_weights(KEY, 5, gain=-1.0), r"gain is -1\.0; .*above 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_units_of_one_kind_without_balance():
    assert (rc.dale_weights(KEY, 3, excitatory=1, balance="none") >= 0).all()
    assert (rc.dale_weights(KEY, 3, excitatory=0, balance="none") <= 0).all()
