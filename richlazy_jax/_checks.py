"""Arguments refused with a message that names them, their value and what is allowed."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array


def require_whole(name: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """`value` as a whole number in range. It sets a shape or a count, so it is never traced."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        allowed = f">= {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} is {value!r}; allowed is a whole number {allowed}.")
    return int(value)


def require_choice(name: str, value: Any, allowed: Sequence[str]) -> str:
    """`value`, one of a few names."""
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; allowed are {', '.join(map(repr, allowed))}.")
    return value


def require_same_shape(name: str, value: Any, other_name: str, other: Any) -> tuple[Array, Array]:
    """Both as arrays, of one shape."""
    value, other = jnp.asarray(value), jnp.asarray(other)
    if value.shape != other.shape:
        raise ValueError(
            f"{name} has shape {value.shape}; allowed is that of {other_name}, {other.shape}."
        )
    return value, other


def require_axes(name: str, value: Any, *axes: str) -> Array:
    """`value` as an array with one axis for each name."""
    array = jnp.asarray(value)
    if array.ndim != len(axes):
        wanted = f"({', '.join(axes)})" if axes else "() (a single number)"
        raise ValueError(f"{name} has shape {array.shape}; allowed is {wanted}.")
    return array


def require_nonnegative(name: str, value: Any) -> Array:
    """`value` as an array of finite numbers of at least 0, as far as its numbers are known."""
    array = jnp.asarray(value)
    known = known_value(array)
    if known is None:
        return array
    wrong = ~(np.isfinite(known) & (known >= 0))
    if wrong.any():
        raise ValueError(
            f"{name} holds {known[wrong].flat[0]}; allowed are finite numbers of at least 0."
        )
    return array


def require_some(name: str, value: Any) -> None:
    """Refuse what is zero everywhere, as far as its numbers are known."""
    known = known_value(value)
    if known is not None and not known.any():
        raise ValueError(f"{name} is zero everywhere; allowed is at least one number other than 0.")


def known_value(array: Any) -> np.ndarray | None:
    """The numbers of `array`, or None where a transformation has hidden them."""
    try:
        return np.asarray(array)
    except jax.errors.TracerArrayConversionError:
        return None


def require_float_leaves(name: str, tree: Any) -> None:
    """Refuse a pytree of parameters with leaves that are not arrays of floating point numbers."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        place = f"{name}{jax.tree_util.keystr(path)}"
        number = isinstance(leaf, float | int) and not isinstance(leaf, bool)
        if not number and not hasattr(leaf, "dtype"):
            raise ValueError(
                f"{place} is {leaf!r}; allowed are arrays of floating point numbers. A model that "
                "holds functions or settings as well is first split, one of Equinox by `params, "
                "static = eqx.partition(model, eqx.is_inexact_array)`."
            )
        dtype = jnp.result_type(leaf)
        if not jnp.issubdtype(dtype, jnp.floating):
            raise ValueError(f"{place} has dtype {dtype}; allowed are floating point dtypes.")


def require_same_structure(name: str, tree: Any, other_name: str, other: Any) -> None:
    """Refuse a second pytree whose leaves have other places or shapes than those of a first."""
    shapes = [
        [(jax.tree_util.keystr(path), jnp.shape(leaf)) for path, leaf in paths]
        for paths in (jax.tree_util.tree_leaves_with_path(each) for each in (tree, other))
    ]
    for (place, shape), (found_place, found) in zip(*shapes, strict=False):
        if place != found_place or shape != found:
            raise ValueError(
                f"{other_name}{found_place} has shape {found}; allowed is {other_name}{place} of "
                f"shape {shape}, as in {name}."
            )
    if len(shapes[0]) != len(shapes[1]):
        raise ValueError(
            f"{other_name} has {len(shapes[1])} leaves; allowed is as many as {name}, "
            f"{len(shapes[0])}."
        )
