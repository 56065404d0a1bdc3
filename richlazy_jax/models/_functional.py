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

    Both work under jit, vmap and grad, so that many networks are one stack of parameters.

    Args:
        build: makes the module from its random streams, such as
            `lambda rngs: MLP((4, 8, 1), rngs=rngs)`. All that it learns must be an `nnx.Param`.

    Returns:
        The network's `init` and `apply`.
    """

    def parts(key: Array) -> tuple[Any, Any]:
        return nnx.split(build(nnx.Rngs(key)), nnx.Param)

    def init(key: Array) -> dict[str, Any]:
        return nnx.to_pure_dict(parts(key)[1])

    # Traced, not run: the graph is wanted and not the numbers.
    graphs: list[Any] = []
    jax.eval_shape(lambda key: graphs.append(parts(key)[0]), jax.random.key(0))

    def apply(params: dict[str, Any], x: Any) -> Any:
        return nnx.merge(graphs[0], params)(x)

    return Network(init, apply)
