"""Starts drawn without the code under test, and the flow solved without JAX."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp


def frame(rng, rows, columns):
    q, _ = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    return q if rows >= columns else q.T


def root(gram):
    values, vectors = np.linalg.eigh(gram)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T


@pytest.fixture
def balanced_start():
    """W1 W1^T - W2^T W2 = lam I, by numpy; of a given rank where lam is 0."""

    def draw(rng, d, h, k, lam, scale=0.5, rank=None):
        if lam > 0:
            w2 = scale * rng.standard_normal((k, h))
            return root(lam * np.eye(h) + w2.T @ w2) @ frame(rng, h, d), w2
        if lam < 0:
            w1 = scale * rng.standard_normal((h, d))
            return w1, frame(rng, k, h) @ root(-lam * np.eye(h) + w1 @ w1.T)
        m = min(d, k)
        a = scale * rng.standard_normal((m, h))
        if rank is not None:
            u, s, vt = np.linalg.svd(a, full_matrices=False)
            a = (u[:, :rank] * s[:rank]) @ vt[:rank]
        return a.T @ frame(rng, m, d), frame(rng, k, m) @ a

    return draw


@pytest.fixture
def flow():
    """The weights at the times, from the gradient of the loss, by a tight Runge-Kutta method.

    The relative tolerance is the least that the solver allows. Errors of the order of 1e-13 per
    step over a hundred steps leave 1e-11.
    """

    def solve(w1, w2, teacher, times, covariance=None):
        (h, d), k = w1.shape, len(w2)
        s = np.eye(d) if covariance is None else covariance

        def slope(_, state):
            first, readout = state[: h * d].reshape(h, d), state[h * d :].reshape(k, h)
            pull = (teacher - readout @ first) @ s
            return np.concatenate([(readout.T @ pull).ravel(), (pull @ first.T).ravel()])

        state = np.concatenate([w1.ravel(), w2.ravel()])
        end = max(times[-1], 1e-9)
        solution = solve_ivp(
            slope, (0, end), state, method="DOP853", t_eval=times, rtol=3e-14, atol=1e-16
        )
        return [(y[: h * d].reshape(h, d), y[h * d :].reshape(k, h)) for y in solution.y.T]

    return solve
