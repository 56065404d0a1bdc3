"""The alignment of the kernels of any network at two sets of parameters."""

import math
from collections.abc import Callable, Collection
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from .._checks import require_whole
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
    budget = MEMORY if memory is None else require_whole("memory", memory)
    _check_same_structure(params0, params1)
    x = jnp.asarray(x)
    kernels = [_Chosen(apply, params, wrt) for params in (params0, params1)]
    block = None
    if x.ndim and len(x):
        used = len(x) if subsample is None else require_whole("subsample", subsample, most=len(x))
        block = min(_block(kernels[0], x, budget), used)

    def kernel_of(chosen: _Chosen) -> Callable[[Any, Any], Array]:
        return lambda left, right: empirical_ntk(
            chosen.apply,
            chosen.leaves,
            left,
            x2=right,
            implementation="factors",
            vmap_axes=0,
            memory=budget,
        )

    first, second = map(kernel_of, kernels)
    return sampled_kernel_alignment(first, second, x, subsample=subsample, key=key, block=block)


class _Chosen:
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


def _check_same_structure(params0: Any, params1: Any) -> None:
    shapes = [
        [(jax.tree_util.keystr(path), jnp.shape(leaf)) for path, leaf in paths]
        for paths in (jax.tree_util.tree_leaves_with_path(p) for p in (params0, params1))
    ]
    for (name, shape), (other, found) in zip(*shapes, strict=False):
        if name != other or shape != found:
            raise ValueError(
                f"params1{other} has shape {found}; allowed is params1{name} of shape {shape}, as "
                "in params0."
            )
    if len(shapes[0]) != len(shapes[1]):
        raise ValueError(
            f"params1 has {len(shapes[1])} leaves; allowed is as many as params0, {len(shapes[0])}."
        )


def _block(chosen: _Chosen, x: Array, memory: int) -> int:
    """How many examples a block may hold."""

    def of_example(leaves: list[Array], example: Array) -> Array:
        return chosen.apply(leaves, example[None])[0]

    leaves = [jnp.asarray(leaf) for leaf in chosen.leaves]
    # With its own second examples the plan is that of two different blocks.
    plan = plan_kernel(of_example, leaves, x, x, memory)
    tile = math.prod(plan.program.output.shape) ** 2 * plan.program.output.dtype.itemsize
    return max(min(plan.blocks.left_size, math.isqrt(memory // (2 * max(tile, 1)))), 1)
