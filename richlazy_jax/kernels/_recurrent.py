"""The exact neural tangent kernel of a vanilla recurrent network, and the alignment of two.

The gradient of an output with respect to the recurrent weights is a sum over steps of outer
products, so inner products of gradients follow from inner products of the factors.
`_recurrent_blocks.py` runs a block of trials, `_sums.py` has that sum for two blocks, and
`_pairs.py` visits the pairs of blocks, with one pair in memory at a time.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from .._checks import require_choice
from .._powers import OF_ZERO, exponent_of, of_products, times_power
from ..measures import kernel_alignment
from ..models import (
    OUTPUTS,
    WEIGHTS,
    Recurrence,
    drive_of,
    process_noise,
    rates_of,
    recurrence,
    run_states,
    starting_state,
    through,
)
from ._empirical import empirical_ntk
from ._pairs import fold_pairs, kernel_of_pairs
from ._recurrent_blocks import Batch, Block, Options, Plan, plan_kernel, run_block, tile

# An array and the exponent of the power of two that it has to be multiplied by.
Tile = tuple[Array, Array]

_NEEDED = ("input", "recurrent", "readout")
_IMPLEMENTATIONS = ("exact", 1, 2, 3, "jacobian")


def recurrent_ntk(
    params: Mapping[str, Float[Array, "..."]],
    x: Float[Array, "n t n_in"],
    *,
    x2: Float[Array, "n2 t n_in"] | None = None,
    wrt: Sequence[str] = ("recurrent",),
    outputs: str = "all",
    activation: str = "relu",
    leak: float | int = 0.0,
    leak_form: str = "paper",
    initial_state: Float[Array, "*n N"] | None = None,
    initial_state2: Float[Array, "*n2 N"] | None = None,
    noise: float | int = 0.0,
    key: Key[Array, ""] | None = None,
    key2: Key[Array, ""] | None = None,
    masks: Mapping[str, Bool[Array, "..."]] | None = None,
    block: int | None = None,
    implementation: int | str = "exact",
) -> Float[Array, "n n2 *pairs"]:
    r"""The neural tangent kernel of a vanilla recurrent network at its current weights.

    The network is that of `rnn_apply`, with net inputs
    $a_t = W_h h_t + W_x x_t + b + \sigma \xi_t$ and outputs $y_t = W_o h_{t+1} + c$. With
    $\delta_s = \partial y_{t,k}(x) / \partial a_s$ for one output of one trial and $\delta'$, $h'$
    those of another, the kernel of the recurrent weights is

    $$K = \sum_{s \le t} \sum_{s' \le t'} (\delta_s \cdot \delta'_{s'}) (h_s \cdot h'_{s'}).$$

    The input weights have $x$ in place of $h$ and the biases of the units 1. The readout weights
    have $K = h_{t+1} \cdot h'_{t'+1}$ and their biases 1 between equal outputs $k = k'$, and the
    initial state has $K = (\partial y / \partial h_0) \cdot (\partial y' / \partial h_0)$. The sum
    is arranged in whichever of three ways takes least, as counted. All matrix products run at JAX's
    highest precision.

    Readout, states and inputs may be of any size for which the kernel is within the range of
    floats, although their squares are not. The network's states have to be within that range
    too: what is below 1e-38 in float32 counts as 0, and what is above 3e38 gives nan.

    Args:
        params: as in `rnn_apply`: "input", "recurrent" and "readout", and if there are any, "bias",
            "readout_bias" and "initial_state".
        x: the inputs of each trial and step.
        x2: the second trials, with as many steps and inputs. None stands for `x` itself, and
            then each pair of trials is computed once, as it is for one and the same array twice
            without noise or given states.
        wrt: the weights differentiated by, some of the keys of `params`. Their kernels add up.
        outputs: the kernel between outputs at "all" steps, or at the "last" one only.
        activation, leak, leak_form: as in `rnn_activity`.
        initial_state: as in `rnn_activity`; one for all trials or one for each of `x`.
        initial_state2: likewise for `x2`. None stands for `initial_state` where that is one for
            all trials.
        noise: as in `rnn_activity`: the kernel is that of a network with this very noise.
        key, key2: JAX random keys for the noise of `x` and of `x2`, each as `rnn_apply` draws it.
            `key` is needed where `noise` is not 0, and `key2` where there is `x2` as well.
        masks: which entries of the weights count, for networks of which only some can change, as
            where zeros stay zero: booleans of the shapes of some of "input", "recurrent" and
            "readout", all among `wrt`. The kernel is then the sum over the entries that are True,
            $K = \sum_{ij} M_{ij}\, (\partial y / \partial W_{ij})\,
            (\partial y' / \partial W_{ij})$, which is that of the parameters V in
            $W = W_0 + M \circ V$. None, and no mask of a name, stands for all entries. With masks
            of input or recurrent weights the sum is always by the rows of the Jacobian.
        block: the most trials of each side handled at once, which bounds the temporary memory
            whatever the number of trials. Smaller ones repeat more work. None keeps the
            derivatives of all trials where they fit into 128 MiB, and otherwise those of one block
            within 64 MiB; the kernel between two blocks stays within 64 MiB. Only "exact" uses it.
        implementation: "exact" is the sum above. 1, 2, 3 and "jacobian" are those of
            `empirical_ntk`, slower and larger, and give the same kernel.

    Returns:
        The kernel, laid out as by `empirical_ntk`: (n, n2, t, t, k, k) for "all" outputs and
        (n, n2, k, k) for the "last".

    Raises:
        ValueError: an argument is not as described above.

    References:
        A. Jacot, F. Gabriel and C. Hongler (2018), "Neural tangent kernel: convergence and
        generalization in neural networks".
        Y. H. Liu, A. Baratin, J. Cornford, S. Mihalas, E. Shea-Brown and G. Lajoie (2024), "How
        connectivity structure shapes rich and lazy learning in neural circuits", for the network.
    """
    form = recurrence(activation, leak, leak_form)
    if x2 is x and not noise and all(a is None for a in (initial_state, initial_state2, key2)):
        x2 = None
    options = _checked_options(params, wrt, outputs, form, block, implementation)
    params, x, x2 = _checked_arrays(params, x, x2, "params")
    starts, noises = (initial_state, initial_state2), (noise, key, key2)
    first, second = _batches(params, x, x2, starts, noises)
    kept = _checked_masks(masks, params, options.wrt)
    options = options._replace(
        start_given=first.start is not None, masked=bool({"input", "recurrent"} & set(kept))
    )
    if implementation != "exact":
        return _by_empirical(params, first, second, options, kept, implementation)
    return _exact_kernel(params, first, second, kept, options)


def recurrent_kernel_alignment(
    params0: Mapping[str, Float[Array, "..."]],
    params1: Mapping[str, Float[Array, "..."]],
    x: Float[Array, "n t n_in"],
    *,
    x2: Float[Array, "n2 t n_in"] | None = None,
    wrt: Sequence[str] = ("recurrent",),
    outputs: str = "all",
    activation: str = "relu",
    leak: float | int = 0.0,
    leak_form: str = "paper",
    initial_state: Float[Array, "*n N"] | None = None,
    initial_state2: Float[Array, "*n2 N"] | None = None,
    noise: float | int = 0.0,
    key: Key[Array, ""] | None = None,
    key2: Key[Array, ""] | None = None,
    masks: Mapping[str, Bool[Array, "..."]] | None = None,
    block: int | None = None,
    implementation: int | str = "exact",
) -> Float[Array, ""]:
    r"""The alignment of the neural tangent kernels of two sets of weights of one network.

    $$\frac{\operatorname{Tr}(K_0 K_1^\top)}{\lVert K_0 \rVert \lVert K_1 \rVert},$$

    with Frobenius norms and each trial, step and output a row of its own. It is 1 for kernels
    equal up to scale. The sums run over pairs of blocks of trials, and "exact" never holds
    either kernel. It is nan where a kernel vanishes, as for one step of input with `wrt`
    recurrent.

    "exact" is right also where the kernels are out of the range of floats, as with a readout of
    1e-30 or 1e30. States have to be within it, as in `recurrent_ntk`.

    Args:
        params0: the first weights, usually those before training.
        params1: the second weights, of the same shapes.
        x, x2, wrt, outputs, activation, leak, leak_form: as in `recurrent_ntk`.
        initial_state, initial_state2: as in `recurrent_ntk`.
        noise, key, key2: as in `recurrent_ntk`; both networks have the same noise.
        masks: as in `recurrent_ntk`; the same for both networks.
        block, implementation: as in `recurrent_ntk`.

    Returns:
        The alignment, a scalar between 0 and 1 where x2 is None, and at least -1 otherwise.

    Raises:
        ValueError: an argument is not as described above.

    References:
        Y. H. Liu, A. Baratin, J. Cornford, S. Mihalas, E. Shea-Brown and G. Lajoie (2024), "How
        connectivity structure shapes rich and lazy learning in neural circuits".
    """
    form = recurrence(activation, leak, leak_form)
    options = _checked_options(params0, wrt, outputs, form, block, implementation)
    params0, x_first, x2_first = _checked_arrays(params0, x, x2, "params0")
    params1, x, x2 = _checked_arrays(params1, x, x2, "params1")
    if set(params0) != set(params1):
        raise ValueError(
            f"params1 has the keys {sorted(params1)}; allowed are those of params0, "
            f"{sorted(params0)}."
        )
    for name, leaf in params0.items():
        if params1[name].shape != leaf.shape:
            raise ValueError(
                f"params1[{name!r}] has shape {params1[name].shape}; allowed is that in params0, "
                f"{leaf.shape}."
            )
    starts, noises = (initial_state, initial_state2), (noise, key, key2)
    first, second = _batches(params1, x, x2, starts, noises)
    kept = _checked_masks(masks, params0, options.wrt)
    options = options._replace(
        start_given=first.start is not None, masked=bool({"input", "recurrent"} & set(kept))
    )
    if implementation != "exact":
        before = _batches(params0, x_first, x2_first, starts, noises)
        return kernel_alignment(
            _by_empirical(params0, *before, options, kept, implementation),
            _by_empirical(params1, first, second, options, kept, implementation),
        )
    return _exact_alignment(params0, params1, first, second, kept, options)


def _checked_options(
    params: Mapping[str, Any],
    wrt: Any,
    outputs: Any,
    form: Recurrence,
    block: Any,
    implementation: Any,
) -> Options:
    if not isinstance(params, Mapping):
        raise ValueError(
            f"params is a {type(params).__name__}; allowed is a dict of the weights. Of another "
            "network, empirical_ntk has the kernel."
        )
    # A string is a sequence too, of its letters.
    names = tuple(wrt) if isinstance(wrt, Sequence) and not isinstance(wrt, str) else ()
    known = tuple(name for name in WEIGHTS if name in params)
    if not names or any(name not in known for name in names):
        raise ValueError(f"wrt is {wrt!r}; allowed is a non-empty subset of {known}.")
    require_choice("outputs", outputs, OUTPUTS)
    # bool is an int in Python, and True would pass for 1.
    if isinstance(implementation, bool) or implementation not in _IMPLEMENTATIONS:
        raise ValueError(f"implementation is {implementation!r}; allowed are {_IMPLEMENTATIONS}.")
    if block is not None and (isinstance(block, bool) or not isinstance(block, int) or block < 1):
        raise ValueError(f"block is {block!r}; allowed are None and integers from 1.")
    # In one order without repeats, so that equal requests share one compiled kernel.
    return Options(tuple(name for name in known if name in names), outputs, form, block)


def _checked_arrays(
    params: Mapping[str, Any], x: Any, x2: Any, label: str
) -> tuple[dict[str, Array], Array, Array | None]:
    if not set(_NEEDED) <= set(params) <= set(WEIGHTS):
        more = tuple(name for name in WEIGHTS if name not in _NEEDED)
        raise ValueError(
            f"{label} has the keys {sorted(params)}; allowed are exactly {_NEEDED}, and any of "
            f"{more}."
        )
    arrays = {f"{label}[{n!r}]": jnp.asarray(params[n]) for n in WEIGHTS if n in params}
    arrays["x"] = jnp.asarray(x)
    if x2 is not None:
        arrays["x2"] = jnp.asarray(x2)
    for name, array in arrays.items():
        if not jnp.issubdtype(array.dtype, jnp.floating):
            raise ValueError(f"{name} has dtype {array.dtype}; allowed are floating point dtypes.")
        matrix = name in [f"{label}[{needed!r}]" for needed in _NEEDED]
        rank = 3 if name in ("x", "x2") else 2 if matrix else 1
        if array.ndim != rank or 0 in array.shape:
            axes = "1 axis, not" if rank == 1 else f"{rank} axes, none of them"
            raise ValueError(f"{name} has shape {array.shape}; allowed are {axes} empty.")
    width, n_out = (len(arrays[f"{label}[{name!r}]"]) for name in ("recurrent", "readout"))
    allowed = {
        "recurrent": (width, width),
        "input": (width, arrays["x"].shape[2]),
        "readout": (n_out, width),
        "bias": (width,),
        "readout_bias": (n_out,),
        "initial_state": (width,),
    }
    allowed = {f"{label}[{name!r}]": shape for name, shape in allowed.items()}
    if x2 is not None:
        allowed["x2"] = (len(arrays["x2"]), *arrays["x"].shape[1:])
    for name, wanted in allowed.items():
        if name in arrays and arrays[name].shape != wanted:
            raise ValueError(
                f"{name} has shape {arrays[name].shape}; allowed is {wanted}, as the recurrent "
                "weights, the readout and x have it."
            )
    dtype = jnp.result_type(*arrays.values())
    found = {name: array.astype(dtype) for name, array in arrays.items()}
    x, x2 = found.pop("x"), found.pop("x2", None)
    return {name: found[f"{label}[{name!r}]"] for name in WEIGHTS if name in params}, x, x2


def _checked_masks(
    masks: Mapping[str, Any] | None, params: dict[str, Array], wrt: tuple[str, ...]
) -> dict[str, Array]:
    """Masks as numbers, 1 where an entry counts."""
    if masks is None:
        return {}
    if not isinstance(masks, Mapping):
        raise ValueError(f"masks is a {type(masks).__name__}; allowed is a dict of booleans.")
    found = {}
    for name, mask in masks.items():
        may = tuple(each for each in _NEEDED if each in wrt)
        if name not in may:
            raise ValueError(f"masks has the key {name!r}; allowed are those of wrt among {may}.")
        mask = jnp.asarray(mask)
        if mask.dtype != bool or mask.shape != params[name].shape:
            raise ValueError(
                f"masks[{name!r}] has dtype {mask.dtype} and shape {mask.shape}; allowed are "
                f"booleans of the shape of params[{name!r}], {params[name].shape}."
            )
        found[name] = mask.astype(params[name].dtype)
    return found


def _batches(
    params: dict[str, Array],
    x: Array,
    x2: Array | None,
    starts: tuple[Any, Any],
    noises: tuple[float | int, Any, Any],
) -> tuple[Batch, Batch | None]:
    """The trials of both sides, each with its noise and the state that it is given."""
    noise, key, key2 = noises
    width = len(params["recurrent"])

    def batch(x: Array, start: Any, key: Any) -> Batch:
        drawn = process_noise(noise, key, (x.shape[1], len(x), width), x.dtype)
        begun = starting_state(params, x, start) if start is not None else None
        return Batch(
            x,
            None if drawn is None else drawn.swapaxes(0, 1),
            None if begun is None else begun.astype(x.dtype),
            jnp.ones(len(x), x.dtype),
        )

    start, start2 = starts
    for name, given in (("initial_state2", start2), ("key2", key2)):
        if given is not None and x2 is None:
            raise ValueError(f"{name} is given without x2; allowed is None.")
    first = batch(x, start, key)
    if x2 is None:
        return first, None
    if noise and key2 is None:
        raise ValueError(f"key2 is None; allowed with noise={noise} and x2 is a key of jax.random.")
    if start is None and start2 is not None:
        raise ValueError("initial_state is None beside initial_state2; allowed are both or none.")
    if start2 is None and start is not None:
        if jnp.ndim(start) != 1:
            raise ValueError(
                f"initial_state2 is None beside an initial_state of shape {jnp.shape(start)}; "
                "allowed is one for each trial of x2."
            )
        start2 = start
    return first, batch(x2, start2, key2)


def _by_empirical(
    params: dict[str, Array],
    first: Batch,
    second: Batch | None,
    options: Options,
    masks: dict[str, Array],
    implementation: int | str,
) -> Array:
    width, n_in = params["input"].shape

    def packed(batch: Batch) -> Array:
        """Inputs, noise and initial state side by side, as channels of one array."""
        parts = [batch.x]
        if batch.noise is not None:
            parts.append(batch.noise)
        if batch.start is not None:
            parts.append(jnp.broadcast_to(batch.start[:, None], (*batch.x.shape[:2], width)))
        return jnp.concatenate(parts, axis=-1)

    def apply(trained: dict[str, Array], inputs: Array) -> Array:
        free = {name: leaf * masks[name] for name, leaf in trained.items() if name in masks}
        fixed = {name: params[name] * (1 - mask) for name, mask in masks.items()}
        weights = {**params, **trained, **{name: fixed[name] + free[name] for name in masks}}
        x, after = inputs[..., :n_in], n_in
        drive = drive_of(weights, x)
        if first.noise is not None:
            drive, after = drive + inputs[..., n_in : n_in + width].swapaxes(0, 1), n_in + width
        given = None if first.start is None else inputs[:, 0, after:]
        states = run_states(
            options.form,
            weights["recurrent"],
            drive,
            starting_state(weights, x, given),
            # Implementation 3 sees no structure inside a loop.
            unrolled=implementation == 3,
        )
        rates = rates_of(options.form, states if options.outputs == "all" else states[-1])
        read = through(rates, weights["readout"], "highest") + weights.get("readout_bias", 0)
        return read.swapaxes(0, 1) if options.outputs == "all" else read

    trained = {name: params[name] for name in options.wrt}
    x2 = None if second is None else packed(second)
    return empirical_ntk(
        apply, trained, packed(first), x2=x2, implementation=implementation, vmap_axes=0
    )


def _planned(
    networks: list[dict[str, Array]],
    first: Batch,
    second: Batch | None,
    masks: dict[str, Array],
    options: Options,
) -> tuple[Plan, Callable, Callable]:
    """The plan, and how to run a block of trials and to compare two, for each network."""
    plan = plan_kernel(networks[0], first.x, None if second is None else second.x, options)

    def run(batch: Batch) -> list[Block]:
        return [run_block(params, batch, options, plan) for params in networks]

    def tiles(left: list[Block], right: list[Block], symmetric: bool) -> list[Tile]:
        pairs = zip(left, right, strict=True)
        return [tile(a, b, options, plan, symmetric, masks) for a, b in pairs]

    return plan, run, tiles


@functools.partial(jax.jit, static_argnames="options")
def _exact_kernel(
    params: dict[str, Array],
    first: Batch,
    second: Batch | None,
    masks: dict[str, Array],
    options: Options,
) -> Array:
    plan, run, tiles = _planned([params], first, second, masks, options)

    def one(left: list[Block], right: list[Block], symmetric: bool) -> Array:
        return times_power(*tiles(left, right, symmetric)[0])

    pairs, dtype = plan.tile_shape[2:], first.x.dtype
    kernel = kernel_of_pairs(run, one, first, second, plan.blocks, pairs, dtype, fill="zeros")
    return kernel if options.outputs == "all" else kernel[:, :, 0, 0]


@functools.partial(jax.jit, static_argnames="options")
def _exact_alignment(
    params0: dict[str, Array],
    params1: dict[str, Array],
    first: Batch,
    second: Batch | None,
    masks: dict[str, Array],
    options: Options,
) -> Array:
    def add(
        carry: tuple[Array, Array], i: Any, j: Any, found: list[Tile], mirrored: bool
    ) -> tuple[Array, Array]:
        sums, before = carry
        own = [exponent_of(kernel) for kernel, _ in found]
        one, other = (times_power(t[0], -size) for t, size in zip(found, own, strict=True))
        sizes = jnp.stack([t[1] + size for t, size in zip(found, own, strict=True)])
        products = jnp.stack(
            [jnp.sum(a * b) for a, b in ((one, other), (one, one), (other, other))]
        )
        # Every network's sums are at the scale of its largest tile so far.
        largest = jnp.maximum(before, sizes)
        sums = times_power(sums, of_products(before - largest))
        products = times_power(products, of_products(sizes - largest))
        return sums + (2 * products if mirrored else products), largest

    plan, run, tiles = _planned([params0, params1], first, second, masks, options)
    carry = jnp.zeros(3, first.x.dtype), jnp.full(2, OF_ZERO, jnp.int32)
    folded = fold_pairs(add, carry, run, tiles, first, second, plan.blocks, fill="zeros")
    cross, own, other = folded[0]
    return cross / jnp.sqrt(own) / jnp.sqrt(other)
