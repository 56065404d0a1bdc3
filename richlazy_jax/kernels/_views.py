"""A leaf of the parameters on its way to the product that it enters, and that product."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import JaxprEqn
from jaxtyping import Array, Float


class View(NamedTuple):
    """The change of a leaf, with its axes in another order and perhaps times a number.

    `sizes` are those of the leaf's own axes. `axes` says for each axis of the view which of these
    it runs over, several where a reshape has merged them and none where its length is 1.
    """

    leaf: int
    sizes: tuple[int, ...]
    axes: tuple[tuple[int, ...], ...]
    scale: Array | float | None = None


class Use(NamedTuple):
    """One product of a leaf with a known factor, as far as shapes go.

    - `leaf`: which leaf.
    - `contracted`: those of its axes that the product sums over.
    - `shape`, `dtype`: of the product, in which `split` tells apart axes that a reshape had merged.
      `order` puts its axes in the order positions, then the leaf's other axes.
    - `positions`: how many rows the factor has, along the first `position_axes` in this order.
    - `loops`: the lengths of the loops around the product, outermost first.
    """

    leaf: int
    contracted: tuple[int, ...]
    shape: tuple[int, ...]
    dtype: Any
    split: tuple[int, ...]
    order: tuple[int, ...]
    positions: int
    position_axes: int
    loops: tuple[int, ...] = ()


def view_of(leaf: int, shape: Sequence[int]) -> View:
    # Axes of length 1 come and go in reshapes, and no sum needs them.
    axes = tuple((i,) if size != 1 else () for i, size in enumerate(shape))
    return View(leaf, tuple(shape), axes)


def moved(equation: JaxprEqn, values: Sequence[Any]) -> View | None:
    """The view that an equation makes of the one view among its inputs; None if it does more."""
    view = next(value for value in values if isinstance(value, View))
    given = equation.params
    match equation.primitive.name:
        case "transpose":
            return view._replace(axes=tuple(view.axes[i] for i in given["permutation"]))
        case "reshape" if given["dimensions"] is None:
            return _regrouped(view, given["new_sizes"])
        case "squeeze":
            kept = (a for i, a in enumerate(view.axes) if i not in given["dimensions"])
            return view._replace(axes=tuple(kept))
        case "broadcast_in_dim":
            return _broadcast(view, given["shape"], given["broadcast_dimensions"])
        case "convert_element_type" if jnp.issubdtype(given["new_dtype"], jnp.floating):
            return view
        case "copy" | "copy_p":
            return view
        case "neg":
            return _scaled(view, -1.0)
        case "mul" | "div" if len(values) == 2:
            return _times(equation, view, values)
    return None


def _regrouped(view: View, shape: Sequence[int]) -> View | None:
    left = [axis for axes in view.axes for axis in axes]
    groups = []
    for size in shape:
        group: list[int] = []
        while left and math.prod(view.sizes[i] for i in group) < size:
            group.append(left.pop(0))
        if math.prod(view.sizes[i] for i in group) != size:
            return None
        groups.append(tuple(group))
    return view._replace(axes=tuple(groups))


def _broadcast(view: View, shape: Sequence[int], places: Sequence[int]) -> View | None:
    axes: list[tuple[int, ...]] = [()] * len(shape)
    for place, group in zip(places, view.axes, strict=True):
        axes[place] = group
    lengths = (math.prod(view.sizes[i] for i in group) for group in axes)
    return view._replace(axes=tuple(axes)) if tuple(lengths) == tuple(shape) else None


def _times(equation: JaxprEqn, view: View, values: Sequence[Any]) -> View | None:
    by_view = [isinstance(value, View) for value in values]
    if equation.primitive.name == "mul":
        number = values[by_view.index(False)]
    elif by_view[0]:
        number = 1 / jnp.asarray(values[1])
    else:
        return None
    return _scaled(view, number) if jnp.ndim(number) == 0 else None


def _scaled(view: View, number: Any) -> View:
    return view._replace(scale=number if view.scale is None else view.scale * number)


def product(equation: JaxprEqn, values: Sequence[Any]) -> tuple[Use, Float[Array, "S M"]] | None:
    """The product of a view with a known factor and that factor's rows; None if it is none."""
    which = [isinstance(value, View) for value in values]
    if sum(which) != 1 or len(values) != 2:
        return None
    first = which[0]
    view, known = (values[0], values[1]) if first else (values[1], values[0])
    match equation.primitive.name:
        case "dot_general":
            found = _dot(equation, view, known, first)
        case "conv_general_dilated" if not first:
            found = _convolution(equation, view, known)
        case _:
            return None
    if found is None or view.scale is None:
        return found
    use, factor = found
    return use, factor * jnp.asarray(view.scale).astype(factor.dtype)


def _dot(
    equation: JaxprEqn, view: View, known: Array, first: bool
) -> tuple[Use, Float[Array, "S M"]] | None:
    contracted, batch = (
        pair if first else pair[::-1] for pair in equation.params["dimension_numbers"]
    )
    if any(view.axes[i] for i in batch[0]):
        return None
    known_free = [i for i in range(jnp.ndim(known)) if i not in (*contracted[1], *batch[1])]
    view_free = [i for i in range(len(view.axes)) if i not in (*contracted[0], *batch[0])]
    summed = [axis for i in contracted[0] for axis in view.axes[i]]
    positions = [known.shape[i] for i in (*batch[1], *known_free)]
    rows = jnp.transpose(known, (*batch[1], *known_free, *contracted[1]))
    of_view = [view.axes[i] for i in view_free]
    of_known: list[tuple[int, ...] | int] = [known.shape[i] for i in known_free]
    free = [*of_view, *of_known] if first else [*of_known, *of_view]
    # An axis of the product runs over positions, given as their number, or over axes of the leaf.
    axes = [*(known.shape[i] for i in batch[1]), *free]
    return (
        _use(equation, view, summed, axes, math.prod(positions)),
        _rows(rows, view, summed, math.prod(positions)),
    )


def _convolution(
    equation: JaxprEqn, view: View, known: Array
) -> tuple[Use, Float[Array, "S M"]] | None:
    given = equation.params
    numbers = given["dimension_numbers"]
    if given["feature_group_count"] != 1 or given["batch_group_count"] != 1:
        return None
    if any(len(axes) > 1 for axes in view.axes):
        return None
    out_axis, in_axis, *spatial = numbers.rhs_spec
    lengths = [math.prod(view.sizes[i] for i in axes) for axes in view.axes]
    # The patch of the image that each position of the output is read from.
    patches = jax.lax.conv_general_dilated_patches(
        known,
        [lengths[i] for i in spatial],
        given["window_strides"],
        given["padding"],
        given["lhs_dilation"],
        given["rhs_dilation"],
        numbers,
        precision=jax.lax.Precision.HIGHEST,
    )
    rows = jnp.moveaxis(patches, numbers.out_spec[1], -1)
    summed = [axis for i in (in_axis, *spatial) for axis in view.axes[i]]
    positions = math.prod(rows.shape[:-1])
    axes: list[Any] = list(_output(equation).shape)
    axes[numbers.out_spec[1]] = view.axes[out_axis]
    return _use(equation, view, summed, axes, positions), _rows(rows, view, summed, positions)


def _output(equation: JaxprEqn) -> Any:
    return equation.outvars[0].aval


def _rows(rows: Array, view: View, summed: list[int], positions: int) -> Float[Array, "S M"]:
    """The factor with its sum over the leaf's axes in their own order."""
    rows = rows.reshape(positions, *(view.sizes[i] for i in summed))
    order = sorted(range(len(summed)), key=lambda i: summed[i])
    return rows.transpose(0, *(1 + i for i in order)).reshape(positions, -1)


def _use(
    equation: JaxprEqn,
    view: View,
    summed: list[int],
    axes: Sequence[tuple[int, ...] | int],
    positions: int,
) -> Use:
    split: list[int] = []
    of_positions, of_leaf = [], {}
    for axis in axes:
        if isinstance(axis, int):
            of_positions.append(len(split))
            split.append(axis)
        else:
            for own in axis:
                of_leaf[own] = len(split)
                split.append(view.sizes[own])
    order = (*of_positions, *(of_leaf[own] for own in sorted(of_leaf)))
    aval = _output(equation)
    contracted = tuple(sorted(summed))
    return Use(
        view.leaf,
        contracted,
        aval.shape,
        aval.dtype,
        tuple(split),
        order,
        positions,
        len(of_positions),
    )


def by_position(use: Use, derivatives: Float[Array, "O ..."]) -> Float[Array, "O S N"]:
    """Derivatives by a product's entries, (O, *loops, *shape), by position and free axis."""
    outputs, loops = derivatives.shape[0], math.prod(use.loops)
    split = derivatives.reshape(outputs, loops, *use.split)
    split = split.transpose(0, 1, *(2 + i for i in use.order))
    return split.reshape(outputs, loops * use.positions, -1)


def flat_uses(tree: Any) -> Iterator[Use]:
    """The uses in a list of them, which holds a list in turn for each loop."""
    for entry in tree:
        if isinstance(entry, Use):
            yield entry
        else:
            yield from flat_uses(entry)
