"""Every public function under jit, vmap and grad, in the precision of its arguments."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import theory

D, H, K = 4, 3, 2


def vector(shape, seed=0):
    return jax.random.uniform(jax.random.key(seed), shape, minval=0.3, maxval=1.0)


def covariance(raw):
    gram = raw @ raw.T + jnp.eye(len(raw))
    return gram / jnp.trace(gram)


# Each as a function of one array, so that all transformations apply alike.
CASES = {
    "two_layer_ntk": (lambda w: theory.two_layer_ntk(w, vector((K, H), 1), jnp.eye(D)), (H, D)),
    "kernel_factor": (lambda w: theory.kernel_factor(w, vector((K, H), 1)), (H, D)),
    "deep_kernel_factor": (lambda w: theory.deep_kernel_factor([w, vector((1, H), 1)]), (H, D)),
    "balance": (lambda w: theory.balance(w, vector((K, H), 1)), (H, D)),
    "final_kernel_factor": (lambda b: theory.final_kernel_factor(b, depth=3), (D,)),
    "final_kernel_factor_multi_output": (theory.final_kernel_factor_multi_output, (K, D)),
    "task_kernel_alignment": (
        lambda b: theory.task_kernel_alignment(
            covariance(vector((D, D))), b, data_covariance=covariance(vector((D, D), 2))
        ),
        (D,),
    ),
    "expected_kernel_alignment": (
        lambda s: theory.expected_kernel_alignment(s, d=D, readout_norm=s[0]),
        (3,),
    ),
    "expected_kernel_alignment_from_ratio": (
        lambda r: theory.expected_kernel_alignment_from_ratio(1.5 + r[0], d=D),
        (1,),
    ),
    "expected_kernel_alignment_from_factor": (
        lambda m: theory.expected_kernel_alignment_from_factor(
            m @ m.T, depth=3, task_covariance=covariance(m)
        ),
        (D, D),
    ),
    "expected_kernel_alignment_multi_output": (
        lambda s: theory.expected_kernel_alignment_multi_output(s, s[:2], s[:2], d=D, k=K),
        (3,),
    ),
    "kernel_alignment_variance": (
        lambda s: theory.kernel_alignment_variance(s, d=D, readout_norm=0.1),
        (3,),
    ),
    "kernel_alignment_variance_from_factor": (
        lambda m: theory.kernel_alignment_variance_from_factor(m @ m.T),
        (D, D),
    ),
    "aligned_kernel_alignment": (
        lambda c: theory.aligned_kernel_alignment(c[0], readout_norm=c[1], d=D, rank=2),
        (2,),
    ),
    "any_scale_kernel_alignment": (
        lambda c: theory.any_scale_kernel_alignment(
            c[0], d=D, rank=2, overlap=c[1], task_norm=c[2]
        ),
        (3,),
    ),
    "optimal_initial_gram": (lambda m: theory.optimal_initial_gram(covariance(m), rank=2), (D, D)),
    "optimal_kernel_alignment": (
        lambda m: theory.optimal_kernel_alignment(covariance(m), rank=2),
        (D, D),
    ),
    "partial_alignment": (
        lambda c: theory.partial_alignment(c[0], c=c[1], readout_norm=c[2], d=D),
        (3,),
    ),
    "feature_overlap": (lambda f: theory.feature_overlap(f, vector((H,), 3), keep=2), (H, D)),
    "expected_feature_overlap": (
        lambda k: theory.expected_feature_overlap(1.5 + k[0], d=D),
        (1,),
    ),
    "feature_task_spectrum": (lambda k: theory.feature_task_spectrum(1.5 + k[0], d=D), (1,)),
    "effective_rank": (lambda w: theory.effective_rank(w, "exponential_entropy"), (H, D)),
    "predict": (
        lambda w: jnp.stack(theory.predict(w, vector((1, H), 1), vector((6, D), 2), w[0])[:2]),
        (H, D),
    ),
    "numerical_expected_kernel_alignment": (
        lambda t: theory.numerical_expected_kernel_alignment(jnp.diag(vector((D,))), t).mean,
        (5, D),
    ),
}
# These take no array in which a derivative could be asked.
NOT_HERE = {"NumericalExpectation", "Prediction", "uniform_tasks"}


def test_no_public_function_is_left_out():
    assert set(CASES) == set(theory.__all__) - NOT_HERE


@pytest.mark.parametrize("name", CASES)
def test_jit_and_vmap_give_the_plain_values(name):
    function, shape = CASES[name]
    batch = vector((3, *shape), 7)
    plain = np.stack([function(x) for x in batch])
    assert plain.dtype == np.float32
    by_vmap = jax.jit(jax.vmap(function))(batch)
    np.testing.assert_allclose(by_vmap, plain, rtol=2e-5, atol=1e-5)
    np.testing.assert_allclose(jax.jit(function)(batch[0]), plain[0], rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_gradient_is_the_finite_difference(x64, name):
    function, shape = CASES[name]
    x, direction = vector(shape, 7), vector(shape, 8)
    weight = vector(function(x).shape, 9)

    @jax.jit
    def scalar(t):
        return jnp.sum(weight * function(x + t * direction))

    assert scalar(0.0).dtype == jnp.float64
    difference = (scalar(1e-5) - scalar(-1e-5)) / 2e-5
    slope = jax.grad(scalar)(0.0)
    np.testing.assert_allclose(slope, difference, rtol=1e-6, atol=1e-8)
