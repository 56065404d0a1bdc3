"""Closed forms in float32 at scales from 1e-30 to 1e30, against the same formulas in long numbers.

The expected values are written out here again, from explicit matrices where there are any, with
mpmath, in which nothing overflows and nothing is rounded.
"""

from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import theory

SCALES = [1e-30, 1e-20, 1e-10, 1.0, 1e9, 1e20, 1e30]
D = 5


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.3, 2, shape).astype(np.float32)


def exact(array):
    return mpmath.matrix(np.atleast_2d(np.asarray(array, float)).tolist())


def trace(m):
    return sum(m[i, i] for i in range(m.rows))


def alignment(a, b):
    return trace(a * b.T) / mpmath.sqrt(trace(a * a.T) * trace(b * b.T))


def start_of(spectrum, w):
    """M0 of singular values and a readout norm."""
    w = mpmath.mpf(float(w))
    return mpmath.diag([mpmath.mpf(float(s)) ** 2 + w**2 for s in spectrum])


def mean_alignment(m0, depth=2):
    d = m0.rows
    overlap = trace(m0) * (1 + mpmath.mpf(depth - 1) / d)
    return overlap / mpmath.sqrt(trace(m0 * m0.T) * (d - 1 + depth**2))


def variance(m0):
    d = m0.rows
    share = 1 - trace(m0) ** 2 / d / trace(m0 * m0.T)
    return 2 * share / (d * (d + 2) * (d + 3))


def end_of(b):
    """b b^T + I for the direction of b."""
    b = exact(b).T
    return b * b.T / trace(b.T * b) + mpmath.eye(b.rows)


def agrees(got, expected):
    assert got.dtype == jnp.float32
    np.testing.assert_allclose(float(got), float(expected), rtol=1e-5)


@pytest.fixture(autouse=True)
def long_numbers():
    with mpmath.workdps(200):
        yield


@pytest.mark.parametrize("readout", SCALES)
@pytest.mark.parametrize("first", SCALES)
def test_from_a_spectrum_and_a_readout(first, readout):
    spectrum, w = np.float32(first) * numbers(D), np.float32(readout)
    m0 = start_of(spectrum, w)
    got = theory.expected_kernel_alignment(jnp.asarray(spectrum), d=D, readout_norm=w)
    agrees(got, mean_alignment(m0))
    got = theory.kernel_alignment_variance(jnp.asarray(spectrum), d=D, readout_norm=w)
    expected = variance(m0)
    # Below the least float32 there is nothing to tell from 0.
    if expected > 1e-30:
        agrees(got, expected)
    else:
        assert 0 <= got < 1e-29
    for c in (first, readout):
        got = theory.aligned_kernel_alignment(np.float32(c), readout_norm=w, d=D, rank=2)
        shape = mpmath.diag([1, 0.5, *[0] * (D - 2)])
        square = mpmath.mpf(float(w)) ** 2
        start = mpmath.mpf(float(np.float32(c))) * shape + square * mpmath.eye(D)
        agrees(got, alignment(start, end_of(np.eye(D)[0])))
        got = theory.partial_alignment(0.25, c=np.float32(c), readout_norm=w, d=D)
        near = mpmath.matrix([mpmath.mpf(0.5), mpmath.sqrt(0.75), *[0] * (D - 2)])
        start = mpmath.mpf(float(np.float32(c))) * near * near.T + square * mpmath.eye(D)
        agrees(got, alignment(start, end_of(np.eye(D)[0])))


@pytest.mark.parametrize("teacher", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("readout", SCALES)
@pytest.mark.parametrize("first", SCALES)
def test_many_outputs(first, readout, teacher):
    k = 2
    a, n, s = (np.float32(c) * numbers(m) for c, m in ((first, D), (readout, k), (teacher, k)))
    got = theory.expected_kernel_alignment_multi_output(*map(jnp.asarray, (a, n, s)), d=D, k=k)
    a, n, s = ([mpmath.mpf(float(x)) for x in v] for v in (a, n, s))
    # Traces of the two Kronecker products, eigenvalue by eigenvalue; the end's by Haar means.
    n = [x**2 for x in n]
    start = [x**2 + y for x in a for y in n]
    over = sum(x**2 for x in a) * sum(s) * (mpmath.mpf(k) / D + 1)
    over += sum(n) * sum(s) * (mpmath.mpf(D) / k + 1)
    ends = [x + y for x in [*s, *[0] * (D - k)] for y in s]
    norms = sum(x**2 for x in start) * sum(x**2 for x in ends)
    agrees(got, over / mpmath.sqrt(norms))


@pytest.mark.parametrize("other", SCALES)
@pytest.mark.parametrize("scale", SCALES)
def test_from_matrices(scale, other):
    raw = numbers(D, D)
    factor = np.float32(scale) * (raw @ raw.T)
    beta, s = np.float32(other) * numbers(D, seed=1), numbers(D, D, seed=2)
    s = np.float32(other) * (s @ s.T)
    m0 = exact(factor)
    got = theory.expected_kernel_alignment_from_factor(jnp.asarray(factor), depth=3)
    agrees(got, mean_alignment(m0, 3))
    got = theory.kernel_alignment_variance_from_factor(jnp.asarray(factor))
    agrees(got, variance(m0))
    got = theory.task_kernel_alignment(
        jnp.asarray(factor), jnp.asarray(beta), data_covariance=jnp.asarray(s)
    )
    across, end = m0 * exact(s), end_of(beta) * exact(s)
    norms = trace(across * across) * trace(end * end)
    agrees(got, trace(across * end) / mpmath.sqrt(norms))


@pytest.mark.parametrize("scale", SCALES)
def test_of_one_matrix(scale):
    w = np.float32(scale) * numbers(D, D)
    spectrum = [mpmath.mpf(x) for x in np.linalg.svd(w.astype(float), compute_uv=False)]
    ranks: dict[Any, Any] = {
        "participation_ratio": sum(s**2 for s in spectrum) ** 2 / sum(s**4 for s in spectrum),
        "stable_rank": sum(s**2 for s in spectrum) / max(spectrum) ** 2,
    }
    p = [s / sum(spectrum) for s in spectrum]
    ranks["exponential_entropy"] = mpmath.exp(-sum(x * mpmath.log(x) for x in p))
    sizes = np.abs(np.linalg.eigvals(w.astype(float)))
    ranks["eigenvalue_area"] = sizes.sum() / sizes.max()
    for kind, expected in ranks.items():
        agrees(theory.effective_rank(jnp.asarray(w), kind), expected)


@pytest.mark.parametrize("teacher_scale", SCALES)
@pytest.mark.parametrize("scale", SCALES)
def test_overlap_of_features(scale, teacher_scale):
    features, w = np.float32(scale) * numbers(4, D), np.float32(teacher_scale) * numbers(4, seed=1)
    u, s, _ = np.linalg.svd(features.astype(float), full_matrices=False)
    squares = [mpmath.mpf(x) ** 2 for x in s * (w.astype(float) @ u)]
    got = theory.feature_overlap(jnp.asarray(features), jnp.asarray(w), keep=2)
    agrees(got, sum(squares[:2]) / sum(squares))


@pytest.mark.parametrize("scale", SCALES)
def test_final_kernels_carry_the_scale_of_their_teacher(scale):
    beta, teacher = numbers(D), numbers(2, D)
    # A power of the scale, so that what is compared stands for no rounding of the input.
    scale = np.float32(2.0 ** np.round(np.log2(scale)))
    for depth in (2, 3) if 1e-20 < scale < 1e20 else (2,):
        got = theory.final_kernel_factor(jnp.asarray(scale * beta), depth=depth)
        expected = theory.final_kernel_factor(jnp.asarray(beta), depth=depth)
        power = 2 * (depth - 1) / depth
        np.testing.assert_allclose(got / scale**power, expected, rtol=1e-5)
    got = theory.final_kernel_factor_multi_output(jnp.asarray(scale * teacher))
    expected = theory.final_kernel_factor_multi_output(jnp.asarray(teacher))
    np.testing.assert_allclose(got / scale, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("norm", [1e-30, 1e-10, 1.0, 1e20, 1e30])
@pytest.mark.parametrize("sigma", SCALES)
@pytest.mark.parametrize(("rank", "q"), [(1, 0.3), (3, 0.2), (5, 1.0)])
def test_any_scale(sigma, norm, rank, q):
    got = theory.any_scale_kernel_alignment(
        np.float32(sigma), d=D, rank=rank, overlap=q, task_norm=np.float32(norm)
    )
    g = mpmath.mpf(float(np.float32(sigma))) ** 2 / rank
    norm = mpmath.mpf(float(np.float32(norm)))
    square = (mpmath.sqrt(g**2 + 4 * norm**2) - g) / 2
    # In the basis of b, of the part of the row space across it and of the rest, by traces.
    overlap = g * ((square + g) * q + g * (rank - 1) + square * rank)
    end = (2 * square + g) ** 2 + (rank - 1) * (g + square) ** 2 + (D - rank) * square**2
    agrees(got, overlap / (g * mpmath.sqrt(rank) * mpmath.sqrt(end)))


FORMS = {
    "expected": (lambda x: theory.expected_kernel_alignment(x, d=D, readout_norm=x[0]), (3,)),
    "variance": (lambda x: theory.kernel_alignment_variance(x, d=D, readout_norm=x[0]), (3,)),
    "multi": (
        lambda x: theory.expected_kernel_alignment_multi_output(x, x[:2], x[1:], d=D, k=2),
        (3,),
    ),
    "factor": (lambda x: theory.expected_kernel_alignment_from_factor(x), (D, D)),
    "task": (lambda x: theory.task_kernel_alignment(x, x[0], data_covariance=x @ x.T), (D, D)),
    "aligned": (lambda x: theory.aligned_kernel_alignment(x[0] ** 2, readout_norm=x[1], d=D), (2,)),
    "partial": (
        lambda x: theory.partial_alignment(0.2, c=x[0] ** 2, readout_norm=x[1], d=D),
        (2,),
    ),
    "overlap": (lambda x: theory.feature_overlap(x, x[:, 0], keep=2), (4, D)),
    "rank": (lambda x: theory.effective_rank(x), (4, D)),
    "entropy": (lambda x: theory.effective_rank(x, "exponential_entropy"), (4, D)),
}


@pytest.mark.parametrize("name", FORMS)
def test_derivatives_go_as_one_over_the_scale(name):
    """Of what does not depend on the scale, mapped over scales in one compiled program."""
    function, shape = FORMS[name]
    x = jnp.asarray(numbers(*shape, seed=3))
    scales = jnp.asarray(2.0 ** np.array([-30, 0, 30]), jnp.float32)
    slopes = jax.jit(jax.vmap(jax.grad(function)))(scales.reshape(-1, *[1] * x.ndim) * x)
    size = float(jnp.abs(slopes[1]).max())
    for slope, scale in zip(slopes, scales, strict=True):
        np.testing.assert_allclose(slope * scale, slopes[1], atol=2e-4 * size)
