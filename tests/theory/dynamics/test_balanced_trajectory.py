"""The Riccati solution against the flow that it solves, and late against many digits."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theory
from theory.dynamics import balanced_trajectory

# Compiled once a shape.
compiled = jax.jit(balanced_trajectory)

# Wide and narrow, d above and below k, and every sign of lambda that the shape allows.
STARTS = [
    (3, 2, 2, 0.8),
    (3, 2, 2, 0.0),
    (3, 2, 2, -0.8),
    (4, 7, 1, 0.0),
    (2, 5, 3, 0.0),
    (2, 3, 4, -0.3),
]
TEACHERS = ["full", "rank one", "equal singular values", "zero"]


def teacher_of(kind, rng, k, d):
    full = rng.standard_normal((k, d))
    return {
        "full": full,
        "rank one": np.outer(full[:, 0], full[0]),
        "equal singular values": 1.3 * np.eye(k, d),
        "zero": 0 * full,
    }[kind]


def on_device(*arrays):
    return [jnp.asarray(a) for a in arrays]


@given(st.sampled_from(STARTS), st.sampled_from(TEACHERS), st.booleans(), st.integers(0, 99))
@pytest.mark.parametrize("low_rank", [False, True])
def test_it_is_the_flow(x64, balanced_start, flow, low_rank, start, kind, small, seed):
    d, h, k, lam = start
    rng = np.random.default_rng(seed)
    rank = 1 if low_rank else None
    w1, w2 = balanced_start(rng, d, h, k, lam, 0.1 if small else 0.7, rank)
    teacher = teacher_of(kind, rng, k, d)
    times = np.concatenate([[0], np.sort(rng.uniform(0, 10, 5))])
    got = compiled(*on_device(w1, w2, teacher, times))
    weights = flow(w1, w2, teacher, times)
    start_factor = np.asarray(theory.kernel_factor(*on_device(w1, w2)))
    for i, (first, readout) in enumerate(weights):
        q = np.concatenate([first.T, readout])
        f = readout @ first
        factor = np.asarray(theory.kernel_factor(*on_device(first, readout)))
        aligned = np.sum(factor * start_factor) / np.linalg.norm(factor)
        np.testing.assert_allclose(got.gram[i], q @ q.T, atol=1e-10)
        np.testing.assert_allclose(got.function[i], f, atol=1e-10)
        np.testing.assert_allclose(got.loss[i], np.sum((teacher - f) ** 2) / 2, atol=1e-10)
        np.testing.assert_allclose(got.kernel_factor[i], factor, atol=1e-10)
        np.testing.assert_allclose(
            got.kernel_alignment[i], aligned / np.linalg.norm(start_factor), atol=1e-10
        )


@pytest.mark.slow
@pytest.mark.parametrize("start", STARTS)
def test_it_is_the_flow_up_to_late_times(x64, balanced_start, flow, start):
    """The solver's errors do not add up, since what is learned attracts."""
    d, h, k, lam = start
    rng = np.random.default_rng(7)
    w1, w2 = balanced_start(rng, d, h, k, lam, 0.2)
    teacher = teacher_of("full", rng, k, d)
    times = np.array([0.0, 30.0, 1e3, 1e4])
    got = compiled(*on_device(w1, w2, teacher, times))
    for i, (first, readout) in enumerate(flow(w1, w2, teacher, times)):
        q = np.concatenate([first.T, readout])
        np.testing.assert_allclose(got.gram[i], q @ q.T, atol=1e-10)


def by_many_digits(w1, w2, teacher, lam, t):
    """The closed form as it is written, with digits enough for what cancels: Gram and error."""
    (h, d), k = w1.shape, len(w2)
    growth = np.hypot(np.linalg.norm(teacher, 2), lam / 2) * t
    with mpmath.workdps(50 + int(2 * growth)):
        b = mpmath.matrix(teacher.tolist())
        q = mpmath.matrix(np.concatenate([w1.T, w2]).tolist())
        f = mpmath.zeros(d + k)
        for i in range(d + k):
            f[i, i] = mpmath.mpf(lam) / 2 * (1 if i < d else -1)
        for i in range(k):
            for j in range(d):
                f[d + i, j] = f[j, d + i] = b[i, j]
        values, vectors = mpmath.eigsy(f)
        c = vectors.T * q
        integral = [
            mpmath.expm1(2 * e * t) / (2 * e) if abs(e) > 1e-30 else mpmath.mpf(t) for e in values
        ]
        z = mpmath.diag([mpmath.exp(e * t) for e in values]) * c
        inner = mpmath.eye(h) + c.T * mpmath.diag(integral) * c
        gram = vectors * (z * mpmath.inverse(inner) * z.T) * vectors.T
        error = b - gram[d:, :d]
        return [np.array(m.tolist(), dtype=float) for m in (gram, error)]


# The last is what the slowest mode leaves at the last time. With lambda = 0.8 that is the null mode
# of eigenvalue 0.4, which two hidden units do not learn: e^(-4 (0.98 - 0.4) 100 / 2) or 1e-50.
LATE = [(3, 2, 2, 0.8, 0.5, 1e-45), (4, 7, 1, 0.0, 1e-5, 1e-70), (2, 3, 4, -0.3, 0.5, 1e-60)]


@pytest.mark.parametrize("start", LATE)
def test_late_loss_keeps_its_digits(x64, balanced_start, start):
    """To where teacher - W2 W1 has long had no digit left."""
    d, h, k, lam, scale, least = start
    rng = np.random.default_rng(3)
    w1, w2 = balanced_start(rng, d, h, k, lam, scale)
    u, _, vt = np.linalg.svd(rng.standard_normal((k, d)), full_matrices=False)
    teacher = (u * np.linspace(1.2, 0.9, min(k, d))) @ vt
    times = np.array([0.0, 1.0, 8.0, 20.0, 40.0, 100.0])
    got = compiled(*on_device(w1, w2, teacher, times))
    lam = (np.sum(w1**2) - np.sum(w2**2)) / h
    for i, t in enumerate(times):
        gram, error = by_many_digits(w1, w2, teacher, lam, t)
        np.testing.assert_allclose(got.gram[i], gram, atol=1e-12 * np.abs(gram).max())
        # An eigenvalue's rounding, 1e-15, times 4 t is a relative error of the loss.
        np.testing.assert_allclose(got.loss[i], np.sum(error**2) / 2, rtol=1e-12)
    assert got.loss[-1] < least


@pytest.mark.parametrize(("start", "kind"), [(s, k) for s in STARTS for k in TEACHERS])
def test_at_the_end_it_is_the_known_final_state(x64, balanced_start, start, kind):
    """From any time on where nothing overflows, 2 max(F, 0) along the modes that h admits."""
    d, h, k, lam = start
    rng = np.random.default_rng(1)
    w1, w2 = balanced_start(rng, d, h, k, lam)
    teacher = teacher_of(kind, rng, k, d)
    got = compiled(*on_device(w1, w2, teacher, np.array([0.0, 1e3, 1e4, 1e5, 1e8, 1e12])))
    assert all(np.isfinite(np.asarray(a)).all() for a in got)
    matrix = np.block([[lam / 2 * np.eye(d), teacher.T], [teacher, -lam / 2 * np.eye(k)]])
    values, vectors = np.linalg.eigh(matrix)
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = np.where(np.arange(d + k) < h, np.maximum(values, 0), 0)
    tied = h < d + k and values[h - 1] - values[h] < 1e-9 and values[h] > 1e-9
    if not tied:  # else the end depends on the start
        end = 2 * (vectors * kept) @ vectors.T
        # A mode of eigenvalue zero goes as 1 / t.
        np.testing.assert_allclose(got.gram[-1], end, atol=1e-10)
        np.testing.assert_allclose(got.gram[2], end, atol=2e-4)
        left = np.linalg.svd(teacher, compute_uv=False)[h:]
        np.testing.assert_allclose(got.loss[-1], np.sum(left**2) / 2, atol=1e-10)
    assert (jnp.diff(got.loss) <= 1e-12).all()


def test_a_start_that_lies_at_a_saddle_stays(x64):
    """The second mode alone has learned; the first, absent from the start, is never found."""
    teacher = np.diag([2.0, 1.0])
    w1 = np.array([[0.0, 0.5], [0.0, 0.0]])
    rng = np.random.default_rng(0)
    turn, _ = np.linalg.qr(rng.standard_normal((2, 2)))
    u, _ = np.linalg.qr(rng.standard_normal((2, 2)))
    v, _ = np.linalg.qr(rng.standard_normal((2, 2)))
    args = on_device(turn @ w1 @ v.T, u @ w1.T @ turn.T, u @ teacher @ v.T, np.logspace(1.5, 4, 6))
    got = compiled(*args)
    np.testing.assert_allclose(got.loss, 2.0, rtol=1e-12)
    np.testing.assert_allclose(got.function[-1], u @ np.diag([0.0, 1.0]) @ v.T, atol=1e-12)


@pytest.mark.parametrize("size", [1e-6, 1e-9, 1e-12])
def test_a_small_second_component_is_not_lost_beside_a_large_one(x64, size):
    """A start all but of rank one, where a mode grows out of the last digits of the Gram."""
    teacher, a = np.diag([1.0, 1.0]), np.diag([1.0, size])
    times = np.log(1 / size) * np.linspace(0.5, 1.75, 6)
    rng = np.random.default_rng(2)
    v, _ = np.linalg.qr(rng.standard_normal((2, 2)))
    got = compiled(*on_device(a @ v.T, v @ a, teacher, times))
    # Each mode by itself: f' = 2 f (1 - f).
    start = np.diag(a)[:, None] ** 2
    grown = start * np.exp(2 * times) / (1 + start * np.expm1(2 * times))
    expected = np.einsum("im,mt,jm->tij", v, grown, v)
    # The small component is there to 1e-16 / size of itself, once it is as large as the other.
    np.testing.assert_allclose(got.function, expected, atol=max(1e-12, 1e-15 / size))


def test_other_starts_are_refused_with_their_imbalance(x64):
    w1, w2 = jnp.array([[1.0, 0.0], [0.0, 2.0]]), jnp.array([[0.5, 0.0]])
    # W1 W1^T - W2^T W2 = diag(0.75, 4), mean 2.375, off by 1.625 of at most 4.
    with pytest.raises(ValueError, match=r"is 0\.406 away from 2\.38.*at most 2\.84e-14"):
        balanced_trajectory(w1, w2, jnp.ones((1, 2)), jnp.ones(1))
    with pytest.raises(ValueError, match=r"at most 0\.4\."):
        balanced_trajectory(w1, w2, jnp.ones((1, 2)), jnp.ones(1), tolerance=0.4)


BAD = [
    (dict(teacher=jnp.ones((2, 2))), r"teacher has shape \(2, 2\); allowed is \(1, 2\)"),
    (dict(w2=jnp.ones((1, 3))), r"w2 has shape \(1, 3\); allowed is \(k, 1\)"),
    (dict(times=jnp.array([1.0, -1.0])), r"times has the entry -1\.0 at \(1,\)"),
    (dict(w1=jnp.zeros((1, 2)), w2=jnp.zeros((1, 1))), r"the start .* zero everywhere"),
    (dict(tolerance=-1.0), r"tolerance is -1\.0; .*at least 0"),
]


@pytest.mark.parametrize(("wrong", "message"), BAD)
def test_bad_input_is_refused(no_shape_checks, wrong, message):
    good = dict(w1=jnp.ones((1, 2)), w2=jnp.ones((1, 1)), teacher=jnp.ones((1, 2)))
    with pytest.raises(ValueError, match=message):
        balanced_trajectory(**{**good, "times": jnp.ones(2), **wrong})


def test_float32_is_near_float64_at_all_times(request, balanced_start):
    d, h, k = 3, 2, 2
    rng = np.random.default_rng(5)
    w1, w2 = balanced_start(rng, d, h, k, 0.8, 0.1)
    teacher, times = teacher_of("full", rng, k, d), np.array([0.0, 0.5, 2.0, 8.0, 30.0, 1e4])
    low = compiled(*on_device(*(a.astype("f") for a in (w1, w2, teacher, times))))
    request.getfixturevalue("x64")
    high = compiled(*on_device(w1, w2, teacher, times))
    assert low.loss.dtype == jnp.float32
    # Rounding of 6e-8 in the weights, grown by at most e^(s t) / 0.1 before it is learned.
    np.testing.assert_allclose(low.gram, high.gram, atol=2e-5)
    np.testing.assert_allclose(low.kernel_alignment, high.kernel_alignment, atol=2e-5)
    assert np.isfinite(np.asarray(low.loss)).all()
