"""When along a trajectory the kernel changes."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import as_float, as_nonnegative, known_value
from .._precision import highest_precision


@highest_precision
def kernel_change_time(
    times: Float[Array, " t"], alignment: Float[Array, " t"]
) -> Float[Array, ""]:
    r"""The time at which the kernel has made half of its way.

    It is the first time at which the alignment with the start's kernel is half way between 1, its
    value at the start, and its last value, $\mathrm{KA} = \frac12 (1 + \mathrm{KA}_T)$, by linear
    interpolation between the times given, the start being one more of them. So it is as fine as
    they are, and "half" is of the change up to the last time and not of all there may be.

    Args:
        times: in ascending order, none below 0.
        alignment: the alignment at these times, as a `Trajectory` has it.

    Returns:
        The time, or nan where the kernel does not move: an alignment that ends within 100 machine
        epsilons of 1.

    Raises:
        ValueError: the two differ in length, are empty, or the times do not ascend.

    Source: ours.
    """
    times, alignment = as_nonnegative("times", times, "t"), as_float("alignment", alignment, "t")
    if len(times) != len(alignment) or not len(times):
        raise ValueError(
            f"alignment has {len(alignment)} entries; allowed are as many as times has, "
            f"{len(times)}, and at least one."
        )
    known = known_value(times)
    if known is not None and (known[1:] <= known[:-1]).any():
        raise ValueError("times do not ascend; allowed are times in strictly ascending order.")
    dtype = jnp.result_type(times, alignment)
    t = jnp.concatenate([jnp.zeros(1, dtype), times.astype(dtype)])
    value = jnp.concatenate([jnp.ones(1, dtype), alignment.astype(dtype)])
    half = (1 + value[-1]) / 2
    after = jnp.argmax(value <= half)
    before = jnp.maximum(after - 1, 0)
    moves = 1 - value[-1] > 100 * jnp.finfo(dtype).eps
    part = (value[before] - half) / jnp.where(moves, value[before] - value[after], 1)
    return jnp.where(moves, t[before] + part * (t[after] - t[before]), jnp.nan)
