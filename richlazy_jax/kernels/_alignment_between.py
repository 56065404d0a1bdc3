"""The alignment of the kernels of any network at two sets of parameters."""

import math
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from .._checks import require_nonnegative, require_same_structure, require_some, require_whole
from ..measures import SampledAlignment, sampled_kernel_alignment
from ._empirical import empirical_ntk
from ._factors import MEMORY, plan_kernel

Wrt = Collection[Any] | Callable[[tuple[Any, ...]], bool] | None


def kernel_alignment_between(
    apply: Callable[[Any, Any], Any],
    params0: Any,
    params1: Any,
    x: Float[Array, "n ..."],
    *,
    wrt: Wrt = None,
    weights: Float[Array, "n ..."] | None = None,
    subsample: int | None = None,
    key: Key[Array, ""] | None = None,
    memory: int | None = None,
) -> SampledAlignment:
    r"""The alignment of one network's tangent kernels at two sets of parameters.

    $$\frac{\operatorname{Tr}(K_0 K_1^\top)}{\lVert K_0 \rVert \lVert K_1 \rVert},$$

    with the kernels of `empirical_ntk` by "factors", Frobenius norms, and each output of each
    example a row of its own. It is near 1 after lazy training and smaller after rich training. The
    sums run over pairs of blocks of examples, so that neither kernel and no gradient of all
    examples is ever held, whatever the network.

    Args:
        apply: the network, called as `apply(params, x)`. It returns one array, whose first axis
            runs over the examples of `x`, and has to treat each example on its own: that goes
            unchecked, and with a network that mixes examples the result is wrong.
        params0: the first parameters, usually those before training, a pytree of floating point
            arrays.
        params1: the second parameters, of the same structure and shapes.
        x: the inputs, with examples along the first axis.
        wrt: the parameters differentiated by; the others keep their values in both. None takes
            all. A collection holds keys of the outermost container: of a dict, positions in a
            list, or names of fields. A function is called with the path of each leaf, a tuple of
            such keys from the outside in, such as `("cell", "kernel")`, and says whether to take
            it.
        weights: how much each output counts: of the shape of the outputs or of their first axes,
            such as one for each example, or one for each example and step. An output of weight w
            is a row of the kernel times the root of w. None counts all alike.
        subsample: how many examples to use, drawn without replacement. None uses all.
        key: draws them; needed with `subsample` and not used without.
        memory: about how many bytes to keep of two blocks of examples. Less memory means more
            blocks, and repeats more work. None stands for 64 MiB.

    Returns:
        The alignment with the standard error and bias of the sampling of examples, as by
        `sampled_kernel_alignment`.

    Raises:
        ValueError: an argument is not as described above.

    References:
        Y. H. Liu, A. Baratin, J. Cornford, S. Mihalas, E. Shea-Brown and G. Lajoie (2024), "How
        connectivity structure shapes rich and lazy learning in neural circuits", for the measure.
        R. Novak, J. Sohl-Dickstein and S. S. Schoenholz (2022), "Fast finite width neural tangent
        kernel", for the use of structure in derivatives.
    """
    found = kernels_between(apply, params0, params1, x, wrt=wrt, weights=weights, memory=memory)
    block = found.block
    if subsample is not None:
        block = min(block, require_whole("subsample", subsample, most=len(found.places)))
    return sampled_kernel_alignment(
        found.first, found.second, found.places, subsample=subsample, key=key, block=block
    )


class KernelsBetween(NamedTuple):
    """One network's kernels at two sets of parameters, as functions of places of examples.

    - `first`, `second`: called with two arrays of places, which are one and the same array where
      the kernel is symmetric.
    - `chosen`: the leaves differentiated by at each, and the network as a function of these.
    - `places`: of all examples.
    - `block`: how many places may be asked for at once.
    """

    first: Callable[[Any, Any], Array]
    second: Callable[[Any, Any], Array]
    chosen: tuple["Chosen", "Chosen"]
    places: Int[Array, " n"]
    block: int


def kernels_between(
    apply: Callable[[Any, Any], Any],
    params0: Any,
    params1: Any,
    x: Float[Array, "n ..."],
    *,
    wrt: Wrt = None,
    weights: Float[Array, "n ..."] | None = None,
    memory: int | None = None,
) -> KernelsBetween:
    """The kernels that `kernel_alignment_between` compares; arguments and errors are its own."""
    budget = MEMORY if memory is None else require_whole("memory", memory)
    require_same_structure("params0", params0, "params1", params1)
    x = jnp.asarray(x)
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"x has shape {x.shape}; allowed is at least one example, along axis 0.")
    chosen = Chosen(apply, params0, wrt), Chosen(apply, params1, wrt)
    block, outputs = _block_and_outputs(chosen[0], x, budget)
    roots = None if weights is None else jnp.sqrt(_of_outputs(weights, (len(x), *outputs)))

    def kernel_of(of: Chosen) -> Callable[[Any, Any], Array]:
        def kernel(left: Array, right: Array) -> Array:
            first = x[left]
            found = empirical_ntk(
                of.apply,
                of.leaves,
                first,
                x2=first if right is left else x[right],
                implementation="factors",
                vmap_axes=0,
                memory=budget,
            )
            if roots is None:
                return found
            rows, columns = roots[left][:, None], roots[right][None]
            for axis in range(len(outputs)):
                rows, columns = (
                    jnp.expand_dims(rows, 2 * axis + 3),
                    jnp.expand_dims(columns, 2 * axis + 2),
                )
            return found * rows * columns

        return kernel

    places = jnp.arange(len(x))
    first, second = map(kernel_of, chosen)
    return KernelsBetween(first, second, chosen, places, min(block, len(x)))


def _of_outputs(weights: Any, shape: tuple[int, ...]) -> Array:
    """Weights of all outputs, from those of their first axes."""
    weights = require_nonnegative("weights", weights)
    if not weights.ndim or weights.shape != shape[: weights.ndim]:
        raise ValueError(
            f"weights has shape {weights.shape}; allowed are {shape} or its first axes, at least "
            "one."
        )
    require_some("weights", weights)
    missing = [1] * (len(shape) - weights.ndim)
    return jnp.broadcast_to(weights.reshape(*weights.shape, *missing), shape)


class Chosen:
    """The leaves differentiated by, and the network as a function of these alone."""

    def __init__(self, apply: Callable, params: Any, wrt: Wrt):
        paths, treedef = jax.tree_util.tree_flatten_with_path(params)
        takes = _rule(wrt, [_names(path) for path, _ in paths])
        chosen = [takes(_names(path)) for path, _ in paths]
        self.leaves = [leaf for (_, leaf), yes in zip(paths, chosen, strict=True) if yes]
        if not self.leaves:
            raise ValueError(
                f"wrt is {wrt!r} and takes no parameter; allowed is what takes at least one."
            )

        def apply_to(leaves: list[Any], x: Any) -> Any:
            left = iter(leaves)
            whole = [
                next(left) if yes else leaf for (_, leaf), yes in zip(paths, chosen, strict=True)
            ]
            return apply(jax.tree_util.tree_unflatten(treedef, whole), x)

        self.apply = apply_to


def _names(path: tuple[Any, ...]) -> tuple[Any, ...]:
    def name(entry: Any) -> Any:
        for attribute in ("key", "idx", "name"):
            if hasattr(entry, attribute):
                return getattr(entry, attribute)
        return str(entry)

    return tuple(map(name, path))


def _rule(wrt: Wrt, paths: list[tuple[Any, ...]]) -> Callable[[tuple[Any, ...]], bool]:
    if wrt is None:
        return lambda path: True
    if callable(wrt):
        return lambda path: bool(wrt(path))
    known = list(dict.fromkeys(path[0] for path in paths if path))
    # A string is a collection too, of its letters.
    if isinstance(wrt, str) or not isinstance(wrt, Collection) or any(k not in known for k in wrt):
        raise ValueError(
            f"wrt is {wrt!r}; allowed are None, a function of a leaf's path, and a collection of "
            f"keys among {known}."
        )
    return lambda path: path[0] in wrt


def _block_and_outputs(chosen: Chosen, x: Array, memory: int) -> tuple[int, tuple[int, ...]]:
    """How many examples a block may hold, and the shape of the outputs of one."""

    def of_example(leaves: list[Array], example: Array) -> Array:
        return chosen.apply(leaves, example[None])[0]

    leaves = [jnp.asarray(leaf) for leaf in chosen.leaves]
    # With its own second examples the plan is that of two different blocks.
    plan = plan_kernel(of_example, leaves, x, x, memory)
    outputs = plan.program.output.shape
    tile = math.prod(outputs) ** 2 * plan.program.output.dtype.itemsize
    block = min(plan.blocks.left_size, math.isqrt(memory // (2 * max(tile, 1))))
    return max(block, 1), tuple(outputs)
