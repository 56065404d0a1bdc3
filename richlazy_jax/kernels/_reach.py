"""Which outputs of a program can depend on which of its inputs, proved from the program alone.

Every number carries a set of marks, held as the bits of one integer, and each operation hands on
the marks of what it reads. An operation without a rule here hands all marks to all its results, so
that a mark that is missing from an output is a proof.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jax.extend.core import Jaxpr, JaxprEqn, Literal

from ._linear_program import inlined

Marks = np.ndarray
MARKS = 63
# Operations of the program, with those of a loop at each of its steps.
_MOST_OPERATIONS = 100_000
# A number for each mark, so that it fits in memory whatever the network.
_MOST_NUMBERS = 10**7

_ELEMENTWISE = {
    *("add", "add_any", "sub", "mul", "div", "neg", "sign", "integer_pow", "select_n"),
    *("convert_element_type", "reduce_precision", "copy", "copy_p", "real", "imag", "conj"),
}


class Untold(Exception):
    """The program is too long to be followed."""


class _Budget:
    def __init__(self) -> None:
        self.left = _MOST_OPERATIONS

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Untold


def reached(jaxpr: Jaxpr, marks: Sequence[Marks | None]) -> list[Marks]:
    """The marks of each output, from those of the inputs; None stands for none.

    Raises:
        Untold: the program is too long.
    """
    found = _run(jaxpr, marks, _Budget())
    return [_full(own, atom.aval) for own, atom in zip(found, jaxpr.outvars, strict=True)]


def _shape(atom: Any) -> tuple[int, ...]:
    return atom.aval.shape


def _full(marks: Marks | None, aval: Any) -> Marks:
    return np.zeros(aval.shape, np.int64) if marks is None else marks


def _run(jaxpr: Jaxpr, marks: Sequence[Marks | None], budget: _Budget) -> list[Marks | None]:
    held: dict[Any, Marks | None] = dict(zip(jaxpr.invars, marks, strict=True))

    def read(atom: Any) -> Marks | None:
        return None if isinstance(atom, Literal) else held.get(atom)

    for equation in jaxpr.eqns:
        values = [read(atom) for atom in equation.invars]
        if any(value is not None for value in values):
            budget.spend()
            results = _run_equation(equation, values, budget)
            held.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _run_equation(
    equation: JaxprEqn, values: list[Marks | None], budget: _Budget
) -> list[Marks | None]:
    call = inlined(equation)
    if call is not None:
        return _run(call[0], values, budget)
    name = equation.primitive.name
    if name == "scan":
        return _loop(equation, values, budget)
    shapes = [_shape(atom) for atom in equation.outvars]
    if sum(math.prod(shape) for shape in shapes) > _MOST_NUMBERS:
        raise Untold
    if name in _ELEMENTWISE and len(shapes) == 1:
        found = np.zeros(shapes[0], np.int64)
        for value in values:
            if value is not None:
                found = found | value
        return [found]
    rule = _RULES.get(name)
    if rule is not None:
        return rule(equation, values)
    return _every(equation, values)


def _every(equation: JaxprEqn, values: list[Marks | None]) -> list[Marks | None]:
    every = np.int64(0)
    for value in values:
        if value is not None:
            every |= np.bitwise_or.reduce(value, axis=None)
    return [np.full(_shape(atom), every) for atom in equation.outvars]


def _loop(equation: JaxprEqn, values: list[Marks | None], budget: _Budget) -> list[Marks | None]:
    given = equation.params
    n_consts, n_carry, length = given["num_consts"], given["num_carry"], given["length"]
    consts, carry, slices = (
        values[:n_consts],
        values[n_consts : n_consts + n_carry],
        values[n_consts + n_carry :],
    )
    if length == 0:
        return [*carry, *[None] * (len(equation.outvars) - n_carry)]
    stacked: list[list[Marks | None]] = []
    steps = range(length)
    for step in reversed(steps) if given["reverse"] else steps:
        parts = [None if part is None else part[step] for part in slices]
        results = _run(given["jaxpr"].jaxpr, [*consts, *carry, *parts], budget)
        carry = results[:n_carry]
        stacked.append(results[n_carry:])
    if given["reverse"]:
        stacked.reverse()
    shapes = [_shape(atom) for atom in equation.outvars[n_carry:]]
    if sum(math.prod(shape) for shape in shapes) > _MOST_NUMBERS:
        raise Untold
    whole: list[Marks | None] = []
    for shape, column in zip(shapes, zip(*stacked, strict=True), strict=True):
        found = np.zeros(shape, np.int64)
        for step, part in enumerate(column):
            if part is not None:
                found[step] = part
        whole.append(found)
    return [*carry, *whole]


def _of_one(function: Callable[[dict[str, Any], Marks], Marks]) -> Callable:
    """A rule for an operation that reads one array."""

    def rule(equation: JaxprEqn, values: list[Marks | None]) -> list[Marks | None]:
        value = values[0]
        return [None if value is None else function(equation.params, value)]

    return rule


def _broadcast(given: dict[str, Any], value: Marks) -> Marks:
    shape = [1] * len(given["shape"])
    for place, size in zip(given["broadcast_dimensions"], value.shape, strict=True):
        shape[place] = size
    return np.broadcast_to(value.reshape(shape), given["shape"])


def _slice(given: dict[str, Any], value: Marks) -> Marks:
    steps = given["strides"] or (1,) * value.ndim
    limits = zip(given["start_indices"], given["limit_indices"], steps, strict=True)
    return value[tuple(slice(*limit) for limit in limits)]


def _dynamic_slice(equation: JaxprEqn, values: list[Marks | None]) -> list[Marks | None]:
    value = values[0]
    if any(start is not None for start in values[1:]):
        return _every(equation, values)
    if value is None:
        return [None]
    places = zip(equation.params["slice_sizes"], equation.invars[1:], strict=True)
    for axis, (size, start) in enumerate(places):
        if isinstance(start, Literal):
            low = min(max(int(start.val), 0), value.shape[axis] - size)
            value = np.take(value, range(low, low + size), axis)
        elif size < value.shape[axis]:
            # From anywhere along the axis.
            joined = np.bitwise_or.reduce(value, axis, keepdims=True)
            value = np.repeat(joined, size, axis)
    return [value]


def _pad(equation: JaxprEqn, values: list[Marks | None]) -> list[Marks | None]:
    value, filling = values
    shape = _shape(equation.outvars[0])
    found = np.zeros(shape, np.int64)
    if value is not None:
        places = []
        for i, (low, _, interior) in enumerate(equation.params["padding_config"]):
            place = low + np.arange(value.shape[i]) * (interior + 1)
            inside = (place >= 0) & (place < shape[i])
            value = np.compress(inside, value, i)
            places.append(place[inside])
        found[np.ix_(*places)] = value
    return [found if filling is None else found | filling]


def _concatenate(equation: JaxprEqn, values: list[Marks | None]) -> list[Marks | None]:
    parts = [_full(v, a.aval) for v, a in zip(values, equation.invars, strict=True)]
    return [np.concatenate(parts, equation.params["dimension"])]


def _stack(equation: JaxprEqn, values: list[Marks | None]) -> list[Marks | None]:
    parts = [_full(v, a.aval) for v, a in zip(values, equation.invars, strict=True)]
    return [np.stack(parts, equation.params["axis"])]


def _split(equation: JaxprEqn, values: list[Marks | None]) -> list[Marks | None]:
    (value,) = values
    if value is None:
        return [None] * len(equation.outvars)
    edges = np.cumsum(equation.params["sizes"])[:-1]
    return list(np.split(value, edges, equation.params["axis"]))


def _dot(equation: JaxprEqn, values: list[Marks | None]) -> list[Marks | None]:
    contracted, batch = equation.params["dimension_numbers"]
    shape = _shape(equation.outvars[0])
    sides = []
    for value, atom, summed, shared in zip(values, equation.invars, contracted, batch, strict=True):
        ndim = len(_shape(atom))
        free = [i for i in range(ndim) if i not in (*summed, *shared)]
        if value is not None:
            value = np.bitwise_or.reduce(
                value.transpose(*shared, *free, *summed).reshape(
                    *(value.shape[i] for i in (*shared, *free)), -1
                ),
                axis=-1,
            )
        sides.append((value, len(shared), len(free)))
    (first, n_batch, _), (second, _, n_second) = sides
    found = np.zeros(shape, np.int64)
    if first is not None:
        found = found | first.reshape(*first.shape, *[1] * n_second)
    if second is not None:
        fill = [1] * (len(shape) - n_batch - n_second)
        found = found | second.reshape(*second.shape[:n_batch], *fill, *second.shape[n_batch:])
    return [found]


def _cumulative(given: dict[str, Any], value: Marks) -> Marks:
    axis = given["axis"]
    if given["reverse"]:
        return np.flip(np.bitwise_or.accumulate(np.flip(value, axis), axis), axis)
    return np.bitwise_or.accumulate(value, axis)


_RULES: dict[str, Callable] = {
    "transpose": _of_one(lambda given, v: v.transpose(given["permutation"])),
    "broadcast_in_dim": _of_one(_broadcast),
    "squeeze": _of_one(lambda given, v: v.squeeze(tuple(given["dimensions"]))),
    "rev": _of_one(lambda given, v: np.flip(v, given["dimensions"])),
    "slice": _of_one(_slice),
    "reduce_sum": _of_one(lambda given, v: np.bitwise_or.reduce(v, tuple(given["axes"]))),
    "cumsum": _of_one(_cumulative),
    "reshape": lambda equation, values: [
        None if values[0] is None else values[0].reshape(_shape(equation.outvars[0]))
    ],
    "expand_dims": _of_one(lambda given, v: np.expand_dims(v, given["dimensions"])),
    "dynamic_slice": _dynamic_slice,
    "pad": _pad,
    "concatenate": _concatenate,
    "stack": _stack,
    "split": _split,
    "dot_general": _dot,
}
