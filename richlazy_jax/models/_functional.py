"""A Flax NNX module as two pure functions."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from flax import nnx
from jaxtyping import Array, Key


class Network(NamedTuple):
    """A network without state of its own.

    - `init(key)`: parameters drawn anew, a nested dict of arrays.
    - `apply(params, x)`: the outputs.
    """

    init: Callable[[Key[Array, ""]], dict[str, Any]]
    apply: Callable[[dict[str, Any], Any], Any]


def functional(build: Callable[[nnx.Rngs], nnx.Module]) -> Network:
    """Split a Flax NNX module into a pure `init` and a pure `apply`.

    Both work under jit, vmap and grad, so that many networks are one stack of parameters. The
    module is used in evaluation: Dropout does nothing, and BatchNorm uses its running statistics,
    which stay as `build` makes them, a mean of 0 and a variance of 1. Only variables that are an
    `nnx.Param` are parameters; all others are constants, and what a call changes in them is
    forgotten.

    Args:
        build: makes the module from its random streams, such as
            `lambda rngs: MLP((4, 8, 1), rngs=rngs)`.

    Returns:
        The network's `init` and `apply`.

    Raises:
        ValueError: build is a module; a variable other than an `nnx.Param` is drawn at random,
            which `init` could not draw anew; or, in `apply`, the outputs depend on random numbers.
    """

    if isinstance(build, nnx.Module):
        raise ValueError(
            f"build is a {type(build).__name__}, which is there already; allowed is a function "
            "that makes a module, and split_module takes one that is there."
        )

    def parts(key: Array) -> tuple[Any, Any, Any]:
        graph, params, others = nnx.split(build(nnx.Rngs(key)), nnx.Param, ...)
        return graph, params, others

    def init(key: Array) -> dict[str, Any]:
        return nnx.to_pure_dict(parts(key)[1])

    def others(key: Array) -> Any:
        return parts(key)[2]

    # Traced, not run: the graph is wanted and not the numbers.
    graphs: list[Any] = []
    key = jax.random.key(0)
    jax.eval_shape(lambda key: graphs.append(parts(key)[0]), key)
    kinds = jax.eval_shape(others, key)
    if not jax.tree.leaves(kinds):
        return Network(init, _applied(graphs[0], kinds))
    _refuse_random(others, kinds)
    # Compiled, so that the parameters, which are not asked for, are not drawn; and at once, even
    # where the caller is traced.
    with jax.ensure_compile_time_eval():
        fixed = jax.jit(others)(key)
    return Network(init, _applied(graphs[0], fixed))


class SplitModule(NamedTuple):
    """A module with its parameters, as data and a pure function.

    - `params`: a nested dict of arrays.
    - `apply(params, x)`: the outputs.
    """

    params: dict[str, Any]
    apply: Callable[[dict[str, Any], Any], Any]


def split_module(module: nnx.Module) -> SplitModule:
    """A Flax NNX module that is there already, usually a trained one, as parameters and a function.

    It is used in evaluation, as in `functional`, with its own running statistics and other
    variables, as they are now. The module itself stays as it is.

    Args:
        module: the module.

    Raises:
        ValueError: in `apply`, the outputs depend on random numbers.
    """
    graph, params, others = nnx.split(module, nnx.Param, ...)
    return SplitModule(nnx.to_pure_dict(params), _applied(graph, others))


def _refuse_random(others: Callable[[Array], Any], kinds: Any) -> None:
    """Refuse variables that depend on the key and are no random stream."""
    paths = jax.tree_util.tree_leaves_with_path
    streams = {
        jax.tree_util.keystr(path) for path, _ in paths(nnx.filter_state(kinds, nnx.RngState))
    }
    names = [jax.tree_util.keystr(path) for path, _ in paths(kinds)]
    for name, random in zip(names, _depends_on(others, jax.random.key(0)), strict=True):
        if random and name not in streams:
            raise ValueError(
                f"build draws the variable {name} at random, and it is no nnx.Param; allowed are "
                "random parameters, and other variables that are the same for every key."
            )


def _applied(graph: Any, others: Any) -> Callable[[dict[str, Any], Any], Any]:
    streams = nnx.filter_state(others, nnx.RngState)
    checked: set[Any] = set()

    def run(params: dict[str, Any], x: Any, others: Any) -> Any:
        # New variables, because Flax lets none be changed in a program that it was not made in.
        module = nnx.merge(graph, params, jax.tree.map(lambda leaf: leaf, others))
        module.eval()
        return module(x)

    def apply(params: dict[str, Any], x: Any) -> Any:
        shape = jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), x)
        if jax.tree.leaves(streams) and shape not in checked:

            def of_streams(streams: Any) -> Any:
                return run(params, x, nnx.merge_state(others, streams))

            if any(_depends_on(of_streams, streams)):
                raise ValueError(
                    "the module's outputs depend on random numbers in evaluation; allowed are "
                    "modules that draw none there, as Dropout does after eval()."
                )
            checked.add(shape)
        return run(params, x, others)

    return apply


def _depends_on(function: Callable[[Any], Any], argument: Any) -> list[bool]:
    """Whether each leaf that the function returns depends on its argument, as JAX's vmap tells.

    What does not depend on it needs no axis of its own where the argument has one.
    """
    several = jax.tree.map(lambda leaf: leaf[None], argument)
    number = len(jax.tree.leaves(jax.eval_shape(function, argument)))

    def one_depends(i: int) -> bool:
        of_leaf = jax.vmap(lambda a: jax.tree.leaves(function(a))[i], out_axes=None)
        try:
            jax.eval_shape(of_leaf, several)
        # The function's own errors have come before.
        except ValueError:
            return True
        return False

    return [one_depends(i) for i in range(number)]
