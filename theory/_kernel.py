"""The neural tangent kernel of a linear network with given weights, and what training conserves."""

from collections.abc import Sequence

import jax.numpy as jnp
from jaxtyping import Array, Float

from ._checks import as_float
from ._precision import highest_precision


@highest_precision
def two_layer_ntk(
    w1: Float[Array, "h d"], w2: Float[Array, "k h"], x: Float[Array, "n d"]
) -> Float[Array, "n n k k"]:
    r"""The neural tangent kernel of $f(x) = W_2 W_1 x$ with respect to both weights.

    $$K_{ij}(x, x') = (W_2 W_2^\top)_{ij}\, x^\top x' + \delta_{ij}\, x^\top W_1^\top W_1 x'$$

    Args:
        w1: the first layer's weights.
        w2: the readout's weights.
        x: the inputs, one in each row.

    Returns:
        The kernel, laid out as `richlazy_jax.empirical_ntk` lays it out.

    Raises:
        ValueError: the shapes do not fit together, or a number is not finite.

    Source: the chain rule; the kernel that Liu et al. (2024), arXiv 2310.08513, start from.
    """
    w1, w2 = _checked_layers(w1, w2)
    x = as_float("x", x, "n", "d")
    if x.shape[1] != w1.shape[1]:
        raise ValueError(f"x has shape {x.shape}; allowed is (n, {w1.shape[1]}), as w1 has.")
    hidden = x @ w1.T
    from_first = jnp.einsum("nm,ij->nmij", x @ x.T, w2 @ w2.T)
    from_readout = jnp.einsum("nm,ij->nmij", hidden @ hidden.T, jnp.eye(len(w2), dtype=w2.dtype))
    return from_first + from_readout


@highest_precision
def kernel_factor(w1: Float[Array, "h d"], w2: Float[Array, "k h"]) -> Float[Array, "kd kd"]:
    r"""The factor of the two-layer kernel, by which alignments on whitened data are computed.

    $$M = I_k \otimes W_1^\top W_1 + W_2 W_2^\top \otimes I_d$$

    so that $K_{ij}(x, x') = x^\top M_{ij} x'$ with $M_{ij}$ the d by d block. For one output it is
    $W_1^\top W_1 + \lVert w_2 \rVert^2 I$.

    Args:
        w1: the first layer's weights.
        w2: the readout's weights.

    Raises:
        ValueError: the shapes do not fit together, or a number is not finite.

    Source: Liu et al. (2024), arXiv 2310.08513, for one output.
    """
    w1, w2 = _checked_layers(w1, w2)
    eye_k = jnp.eye(w2.shape[0], dtype=w2.dtype)
    eye_d = jnp.eye(w1.shape[1], dtype=w1.dtype)
    return jnp.kron(eye_k, w1.T @ w1) + jnp.kron(w2 @ w2.T, eye_d)


@highest_precision
def deep_kernel_factor(weights: Sequence[Float[Array, "_ _"]]) -> Float[Array, "d d"]:
    r"""The factor of the kernel of a deep linear network with one output.

    With $P_l = W_{l-1} \cdots W_1$ below and $q_l = W_L \cdots W_{l+1}$ above layer $l$,

    $$M = \sum_{l=1}^{L} \lVert q_l \rVert^2\, P_l^\top P_l.$$

    Args:
        weights: $W_1$ to $W_L$, the first of shape (h, d), the last of shape (1, h).

    Raises:
        ValueError: fewer than two layers, more than one output, or shapes that do not chain.

    Source: the chain rule; for two layers it is `kernel_factor`.
    """
    layers = [as_float(f"weights[{i}]", w, "rows", "columns") for i, w in enumerate(weights)]
    if len(layers) < 2:
        raise ValueError(f"weights has {len(layers)} layers; allowed are two or more.")
    for i in range(1, len(layers)):
        if layers[i].shape[1] != layers[i - 1].shape[0]:
            raise ValueError(
                f"weights[{i}] has shape {layers[i].shape}; allowed is "
                f"(rows, {layers[i - 1].shape[0]}), as weights[{i - 1}] has that many rows."
            )
    if layers[-1].shape[0] != 1:
        raise ValueError(
            f"weights[{len(layers) - 1}] has shape {layers[-1].shape}; allowed is one row, since "
            "this form is for one output."
        )
    above = [jnp.ones((1, 1), layers[-1].dtype)]
    for w in reversed(layers[1:]):
        above.insert(0, above[0] @ w)
    below = jnp.eye(layers[0].shape[1], dtype=layers[0].dtype)
    factor = jnp.zeros_like(below)
    for w, q in zip(layers, above, strict=True):
        factor += jnp.sum(q**2) * below.T @ below
        below = w @ below
    return factor


@highest_precision
def balance(w1: Float[Array, "h d"], w2: Float[Array, "k h"]) -> Float[Array, "h h"]:
    r"""What gradient flow conserves in a two-layer linear network, for any data and loss of f.

    $$W_1 W_1^\top - W_2^\top W_2$$

    Gradient descent with step $\eta$ conserves it up to terms of order $\eta$.

    Args:
        w1: the first layer's weights.
        w2: the readout's weights.

    Raises:
        ValueError: the shapes do not fit together, or a number is not finite.

    Source: Fukumizu (1998); Saxe, McClelland and Ganguli (2014), arXiv 1312.6120.
    """
    w1, w2 = _checked_layers(w1, w2)
    return w1 @ w1.T - w2.T @ w2


def _checked_layers(w1: Array, w2: Array) -> tuple[Array, Array]:
    w1 = as_float("w1", w1, "h", "d")
    w2 = as_float("w2", w2, "k", "h")
    if w2.shape[1] != w1.shape[0]:
        raise ValueError(
            f"w2 has shape {w2.shape}; allowed is (k, {w1.shape[0]}), as w1 has {w1.shape[0]} rows."
        )
    return w1, w2
