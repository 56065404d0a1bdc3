"""The derivative of a network at one example, as a program that is linear in changes of its leaves.

`linear_program` takes it from `jax.linearize`, so that every rule of differentiation that a user
wrote is respected. `inlined` and `bound` are what an interpreter of such a program needs.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, jaxpr_as_fun
from jaxtyping import Array

# Calls whose program may stand in the place of the call, with the parameter that holds it.
_CALLS = {
    "pjit": "jaxpr",
    "jit": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "core_closed_call": "call_jaxpr",
    "remat": "jaxpr",
    "remat2": "jaxpr",
    "checkpoint": "jaxpr",
}


class LinearProgram(NamedTuple):
    """The derivative of one example's outputs by the leaves.

    - `residuals`: called as `residuals(leaves, example)`, the numbers that the derivative depends
      on, such as slopes and activities.
    - `jaxpr`: the linear program, whose constants are these residuals and whose inputs are the
      changes of the leaves.
    - `output`: shape and dtype of the outputs.
    """

    residuals: Callable[[list[Array], Array], list[Array]]
    jaxpr: Jaxpr
    output: jax.ShapeDtypeStruct


def linear_program(
    apply: Callable[[list[Array], Array], Array], leaves: list[Array], example: Any
) -> LinearProgram:
    """Trace `apply(leaves, example)` and its derivative once, for use on any example."""
    found: dict[str, Any] = {}

    def forward(leaves: list[Array], example: Array) -> list[Any]:
        output, tangent_map = jax.linearize(lambda given: apply(given, example), leaves)
        program = jax.make_jaxpr(tangent_map)(leaves)
        found["jaxpr"] = program.jaxpr
        found["output"] = jax.ShapeDtypeStruct(output.shape, output.dtype)
        return list(program.consts)

    run = jaxpr_as_fun(jax.make_jaxpr(forward)(leaves, example))
    return LinearProgram(
        lambda leaves, example: run(*leaves, example), found["jaxpr"], found["output"]
    )


def inlined(equation: JaxprEqn) -> tuple[Jaxpr, Sequence[Any]] | None:
    """The program and constants that a call stands for; None for anything but a call."""
    parameter = _CALLS.get(equation.primitive.name)
    program = equation.params.get(parameter) if parameter else None
    if isinstance(program, ClosedJaxpr):
        return program.jaxpr, program.consts
    return (program, ()) if isinstance(program, Jaxpr) else None


def bound(equation: JaxprEqn, values: Sequence[Any]) -> list[Any]:
    """What one equation gives for these inputs, as a list whatever their number."""
    parameters: Any = equation.primitive.get_bind_params(equation.params)
    # JAX before 0.10 has the functions of a call apart from its other parameters.
    functions, parameters = parameters if isinstance(parameters, tuple) else ((), parameters)
    results = equation.primitive.bind(*functions, *values, **parameters)
    return list(results) if equation.primitive.multiple_results else [results]
