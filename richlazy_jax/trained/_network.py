"""A network of another library as pure functions of its own arrays."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


class TrainedNetwork(NamedTuple):
    """A network of another library as pure functions of its own arrays.

    - `params`: its arrays, under their own names.
    - `apply(params, x)`: its outputs (n, t, k) for inputs (n, t, n_in); those of fully connected
      layers are (n, k) for (n, n_in).
    - `activity(params, x)`: the activity of its recurrent units (n, t, N), of the last layer; that
      of the last hidden layer (n, N), or of the inputs where there is none, of fully connected
      layers.
    - `said`: what was recognized, and what was taken for granted.
    """

    params: dict[str, Float[Array, "..."]]
    apply: Callable[[Any, Any], Any]
    activity: Callable[[Any, Any], Any]
    said: tuple[str, ...]


def floats(arrays: Mapping[str, np.ndarray], used: set[str]) -> dict[str, Array]:
    """Copies of arrays as JAX's, which no training elsewhere can change.

    Raises:
        ValueError: one of them is not of finite floating point numbers.
    """
    params = {}
    for name in sorted(used):
        if arrays[name].dtype.kind != "f":
            raise ValueError(
                f"state[{name!r}] has dtype {arrays[name].dtype}; allowed are floating point "
                "numbers."
            )
        if not np.isfinite(arrays[name]).all():
            raise ValueError(
                f"state[{name!r}] has numbers that are not finite; allowed are finite numbers."
            )
        params[name] = jnp.array(arrays[name], jnp.result_type(float), copy=True)
    return params


def refuse_others(arrays: Mapping[str, np.ndarray], used: set[str], network: str) -> None:
    """A ValueError where there are arrays beside those of a network."""
    others = sorted(set(arrays) - used)
    if others:
        raise ValueError(
            f"state has {', '.join(others)} beside the arrays of {network}; allowed are these "
            "alone, or all that the network is made of by names."
        )
