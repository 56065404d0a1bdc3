"""Lemma 1: the kernel with which learning ends, from a small start."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ._checks import as_dimension, as_float, require_some
from ._precision import highest_precision
from ._scale import norm_of, scale_of, unit
from ._spectral import root_grams


@highest_precision
def final_kernel_factor(beta: Float[Array, " d"], *, depth: int = 2) -> Float[Array, "d d"]:
    r"""The factor of the kernel at the end of learning a scalar teacher from a vanishing start.

    With $b = \beta / \lVert \beta \rVert$ and depth $L$,

    $$M_f = \lVert \beta \rVert^{2 (L - 1) / L} \left( (L - 1)\, b b^\top + I \right),$$

    whose Frobenius norm is $\lVert \beta \rVert^{2 (L - 1) / L} \sqrt{d - 1 + L^2}$. For two layers
    it needs no white data: conservation of `balance` and $W_1^\top w_2 = \beta$ suffice, so any
    inputs that span all d directions will do. A start of scale $\sigma$ leaves an error of relative
    order $\sigma^2$.

    Args:
        beta: the teacher, $f^*(x) = \beta^\top x$. Not zero.
        depth: the number of layers $L$, at least 2.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, Lemma 1, for depth 2. For greater depth: every
    layer ends with the one singular value $\lVert \beta \rVert^{1/L}$ (Saxe et al. 2014) and
    `deep_kernel_factor` gives the sum.
    """
    beta = as_float("beta", beta, "d")
    depth = as_dimension("depth", depth, least=2)
    require_some("beta", beta)
    norm, b = norm_of(beta), unit(beta)
    eye = jnp.eye(len(beta), dtype=beta.dtype)
    return norm ** (2 * (depth - 1) / depth) * ((depth - 1) * jnp.outer(b, b) + eye)


@highest_precision
def final_kernel_factor_multi_output(teacher: Float[Array, "k d"]) -> Float[Array, "kd kd"]:
    r"""The factor of the kernel at the end of learning k outputs with two layers.

    $$M_f = I_k \otimes (B^\top B)^{1/2} + (B B^\top)^{1/2} \otimes I_d$$

    It is smooth where B has its greatest possible rank, also where singular values coincide. At a
    lesser rank it has a kink, as $|x|$ has at 0, and the derivative given is the mean of the two
    sides.

    Args:
        teacher: $B$, with $f^*(x) = B x$. Not zero. The hidden layer must be at least as wide as
            the rank of $B$, or the teacher cannot be learned.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, Lemma 1, extended to k outputs: a vanishing start
    is balanced, $W_1 W_1^\top = W_2^\top W_2$, and $W_2 W_1 = B$ then fixes both Gram matrices.
    """
    teacher = as_float("teacher", teacher, "k", "d")
    require_some("teacher", teacher)
    k, d = teacher.shape
    scale = scale_of(teacher)
    inputs, outputs = (scale * root for root in root_grams(teacher / scale))
    eye_k = jnp.eye(k, dtype=teacher.dtype)
    eye_d = jnp.eye(d, dtype=teacher.dtype)
    return jnp.kron(eye_k, inputs) + jnp.kron(outputs, eye_d)
