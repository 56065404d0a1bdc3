"""Start against end for one known task, on white or any other data."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ._checks import as_dimension, as_float, as_semidefinite, as_square, require_some
from ._precision import highest_precision
from ._scale import scaled, unit


@highest_precision
def task_kernel_alignment(
    factor: Float[Array, "d d"],
    beta: Float[Array, " d"],
    *,
    depth: int = 2,
    data_covariance: Float[Array, "d d"] | None = None,
) -> Float[Array, ""]:
    r"""The alignment between the kernel at the start and the kernel after learning one task.

    With $M_0$ the start's factor, $M_f$ that of `final_kernel_factor` and $S = X^\top X$,

    $$\mathrm{KA} = \frac{\operatorname{Tr}(M_0 S M_f S)}
        {\sqrt{\operatorname{Tr}(M_0 S M_0 S)\, \operatorname{Tr}(M_f S M_f S)}}.$$

    Args:
        factor: $M_0$, as `kernel_factor` or `deep_kernel_factor` gives it for one output.
        beta: the teacher; only its direction counts.
        depth: the number of layers, at least 2.
        data_covariance: $S$, symmetric and positive definite; its scale does not count. None stands
            for white data, $S = I$. With more than two layers only white data are covered, because
            there the end depends on the data.

    Raises:
        ValueError: an argument is not as described above, or the start is zero.

    Source: Liu et al. (2024), arXiv 2310.08513, Lemma 2 for one task; the form for other data
    follows from $\operatorname{Tr}(K K') = \operatorname{Tr}(M S M' S)$.
    """
    beta = as_float("beta", beta, "d")
    factor = as_square("factor", factor, len(beta))
    depth = as_dimension("depth", depth, least=2)
    require_some("beta", beta)
    require_some("factor", factor)
    b, factor = unit(beta), scaled(factor)
    end = (depth - 1) * jnp.outer(b, b) + jnp.eye(len(beta), dtype=beta.dtype)
    if data_covariance is not None:
        if depth != 2:
            raise ValueError(
                f"data_covariance is given with depth {depth}; allowed is depth 2, or white data."
            )
        s = as_semidefinite("data_covariance", data_covariance, len(beta))
        require_some("data_covariance", s)
        # The alignment of S^1/2 M S^1/2 is that of M S in the bilinear form Tr(A B).
        s = scaled(s)
        factor, end = scaled(factor @ s), end @ s
    start, final = jnp.sum(factor * factor.T), jnp.sum(end * end.T)
    return jnp.sum(factor * end.T) / jnp.sqrt(start) / jnp.sqrt(final)
