"""Means over drawn tasks, for where no closed form is known. Numerical, and named so."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ._checks import as_dimension, as_float
from ._precision import highest_precision
from ._task_alignment import task_kernel_alignment


class NumericalExpectation(NamedTuple):
    """A mean over drawn tasks and the standard error that the drawing leaves."""

    mean: Float[Array, ""]
    standard_error: Float[Array, ""]


@highest_precision
def numerical_expected_kernel_alignment(
    factor: Float[Array, "d d"],
    tasks: Float[Array, "n d"],
    *,
    depth: int = 2,
    data_covariance: Float[Array, "d d"] | None = None,
) -> NumericalExpectation:
    r"""The mean of `task_kernel_alignment` over drawn tasks, with its standard error.

    For data that are not white the norm of the final kernel depends on the task, and the mean over
    tasks has no closed form that we know; nor has it for the variance of tasks that are not
    isotropic. This is a numerical estimate: its error falls as $1 / \sqrt n$.

    Args:
        factor: the factor of the start's kernel, for one output.
        tasks: drawn teachers, one in each row, at least two; for example `uniform_tasks`.
        depth: the number of layers, at least 2.
        data_covariance: $S = X^\top X$, or None for white data.

    Raises:
        ValueError: an argument is not as `task_kernel_alignment` needs it, or one task was given.

    Source: ours.
    """
    tasks = as_float("tasks", tasks, "n", "d")
    if len(tasks) < 2:
        raise ValueError(f"tasks has {len(tasks)} rows; allowed are two or more.")
    # Once on plain values, since inside vmap they can no longer be checked.
    task_kernel_alignment(factor, tasks[0], depth=depth, data_covariance=data_covariance)
    each = jax.vmap(
        lambda b: task_kernel_alignment(factor, b, depth=depth, data_covariance=data_covariance)
    )(tasks)
    error = jnp.std(each, ddof=1) / jnp.sqrt(jnp.asarray(len(tasks), each.dtype))
    return NumericalExpectation(jnp.mean(each), error)


@highest_precision
def uniform_tasks(key: Key[Array, ""], n: int, *, d: int) -> Float[Array, "n d"]:
    """`n` task directions, uniform on the unit sphere of `d` dimensions.

    Args:
        key: a JAX random key.
        n: the number of tasks.
        d: the number of inputs.

    Raises:
        ValueError: n or d is not a whole number of at least 1.

    Source: normalised Gaussian vectors.
    """
    n, d = as_dimension("n", n), as_dimension("d", d)
    g = jax.random.normal(key, (n, d))
    return g / jnp.linalg.norm(g, axis=1, keepdims=True)
