"""Which outputs of a network count, how much, and what they should have been."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import require_nonnegative, require_some

# Where so many of the rows are of one class it may hide the others.
_MOST_OF_ONE_CLASS = 0.5


class Rows(NamedTuple):
    """Outputs that are looked at.

    - `chosen(values)`: these alone of all outputs.
    - `apply(params, x)`: the network with these outputs alone.
    - `weights`: how much each counts, in the shape of the first axes of the outputs; None for all
      alike.
    - `wanted`: what each should have been, in the shape of the outputs; None where unknown.
    - `labels`: classes, where targets are those.
    - `said`: what was taken for granted, in sentences.
    """

    chosen: Callable[[Any], Array]
    apply: Callable[[Any, Any], Array]
    weights: Float[Array, "n ..."] | None
    wanted: Float[Array, "n ..."] | None
    labels: np.ndarray | None
    said: tuple[str, ...]

    @property
    def given(self) -> Any:
        """The targets as a loss of the user's own takes them: classes, or numbers."""
        return self.wanted if self.labels is None else self.labels


def rows_of(
    apply: Callable[[Any, Any], Any],
    whole: tuple[int, ...],
    outputs: str | Sequence[int],
    targets: Any,
    weights: Any,
) -> Rows:
    """The outputs asked for.

    Args:
        apply: the network.
        whole: the shape of its outputs.
        outputs, targets, weights: as in `laziness`.

    Raises:
        ValueError: they do not fit each other.
    """
    chosen = _chosen(outputs, whole)
    shape = jax.eval_shape(chosen, jax.ShapeDtypeStruct(whole, jnp.float32)).shape
    said = [] if outputs == "all" else [f"Outputs are those of {_words(outputs)}."]
    labels, wanted = _targets(targets, whole, shape, chosen)
    if wanted is None:
        said.append("No targets were given, so that nothing is said of what was learned.")
    if isinstance(weights, str):
        if weights != "balanced" or labels is None:
            raise ValueError(
                f"weights is {weights!r}; allowed are None, an array, and 'balanced' where targets "
                "are classes."
            )
        number = np.bincount(labels.ravel())
        found = jnp.asarray(labels.size / (number > 0).sum() / number[labels])
        said.append("Each class counts alike, however many outputs it has.")
    elif weights is not None:
        found = _weights(weights, whole, shape, chosen)
        said.append("Outputs count by the weights given.")
    else:
        found = None
        if labels is not None:
            share = np.bincount(labels.ravel()).max() / labels.size
            if share > _MOST_OF_ONE_CLASS and labels.ndim > 1:
                said.append(
                    f"{share:.0%} of the outputs are of one class, which may be fixation; "
                    "weights='balanced' lets each class count alike."
                )
    return Rows(chosen, lambda p, x: chosen(apply(p, x)), found, wanted, labels, tuple(said))


def _chosen(outputs: Any, whole: tuple[int, ...]) -> Callable[[Any], Any]:
    if isinstance(outputs, str) and outputs == "all":
        return lambda values: values
    if len(whole) < 3:
        raise ValueError(
            f"outputs is {outputs!r} and the network gives {whole}; allowed without an axis of "
            "steps is 'all'."
        )
    if isinstance(outputs, str):
        if outputs != "last":
            raise ValueError(
                f"outputs is {outputs!r}; allowed are 'all', 'last' and a sequence of steps."
            )
        return lambda values: values[:, -1]
    steps = np.atleast_1d(np.asarray(outputs))
    number = whole[1]
    if not np.issubdtype(steps.dtype, np.integer) or steps.size == 0:
        raise ValueError(f"outputs is {outputs!r}; allowed are steps, as whole numbers.")
    if steps.min() < -number or steps.max() >= number:
        raise ValueError(f"outputs is {outputs!r}; allowed are steps from 0 to {number - 1}.")
    return lambda values: values[:, steps]


def _words(outputs: str | Sequence[int]) -> str:
    if outputs == "last":
        return "the last step"
    return f"steps {', '.join(map(str, np.atleast_1d(np.asarray(outputs))))}"


def _targets(
    targets: Any, whole: tuple[int, ...], shape: tuple[int, ...], chosen: Callable
) -> tuple[np.ndarray | None, Array | None]:
    """Classes, if targets are those, and the targets as vectors."""
    if targets is None:
        return None, None
    given = np.asarray(targets)
    classes = np.issubdtype(given.dtype, np.integer)
    allowed = [whole[:-1], shape[:-1]] if classes else [whole, shape]
    if given.shape not in allowed:
        words = "whole numbers, a class each" if classes else "numbers"
        raise ValueError(
            f"targets has shape {given.shape} and is of {words}; allowed are "
            f"{' or '.join(map(str, dict.fromkeys(allowed)))}, as the outputs have."
        )
    if given.shape != allowed[1]:
        given = np.asarray(chosen(jnp.asarray(given)))
    if not classes:
        if not np.isfinite(given).all():
            raise ValueError("targets has numbers that are not finite; allowed are finite numbers.")
        return None, jnp.asarray(given, jnp.result_type(float))
    if given.min() < 0 or given.max() >= shape[-1]:
        raise ValueError(
            f"targets has classes from {given.min()} to {given.max()}; allowed are 0 to "
            f"{shape[-1] - 1}, as there are {shape[-1]} outputs."
        )
    return given, jax.nn.one_hot(given, shape[-1])


def _weights(
    weights: Any, whole: tuple[int, ...], shape: tuple[int, ...], chosen: Callable
) -> Array:
    found = require_nonnegative("weights", weights)
    fits = found.ndim and found.shape == shape[: found.ndim]
    if not fits and found.ndim >= 2 and found.shape == whole[: found.ndim]:
        found = chosen(found)
        fits = True
    if not fits:
        raise ValueError(
            f"weights has shape {found.shape}; allowed are {shape}, as the outputs have, or its "
            "first axes."
        )
    require_some("weights", found)
    return found


def spread(weights: Array, like: Array) -> Array:
    """Weights of the first axes, for all of them."""
    missing = [1] * (like.ndim - weights.ndim)
    return jnp.broadcast_to(weights.reshape(*weights.shape, *missing), like.shape)
