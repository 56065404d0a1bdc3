"""The prediction in one call against each closed form, sampled tasks and gradient flow."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import theory
from theory import dynamics


def start(rng, h, d, rank, w=0.0):
    w1 = rng.standard_normal((h, rank)) @ rng.standard_normal((rank, d)) / np.sqrt(h)
    return jnp.asarray(w1), jnp.asarray(w * rng.standard_normal((1, h)))


def alignments(w1, w2, x, tasks):
    """Over explicit kernels of explicit inputs, one task after another."""
    w1, w2 = np.asarray(w1), np.asarray(w2)
    before = x @ (w1.T @ w1 + np.sum(w2**2) * np.eye(w1.shape[1])) @ x.T
    found = []
    for b in tasks / np.linalg.norm(tasks, axis=1, keepdims=True):
        after = np.outer(x @ b, x @ b) + x @ x.T
        found.append(np.sum(before * after) / np.linalg.norm(before) / np.linalg.norm(after))
    return np.array(found)


CASES = [(1, 0.0, True), (1, 1.0, True), (4, 0.3, True), (1, 0.2, False), (4, 0.0, False)]


@pytest.mark.parametrize(("rank", "w", "white"), CASES)
def test_mean_spread_and_range_are_those_of_other_tasks(x64, rank, w, white):
    d, n = 4, 20_000
    rng = np.random.default_rng(rank)
    w1, w2 = start(rng, 6, d, rank, w)
    x = rng.standard_normal((d + 3, d)) * rng.uniform(0.3, 3, d)
    x = np.linalg.qr(x)[0] if white else x
    got = theory.predict(w1, w2, jnp.asarray(x))
    assert bool(got.white) == white
    assert (got.standard_error == 0) == white

    found = alignments(w1, w2, x, rng.standard_normal((n, d)))
    error = np.hypot(found.std() / np.sqrt(n), got.standard_error)
    assert abs(got.mean - found.mean()) < 4 * error
    # The error of a standard deviation, by the fourth moment.
    fourth = np.mean((found - found.mean()) ** 4)
    error = np.sqrt((fourth / found.var() - found.var()) / 4) * np.sqrt(1 / n + (not white) / 4000)
    assert abs(got.standard_deviation - found.std()) < 4 * error
    for outside in (found < got.interval[0], found > got.interval[1]):
        error = np.sqrt(0.025 * 0.975 * (1 / n + 1 / 4000))
        assert abs(outside.mean() - 0.025) < 4 * error


@pytest.mark.parametrize(
    "scale", [1e-30, 1e30, *(pytest.param(s, marks=pytest.mark.slow) for s in (1e-10, 1.0, 1e10))]
)
def test_it_is_each_closed_form_at_any_scale(scale):
    rng = np.random.default_rng(2)
    w1, w2 = start(rng, 5, 7, 3, 0.4)
    w1, w2 = w1.astype(jnp.float32), w2.astype(jnp.float32)
    beta, x = jnp.asarray(rng.standard_normal(7)), jnp.asarray(rng.standard_normal((9, 7)))
    factor = theory.kernel_factor(w1, w2)
    got = theory.predict(w1 * scale, w2 * scale, teacher=beta)
    expected = theory.expected_kernel_alignment_from_factor(factor)
    np.testing.assert_allclose(got.mean, expected, rtol=1e-5)
    variance = theory.kernel_alignment_variance_from_factor(factor)
    np.testing.assert_allclose(got.standard_deviation, variance**0.5, rtol=1e-4)
    one = theory.task_kernel_alignment(factor, beta)
    np.testing.assert_allclose(got.for_teacher, one, rtol=1e-5)
    assert bool(got.trusted) == (scale < 0.1)

    other = theory.predict(w1 * scale, w2 * scale, x * scale, beta * scale)
    one = theory.task_kernel_alignment(factor, beta, data_covariance=x.T @ x)
    np.testing.assert_allclose(other.for_teacher, one, rtol=1e-5)
    tasks = theory.uniform_tasks(jax.random.key(0), 4000, d=7)
    numerical = theory.numerical_expected_kernel_alignment(factor, tasks, data_covariance=x.T @ x)
    np.testing.assert_allclose(other.mean, numerical.mean, rtol=1e-5)
    np.testing.assert_allclose(other.standard_error, numerical.standard_error, rtol=1e-3)


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_trust_in_what_the_form_for_any_scale_covers(x64, rank):
    d, rng = 8, np.random.default_rng(rank)
    v = np.linalg.qr(rng.standard_normal((d, rank)))[0]
    u = np.linalg.qr(rng.standard_normal((d + 1, rank)))[0]
    beta = rng.standard_normal(d)
    q = np.sum((v.T @ beta) ** 2) / np.sum(beta**2)
    trusted = []
    for sigma in (1e-3, 0.1, 0.3, 1.0, 3.0):
        w1 = jnp.asarray(sigma / np.sqrt(rank) * u @ v.T)
        got = theory.predict(w1)
        true = theory.any_scale_kernel_alignment(sigma, d=d, rank=rank)
        np.testing.assert_allclose(got.scale_error, true - got.mean, atol=1e-12)
        assert bool(got.trusted) == bool(abs(true - got.mean) <= 0.01)
        trusted.append(bool(got.trusted))
        assert "which covers this start" in got.reason
        assert ("too large" in got.reason) == (not got.trusted)

        got = theory.predict(w1, teacher=jnp.asarray(beta))
        norm = np.linalg.norm(beta)
        true = theory.any_scale_kernel_alignment(sigma, d=d, rank=rank, overlap=q, task_norm=norm)
        np.testing.assert_allclose(got.scale_error, true - got.for_teacher, atol=1e-12)
    assert trusted[0]
    assert not trusted[-1]


@jax.jit
def end_of_flow(w1, w2, beta, s):
    path = dynamics.numerical_trajectory(
        w1, w2, beta[None], jnp.asarray([150.0]), rtol=1e-7, atol=1e-10, data_covariance=s
    )
    return path.kernel_alignment[-1], path.loss[-1]


@pytest.mark.parametrize("w", [0.0, 0.5])
@pytest.mark.parametrize("white", [True, False])
def test_a_start_that_is_trusted_ends_where_predicted(x64, white, w):
    """Starts that no form for any scale covers, by gradient flow: the comparison is a bound."""
    d = 4
    for seed in (8, 9, 10):
        rng = np.random.default_rng(seed)
        shape = start(rng, 5, d, 4, w)
        size = np.sqrt(sum(np.sum(np.square(m)) for m in shape))
        x = np.eye(d) if white else rng.standard_normal((d + 3, d)) / np.sqrt(d + 3)
        beta = rng.standard_normal(d)
        beta = jnp.asarray(beta / np.linalg.norm(beta))
        for sigma, small in ((0.02, True), (0.2, True), (1.0, False)):
            w1, w2 = (m * sigma / size for m in shape)
            got = theory.predict(w1, w2, jnp.asarray(x), beta)
            end, loss = end_of_flow(w1, w2, beta, jnp.asarray(x.T @ x))
            assert loss < 1e-6
            assert bool(got.trusted) == small
            # To the tolerance of the solver.
            assert abs(end - got.for_teacher) < got.scale_error + 1e-5
        assert "is judged by starts of equal singular values" in got.reason
        assert ("the data are not white" in got.reason) == (not white)
        assert ("its readout is not silent" in got.reason) == (w > 0)


@pytest.mark.slow
def test_a_key_draws_other_tasks_and_a_map_gives_each_start_its_own(x64):
    rng = np.random.default_rng(4)
    w1, _ = start(rng, 3, 5, 2)
    one, same, other = (theory.predict(w1, key=key) for key in (None, None, jax.random.key(9)))
    np.testing.assert_array_equal(one.interval, same.interval)
    assert not np.array_equal(one.interval, other.interval)
    mapped = jax.vmap(lambda w: theory.predict(w, n_tasks=50))(jnp.stack([w1, 2 * w1, 100 * w1]))
    np.testing.assert_allclose(mapped.mean, one.mean, rtol=1e-12)
    np.testing.assert_array_equal(mapped.trusted, np.abs(mapped.scale_error) <= 0.01)


W1 = jnp.ones((3, 4))
BAD = [
    (lambda: theory.predict(0 * W1), r"w1 is zero everywhere"),
    (lambda: theory.predict(W1, jnp.ones((2, 3))), r"w2 has shape \(2, 3\).*one output.*_multi_"),
    (lambda: theory.predict(W1, jnp.ones((1, 4))), r"w2 has shape \(1, 4\); allowed is \(1, 3\)"),
    (lambda: theory.predict(W1, inputs=jnp.ones((9, 3))), r"inputs has shape .*\(n, 4\)"),
    (lambda: theory.predict(W1, inputs=jnp.ones((9, 4))), r"inputs has rank 1; allowed is 4"),
    (lambda: theory.predict(W1, inputs=jnp.eye(4)[:3]), r"inputs has rank 3; allowed is 4"),
    (lambda: theory.predict(W1, teacher=jnp.ones(3)), r"teacher has shape \(3,\).*\(4,\)"),
    (lambda: theory.predict(W1, teacher=jnp.zeros(4)), r"teacher is zero everywhere"),
    (lambda: theory.predict(W1, n_tasks=1), r"n_tasks is 1; .*>= 2"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_the_error_says_what_and_what_is_allowed(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()
