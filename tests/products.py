"""Which matrix products a traced program would round: what the tests of precision look at."""

import traceback
from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
from jax import lax
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn

PRODUCTS = ("dot_general", "conv_general_dilated", "ragged_dot", "ragged_dot_general")


def products_at_default(closed_jaxpr: ClosedJaxpr) -> list[str]:
    """Each product of inexact numbers that is not at the highest precision, in words.

    At JAX's default precision, GPUs and TPUs may round the factors of a product to ten or seven
    bits. The program is searched with all the programs inside it: loops, branches, compiled parts
    and solves. Rules of differentiation are not in it; trace the derivative to search them.
    """
    return [_described(e) for e in _equations(closed_jaxpr.jaxpr) if _is_rounded(e)]


def _equations(jaxpr: Jaxpr) -> Iterator[JaxprEqn]:
    for equation in jaxpr.eqns:
        yield equation
        for inner in _programs(equation.params):
            yield from _equations(inner)


def _programs(value: Any) -> Iterator[Jaxpr]:
    """The programs anywhere in an equation's parameters."""
    if isinstance(value, ClosedJaxpr):
        yield value.jaxpr
    elif isinstance(value, Jaxpr):
        yield value
    elif isinstance(value, dict | tuple | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _programs(part)


def _is_rounded(equation: JaxprEqn) -> bool:
    if equation.primitive.name not in PRODUCTS:
        return False
    dtype = equation.outvars[0].aval.dtype  # pyright: ignore[reportAttributeAccessIssue]
    if not jnp.issubdtype(dtype, jnp.inexact):
        return False
    precision = equation.params["precision"]
    both = precision if isinstance(precision, tuple) else (precision, precision)
    return any(p is not lax.Precision.HIGHEST for p in both)


def _described(equation: JaxprEqn) -> str:
    shapes = " and ".join(str(v.aval) for v in equation.invars)
    frames = equation.source_info.traceback
    lines = traceback.extract_tb(frames.as_python_traceback()) if frames else []
    ours = [f for f in lines if "site-packages" not in f.filename]
    place = f" at {ours[-1].filename}:{ours[-1].lineno}" if ours else ""
    return f"{equation.primitive.name} of {shapes}, precision {equation.params['precision']}{place}"
