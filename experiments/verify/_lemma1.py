"""Lemma 1: the kernel at the end of learning."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import richlazy_jax as rj
import theory

from ..kinds.linear import (
    N_HIDDEN,
    N_INPUTS,
    SIGMA,
    Learned,
    Problem,
    extrapolated,
    learn_many,
    readout_of_norm,
    white_inputs,
)
from ._curves import in_float64
from ._row import Row, exact_row, mean_row
from ._task_control import task_control

OUTPUTS = 3
TEACHER = (1.5, 1.0, 0.6)
DEPTH = 3
# A deep network leaves the origin in a time that grows as 1 / sigma, so its start is larger.
DEEP_SIGMA, DEEP_INPUTS = 0.05, 8


def check_lemma_1(key: Any, runs: int, quick: bool) -> Iterator[Row]:
    """One output, many outputs and three layers: the end, and the alignment that follows."""
    keys = jax.random.split(key, 3)

    yield from _one_output(keys[0], runs)

    # Half as many again, since no control makes the mean more exact.
    multi = learn_many(multi_output_problem, keys[1], runs + runs // 2)
    end = jax.vmap(theory.final_kernel_factor_multi_output)(multi.facts["teacher"])
    expected = _expanded(end, multi, OUTPUTS)
    name = "lemma-1-outputs"
    yield _end_row(multi, expected, name, "Lemma 1, k outputs", f"{OUTPUTS} outputs, white data")
    predicted = theory.expected_kernel_alignment_multi_output(
        multi_output_spectrum(), multi_output_readout(), jnp.asarray(TEACHER), d=N_INPUTS, k=OUTPUTS
    )
    yield mean_row(
        predicted,
        multi.alignment,
        name="theorem-1-outputs",
        statement="Theorem 1, k outputs",
        setting=f"{OUTPUTS} outputs, Haar teachers",
        quantity="mean KA",
        worst_loss=float(multi.loss.max()),
    )

    # What the formula leaves out is of second order in the scale of the start, which is removed.
    large, small = (
        learn_many(deep_problem, keys[2], runs, jnp.asarray(sigma), steps=1500)
        for sigma in (DEEP_SIGMA, DEEP_SIGMA / np.sqrt(2))
    )
    factors = small.facts["factor"]
    predicted = jax.vmap(
        lambda m: theory.expected_kernel_alignment_from_factor(m, depth=DEPTH), in_axes=0
    )(factors)
    yield mean_row(
        predicted,
        2 * small.alignment - large.alignment,
        task_control(jax.random.fold_in(keys[2], 1), small, _deep_tasks, depth=DEPTH),
        name="theorem-1-depth",
        statement="Theorem 1, depth L",
        setting=f"{DEPTH} layers, Gaussian start, sigma {DEEP_SIGMA:g} and less",
        quantity="mean KA",
        numerical="scale to 0",
        worst_loss=float(max(large.loss.max(), small.loss.max())),
    )


@in_float64
def _one_output(key: Any, runs: int) -> Iterator[Row]:
    # Every run must agree, so a few are enough.
    scalar = extrapolated(scalar_problem, key, min(runs, 100))
    end = jax.vmap(theory.final_kernel_factor)(scalar.facts["beta"])
    yield _end_row(
        scalar,
        _expanded(end, scalar, 1),
        "lemma-1",
        "Lemma 1",
        "1 output, data not white",
        "step to 0",
    )


def scalar_problem(key: Any) -> Problem:
    """A Gaussian start and a teacher whose length differs between runs, on inputs of any kind."""
    keys = jax.random.split(key, 5)
    w1 = SIGMA * jax.random.normal(keys[0], (N_HIDDEN, N_INPUTS)) / jnp.sqrt(N_HIDDEN * N_INPUTS)
    w2 = readout_of_norm(keys[1], N_HIDDEN, SIGMA)
    length = jax.random.uniform(keys[2], minval=0.8, maxval=1.6)
    beta = length * theory.uniform_tasks(keys[3], 1, d=N_INPUTS)[0]
    x = white_inputs(keys[4]) * jnp.linspace(0.8, 1.25, N_INPUTS)
    y = jnp.matmul(x, beta[:, None], precision="highest")
    return Problem([w1, w2], x, y, {"beta": beta, "x": x})


def multi_output_spectrum() -> Any:
    """Singular values of the first layer at the start."""
    return SIGMA * jnp.linspace(1.0, 0.1, N_INPUTS)


def multi_output_readout() -> Any:
    """Singular values of the readout at the start."""
    return SIGMA * jnp.array([1.0, 0.6, 0.3])


def multi_output_problem(key: Any) -> Problem:
    """Chosen spectra of both layers and of the teacher, random singular vectors of all."""
    keys = jax.random.split(key, 4)
    w1 = rj.weights_with_spectrum(keys[0], multi_output_spectrum(), N_HIDDEN, N_INPUTS)
    w2 = rj.weights_with_spectrum(keys[1], multi_output_readout(), OUTPUTS, N_HIDDEN)
    teacher = rj.weights_with_spectrum(keys[2], jnp.asarray(TEACHER), OUTPUTS, N_INPUTS)
    x = white_inputs(keys[3])
    y = jnp.matmul(x, teacher.T, precision="highest")
    return Problem([w1, w2], x, y, {"teacher": teacher, "x": x})


def _deep_tasks(key: Any, n: int) -> Any:
    return theory.uniform_tasks(key, n, d=DEEP_INPUTS)


def deep_problem(key: Any, sigma: Any) -> Problem:
    """Three Gaussian layers, narrower than elsewhere because training is longer."""
    d, h = DEEP_INPUTS, 10
    keys = jax.random.split(key, 5)
    shapes = [(h, d), (h, h), (1, h)]
    weights = [
        sigma * jax.random.normal(k, s) / jnp.sqrt(s[1]) for k, s in zip(keys, shapes, strict=False)
    ]
    beta = 2.0 * theory.uniform_tasks(keys[3], 1, d=d)[0]
    x = white_inputs(keys[4], d)
    factor = theory.deep_kernel_factor(weights)
    y = jnp.matmul(x, beta[:, None], precision="highest")
    return Problem(weights, x, y, {"factor": factor, "beta": beta})


def _expanded(factors: Any, learned: Learned, k: int) -> np.ndarray:
    """Kernels from factors, laid out as the empirical ones."""
    x = learned.facts["x"]
    blocks = np.asarray(factors).reshape(len(x), k, x.shape[-1], k, x.shape[-1])
    return np.einsum("rnd,ridje,rme->rnmij", x, blocks, x, optimize=True)


def _end_row(
    learned: Learned,
    expected: np.ndarray,
    name: str,
    statement: str,
    what: str,
    numerical: str = "",
) -> Row:
    return exact_row(
        0.0,
        kernel_distance(learned.end, expected),
        name=name,
        statement=statement,
        setting=what,
        quantity="relative error of end",
        numerical=numerical,
        worst_loss=float(learned.loss.max()),
    )


def kernel_distance(kernel: Any, expected: Any) -> np.ndarray:
    """The Frobenius norm of the difference relative to that of the expected, for each run."""
    axes = tuple(range(1, kernel.ndim))
    return np.sqrt(np.sum((kernel - expected) ** 2, axes) / np.sum(expected**2, axes))
