"""The exact neural tangent kernel of a vanilla recurrent network, and the alignment of two.

The gradient of an output with respect to the recurrent weights is a sum over steps of outer
products, so inner products of gradients follow from inner products of the factors.
`_recurrent_blocks.py` has that sum for two blocks of trials; here `_fold_pairs` visits the pairs of
blocks, with one pair in memory at a time.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..measures import kernel_alignment
from ..models import RNN_ACTIVATIONS, rnn_apply
from ._empirical import empirical_ntk
from ._powers import OF_ZERO, exponent_of, times_power
from ._recurrent_blocks import Block, Options, Plan, in_blocks, plan_sums, run_block, tile

# An array and the exponent of the power of two that it has to be multiplied by.
Tile = tuple[Array, Array]

_NAMES = ("input", "recurrent", "readout")
_OUTPUTS = ("all", "last")
_IMPLEMENTATIONS = ("exact", 1, 2, 3, "jacobian")


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

    Readout, states and inputs may be of any size for which the kernel is within the range of
    floats, although their squares are not. The network's states have to be within that range
    too: what is below 1e-38 in float32 counts as 0, and what is above 3e38 gives nan.

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

    "exact" is right also where the kernels are out of the range of floats, as with a readout of
    1e-30 or 1e30. States have to be within it, as in `recurrent_ntk`.

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
        return kernel_alignment(first, second)
    with jax.default_matmul_precision("highest"):
        return _exact_alignment(params0, params1, x, x2, options)


def _checked_options(
    wrt: Any, outputs: Any, activation: Any, leak: Any, block: Any, implementation: Any
) -> Options:
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
    return Options(ordered, outputs, activation, float(leak), block)


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
    options: Options,
    implementation: int | str,
) -> Array:
    def apply(trained: dict[str, Array], inputs: Array) -> Array:
        return rnn_apply(
            {**params, **trained},
            inputs,
            outputs=options.outputs,
            activation=options.activation,
            leak=options.leak,
            # Implementation 3 sees no structure inside a loop.
            unrolled=implementation == 3,
        )

    trained = {name: params[name] for name in options.wrt}
    return empirical_ntk(apply, trained, x, x2=x2, implementation=implementation, vmap_axes=0)


@functools.partial(jax.jit, static_argnames="options")
def _exact_kernel(params: dict[str, Array], x: Array, x2: Array | None, options: Options) -> Array:
    plan = plan_sums(params, x, x2, options)
    rows, columns = plan.left_blocks * plan.left_size, plan.right_blocks * plan.right_size
    kernel = jnp.zeros((rows, columns, *plan.tile_shape[2:]), x.dtype)

    def write(kernel: Array, i: Any, j: Any, tiles: list[Tile], mirrored: bool) -> Array:
        row, column = i * plan.left_size, j * plan.right_size
        found = times_power(*tiles[0])
        kernel = jax.lax.dynamic_update_slice(kernel, found, (row, column, 0, 0, 0, 0))
        if mirrored:
            mirror = found.transpose(1, 0, 3, 2, 5, 4)
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
    options: Options,
) -> Array:
    def add(
        carry: tuple[Array, Array], i: Any, j: Any, tiles: list[Tile], mirrored: bool
    ) -> tuple[Array, Array]:
        sums, before = carry
        sizes = [exponent_of(found) for found, _ in tiles]
        first, second = (times_power(t[0], -size) for t, size in zip(tiles, sizes, strict=True))
        found = jnp.stack([t[1] + size for t, size in zip(tiles, sizes, strict=True)])
        products = jnp.stack(
            [jnp.sum(a * b) for a, b in ((first, second), (first, first), (second, second))]
        )
        # Every network's sums are at the scale of its largest tile so far.
        largest = jnp.maximum(before, found)
        sums = times_power(sums, _of_products(before - largest))
        products = times_power(products, _of_products(found - largest))
        return sums + (2 * products if mirrored else products), largest

    plan = plan_sums(params0, x, x2, options)
    carry = jnp.zeros(3, x.dtype), jnp.full(2, OF_ZERO, jnp.int32)
    networks = [params0, params1]
    (cross, own, other), _ = _fold_pairs(add, carry, networks, x, x2, options, plan)
    return cross / jnp.sqrt(own) / jnp.sqrt(other)


def _of_products(exponents: Array) -> Array:
    """The exponents of K K', K K and K' K' from those of K and K'."""
    return jnp.stack([jnp.sum(exponents), 2 * exponents[0], 2 * exponents[1]])


def _fold_pairs(
    visit: Callable[[Any, Any, Any, list[Tile], bool], Any],
    carry: Any,
    networks: list[dict[str, Array]],
    x: Array,
    x2: Array | None,
    options: Options,
    plan: Plan,
) -> Any:
    """Fold `visit(carry, i, j, tiles, mirrored)` over the pairs of blocks i of x and j of x2.

    `tiles` holds the kernel of each network between the two blocks. With x2 None each pair of
    different blocks comes once, mirrored=True, and stands for its mirror image as well.
    """

    def run(block: Array) -> list[Block]:
        return [run_block(params, block, options, plan) for params in networks]

    def tiles(left: list[Block], right: list[Block], symmetric: bool = False) -> list[Tile]:
        return [tile(a, b, options, plan, symmetric) for a, b in zip(left, right, strict=True)]

    left_x = in_blocks(x, plan.left_blocks, plan.left_size)
    if x2 is None:

        def symmetric_row(carry: Any, i: Array) -> tuple[Any, None]:
            left = run(left_x[i])
            carry = visit(carry, i, i, tiles(left, left, symmetric=True), False)

            def pair(carry: Any, distance: Array) -> tuple[Any, None]:
                j = (i + distance) % plan.left_blocks
                return visit(carry, i, j, tiles(left, run(left_x[j])), True), None

            return jax.lax.scan(pair, carry, jnp.arange(1, (plan.left_blocks + 1) // 2))

        return jax.lax.scan(symmetric_row, carry, jnp.arange(plan.left_blocks))[0]

    right_x = in_blocks(x2, plan.right_blocks, plan.right_size)

    def row(carry: Any, i: Array) -> tuple[Any, None]:
        left = run(left_x[i])

        def pair(carry: Any, j: Array) -> tuple[Any, None]:
            return visit(carry, i, j, tiles(left, run(right_x[j])), False), None

        return jax.lax.scan(pair, carry, jnp.arange(plan.right_blocks))

    return jax.lax.scan(row, carry, jnp.arange(plan.left_blocks))[0]
