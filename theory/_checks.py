"""Arguments turned into arrays, and refused with a message that names them.

Under jit, vmap and grad a value is not known, so only its shape and dtype can be refused there.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array


def as_float(name: str, value: Any, *axes: str) -> Array:
    """`value` as a floating point array with one axis for each name in `axes`, entries finite."""
    array = jnp.asarray(value)
    if jnp.issubdtype(array.dtype, jnp.complexfloating):
        raise ValueError(f"{name} has dtype {array.dtype}; allowed are real numbers.")
    if not jnp.issubdtype(array.dtype, jnp.floating):
        array = array.astype(jnp.result_type(float))
    if array.ndim != len(axes):
        wanted = f"({', '.join(axes)})" if axes else "() (a single number)"
        raise ValueError(f"{name} has shape {array.shape}; allowed is {wanted}.")
    known = known_value(array)
    if known is not None and not np.isfinite(known).all():
        raise ValueError(f"{_first(name, known, ~np.isfinite(known))}; allowed are finite numbers.")
    return array


def as_nonnegative(name: str, value: Any, *axes: str) -> Array:
    """As `as_float`, and no entry below zero."""
    array = as_float(name, value, *axes)
    known = known_value(array)
    if known is not None and (known < 0).any():
        raise ValueError(f"{_first(name, known, known < 0)}; allowed are numbers of at least 0.")
    return array


def as_square(name: str, value: Any, size: int | None = None) -> Array:
    """As `as_float` for a square matrix, of the given size where there is one."""
    array = as_float(name, value, "rows", "columns")
    allowed = "a square matrix" if size is None else f"({size}, {size})"
    if array.shape[0] != array.shape[1] or (size is not None and array.shape[0] != size):
        raise ValueError(f"{name} has shape {array.shape}; allowed is {allowed}.")
    return array


def as_semidefinite(name: str, value: Any, size: int | None = None) -> Array:
    """As `as_square` for a symmetric matrix with no negative eigenvalue, up to rounding."""
    array = as_square(name, value, size)
    known = known_value(array)
    if known is not None and known.size:
        scale = np.abs(known).max() or 1.0
        rounding = 32 * known.shape[0] * np.finfo(known.dtype).eps * scale
        if np.abs(known - known.T).max() > rounding:
            raise ValueError(f"{name} is not symmetric; allowed is a symmetric matrix.")
        smallest = np.linalg.eigvalsh(known)[0]
        if smallest < -rounding:
            raise ValueError(
                f"{name} has the eigenvalue {smallest:.4g}; allowed are eigenvalues of at least 0."
            )
    return array


def as_task_covariance(value: Any, d: int) -> Array:
    """A second moment of unit task directions: semidefinite with trace 1."""
    array = as_semidefinite("task_covariance", value, d)
    known = known_value(array)
    if known is not None and not np.isclose(np.trace(known), 1.0, rtol=1e-4):
        raise ValueError(
            f"task_covariance has trace {np.trace(known):.6g}; allowed is 1, since it is the "
            "second moment of unit directions."
        )
    return array


def as_dimension(name: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """`value` as a whole number from `least` to `most`. It sets a shape, so it is never traced."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        upto = "" if most is None else f" to {most}"
        allowed = f"a whole number from {least}{upto}" if upto else f"a whole number >= {least}"
        raise ValueError(f"{name} is {value!r}; allowed is {allowed}.")
    return int(value)


def require_some(name: str, *arrays: Array) -> None:
    """Refuse a start or a task in which all is zero, where an alignment is 0/0."""
    known = [known_value(a) for a in arrays]
    if all(k is not None and not k.any() for k in known):
        raise ValueError(f"{name} is zero everywhere; allowed is at least one number other than 0.")


def known_value(array: Array) -> np.ndarray | None:
    """The numbers of `array`, or None where a transformation has hidden them."""
    try:
        return np.asarray(array)
    except jax.errors.TracerArrayConversionError:
        return None


def _first(name: str, known: np.ndarray, wrong: np.ndarray) -> str:
    """The first wrong entry and its place, or the number itself where there is but one."""
    if known.ndim == 0:
        return f"{name} is {known}"
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    return f"{name} has the entry {known[place]} at {place}"
