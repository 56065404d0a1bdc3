"""No product of any public function is rounded by a device, nor is one of its derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import theory
from tests.products import products_at_default  # pyright: ignore[reportMissingImports]
from theory import dynamics

D, H, K = 4, 3, 2


def draw(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).uniform(0.3, 1, shape))


W1, W2, TEACHER = draw(H, D), draw(K, H, seed=1), draw(K, D, seed=2)
FACTOR, S = draw(D, D) @ draw(D, D).T, draw(D, D, seed=3) @ draw(D, D, seed=3).T
TASKS, TIMES = draw(6, D, seed=4), jnp.linspace(0, 2, 3)
C = S / jnp.trace(S)

# Each as a function of the arrays beside it, which are those that a derivative is taken by.
CASES = {
    "two_layer_ntk": (theory.two_layer_ntk, W1, W2, TASKS),
    "kernel_factor": (theory.kernel_factor, W1, W2),
    "deep_kernel_factor": (lambda *w: theory.deep_kernel_factor(w), W1, W2, W2[:1, :2]),
    "balance": (theory.balance, W1, W2),
    "final_kernel_factor": (theory.final_kernel_factor, TASKS[0]),
    "final_kernel_factor_multi_output": (theory.final_kernel_factor_multi_output, TEACHER),
    "task_kernel_alignment": (
        lambda m, b, s: theory.task_kernel_alignment(m, b, data_covariance=s),
        FACTOR,
        TASKS[0],
        S,
    ),
    "expected_kernel_alignment": (
        lambda s, w, c: theory.expected_kernel_alignment(s, d=D, readout_norm=w, task_covariance=c),
        draw(H),
        draw(),
        C,
    ),
    "expected_kernel_alignment_from_factor": (
        lambda m, c: theory.expected_kernel_alignment_from_factor(m, task_covariance=c),
        FACTOR,
        C,
    ),
    "expected_kernel_alignment_from_ratio": (
        lambda r: theory.expected_kernel_alignment_from_ratio(r, d=D),
        2 + draw(),
    ),
    "expected_kernel_alignment_multi_output": (
        lambda *s: theory.expected_kernel_alignment_multi_output(*s, d=D, k=K),
        draw(H),
        draw(K),
        draw(K),
    ),
    "kernel_alignment_variance": (
        lambda s, w: theory.kernel_alignment_variance(s, d=D, readout_norm=w),
        draw(H),
        draw(),
    ),
    "kernel_alignment_variance_from_factor": (
        theory.kernel_alignment_variance_from_factor,
        FACTOR,
    ),
    "aligned_kernel_alignment": (
        lambda c, w: theory.aligned_kernel_alignment(c, readout_norm=w, d=D),
        draw(),
        draw(),
    ),
    "any_scale_kernel_alignment": (
        lambda s, q: theory.any_scale_kernel_alignment(s, d=D, rank=2, overlap=q),
        draw(),
        draw(),
    ),
    "optimal_initial_gram": (lambda c: theory.optimal_initial_gram(c, rank=2), C),
    "optimal_kernel_alignment": (lambda c: theory.optimal_kernel_alignment(c, rank=2), C),
    "partial_alignment": (
        lambda r, c, w: theory.partial_alignment(r, c=c, readout_norm=w, d=D),
        draw(),
        draw(),
        draw(),
    ),
    "feature_overlap": (lambda f, w: theory.feature_overlap(f, w, keep=2), W1, draw(H)),
    "expected_feature_overlap": (lambda k: theory.expected_feature_overlap(k, d=D), 1 + draw()),
    "feature_task_spectrum": (lambda k: theory.feature_task_spectrum(k, d=D), 1 + draw()),
    "effective_rank": (theory.effective_rank, W1),
    "predict": (
        lambda w1, w2, x, b: theory.predict(w1, w2, x, b)[:7],
        W1,
        W2[:1],
        TASKS,
        TASKS[0],
    ),
    "numerical_expected_kernel_alignment": (
        lambda m, t, s: theory.numerical_expected_kernel_alignment(m, t, data_covariance=s),
        FACTOR,
        TASKS,
        S,
    ),
    "uniform_tasks": (lambda: theory.uniform_tasks(jax.random.key(0), 3, d=D),),
    "balanced_trajectory": (
        lambda w1, w2, b, t: dynamics.balanced_trajectory(w1, w2, b, t, tolerance=10.0),
        W1,
        W2,
        TEACHER,
        TIMES,
    ),
    "lambda_balanced_weights": (
        lambda: [
            dynamics.lambda_balanced_weights(jax.random.key(0), d=D, h=K, k=K, lam=lam, scale=1.0)
            for lam in (1.0, 0, -1.0)
        ],
    ),
    "single_unit_trajectory": (
        dynamics.single_unit_trajectory,
        draw(),
        TASKS[0],
        TASKS[1],
        TIMES,
    ),
    "single_unit_weights": (dynamics.single_unit_weights, draw(), TASKS[0], TASKS[1], TIMES),
    "lazy_trajectory": (dynamics.lazy_trajectory, W1, W2, TEACHER, TIMES),
    "numerical_trajectory": (
        lambda w1, w2, b, s: dynamics.numerical_trajectory(
            w1, w2, b, TIMES, data_covariance=s, max_steps=64
        ),
        W1,
        W2,
        TEACHER,
        S,
    ),
    "kernel_change_time": (dynamics.kernel_change_time, TIMES, draw(3)),
}
TYPES = {"NumericalExpectation", "Prediction", "Trajectory", "SingleUnit"}


def test_no_public_function_is_left_out():
    assert set(CASES) == {*theory.__all__, *dynamics.__all__} - TYPES


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_every_product_is_at_the_highest_precision(name, compiled):
    function, *arrays = CASES[name]
    function = jax.jit(function) if compiled else function

    def back(*x):
        out, pull = jax.vjp(function, *x)
        return pull(jax.tree.map(jnp.ones_like, out))

    assert not products_at_default(jax.make_jaxpr(function)(*arrays))
    if arrays:
        # A compiled function is differentiated when it has been traced and left.
        forward = jax.make_jaxpr(lambda *x: jax.jvp(function, x, x))
        if name != "numerical_trajectory":  # whose solver knows the other direction alone
            assert not products_at_default(forward(*arrays))
        assert not products_at_default(jax.make_jaxpr(back)(*arrays))
