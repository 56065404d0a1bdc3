"""Lemma 1 against gradient flow solved by an ODE library from a small start."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import theory

LINEAR_SHAPES = [(4, 6, 1), (5, 5, 2), (6, 4, 3)]


def learn(weights, x, y):
    """Gradient flow of half the squared error, to rest."""
    shapes = [w.shape for w in weights]
    splits = np.cumsum([w.size for w in weights])[:-1]

    def unpack(flat):
        return [p.reshape(s) for p, s in zip(np.split(flat, splits), shapes, strict=True)]

    def slope(_, flat):
        layers = unpack(flat)
        signals = [x]
        for w in layers:
            signals.append(signals[-1] @ w.T)
        error = signals[-1] - y
        grads = []
        for w, signal in zip(reversed(layers), reversed(signals[:-1]), strict=True):
            grads.insert(0, error.T @ signal)
            error = error @ w
        return -np.concatenate([g.ravel() for g in grads])

    start = np.concatenate([np.ravel(w) for w in weights])
    end = solve_ivp(slope, (0, 4000), start, method="LSODA", rtol=1e-10, atol=1e-13)
    learned = unpack(end.y[:, -1])
    residual = x.T
    for w in learned:
        residual = w @ residual
    assert np.abs(residual.T - y).max() < 1e-8, "not learned"
    return learned


def start(rng, widths, sigma):
    shapes = zip(widths[1:], widths[:-1], strict=True)
    return [sigma * rng.standard_normal(s) / np.sqrt(s[1]) for s in shapes]


def error_left(d, h, k, sigma):
    rng = np.random.default_rng(d)
    x, _ = np.linalg.qr(rng.standard_normal((d + 3, d)))
    teacher = rng.standard_normal((k, d))
    learned = learn(start(rng, [d, h, k], sigma), x, x @ teacher.T)
    got = np.asarray(theory.kernel_factor(*map(jnp.asarray, learned)))
    if k == 1:
        expected = theory.final_kernel_factor(jnp.asarray(teacher[0]))
    else:
        expected = theory.final_kernel_factor_multi_output(jnp.asarray(teacher))
    return np.linalg.norm(got - expected) / np.linalg.norm(expected)


@pytest.mark.parametrize(("d", "h", "k"), LINEAR_SHAPES)
def test_the_error_of_a_small_start_is_of_second_order(x64, d, h, k):
    coarse, fine = error_left(d, h, k, 3e-2), error_left(d, h, k, 3e-3)
    assert fine < 1e-4
    # A tenth of the scale must leave a hundredth of the error.
    assert coarse / fine == pytest.approx(100, rel=0.1)


def test_scalar_lemma_needs_no_white_data(x64):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((8, 5)) * [0.5, 0.7, 1.0, 1.4, 2.0]
    beta = rng.standard_normal(5)
    learned = learn(start(rng, [5, 6, 1], 1e-3), x, x @ beta[:, None])
    got = theory.kernel_factor(*map(jnp.asarray, learned))
    np.testing.assert_allclose(got, theory.final_kernel_factor(jnp.asarray(beta)), atol=1e-5)


@pytest.mark.parametrize("depth", [3, 4])
def test_deep_scalar_network(x64, depth):
    rng = np.random.default_rng(depth)
    x, _ = np.linalg.qr(rng.standard_normal((7, 4)))
    beta = rng.standard_normal(4)
    beta *= 1.5 / np.linalg.norm(beta)
    errors = []
    for sigma in (0.2, 0.02 if depth == 3 else 0.1):
        rng = np.random.default_rng(depth)
        weights = start(rng, [4] + [6] * (depth - 1) + [1], sigma)
        learned = learn(weights, x, x @ beta[:, None])
        got = theory.deep_kernel_factor([jnp.asarray(w) for w in learned])
        expected = theory.final_kernel_factor(jnp.asarray(beta), depth=depth)
        errors.append(np.linalg.norm(got - expected) / np.linalg.norm(expected) / sigma**2)
    # Of second order: the error over sigma squared stays, and does not grow, as sigma falls.
    assert errors[1] == pytest.approx(errors[0], rel=0.5)


def test_norms_of_the_final_factor(x64):
    beta = jax.random.normal(jax.random.key(0), (9,))
    for depth in (2, 3, 7):
        expected = jnp.linalg.norm(beta) ** (2 - 2 / depth) * jnp.sqrt(9 - 1 + depth**2)
        got = jnp.linalg.norm(theory.final_kernel_factor(beta, depth=depth))
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_one_output_is_a_case_of_many(x64):
    beta = jax.random.normal(jax.random.key(1), (6,))
    got = theory.final_kernel_factor_multi_output(beta[None])
    np.testing.assert_allclose(got, theory.final_kernel_factor(beta), rtol=1e-12, atol=1e-12)
