"""Derivatives of the Riccati solution, and the solution under transformations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory.dynamics import balanced_trajectory

compiled = jax.jit(balanced_trajectory)
along = jax.jit(lambda args, by: jax.jvp(lambda *a: balanced_trajectory(*a)[1:5], args, by)[1])


@jax.jit
def gradients(w1, w2, teacher, times):
    def total(w1, teacher):
        got = balanced_trajectory(w1, w2, teacher, times)
        return jnp.sum(got.loss) + jnp.sum(got.kernel_alignment)

    return jax.grad(total, argnums=(0, 1))(w1, teacher)


CASES = [
    # d, h, k, lambda, the rank of the start, the singular values of the teacher
    (4, 6, 2, 0.0, None, (1.5, 0.7)),
    (4, 6, 2, 0.0, None, (1.1, 1.1)),
    (4, 6, 2, 0.0, 1, (1.1, 0.0)),
    (4, 6, 2, 0.0, None, (0.0, 0.0)),
    # Another shape, compiled anew.
    pytest.param((3, 2, 3, 0.5, None, (1.3, 0.9, 0.4)), marks=pytest.mark.slow),
    pytest.param((3, 2, 3, -0.5, None, (0.8, 0.8, 0.8)), marks=pytest.mark.slow),
    pytest.param((3, 2, 3, 0.5, None, (1.2, 0.0, 0.0)), marks=pytest.mark.slow),
]


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_finite_difference(x64, balanced_start, case):
    d, h, k, lam, rank, singular = case
    rng = np.random.default_rng(1)
    w1, w2 = balanced_start(rng, d, h, k, lam, 0.5, rank)
    u, _ = np.linalg.qr(rng.standard_normal((k, k)))
    v, _ = np.linalg.qr(rng.standard_normal((d, d)))
    teacher = u * np.array(singular) @ v[:, :k].T
    args = tuple(map(jnp.asarray, (w1, w2, teacher, np.array([0.0, 0.02, 0.3, 1.0, 3.0, 6.0]))))
    by = [0.3 * jnp.asarray(rng.standard_normal(a.shape)) for a in args]
    by[3] = by[3].at[0].set(0.0)
    for chosen in (0, 2, 3):  # weights of one layer, teacher, times
        direction = tuple(b if i == chosen else 0 * b for i, b in enumerate(by))
        # To the fourth order: 1e-3 ** 4 / 30 times the fifth derivative, which growth over six
        # units of time makes up to 1e4 of the first, leaves 1e-9; rounding leaves 1e-12.
        step = 1e-3
        values = [
            compiled(*(a + n * step * b for a, b in zip(args, direction, strict=True)))[1:5]
            for n in (-2, -1, 1, 2)
        ]
        differences = [
            (a - 8 * b + 8 * c - e) / (12 * step) for a, b, c, e in zip(*values, strict=True)
        ]
        for got, expected in zip(along(args, direction), differences, strict=True):
            scale = 1 + np.abs(expected).max()
            np.testing.assert_allclose(got, expected, atol=1e-7 * scale)


def test_the_teacher_acts_as_it_does_on_the_flow(x64, balanced_start, flow):
    """Against a difference between two solved flows, which knows of no Riccati equation."""
    rng = np.random.default_rng(4)
    w1, w2 = balanced_start(rng, 4, 6, 2, 0.0)
    teacher, turn = rng.standard_normal((2, 4)), rng.standard_normal((2, 4))
    times = np.array([0.0, 0.02, 0.3, 1.0, 3.0, 6.0])
    args = tuple(map(jnp.asarray, (w1, w2, teacher, times)))
    _, function, _, _ = along(args, (0 * args[0], 0 * args[1], jnp.asarray(turn), 0 * args[3]))
    ends = [flow(w1, w2, teacher + e * turn, times) for e in (-1e-4, 1e-4)]
    below, above = (np.stack([w2 @ w1 for w1, w2 in end]) for end in ends)
    # The flows are good to 1e-11, over 2e-4; the difference is of second order, 1e-8.
    np.testing.assert_allclose(function, (above - below) / 2e-4, atol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_finite_at_any_time(x64, balanced_start, case):
    d, h, k, lam, rank, singular = case
    rng = np.random.default_rng(2)
    w1, w2 = balanced_start(rng, d, h, k, lam, 0.5, rank)
    teacher = np.eye(k, d) * np.array(singular)[:, None]
    args = tuple(map(jnp.asarray, (w1, w2, teacher, np.array([0.0, 1.0, 30.0, 100.0, 1e3, 1e4]))))

    for gradient in gradients(*args):
        assert np.isfinite(np.asarray(gradient)).all()
        assert np.abs(np.asarray(gradient)).max() > 0


def test_a_learned_function_follows_its_teacher(x64, balanced_start):
    """At the end W2 W1 = B, so that its derivative by B is the identity, at 1e4 too."""
    rng = np.random.default_rng(3)
    w1, w2 = balanced_start(rng, 4, 6, 2, 0.0)
    teacher, turn = rng.standard_normal((2, 4)), rng.standard_normal((2, 4))
    times = np.array([0.0, 50.0, 100.0, 1e3, 1e4, 1e5])
    args = tuple(map(jnp.asarray, (w1, w2, teacher, times)))
    _, function, _, _ = along(args, (0 * args[0], 0 * args[1], jnp.asarray(turn), 0 * args[3]))
    # To this the modes with eigenvalue zero are still on their way, as 1 / t.
    np.testing.assert_allclose(function[-1], turn, atol=1e-4)
    np.testing.assert_allclose(function[2], turn, atol=0.1)


@pytest.mark.slow
def test_jit_and_vmap_give_the_plain_values(x64, balanced_start):
    rng = np.random.default_rng(6)
    w1, w2 = map(jnp.asarray, balanced_start(rng, 3, 2, 3, 0.5))
    teachers, times = jnp.asarray(rng.standard_normal((3, 3, 3))), jnp.array([0.0, 1.0, 10.0])
    jitted = [compiled(w1, w2, b, times) for b in teachers]
    plain = balanced_trajectory(w1, w2, teachers[0], times)
    mapped = jax.jit(jax.vmap(lambda b: balanced_trajectory(w1, w2, b, times)))(teachers)
    for a, b in zip(jitted[0], plain, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)
    for i, one in enumerate(jitted):
        for a, b in zip(mapped, one, strict=True):
            np.testing.assert_allclose(a[i], b, atol=1e-12)
