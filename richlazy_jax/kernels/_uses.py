"""Where each weight enters a network by matrix products, with both factors of its gradient.

A weight W that enters as W h has the gradient (outer product) delta h, with delta the derivative
of the output by the product, and a sum of these over its uses: the rows of a sequence, the patches
of an image, the steps of a loop. `find_uses` looks for them in the linear program, `factors_of`
has the h, and `derivatives_of` the deltas. Leaves that enter in any other way, such as biases, get
their gradient itself.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import Jaxpr, JaxprEqn, Literal
from jaxtyping import Array, Float

from ._linear_program import LinearProgram, bound, inlined
from ._views import Use, View, by_position, flat_uses, moved, product, view_of


class Change(NamedTuple):
    """A number that depends linearly on the changes of leaves; without value if none is needed."""

    value: Any = None


class Uses(NamedTuple):
    """Which leaves are differentiated by products, and which directly.

    `tree` lists the uses in the order of the program, with a list of their own for each loop.
    `direct` are the leaves without any.
    """

    tree: list[Any]
    direct: tuple[int, ...]

    def of_leaves(self) -> dict[int, list[Use]]:
        found: dict[int, list[Use]] = {}
        for use in flat_uses(self.tree):
            found.setdefault(use.leaf, []).append(use)
        return found


class _Search:
    """What a walk through the program finds: uses, their factors, and leaves that have others."""

    def __init__(self, loops: tuple[int, ...] = (), refused: set[int] | None = None):
        self.loops = loops
        self.refused: set[int] = set() if refused is None else refused
        self.tree: list[Any] = []
        self.factors: list[Any] = []

    def product(self, use: Use, factor: Array) -> Change:
        self.tree.append(use._replace(loops=self.loops))
        self.factors.append(factor)
        return Change()

    def refuse(self, values: Sequence[Any]) -> list[Any]:
        self.refused.update(value.leaf for value in values if isinstance(value, View))
        return [Change() if isinstance(value, View) else value for value in values]

    def changed(self, equation: JaxprEqn, values: Sequence[Any]) -> list[Any]:
        return [Change() for _ in equation.outvars]

    def supplies(self) -> Any:
        return []

    def within(self, length: int, supplies: Any) -> "_Search":
        return _Search((*self.loops, length), self.refused)

    def leave(self, inner: "_Search", factors: Any) -> None:
        self.tree.append(inner.tree)
        self.factors.append(factors)


class _Supply:
    """Puts given inputs in the place of the products, and computes all that depends on them."""

    def __init__(self, products: Sequence[Any]):
        self.products = iter(products)
        self.factors: list[Any] = []

    def product(self, use: Use, factor: Array) -> Change:
        return Change(next(self.products))

    def refuse(self, values: Sequence[Any]) -> list[Any]:
        if any(isinstance(value, View) for value in values):
            raise AssertionError("A leaf without other uses has one.")
        return list(values)

    def changed(self, equation: JaxprEqn, values: Sequence[Any]) -> list[Any]:
        arrays = [value.value if isinstance(value, Change) else value for value in values]
        return [Change(result) for result in bound(equation, arrays)]

    def supplies(self) -> Any:
        return next(self.products)

    def within(self, length: int, supplies: Any) -> "_Supply":
        return _Supply(supplies)

    def leave(self, inner: Any, factors: Any) -> None:
        pass


def _run(jaxpr: Jaxpr, consts: Sequence[Any], inputs: Sequence[Any], walk: Any) -> list[Any]:
    """Evaluate a program on numbers, views and changes."""
    values: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
    values.update(zip(jaxpr.invars, inputs, strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else values[atom]

    for equation in jaxpr.eqns:
        results = _run_equation(equation, [read(atom) for atom in equation.invars], walk)
        values.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _run_equation(equation: JaxprEqn, values: list[Any], walk: Any) -> list[Any]:
    if not any(isinstance(value, View | Change) for value in values):
        return bound(equation, values)
    call = inlined(equation)
    if call is not None:
        return _run(*call, values, walk)
    if equation.primitive.name == "scan":
        return _run_loop(equation, values, walk)
    kinds = Counter(type(value) for value in values)
    if kinds[View] == 1 and not kinds[Change]:
        view = moved(equation, values)
        if view is not None:
            return [view]
        found = product(equation, values)
        if found is not None:
            return [walk.product(*found)]
    return walk.changed(equation, walk.refuse(values))


def _run_loop(equation: JaxprEqn, values: list[Any], walk: Any) -> list[Any]:
    given = equation.params
    jaxpr, n_consts, n_carry = given["jaxpr"], given["num_consts"], given["num_carry"]
    consts = values[:n_consts]
    # Only a constant of the loop is the same leaf at each step.
    rest = walk.refuse(values[n_consts:])
    carry, slices = rest[:n_carry], rest[n_carry:]
    changing = _changing(jaxpr.jaxpr, [*consts, *rest], n_consts, n_carry)
    # What starts as a number and becomes a change is a change from the start.
    initial = [
        _as_change(value, walk) if changes else value
        for value, changes in zip(carry, changing, strict=True)
    ]
    kinds: list[bool] = []
    inner = walk

    def step(held: list[Any], parts: tuple[list[Any], Any]) -> tuple[list[Any], Any]:
        nonlocal inner
        inner = walk.within(given["length"], parts[1])
        inputs = [*consts, *_refilled(initial, held), *_refilled(slices, parts[0])]
        results = inner.refuse(_run(jaxpr.jaxpr, jaxpr.consts, inputs, inner))
        for i, changes in enumerate(changing):
            if changes:
                results[i] = _as_change(results[i], walk)
        kinds[:] = [isinstance(result, Change) for result in results]
        return _arrays(results[:n_carry]), (_arrays(results[n_carry:]), inner.factors)

    last, (stacked, factors) = jax.lax.scan(
        step,
        _arrays(initial),
        (_arrays(slices), walk.supplies()),
        length=given["length"],
        reverse=given["reverse"],
        unroll=given["unroll"],
    )
    walk.leave(inner, factors)
    arrays = iter([*last, *stacked])
    valued = isinstance(walk, _Supply)
    return [
        (Change(next(arrays)) if valued else Change()) if changes else next(arrays)
        for changes in kinds
    ]


def _as_change(value: Any, walk: Any) -> Change:
    if isinstance(value, Change):
        return value
    return Change(value) if isinstance(walk, _Supply) else Change()


def _arrays(values: Sequence[Any]) -> list[Any]:
    """The arrays among values, with those of changes that have one."""
    arrays = (value.value if isinstance(value, Change) else value for value in values)
    return [jnp.asarray(array) for array in arrays if array is not None]


def _refilled(values: Sequence[Any], arrays: Sequence[Any]) -> list[Any]:
    """The values, with these arrays in the place of theirs."""
    left = iter(arrays)

    def refill(value: Any) -> Any:
        if not isinstance(value, Change):
            return next(left)
        return value if value.value is None else Change(next(left))

    return [refill(value) for value in values]


def _changing(jaxpr: Jaxpr, values: list[Any], n_consts: int, n_carry: int) -> list[bool]:
    """Which of a loop's carried values depend on changes at some step."""
    inputs = [isinstance(value, View | Change) for value in values]
    while True:
        after = _depending(jaxpr, inputs)[:n_carry]
        carry = inputs[n_consts : n_consts + n_carry]
        joined = [old or new for old, new in zip(carry, after, strict=True)]
        if joined == carry:
            return carry
        inputs[n_consts : n_consts + n_carry] = joined


def _depending(jaxpr: Jaxpr, inputs: Sequence[bool]) -> list[bool]:
    depends = {var for var, yes in zip(jaxpr.invars, inputs, strict=True) if yes}
    for equation in jaxpr.eqns:
        if any(not isinstance(a, Literal) and a in depends for a in equation.invars):
            depends.update(equation.outvars)
    return [not isinstance(a, Literal) and a in depends for a in jaxpr.outvars]


def find_uses(
    program: LinearProgram, leaves: list[Array], example: Any, direct: Sequence[int] = ()
) -> Uses:
    """The uses of all leaves that enter by products alone, and not among `direct`."""
    search = _Search()
    refused = set(direct)
    while True:

        def walk(leaves: list[Array], example: Array, refused: set[int] = refused) -> list[Any]:
            nonlocal search
            search = _Search()
            inputs = _inputs(leaves, refused, lambda i: Change())
            _run(program.jaxpr, program.residuals(leaves, example), inputs, search)
            return search.factors

        jax.eval_shape(walk, leaves, example)
        found = Uses(search.tree, ()).of_leaves()
        # One sum over outer products needs the same axes on the same side in all.
        mixed = {i for i, uses in found.items() if len({use.contracted for use in uses}) > 1}
        more = (search.refused | mixed) - refused
        if not more:
            direct = tuple(i for i in range(len(leaves)) if i not in found)
            return Uses(search.tree, direct)
        refused = refused | more


def _inputs(leaves: Sequence[Any], direct: Any, change: Any) -> list[Any]:
    return [
        change(i) if i in direct else view_of(i, jnp.shape(leaf)) for i, leaf in enumerate(leaves)
    ]


def factors_of(
    program: LinearProgram, uses: Uses, leaves: list[Array], residuals: Sequence[Any]
) -> dict[int, Float[Array, "S M"]]:
    """For each leaf with uses, what multiplies its deltas, one row a position."""
    search = _Search()
    _run(program.jaxpr, residuals, _inputs(leaves, uses.direct, lambda i: Change()), search)
    found: dict[int, list[Array]] = {}
    flat = jax.tree_util.tree_leaves(search.factors)
    for use, factor in zip(flat_uses(search.tree), flat, strict=True):
        found.setdefault(use.leaf, []).append(factor.reshape(-1, factor.shape[-1]))
    return {leaf: jnp.concatenate(rows) for leaf, rows in found.items()}


def outputs_of_products(
    program: LinearProgram, uses: Uses, leaves: list[Array], residuals: Sequence[Any]
) -> Any:
    """The outputs' change as a linear function of changes of the products and direct leaves."""

    def outputs(products: list[Any], changes: list[Array]) -> Array:
        given = dict(zip(uses.direct, changes, strict=True))
        inputs = _inputs(leaves, uses.direct, lambda i: Change(given[i]))
        (result,) = _run(program.jaxpr, residuals, inputs, _Supply(products))
        if isinstance(result, Change):
            return result.value
        return jnp.broadcast_to(result, program.output.shape)

    return outputs


def shapes_of_products(uses: Uses, leaves: list[Array]) -> tuple[Any, list[Any]]:
    """What the function of `outputs_of_products` takes."""

    def shape(entry: Any) -> Any:
        if isinstance(entry, Use):
            return jax.ShapeDtypeStruct((*entry.loops, *entry.shape), entry.dtype)
        return [shape(inner) for inner in entry]

    direct = [jax.ShapeDtypeStruct(leaves[i].shape, leaves[i].dtype) for i in uses.direct]
    return shape(uses.tree), direct


def derivatives_of(
    program: LinearProgram, uses: Uses, leaves: list[Array], residuals: Sequence[Any]
) -> tuple[dict[int, Float[Array, "O S N"]], dict[int, Float[Array, "O P"]]]:
    """The deltas of each leaf with uses, and the gradient of each without, for every output."""
    outputs = outputs_of_products(program, uses, leaves, residuals)
    back = jax.linear_transpose(outputs, *shapes_of_products(uses, leaves))
    shape, size = program.output.shape, math.prod(program.output.shape)
    each = jnp.eye(size, dtype=program.output.dtype).reshape(size, *shape)
    products, changes = jax.vmap(back)(each)
    deltas: dict[int, list[Array]] = {}
    flat = jax.tree_util.tree_leaves(products)
    for use, delta in zip(flat_uses(uses.tree), flat, strict=True):
        deltas.setdefault(use.leaf, []).append(by_position(use, delta))
    rows = {i: change.reshape(size, -1) for i, change in zip(uses.direct, changes, strict=True)}
    return {leaf: jnp.concatenate(parts, 1) for leaf, parts in deltas.items()}, rows
