"""The exact neural tangent kernel of a vanilla recurrent network, and the alignment of two.

The gradient of an output with respect to the recurrent weights is a sum over steps of outer
products, so inner products of gradients follow from inner products of the factors:

- `_run_block` runs a block of trials forward, and back from every output.
- `_by_products` and `_by_weighting` are two arrangements of the same double sum over steps, for
  one block of trials against another. The first is a few large matrix products. The second has
  fewer operations, in smaller products, which pays over many steps or outputs.
- `_fold_pairs` visits the pairs of blocks with one pair in memory at a time.
"""

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..models import RNN_ACTIVATIONS, rnn_apply
from ._empirical import empirical_ntk

_NAMES = ("input", "recurrent", "readout")
_OUTPUTS = ("all", "last")
_IMPLEMENTATIONS = ("exact", 1, 2, 3, "jacobian")
# The derivative of each activation, as a function of the activation's own value.
_SLOPES: dict[str, Callable] = {
    "relu": lambda value: (value > 0).astype(value.dtype),
    "tanh": lambda value: 1 - value**2,
}
# More pieces waste fewer operations on steps after the output, and take longer to compile.
_PIECES = {"products": 8, "weighting": 4}
# One matrix product should stay in cache; what a block of trials keeps may be larger.
_PRODUCT_BYTES = 2**22
_KEPT_BYTES = 2**26


def recurrent_ntk(
    params: Mapping[str, Float[Array, "_ _"]],
    x: Float[Array, "n t n_in"],
    *,
    x2: Float[Array, "n2 t n_in"] | None = None,
    wrt: Sequence[str] = ("recurrent",),
    outputs: str = "all",
    activation: str = "relu",
    leak: float | int = 0.0,
    block: int | None = None,
    implementation: int | str = "exact",
) -> Float[Array, "n n2 *pairs"]:
    r"""The neural tangent kernel of a vanilla recurrent network at its current weights.

    The network, from $h_0 = 0$ and without biases, is

    $$h_{t+1} = \phi(a_t), \quad a_t = \rho h_t + (1 - \rho)(W_h h_t + W_x x_t), \quad
        y_t = W_o h_{t+1}.$$

    With $\delta_s = \partial y_{t,k}(x) / \partial a_s$ for one output of one trial and $\delta'$,
    $h'$ those of another, the kernel of the recurrent weights is

    $$K = (1 - \rho)^2 \sum_{s \le t} \sum_{s' \le t'} (\delta_s \cdot \delta'_{s'})
        (h_s \cdot h'_{s'}).$$

    The input weights have $x$ in place of $h$, and the readout weights
    $K = h_{t+1} \cdot h'_{t'+1}$ between equal outputs $k = k'$. No gradient, which has as many
    entries as the weights, is ever formed. All matrix products run at JAX's highest precision.

    Args:
        params: "input" is $W_x$ (N, n_in), "recurrent" is $W_h$ (N, N) and "readout" is $W_o$
            (k, N).
        x: the inputs of each trial and step.
        x2: the second trials, with as many steps and inputs. None stands for `x` itself, and
            then each pair of trials is computed once.
        wrt: the weights differentiated by, a non-empty subset of "input", "recurrent" and
            "readout". Their kernels add up.
        outputs: the kernel between outputs at "all" steps, or at the "last" one only.
        activation: $\phi$, "relu" or "tanh".
        leak: $\rho$, at least 0 and below 1.
        block: the most trials of each side handled at once, which bounds the temporary memory
            whatever the number of trials. Smaller ones repeat more work. None chooses the largest
            that keeps one block's derivatives within 64 MiB and, over few steps, one matrix
            product within 4 MiB. Only "exact" uses it.
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
    options = _checked_options(wrt, outputs, activation, leak, block, implementation)
    params, x, x2 = _checked_arrays(params, x, x2, "params")
    if implementation != "exact":
        return _by_empirical(params, x, x2, options, implementation)
    with jax.default_matmul_precision("highest"):
        return _exact_kernel(params, x, x2, options)


def recurrent_kernel_alignment(
    params0: Mapping[str, Float[Array, "_ _"]],
    params1: Mapping[str, Float[Array, "_ _"]],
    x: Float[Array, "n t n_in"],
    *,
    x2: Float[Array, "n2 t n_in"] | None = None,
    wrt: Sequence[str] = ("recurrent",),
    outputs: str = "all",
    activation: str = "relu",
    leak: float | int = 0.0,
    block: int | None = None,
    implementation: int | str = "exact",
) -> Float[Array, ""]:
    r"""The alignment of the neural tangent kernels of two sets of weights of one network.

    $$\frac{\operatorname{Tr}(K_0 K_1^\top)}{\lVert K_0 \rVert \lVert K_1 \rVert},$$

    with Frobenius norms and each trial, step and output a row of its own. It is 1 for kernels
    equal up to scale. The sums run over pairs of blocks of trials, and "exact" never holds
    either kernel. It is nan where a kernel vanishes, as for one step of input with `wrt`
    recurrent.

    Args:
        params0: the first weights, usually those before training.
        params1: the second weights, of the same shapes.
        x, x2, wrt, outputs, activation, leak, block, implementation: as in `recurrent_ntk`.

    Returns:
        The alignment, a scalar between 0 and 1 where x2 is None, and at least -1 otherwise.

    Raises:
        ValueError: an argument is not as described above.

    References:
        Y. H. Liu, A. Baratin, J. Cornford, S. Mihalas, E. Shea-Brown and G. Lajoie (2024), "How
        connectivity structure shapes rich and lazy learning in neural circuits".
    """
    options = _checked_options(wrt, outputs, activation, leak, block, implementation)
    params0, x_first, x2_first = _checked_arrays(params0, x, x2, "params0")
    params1, x, x2 = _checked_arrays(params1, x, x2, "params1")
    for name, leaf in params0.items():
        if params1[name].shape != leaf.shape:
            raise ValueError(
                f"params1[{name!r}] has shape {params1[name].shape}; allowed is that in params0, "
                f"{leaf.shape}."
            )
    if implementation != "exact":
        first = _by_empirical(params0, x_first, x2_first, options, implementation)
        second = _by_empirical(params1, x, x2, options, implementation)
        return _cosine(_inner_products(first, second))
    with jax.default_matmul_precision("highest"):
        return _exact_alignment(params0, params1, x, x2, options)


class _Options(NamedTuple):
    """What a compiled kernel depends on besides its arrays, all of it hashable."""

    wrt: tuple[str, ...]
    outputs: str
    activation: str
    leak: float
    block: int | None


class _Plan(NamedTuple):
    """How the double sum over steps is arranged.

    `pieces` are the ranges of steps that are handled together, `n_steps` the outputs' steps.
    """

    arrangement: str
    pieces: tuple[tuple[int, int], ...]
    n_steps: int
    n_out: int
    left_blocks: int
    left_size: int
    right_blocks: int
    right_size: int

    @property
    def tile_shape(self) -> tuple[int, ...]:
        sizes = self.left_size, self.right_size
        return (*sizes, self.n_steps, self.n_steps, self.n_out, self.n_out)


class _Block(NamedTuple):
    """A block of trials, run forward and back.

    `factors` (s, b, m) holds what multiplies each weight's delta in the gradient, `deltas` one
    array (s, t, k, b, N) for each piece of source steps s, and `hidden` (t, b, N) the states read
    out.
    """

    factors: Array
    deltas: tuple[Array, ...]
    hidden: Array


def _checked_options(
    wrt: Any, outputs: Any, activation: Any, leak: Any, block: Any, implementation: Any
) -> _Options:
    # A string is a sequence too, of its letters.
    names = tuple(wrt) if isinstance(wrt, Sequence) and not isinstance(wrt, str) else ()
    if not names or any(name not in _NAMES for name in names):
        raise ValueError(f"wrt is {wrt!r}; allowed is a non-empty subset of {_NAMES}.")
    for label, value, allowed in (
        ("outputs", outputs, _OUTPUTS),
        ("activation", activation, tuple(RNN_ACTIVATIONS)),
    ):
        if value not in allowed:
            raise ValueError(f"{label} is {value!r}; allowed are {allowed}.")
    # bool is an int in Python, and True would pass for 1.
    if isinstance(implementation, bool) or implementation not in _IMPLEMENTATIONS:
        raise ValueError(f"implementation is {implementation!r}; allowed are {_IMPLEMENTATIONS}.")
    if not 0 <= leak < 1:
        raise ValueError(f"leak is {leak!r}; allowed is at least 0 and below 1.")
    if block is not None and (isinstance(block, bool) or not isinstance(block, int) or block < 1):
        raise ValueError(f"block is {block!r}; allowed are None and integers from 1.")
    # In one order without repeats, so that equal requests share one compiled kernel.
    ordered = tuple(name for name in _NAMES if name in names)
    return _Options(ordered, outputs, activation, float(leak), block)


def _checked_arrays(
    params: Mapping[str, Any], x: Any, x2: Any, label: str
) -> tuple[dict[str, Array], Array, Array | None]:
    if set(params) != set(_NAMES):
        raise ValueError(f"{label} has the keys {sorted(params)}; allowed are exactly {_NAMES}.")
    arrays = {f"{label}[{name!r}]": jnp.asarray(params[name]) for name in _NAMES}
    arrays["x"] = jnp.asarray(x)
    if x2 is not None:
        arrays["x2"] = jnp.asarray(x2)
    for name, array in arrays.items():
        if not jnp.issubdtype(array.dtype, jnp.floating):
            raise ValueError(f"{name} has dtype {array.dtype}; allowed are floating point dtypes.")
        rank = 3 if name in ("x", "x2") else 2
        if array.ndim != rank or 0 in array.shape:
            raise ValueError(
                f"{name} has shape {array.shape}; allowed are {rank} axes, none of them empty."
            )
    w_in, w_rec, w_out, x, *rest = arrays.values()
    width = w_rec.shape[0]
    allowed = {
        f"{label}['recurrent']": (w_rec.shape, (width, width)),
        f"{label}['input']": (w_in.shape, (width, x.shape[2])),
        f"{label}['readout']": (w_out.shape, (w_out.shape[0], width)),
    }
    if rest:
        allowed["x2"] = (rest[0].shape, (rest[0].shape[0], *x.shape[1:]))
    for name, (shape, wanted) in allowed.items():
        if shape != wanted:
            raise ValueError(
                f"{name} has shape {shape}; allowed is {wanted}, as the recurrent weights and x "
                "have it."
            )
    dtype = jnp.result_type(*arrays.values())
    w_in, w_rec, w_out, x, *rest = (array.astype(dtype) for array in arrays.values())
    weights = {"input": w_in, "recurrent": w_rec, "readout": w_out}
    return weights, x, rest[0] if rest else None


def _by_empirical(
    params: dict[str, Array],
    x: Array,
    x2: Array | None,
    options: _Options,
    implementation: int | str,
) -> Array:
    def apply(trained: dict[str, Array], inputs: Array) -> Array:
        return rnn_apply(
            {**params, **trained},
            inputs,
            outputs=options.outputs,
            activation=options.activation,
            leak=options.leak,
        )

    trained = {name: params[name] for name in options.wrt}
    return empirical_ntk(apply, trained, x, x2=x2, implementation=implementation, vmap_axes=0)


@functools.partial(jax.jit, static_argnames="options")
def _exact_kernel(params: dict[str, Array], x: Array, x2: Array | None, options: _Options) -> Array:
    plan = _plan(params, x, x2, options)
    rows, columns = plan.left_blocks * plan.left_size, plan.right_blocks * plan.right_size
    kernel = jnp.zeros((rows, columns, *plan.tile_shape[2:]), x.dtype)

    def write(kernel: Array, i: Any, j: Any, tiles: list[Array], mirrored: bool) -> Array:
        row, column = i * plan.left_size, j * plan.right_size
        kernel = jax.lax.dynamic_update_slice(kernel, tiles[0], (row, column, 0, 0, 0, 0))
        if mirrored:
            mirror = tiles[0].transpose(1, 0, 3, 2, 5, 4)
            kernel = jax.lax.dynamic_update_slice(kernel, mirror, (column, row, 0, 0, 0, 0))
        return kernel

    kernel = _fold_pairs(write, kernel, [params], x, x2, options, plan)
    kernel = kernel[: x.shape[0], : (x if x2 is None else x2).shape[0]]
    return kernel if options.outputs == "all" else kernel[:, :, 0, 0]


@functools.partial(jax.jit, static_argnames="options")
def _exact_alignment(
    params0: dict[str, Array],
    params1: dict[str, Array],
    x: Array,
    x2: Array | None,
    options: _Options,
) -> Array:
    def add(sums: Array, i: Any, j: Any, tiles: list[Array], mirrored: bool) -> Array:
        products = _inner_products(*tiles)
        return sums + (2 * products if mirrored else products)

    plan = _plan(params0, x, x2, options)
    sums = jnp.zeros(3, x.dtype)
    return _cosine(_fold_pairs(add, sums, [params0, params1], x, x2, options, plan))


def _inner_products(first: Array, second: Array) -> Array:
    pairs = ((first, second), (first, first), (second, second))
    return jnp.stack([jnp.sum(a * b) for a, b in pairs])


def _cosine(products: Array) -> Array:
    # The root of each, because the product of the two can leave the range of float32.
    return products[0] / jnp.sqrt(products[1]) / jnp.sqrt(products[2])


def _plan(params: dict[str, Array], x: Array, x2: Array | None, options: _Options) -> _Plan:
    n_out, width = params["readout"].shape
    n_steps = x.shape[1]
    # The state before the first step is 0, so it gives the recurrent weights no gradient there.
    first = 0 if "input" in options.wrt else 1
    arrangement = _cheaper_arrangement(n_steps, n_out, options.outputs)
    if options.outputs == "last":
        pieces = ((first, n_steps),) if first < n_steps else ()
    else:
        n_pieces = min(n_steps - first, _PIECES[arrangement])
        edges = [first + (n_steps - first) * i // max(n_pieces, 1) for i in range(n_pieces + 1)]
        pieces = tuple(itertools.pairwise(edges))
    if options.wrt == ("readout",):
        pieces = ()
    # Rows of the largest matrix product, and of the derivatives kept, for each trial.
    if options.outputs == "all":
        product_rows = max(((high - low) * high * n_out for low, high in pieces), default=1)
        kept_rows = sum((high - low) * (n_steps - low) * n_out for low, high in pieces)
    else:
        product_rows = kept_rows = n_steps * n_out
    block = options.block
    if block is None:
        block = _KEPT_BYTES // max(kept_rows * width * x.dtype.itemsize, 1)
        if arrangement == "products":
            within = int((_PRODUCT_BYTES / x.dtype.itemsize) ** 0.5) // product_rows
            block = min(block, within)
        block = max(block, 1)
    shared = arrangement, pieces, n_steps if options.outputs == "all" else 1, n_out
    n_left = x.shape[0]
    left_blocks = -(-n_left // block)
    if x2 is None:
        # With an odd number, each block has equally many others on either side of a ring, so
        # that going round one way meets every pair once.
        left_blocks += 1 - left_blocks % 2
        left_size = -(-n_left // left_blocks)
        return _Plan(*shared, left_blocks, left_size, left_blocks, left_size)
    right_blocks = -(-x2.shape[0] // block)
    sizes = -(-n_left // left_blocks), -(-x2.shape[0] // right_blocks)
    return _Plan(*shared, left_blocks, sizes[0], right_blocks, sizes[1])


def _cheaper_arrangement(n_steps: int, n_out: int, outputs: str) -> str:
    # How many times fewer operations weighting needs. It has to outweigh its smaller matrix
    # products; the two break-even points were measured on one CPU core at N = 300.
    if outputs == "all":
        return "weighting" if n_out * n_steps / (n_out + 1) > 7 else "products"
    return "weighting" if n_out * n_steps / (n_out + n_steps) > 2.5 else "products"


def _fold_pairs(
    visit: Callable[[Any, Any, Any, list[Array], bool], Any],
    carry: Any,
    networks: list[dict[str, Array]],
    x: Array,
    x2: Array | None,
    options: _Options,
    plan: _Plan,
) -> Any:
    """Fold `visit(carry, i, j, tiles, mirrored)` over the pairs of blocks i of x and j of x2.

    `tiles` holds the kernel of each network between the two blocks. With x2 None each pair of
    different blocks comes once, mirrored=True, and stands for its mirror image as well.
    """

    def run(block: Array) -> list[_Block]:
        return [_run_block(params, block, options, plan) for params in networks]

    def tiles(left: list[_Block], right: list[_Block], symmetric: bool = False) -> list[Array]:
        return [_tile(a, b, options, plan, symmetric) for a, b in zip(left, right, strict=True)]

    left_x = _in_blocks(x, plan.left_blocks, plan.left_size)
    if x2 is None:

        def symmetric_row(carry: Any, i: Array) -> tuple[Any, None]:
            left = run(left_x[i])
            carry = visit(carry, i, i, tiles(left, left, symmetric=True), False)

            def pair(carry: Any, distance: Array) -> tuple[Any, None]:
                j = (i + distance) % plan.left_blocks
                return visit(carry, i, j, tiles(left, run(left_x[j])), True), None

            return jax.lax.scan(pair, carry, jnp.arange(1, (plan.left_blocks + 1) // 2))

        return jax.lax.scan(symmetric_row, carry, jnp.arange(plan.left_blocks))[0]

    right_x = _in_blocks(x2, plan.right_blocks, plan.right_size)

    def row(carry: Any, i: Array) -> tuple[Any, None]:
        left = run(left_x[i])

        def pair(carry: Any, j: Array) -> tuple[Any, None]:
            return visit(carry, i, j, tiles(left, run(right_x[j])), False), None

        return jax.lax.scan(pair, carry, jnp.arange(plan.right_blocks))

    return jax.lax.scan(row, carry, jnp.arange(plan.left_blocks))[0]


def _in_blocks(x: Array, n_blocks: int, size: int) -> Array:
    # Trials of zeros fill the last block: the network stays at 0, and so do their kernels.
    filled = jnp.pad(x, ((0, n_blocks * size - x.shape[0]), (0, 0), (0, 0)))
    return filled.reshape(n_blocks, size, *x.shape[1:])


def _run_block(params: dict[str, Array], x: Array, options: _Options, plan: _Plan) -> _Block:
    phi = RNN_ACTIVATIONS[options.activation]
    leak = options.leak
    x = x.swapaxes(0, 1)
    # One product for all steps, ahead of the loop.
    drive = x @ params["input"].T

    def step(hidden: Array, drive: Array) -> tuple[Array, tuple[Array, Array]]:
        current = hidden @ params["recurrent"].T + drive
        after = phi(leak * hidden + (1 - leak) * current)
        return after, (hidden, after)

    _, (before, after) = jax.lax.scan(step, jnp.zeros_like(drive[0]), drive)

    used = [x] if "input" in options.wrt else []
    used += [before] if "recurrent" in options.wrt else []
    if not plan.pieces:
        return _Block(before[:0], (), after[-plan.n_steps :])
    factors = (1 - leak) * jnp.concatenate(used, axis=-1)[plan.pieces[0][0] :]
    deltas = _deltas(params, _SLOPES[options.activation](after), options, plan)
    return _Block(factors, deltas, after[-plan.n_steps :])


def _deltas(
    params: dict[str, Array], slopes: Array, options: _Options, plan: _Plan
) -> tuple[Array, ...]:
    """The derivative of each output by each step's argument of phi, by pieces of those steps.

    A piece from step low to high is an array (high - low, t, k, b, N), whose outputs t run from
    low on, or are the last alone. Steps s > t hold zeros.
    """
    readout = params["readout"][:, None]
    n_out, width = params["readout"].shape
    # How the next step's argument depends on this step's state, acting on rows.
    onward = options.leak * jnp.eye(width, dtype=slopes.dtype)
    onward += (1 - options.leak) * params["recurrent"]
    every_step = options.outputs == "all"

    found = []
    by_state = None
    for low, high in reversed(plan.pieces):
        shape = (high - low if every_step else 1, n_out, slopes.shape[1], width)
        own = jnp.zeros(shape, slopes.dtype).at[-1].set(readout)
        by_state = own if by_state is None else jnp.concatenate([own, by_state])
        last = slopes[high - 1] * by_state

        def back(delta: Array, step: Array, low: int = low) -> tuple[Array, Array]:
            by_state = delta @ onward
            if every_step:
                by_state = by_state.at[step - low].set(readout)
            delta = slopes[step] * by_state
            return delta, delta

        delta, earlier = jax.lax.scan(back, last, jnp.arange(low, high - 1), reverse=True)
        found.append(jnp.concatenate([earlier, last[None]]))
        if low > plan.pieces[0][0]:
            by_state = delta @ onward
    return tuple(reversed(found))


def _by_output(deltas: tuple[Array, ...], plan: _Plan) -> list[Array]:
    """The same derivatives by pieces of the output steps: (s, t, k, b, N) with all s <= t."""
    return [
        jnp.concatenate(
            [
                delta[:, low - start : high - start]
                for delta, (start, _) in zip(deltas, plan.pieces, strict=True)
                if start <= low
            ]
        )
        for low, high in plan.pieces
    ]


def _tile(left: _Block, right: _Block, options: _Options, plan: _Plan, symmetric: bool) -> Array:
    """The kernel (b, b', t, t', k, k') between two blocks, one and the same where symmetric."""
    terms = []
    if plan.pieces:
        overlaps = jnp.einsum("sbm,rcm->sbrc", left.factors, right.factors)
        if plan.arrangement == "products":
            term = _by_products(left.deltas, right.deltas, overlaps, plan, symmetric)
        else:
            term = _by_weighting(left.deltas, right.deltas, overlaps, plan)
        if options.outputs == "all":
            # Outputs before the first source step do not depend on the weights.
            early = (plan.pieces[0][0], 0)
            term = jnp.pad(term, ((0, 0), (0, 0), early, early, (0, 0), (0, 0)))
        terms.append(term)
    if "readout" in options.wrt:
        overlaps = jnp.einsum("tbn,ucn->bctu", left.hidden, right.hidden)
        terms.append(overlaps[..., None, None] * jnp.eye(plan.n_out, dtype=overlaps.dtype))
    # No term where a single step meets the recurrent weights alone: they act on a state of 0.
    return functools.reduce(jnp.add, terms, jnp.zeros(plan.tile_shape, left.hidden.dtype))


def _by_products(
    left: tuple[Array, ...],
    right: tuple[Array, ...],
    overlaps: Float[Array, "s b s2 b2"],
    plan: _Plan,
    symmetric: bool,
) -> Array:
    """For each pair of output pieces one product over N of all deltas, then the sum over steps."""
    left_pieces, right_pieces = _by_output(left, plan), _by_output(right, plan)
    rows: list[list[Array]] = []
    for i, first in enumerate(left_pieces):
        row = []
        for j, second in enumerate(right_pieces):
            if symmetric and j < i:
                row.append(rows[j][i].transpose(3, 4, 5, 0, 1, 2))
                continue
            products = jnp.tensordot(first, second, (-1, -1))
            # (s, t, k, b, s', t', k', b')
            weights = overlaps[: len(first), None, None, :, : len(second), None, None, :]
            row.append(jnp.sum(products * weights, (0, 4)))
        rows.append(row)
    tile = jnp.concatenate([jnp.concatenate(row, axis=3) for row in rows])
    return tile.transpose(2, 5, 0, 3, 1, 4)


def _by_weighting(
    left: tuple[Array, ...],
    right: tuple[Array, ...],
    overlaps: Float[Array, "s b s2 b2"],
    plan: _Plan,
) -> Array:
    """Sum the left deltas over steps first, weighted for one right step and trial at a time."""
    n_out, size, width = left[0].shape[2:]
    # (b, s, t, k, N) for each piece of t, and (s', b', t' k', N) for each piece of s'
    left_pieces = [piece.transpose(3, 0, 1, 2, 4) for piece in _by_output(left, plan)]
    right_pieces = [
        piece.transpose(0, 3, 1, 2, 4).reshape(len(piece), piece.shape[3], -1, width)
        for piece in right
    ]
    n_right, n_rows = right_pieces[0].shape[1:3]
    first = plan.pieces[0][0]

    def of_trial(trial: tuple[list[Array], Array]) -> Array:
        deltas, overlap = trial

        def add_step(total: Array, step: tuple[Array, Array]) -> tuple[Array, None]:
            rows, weights = step
            sums = [
                (weights[: len(delta)].T @ delta.reshape(len(delta), -1)).reshape(
                    n_right, -1, width
                )
                for delta in deltas
            ]
            return total + jnp.concatenate(sums, axis=1) @ rows.swapaxes(1, 2), None

        total = jnp.zeros((n_right, n_rows, n_rows), overlap.dtype)
        for rows, (low, high) in zip(right_pieces, plan.pieces, strict=True):
            weights = overlap[:, low - first : high - first].swapaxes(0, 1)
            # Outputs t' before this piece of s' get nothing from it.
            part = total[:, :, n_rows - rows.shape[2] :]
            part, _ = jax.lax.scan(add_step, part, (rows, weights))
            total = total.at[:, :, n_rows - rows.shape[2] :].set(part)
        return total

    tile = jax.lax.map(of_trial, (left_pieces, overlaps.swapaxes(0, 1)))
    n_steps = n_rows // n_out
    tile = tile.reshape(size, n_right, n_steps, n_out, n_steps, n_out)
    return tile.transpose(0, 1, 2, 4, 3, 5)
