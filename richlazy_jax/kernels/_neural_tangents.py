"""The one place that knows how to run neural-tangents 0.6.5 on a JAX newer than it.

neural-tangents 0.6.5 is the last release. It names parts of JAX that have since moved or gone, and
its `experimental` package imports TensorFlow. Two things are done about that, both decided by
looking for names and never by comparing versions:

- For the duration of the import, names that JAX lacks are lent to it and then taken back.
- What neural-tangents looks up later, at each call, is set in its own module
  `neural_tangents._src.empirical`. JAX itself is left as it was.
"""

import contextlib
import functools
import importlib
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import jax
import jax.core
import jax.extend.core
import jax.extend.linear_util  # neural-tangents reaches it as an attribute of jax
from jax.interpreters import ad

_MOVED_TO_EXTEND = ("Jaxpr", "JaxprEqn", "Literal", "Primitive", "Var")


class NeuralTangentsUnavailable(ImportError):
    """neural-tangents is not installed, or cannot be imported on this JAX."""


def load_neural_tangents() -> types.ModuleType:
    """Import neural-tangents, with neither TensorFlow nor tf2jax, and return the module.

    The first call does the work, later calls return what it found. A module that the user has
    imported already is kept and only adapted.

    Raises:
        NeuralTangentsUnavailable: the import failed; the message says why and what to do.
    """
    module, error = _attempt()
    if module is None:
        raise NeuralTangentsUnavailable(
            f"neural-tangents cannot be used with JAX {jax.__version__}: "
            f"{type(error).__name__}: {error}. Install it with "
            "`pip install neural-tangents==0.6.5` (its TensorFlow requirement may be left out), "
            "or choose implementation='jacobian', which needs JAX alone."
        ) from error
    return module


@functools.cache
def _attempt() -> tuple[types.ModuleType | None, Exception | None]:
    known = set(sys.modules)
    try:
        with warnings.catch_warnings():
            # On some JAX versions the names are deprecated, which is no concern of the user's.
            warnings.simplefilter("ignore", DeprecationWarning)
            with contextlib.ExitStack() as loans:
                for namespace, names in _missing_names():
                    loans.enter_context(_lent(namespace, names))
                module = importlib.import_module("neural_tangents")
            _adapt(importlib.import_module("neural_tangents._src.empirical"))
    # A JAX not yet released can break the import in any way, and each has the same remedy.
    except Exception as error:
        # A half-imported package would make a later import by the user fail obscurely.
        for name in set(sys.modules) - known:
            if name.partition(".")[0] == "neural_tangents":
                del sys.modules[name]
        return None, error
    return module, None


def _missing_names() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs of a namespace and the names to lend it while neural-tangents is imported."""
    moved = [n for n in _MOVED_TO_EXTEND if not hasattr(jax.core, n)]
    yield jax.core.__dict__, {n: getattr(jax.extend.core, n) for n in moved}

    if not hasattr(ad, "zeros_like_p"):
        # Only a key of a table of rules: no program can hold a primitive that JAX has dropped.
        yield ad.__dict__, {"zeros_like_p": object()}

    # An empty stand-in, because the true one imports TensorFlow.
    stand_ins = {"neural_tangents.experimental": types.ModuleType("neural_tangents.experimental")}
    try:
        importlib.import_module("jax.util").safe_map  # noqa: B018
    except (ImportError, AttributeError):
        stand_ins["jax.util"] = util = types.ModuleType("jax.util")
        vars(util).update(safe_map=_safe_map, safe_zip=_safe_zip)
    yield sys.modules, stand_ins


@contextlib.contextmanager
def _lent(namespace: dict[str, Any], names: dict[str, Any]) -> Iterator[None]:
    before = {name: namespace[name] for name in names if name in namespace}
    namespace.update(names)
    try:
        yield
    finally:
        for name in names:
            namespace.pop(name, None)
        namespace.update(before)


def _safe_map(f: Callable, *sequences: Iterable) -> list:
    return [f(*row) for row in zip(*sequences, strict=True)]


def _safe_zip(*sequences: Iterable) -> list:
    return list(zip(*sequences, strict=True))


class _View(types.ModuleType):
    """A module seen with some names replaced, which leaves the module itself alone."""

    def __init__(self, module: types.ModuleType, **names: Any):
        super().__init__(module.__name__)
        self._module = module
        vars(self).update(names)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _adapt(empirical: Any) -> None:
    """Give implementation 3, which walks a jaxpr, what it needs at each call."""
    names: dict[str, Any] = {}
    if not hasattr(jax.core, "DShapedArray"):
        # Only asked whether a variable has this type, and none can.
        names["DShapedArray"] = type("DShapedArray", (), {})
    empirical.core = _View(jax.core, **names)
    empirical.ad = _View(
        ad,
        linearize=_linearize,
        # Name stacks label compiled operations and change no number.
        source_info_util=types.SimpleNamespace(transform_name_stack=contextlib.nullcontext),
        # The optional checks use parts of jax.core that no supported JAX has in full.
        config=types.SimpleNamespace(jax_enable_checks=False),
    )
    empirical._eqn_vjp_fn = _transpose_equation


class _Unknown:
    """Says that an output's tangent is left to the linear program."""

    def is_known(self) -> bool:
        return False


def _linearize(fun: Any, *primals: Any, has_aux: bool = False) -> tuple:
    """`ad.linearize` with the arguments and results it once had, from public JAX alone."""
    if has_aux:
        raise NotImplementedError("has_aux=True is not supported: neural-tangents never asks it.")
    outputs, tangent_map = jax.linearize(fun.call_wrapped, *primals)
    program = jax.make_jaxpr(tangent_map)(*primals)
    return outputs, [_Unknown()] * len(outputs), program.jaxpr, program.consts


def _transpose_equation(equation: Any, cotangent: Any, *values: Any) -> Sequence[Any]:
    """Pull a cotangent back through one linear equation, one result for each of its inputs."""
    if equation is None:
        return (cotangent,)
    try:
        rule = ad.get_primitive_transpose(equation.primitive)
    except NotImplementedError:
        # Newer JAX keeps some rules, such as that of slice, in a table it does not publish.
        return _transpose_by_jax(equation, cotangent, values)
    return rule(cotangent, *values, **equation.params)


def _transpose_by_jax(equation: Any, cotangent: Any, values: Sequence[Any]) -> list[Any]:
    results: list[Any] = [None] * len(values)
    if isinstance(cotangent, ad.Zero):
        return results
    linear = [i for i, value in enumerate(values) if ad.is_undefined_primal(value)]

    def bound(*operands: Any) -> Any:
        given = dict(zip(linear, operands, strict=True))
        inputs = [given.get(i, value) for i, value in enumerate(values)]
        return equation.primitive.bind(*inputs, **equation.params)

    shapes = [jax.ShapeDtypeStruct(values[i].aval.shape, values[i].aval.dtype) for i in linear]
    for i, pulled in zip(linear, jax.linear_transpose(bound, *shapes)(cotangent), strict=True):
        results[i] = pulled
    return results
