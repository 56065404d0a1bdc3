"""Bad input is refused with the argument, the value and what is allowed."""

import inspect

import jax
import jax.numpy as jnp
import pytest

import theory
from theory import dynamics

W1, W2, X = jnp.ones((3, 4)), jnp.ones((2, 3)), jnp.ones((5, 4))
NAN = jnp.array([1.0, jnp.nan])
EYE = jnp.eye(4)

CASES = [
    (lambda: theory.two_layer_ntk(W1, jnp.ones((2, 4)), X), r"w2 has shape \(2, 4\).*\(k, 3\)"),
    (lambda: theory.two_layer_ntk(W1, W2, jnp.ones((5, 3))), r"x has shape \(5, 3\).*\(n, 4\)"),
    (lambda: theory.kernel_factor(jnp.ones(3), W2), r"w1 has shape \(3,\).*\(h, d\)"),
    (
        lambda: theory.balance(W1.at[0, 0].set(jnp.inf), W2),
        r"w1 has the entry inf at \(0, 0\); .*finite",
    ),
    (lambda: theory.deep_kernel_factor([W1]), r"weights has 1 layers.*two or more"),
    (lambda: theory.deep_kernel_factor([W1, W2]), r"weights\[1\] has shape \(2, 3\).*one row"),
    (lambda: theory.deep_kernel_factor([W1, W1]), r"weights\[1\] has shape \(3, 4\).*\(rows, 3\)"),
    (lambda: theory.final_kernel_factor(jnp.zeros(4)), r"beta is zero everywhere"),
    (lambda: theory.final_kernel_factor(jnp.ones(4), depth=1), r"depth is 1; .*>= 2"),
    (
        lambda: theory.final_kernel_factor(jnp.ones(4), depth=2.0),  # pyright: ignore[reportArgumentType]
        r"depth is 2\.0; .*whole number",
    ),
    (lambda: theory.final_kernel_factor(NAN), r"beta has the entry nan at \(1,\)"),
    (lambda: theory.final_kernel_factor_multi_output(jnp.zeros((2, 4))), r"teacher is zero"),
    (lambda: theory.task_kernel_alignment(EYE, jnp.ones(3)), r"factor has shape .*\(3, 3\)"),
    (
        lambda: theory.task_kernel_alignment(EYE, jnp.ones(4), depth=3, data_covariance=EYE),
        r"data_covariance is given with depth 3.*depth 2",
    ),
    (
        lambda: theory.task_kernel_alignment(EYE, jnp.ones(4), depth=2, data_covariance=-EYE),
        r"data_covariance has the eigenvalue -1.*at least 0",
    ),
    (
        lambda: theory.expected_kernel_alignment(jnp.ones(5), d=4),
        r"singular_values has 5 entries.*at most 4",
    ),
    (
        lambda: theory.expected_kernel_alignment(jnp.array([1.0, -1.0]), d=4),
        r"singular_values has the entry -1.0 at \(1,\).*at least 0",
    ),
    (
        lambda: theory.expected_kernel_alignment(NAN, d=4),
        r"singular_values has the entry nan at \(1,\)",
    ),
    (lambda: theory.any_scale_kernel_alignment(0.0, d=4, rank=1), r"sigma is zero"),
    (lambda: theory.any_scale_kernel_alignment(1.0, d=4, rank=5), r"rank is 5"),
    (
        lambda: theory.any_scale_kernel_alignment(1.0, d=4, rank=1, overlap=1.5),
        r"overlap is 1\.5; .*0 to 1",
    ),
    (
        lambda: theory.any_scale_kernel_alignment(1.0, d=4, rank=1, overlap=0.5, task_norm=0.0),
        r"task_norm is zero",
    ),
    (
        lambda: theory.expected_kernel_alignment_from_ratio(5.0, d=4),
        r"participation_ratio is 5.0.*from 1 to d, which is 4",
    ),
    (lambda: theory.expected_kernel_alignment(jnp.zeros(2), d=4), r"the start .*zero everywhere"),
    (lambda: theory.expected_kernel_alignment(jnp.ones(2), d=0), r"d is 0; .*>= 1"),
    (
        lambda: theory.expected_kernel_alignment(jnp.ones(2), d=4, readout_norm=-0.5),
        r"readout_norm is -0\.5",
    ),
    (
        lambda: theory.expected_kernel_alignment(
            jnp.ones(2), d=4, readout_norm=0.0, task_covariance=EYE
        ),
        r"task_covariance has trace 4; allowed is 1",
    ),
    (
        lambda: theory.expected_kernel_alignment(
            jnp.ones(2), d=4, readout_norm=0.0, task_covariance=jnp.eye(3) / 3
        ),
        r"task_covariance has shape \(3, 3\).*\(4, 4\)",
    ),
    (
        lambda: theory.expected_kernel_alignment_from_factor(jnp.triu(jnp.ones((4, 3)))),
        r"factor has shape \(4, 3\).*square",
    ),
    (
        lambda: theory.optimal_initial_gram(EYE.at[0, 1].set(0.5) / 4),
        r"task_covariance is not symmetric",
    ),
    (
        lambda: theory.expected_kernel_alignment_multi_output(
            jnp.ones(2), jnp.ones(3), jnp.ones(2), d=4, k=2
        ),
        r"readout_singular_values has 3 entries.*at most 2",
    ),
    (
        lambda: theory.expected_kernel_alignment_multi_output(
            jnp.ones(2), jnp.ones(2), jnp.zeros(2), d=4, k=2
        ),
        r"teacher_singular_values is zero",
    ),
    (lambda: theory.kernel_alignment_variance(jnp.zeros(2), d=4), r"the start .*zero everywhere"),
    (lambda: theory.kernel_alignment_variance_from_factor(0 * EYE), r"factor is zero everywhere"),
    (lambda: theory.optimal_initial_gram(EYE / 4, rank=5), r"rank is 5; .*from 1 to 4"),
    (lambda: theory.optimal_kernel_alignment(EYE / 4, rank=0), r"rank is 0; .*from 1 to 4"),
    (
        lambda: theory.aligned_kernel_alignment(-1.0, readout_norm=1.0, d=4),
        r"c is -1\.0; .*at least 0",
    ),
    (
        lambda: theory.aligned_kernel_alignment(1.0, readout_norm=1.0, d=4, rank=5),
        r"rank is 5; .*from 1 to 4",
    ),
    (
        lambda: theory.aligned_kernel_alignment(0.0, readout_norm=0.0, d=4),
        r"the start .*zero everywhere",
    ),
    (
        lambda: theory.partial_alignment(1.5, c=1.0, readout_norm=0.0, d=4),
        r"rho is 1\.5; .*from 0 to 1",
    ),
    (lambda: theory.feature_overlap(W1, jnp.ones(2), keep=1), r"teacher has shape \(2,\).*\(3,\)"),
    (lambda: theory.feature_overlap(W1, jnp.ones(3), keep=4), r"keep is 4; .*from 1 to 3"),
    (lambda: theory.feature_overlap(W1, jnp.zeros(3), keep=1), r"teacher is zero everywhere"),
    (lambda: theory.expected_feature_overlap(0.5, d=4), r"kappa is 0\.5; .*at least 1"),
    (lambda: theory.expected_feature_overlap(2.0, d=1), r"d is 1; .*>= 2"),
    (
        lambda: theory.effective_rank(W1, "rank"),  # pyright: ignore[reportArgumentType]
        r"kind is 'rank'; .*'participation_ratio'",
    ),
    (lambda: theory.effective_rank(W1, "eigenvalue_area"), r"w has shape \(3, 4\).*square"),
    (lambda: theory.effective_rank(0 * W1), r"w is zero everywhere"),
    (
        lambda: theory.effective_rank(jnp.array([[0.0, 1.0], [0.0, 0.0]]), "eigenvalue_area"),
        r"the spectrum of w is zero",
    ),
    (
        lambda: theory.numerical_expected_kernel_alignment(EYE, jnp.ones((1, 4))),
        r"tasks has 1 rows.*two or more",
    ),
    (lambda: theory.uniform_tasks(jax.random.key(0), 0, d=3), r"n is 0; .*>= 1"),
    (lambda: theory.uniform_tasks(jax.random.key(0), 3, d=True), r"d is True; .*whole number"),
]


@pytest.mark.parametrize(("call", "message"), CASES)
def test_the_error_says_what_and_what_is_allowed(no_shape_checks, call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_shapes_are_refused_under_jit_too(no_shape_checks):
    with pytest.raises(ValueError, match="singular_values has 5 entries"):
        jax.jit(lambda s: theory.expected_kernel_alignment(s, d=4))(jnp.ones(5))


NUMBERS = {"d", "h", "k", "lam", "scale", "readout_norm", "rank", "depth", "keep", "task_norm"}


@pytest.mark.parametrize(
    "function",
    [
        of
        for module in (theory, dynamics)
        for of in (getattr(module, name) for name in module.__all__)
        # Results are classes, and nobody makes one.
        if not isinstance(of, type)
    ],
)
def test_numbers_that_could_be_mistaken_for_each_other_go_by_keyword(function):
    arguments = inspect.signature(function).parameters.values()
    by_place = {a.name for a in arguments if a.kind is not inspect.Parameter.KEYWORD_ONLY}
    assert not by_place & NUMBERS
