"""Learning in float32 from starts of 1e-30 to 1e30, against the flow in long numbers."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from theory import dynamics

D, H, K = 3, 2, 2
TIMES = [0.0, 0.5, 2.0, 8.0]


def product_start(rng, scale):
    """W1 = a R^T and W2 = R' a^T: balanced with lambda 0, and random."""
    a = scale * rng.standard_normal((K, H))
    first = np.linalg.qr(rng.standard_normal((D, K)))[0]
    second = np.linalg.qr(rng.standard_normal((K, K)))[0]
    return a.T @ first.T, second @ a


def exact_gram(q0, teacher, t):
    """e^(Ft) Q0 (1 + Q0^T (int e^(2Fs) ds) Q0)^-1 Q0^T e^(Ft) at 300 digits, lambda being 0."""
    d, k = teacher.shape[1], len(teacher)
    f = mpmath.zeros(d + k)
    for i in range(k):
        for j in range(d):
            f[d + i, j] = f[j, d + i] = mpmath.mpf(float(teacher[i, j]))
    values, v = mpmath.eigsy(f)
    grown = v * mpmath.diag([mpmath.exp(x * t) for x in values]) * v.T

    def integral(x):
        return mpmath.expm1(2 * x * t) / (2 * x) if abs(x) > mpmath.mpf(10) ** -100 else t

    total = v * mpmath.diag([integral(x) for x in values]) * v.T
    q = mpmath.matrix(np.asarray(q0, float).tolist())
    inner = mpmath.inverse(mpmath.eye(q.cols) + q.T * total * q)
    return grown * q * inner * q.T * grown


def factor(gram, d, k):
    m = mpmath.zeros(k * d)
    for i in range(k):
        for j in range(k):
            for a in range(d):
                for b in range(d):
                    m[i * d + a, j * d + b] = (i == j) * gram[a, b] + (a == b) * gram[d + i, d + j]
    return m


def inner_product(a, b):
    return sum(a[i, j] * b[i, j] for i in range(a.rows) for j in range(a.cols))


def exact_alignment(gram, start, d, k):
    m, m0 = factor(gram, d, k), factor(start, d, k)
    return inner_product(m, m0) / mpmath.sqrt(inner_product(m, m) * inner_product(m0, m0))


def agrees(path, q0, teacher, times, rtol=1e-5):
    d, k = teacher.shape[1], len(teacher)
    start = mpmath.matrix(np.asarray(q0, float).tolist())
    start = start * start.T
    for i, t in enumerate(times):
        gram = exact_gram(q0, teacher, mpmath.mpf(float(t)))
        expected = exact_alignment(gram, start, d, k)
        np.testing.assert_allclose(float(path.kernel_alignment[i]), float(expected), rtol=rtol)
        true = np.array(gram.tolist(), float)
        least = 1e-37  # the least number that float32 has, about
        np.testing.assert_allclose(
            path.gram[i], true, rtol=10 * rtol, atol=10 * rtol * np.abs(true).max() + least
        )
        loss = sum(
            (mpmath.mpf(float(teacher[r, c])) - gram[d + r, c]) ** 2
            for r in range(k)
            for c in range(d)
        )
        if 1e-34 < loss < 1e37 and float(loss) > 1e-12 * np.sum(np.square(teacher, dtype=float)):
            np.testing.assert_allclose(float(path.loss[i]), float(loss) / 2, rtol=100 * rtol)


@pytest.fixture(autouse=True)
def long_numbers():
    with mpmath.workdps(300):
        yield


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1e-10, 1.0])
def test_balanced_from_any_small_start(scale):
    rng = np.random.default_rng(0)
    w1, w2 = (np.float32(w) for w in product_start(rng, scale))
    teacher = np.float32(rng.standard_normal((K, D)))
    # Also late, when even the smallest start has found the task.
    times = jnp.asarray([*TIMES, 20.0, 45.0, 100.0], jnp.float32)
    path = jax.jit(dynamics.balanced_trajectory)(*map(jnp.asarray, (w1, w2, teacher)), times)
    # The exponent of growth is of the order of 100, of which float32 keeps 1e-5.
    agrees(path, np.concatenate([w1.T, w2]), teacher, times, rtol=4e-5)


@pytest.mark.parametrize("scale", [1e9, 1e15])
def test_balanced_from_large_starts_and_teachers(scale):
    rng = np.random.default_rng(1)
    w1, w2 = (np.float32(w) for w in product_start(rng, scale))
    teacher = np.float32(scale * rng.standard_normal((K, D)) * scale)
    times = jnp.asarray(TIMES, jnp.float32) / np.float32(scale) / np.float32(scale)
    weights = jnp.asarray(w1), jnp.asarray(w2)
    path = dynamics.balanced_trajectory(*weights, jnp.asarray(teacher), times)
    agrees(path, np.concatenate([w1.T, w2]), teacher, times, rtol=2e-5)


@pytest.mark.parametrize(
    "scale", [1e-30, 1.0, *(pytest.param(s, marks=pytest.mark.slow) for s in (1e-15, 1e-10))]
)
def test_one_unit_from_any_small_start(scale):
    rng = np.random.default_rng(2)
    a = np.float32(scale * rng.standard_normal())
    w = (scale * rng.standard_normal(D)).astype(np.float32)
    beta = rng.standard_normal(D).astype(np.float32)
    times = jnp.asarray(TIMES, jnp.float32)
    one = dynamics.single_unit_trajectory(jnp.asarray(a), jnp.asarray(w), jnp.asarray(beta), times)
    assert np.isfinite(one.kernel_alignment).all()
    # Where the balance a^2 - |w|^2 is beside the teacher nothing, it is the balanced form.
    if scale < 1:
        agrees(one, np.append(w, a)[:, None], beta[None], times, rtol=2e-5)
    back = dynamics.balanced_trajectory(
        jnp.asarray(w[None]), jnp.asarray([[a]]), jnp.asarray(beta[None]), times
    )
    np.testing.assert_allclose(one.kernel_alignment, back.kernel_alignment, rtol=2e-5)


@pytest.mark.parametrize("exponent", [-50, -30, 30, 50])
@pytest.mark.slow
def test_units_of_weights_change_nothing_else(exponent):
    """Weights times a, teacher times a^2, times over a^2: the same learning, for every solver."""
    rng = np.random.default_rng(3)
    w1, w2 = (jnp.asarray(w, jnp.float32) for w in product_start(rng, 0.5))
    teacher = jnp.asarray(rng.standard_normal((K, D)), jnp.float32)
    times, a = jnp.asarray(TIMES, jnp.float32), jnp.float32(2.0**exponent)
    unit = (w2[0, 0], w1[0], teacher[0])

    def in_units(solve, first, second, target):
        plain = solve(first, second, target, times)
        other = solve(first * a, second * a, target * a * a, times / a / a)
        np.testing.assert_allclose(other.kernel_alignment, plain.kernel_alignment, rtol=1e-5)
        function = np.asarray(other.function, float) / float(a) ** 2
        np.testing.assert_allclose(function, plain.function, rtol=1e-5, atol=1e-6)

    in_units(dynamics.balanced_trajectory, w1, w2, teacher)
    in_units(dynamics.lazy_trajectory, w1, w2, teacher)
    in_units(dynamics.numerical_trajectory, w1, w2, teacher)
    in_units(dynamics.single_unit_trajectory, *unit)


@pytest.mark.parametrize("scale", [1e-30, 1e-10])
def test_the_solver_follows_a_small_start(scale):
    rng = np.random.default_rng(4)
    w1, w2 = (jnp.asarray(w, jnp.float32) for w in product_start(rng, scale))
    teacher = jnp.asarray(rng.standard_normal((K, D)), jnp.float32)
    times = jnp.asarray(TIMES, jnp.float32)
    exact = dynamics.balanced_trajectory(w1, w2, teacher, times)
    solved = dynamics.numerical_trajectory(w1, w2, teacher, times)
    # To the tolerance of a step, 1e-5, times the number of steps.
    np.testing.assert_allclose(solved.kernel_alignment, exact.kernel_alignment, rtol=1e-3)


@pytest.mark.parametrize("scale", [1e-30, 1e-10])
def test_a_small_start_with_a_fixed_kernel_learns_nothing(scale):
    w1, w2 = (jnp.asarray(w, jnp.float32) for w in product_start(np.random.default_rng(6), scale))
    path = dynamics.lazy_trajectory(w1, w2, jnp.ones((K, D)), jnp.asarray(TIMES, jnp.float32))
    np.testing.assert_allclose(path.loss, K * D / 2, rtol=1e-5)


@pytest.mark.parametrize("sign", [1, 0, -1])
@pytest.mark.parametrize("scale", [1e-30, 1e-10, 1e10])
def test_balanced_starts_are_drawn_at_any_scale(scale, sign):
    w1, w2 = dynamics.lambda_balanced_weights(
        jax.random.key(0), d=D, h=H, k=K, lam=sign * scale**2, scale=scale
    )
    w1, w2 = np.asarray(w1, float) / scale, np.asarray(w2, float) / scale
    np.testing.assert_allclose(w1 @ w1.T - w2.T @ w2, sign * np.eye(H), atol=1e-5)
    assert np.abs(w1).max() > 0.1
