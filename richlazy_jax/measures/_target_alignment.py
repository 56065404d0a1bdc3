"""How far a tangent kernel points towards the targets."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._powers import scaled
from .._products import product


def kernel_target_alignment(
    kernel: Float[Array, "n n2 ..."], targets: Float[Array, "n ..."]
) -> Float[Array, ""]:
    r"""The cosine between a kernel and that of the targets, both centred over examples.

    With $H = I - 1 1^\top / n$, the kernel $K$ summed over equal outputs, and $T_{ij} = y_i \cdot
    y_j$,

    $$\frac{\operatorname{Tr}(H K H\, T)}{\lVert H K H \rVert_F \lVert H T H \rVert_F}.$$

    Where it grows in training, the kernel turned towards the task.

    Args:
        kernel: of the same examples twice, a matrix or in the layout of `empirical_ntk`, in any
            unit.
        targets: what the outputs should be for each example, such as ones and zeros for classes.
            Where they are the same for all examples the result is NaN.

    Raises:
        ValueError: the kernel is not over the same examples and outputs twice, or the targets are
            not of its examples.

    Source: C. Cortes, M. Mohri and A. Rostamizadeh (2012), "Algorithms for learning kernels based
    on centered alignment".
    """
    k, y = jnp.asarray(kernel), jnp.asarray(targets)
    if k.ndim < 2 or k.shape[::2] != k.shape[1::2]:
        raise ValueError(
            f"kernel has shape {k.shape}; allowed are axes in pairs of one length, as for the same "
            "examples and outputs twice."
        )
    if y.ndim < 1 or len(y) != len(k):
        raise ValueError(f"targets has shape {y.shape}; allowed are {len(k)} rows, as kernel has.")
    k = scaled(k)
    while k.ndim > 2:
        k = jnp.trace(k, axis1=-2, axis2=-1)
    y = y.reshape(len(y), -1)
    y = scaled(y - y.mean(0))
    k = k - k.mean(0)
    k = k - k.mean(1, keepdims=True)
    overlap = jnp.sum(k * product(y, y.T))
    # The norm of T = y y^T is that of y^T y as well.
    return overlap / (jnp.linalg.norm(k) * jnp.linalg.norm(product(y.T, y)))
