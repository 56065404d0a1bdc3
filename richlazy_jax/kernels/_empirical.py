"""The empirical neural tangent kernel of a function of parameters and inputs."""

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import require_float_leaves, require_whole
from ._factors import Plan, kernel_by_factors, plan_kernel
from ._neural_tangents import NeuralTangentsUnavailable, load_neural_tangents

_IMPLEMENTATIONS = ("auto", "factors", 1, 2, 3, "jacobian")


def empirical_ntk(
    apply: Callable[[Any, Any], Any],
    params: Any,
    x: Float[Array, "n ..."],
    *,
    x2: Float[Array, "n2 ..."] | None = None,
    implementation: int | str = "auto",
    vmap_axes: int | None = None,
    memory: int | None = None,
) -> Float[Array, "n n2 ..."]:
    r"""The neural tangent kernel of a finite network at its current parameters.

    For outputs $f_{a}(x)$ with parameters $p$ it is

    $$K_{ab}(x, x') = \sum_{p} \frac{\partial f_a(x)}{\partial p}
        \frac{\partial f_b(x')}{\partial p},$$

    summed over every entry of every leaf of `params`, with no normalisation and no trace over
    outputs. All matrix products run at JAX's highest precision, those inside `apply` too unless
    they name their own, so that a float32 kernel keeps float32 accuracy on every device. Our own
    networks name "highest", or leave it to this.

    Args:
        apply: the network, called as `apply(params, x)`. It returns one array, whose first axis
            runs over the examples of `x`.
        params: a pytree of floating point arrays, with at least one leaf.
        x: the inputs, with examples along the first axis.
        x2: the second inputs, with the trailing shape of `x`. None stands for `x` itself.
        implementation: all give the same kernel and differ in time and memory.
            "factors" finds where weights enter by matrix products or convolutions, inside loops
            as well, and takes inner products of the factors of their gradients instead of the
            gradients. It works in blocks of examples and needs `vmap_axes=0`.
            1 contracts two Jacobians. 2 forms NTK-vector products, which suits many outputs and a
            cheap forward pass. 3 uses structured derivatives, though it knows fewer operations
            and sees nothing inside loops. These three are those of the neural-tangents library.
            "jacobian" is plain JAX and needs no other library.
            "auto", the default, is "factors" with `vmap_axes=0`, unless a count of operations
            says that 2 has fewer than a quarter, as with outputs more numerous than units, and
            neural-tangents can be imported. With `vmap_axes=None` it is 1.
        vmap_axes: 0 promises that `apply` treats each example on its own, which lets every
            implementation work example by example, usually faster. It goes unchecked: with a
            network that mixes examples the result is wrong. None promises nothing.
        memory: about how many bytes "factors" may keep of two blocks of examples. Less memory
            means more blocks, and repeats more work. None stands for 64 MiB. The others do not
            use it.

    Returns:
        The kernel, each output axis twice and each pair adjacent: shape `(n, n2)` for outputs of
        shape `(n,)`, `(n, n2, k, k)` for `(n, k)`, `(n, n2, t, t, k, k)` for `(n, t, k)`.

    Raises:
        ValueError: an argument is not as described above.
        NotImplementedError: `implementation=3` cannot handle this network on this JAX.

    Warns:
        UserWarning: neural-tangents cannot be imported, so "jacobian" is used. Given once.

    References:
        A. Jacot, F. Gabriel and C. Hongler (2018), "Neural tangent kernel: convergence and
        generalization in neural networks".
        R. Novak, J. Sohl-Dickstein and S. S. Schoenholz (2022), "Fast finite width neural tangent
        kernel", for implementations 1 to 3.
    """
    _check_choices(implementation, vmap_axes, memory)
    require_float_leaves("params", params)
    leaves, treedef = jax.tree_util.tree_flatten(params)
    leaves = _checked_leaves(leaves)
    # One array twice is symmetric as well.
    x2 = None if x2 is x else x2
    x = _checked_inputs("x", x)
    if x2 is not None:
        x2 = _checked_inputs("x2", x2)
        if x2.shape[1:] != x.shape[1:]:
            raise ValueError(
                f"x2 has trailing shape {x2.shape[1:]}; allowed is that of x, {x.shape[1:]}."
            )

    # A flat list, because a container type of its own can be more than a library expects.
    def flat_apply(leaves: list[Array], inputs: Array) -> Array:
        return apply(jax.tree_util.tree_unflatten(treedef, leaves), inputs)

    for name, inputs in (("x", x), ("x2", x2)):
        if inputs is not None:
            _check_output(flat_apply, leaves, inputs, name)

    # By default a GPU may round float32 factors to ten bits, which leaves three digits.
    with jax.default_matmul_precision("highest"):
        if implementation == "auto" and vmap_axes is None:
            implementation = 1
        if implementation in ("auto", "factors"):
            plan = plan_kernel(_of_example(flat_apply), leaves, x, x2, memory)
            if implementation == "factors" or not (
                _suits_products_with_vectors(plan, x, x2) and _has_library()
            ):
                return kernel_by_factors(plan, leaves, x, x2)
            implementation = 2
        if implementation != "jacobian":
            try:
                library = load_neural_tangents()
            except NeuralTangentsUnavailable as error:
                _warn_of_fallback(str(error))
            else:
                return _by_library(library, flat_apply, leaves, x, x2, implementation, vmap_axes)
        return _by_jacobian(flat_apply, leaves, x, x2, vmap_axes)


def _of_example(apply: Callable) -> Callable[[list[Array], Array], Array]:
    return lambda leaves, example: apply(leaves, example[None])[0]


def _suits_products_with_vectors(plan: Plan, x: Array, x2: Array | None) -> bool:
    # One backward and one forward derivative for each pair of examples and each output.
    pairs = len(x) * len(x if x2 is None else x2) * math.prod(plan.program.output.shape)
    return 4 * pairs * plan.operations_of_derivative < plan.operations


def _has_library() -> bool:
    try:
        load_neural_tangents()
    except NeuralTangentsUnavailable:
        return False
    return True


def _check_choices(implementation: Any, vmap_axes: Any, memory: Any) -> None:
    # bool is an int in Python, and True would pass for implementation 1.
    if (
        isinstance(implementation, bool)
        or not isinstance(implementation, int | str)
        or implementation not in _IMPLEMENTATIONS
    ):
        raise ValueError(
            f"implementation is {implementation!r}; allowed are 'auto', 'factors', 1, 2, 3 and "
            "'jacobian'."
        )
    if memory is not None:
        require_whole("memory", memory)
    if vmap_axes is not None and (
        isinstance(vmap_axes, bool) or not isinstance(vmap_axes, int) or vmap_axes != 0
    ):
        raise ValueError(f"vmap_axes is {vmap_axes!r}; allowed are None and 0.")
    if implementation == "factors" and vmap_axes is None:
        raise ValueError(
            "vmap_axes is None; allowed with implementation='factors' is 0, the promise that "
            "apply treats each example on its own."
        )


def _is_float(dtype: Any) -> bool:
    return jnp.issubdtype(dtype, jnp.floating)


def _checked_leaves(leaves: list[Any]) -> list[Array]:
    arrays = [jnp.asarray(leaf) for leaf in leaves]
    if not arrays:
        raise ValueError("params has no leaves; allowed is a pytree with at least one array.")
    return arrays


def _checked_inputs(name: str, inputs: Any) -> Array:
    inputs = jnp.asarray(inputs)
    if inputs.ndim == 0:
        raise ValueError(
            f"{name} has shape (); allowed is an array with at least one axis, the examples first."
        )
    if not _is_float(inputs.dtype):
        raise ValueError(f"{name} has dtype {inputs.dtype}; allowed are floating point dtypes.")
    return inputs


def _check_output(apply: Callable, leaves: list[Array], inputs: Array, name: str) -> None:
    output = jax.eval_shape(apply, leaves, inputs)
    allowed = f"allowed is one floating point array whose first axis has length {len(inputs)}"
    if not isinstance(output, jax.ShapeDtypeStruct):
        raise ValueError(f"apply returns {output!r} for {name}; {allowed}.")
    if not output.shape or output.shape[0] != len(inputs) or not _is_float(output.dtype):
        raise ValueError(
            f"apply returns shape {output.shape} and dtype {output.dtype} for {name}; "
            f"{allowed}, as {name} has."
        )


@functools.cache
def _warn_of_fallback(reason: str) -> None:
    # Cached, so that a kernel computed at every training step warns once.
    warnings.warn(f"{reason} Until then implementation='jacobian' is used.", stacklevel=3)


def _by_library(
    library: Any,
    apply: Callable,
    leaves: list[Array],
    x: Array,
    x2: Array | None,
    implementation: int | str,
    vmap_axes: int | None,
) -> Array:
    kernel = library.empirical_ntk_fn(
        apply,
        trace_axes=(),
        diagonal_axes=(),
        vmap_axes=vmap_axes,
        implementation=implementation,
    )
    try:
        with warnings.catch_warnings():
            # What neural-tangents asks of JAX in an old way is no concern of the user's.
            warnings.simplefilter("ignore", DeprecationWarning)
            return kernel(x, x2, leaves)
    # apply has been traced without error by now, so what fails here is the library.
    except (
        AssertionError,
        AttributeError,
        KeyError,
        NotImplementedError,
        TypeError,
        ValueError,
    ) as error:
        if implementation != 3:
            raise
        raise NotImplementedError(
            "implementation=3 (structured derivatives of neural-tangents) cannot handle this "
            f"network on JAX {jax.__version__}: {type(error).__name__}: {error} "
            "Implementations 1, 2 and 'jacobian' give the same kernel."
        ) from error


def _by_jacobian(
    apply: Callable, leaves: list[Array], x: Array, x2: Array | None, vmap_axes: int | None
) -> Array:
    def jacobians(inputs: Array) -> list[Array]:
        if vmap_axes is None:
            return jax.jacrev(lambda p: apply(p, inputs))(leaves)

        def of_one(example: Array) -> list[Array]:
            return jax.jacrev(lambda p: apply(p, example[None])[0])(leaves)

        return jax.vmap(of_one)(inputs)

    def contracted(left: Array, right: Array, leaf: Array) -> Array:
        axes = tuple(range(left.ndim - leaf.ndim, left.ndim))
        return jnp.tensordot(left, right, (axes, axes), precision=jax.lax.Precision.HIGHEST)

    first = jacobians(x)
    second = first if x2 is None else jacobians(x2)
    kernel = functools.reduce(jnp.add, map(contracted, first, second, leaves))
    # From (n, t, k, n2, t, k) to (n, n2, t, t, k, k).
    half = kernel.ndim // 2
    return kernel.transpose([axis for i in range(half) for axis in (i, half + i)])
