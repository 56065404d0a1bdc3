"""How many directions a connectivity uses: four measures of effective rank."""

from typing import Literal, get_args

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ._checks import as_float, known_value, require_some
from ._precision import highest_precision
from ._scale import scaled

Kind = Literal["participation_ratio", "exponential_entropy", "stable_rank", "eigenvalue_area"]
_KINDS = get_args(Kind)


@highest_precision
def effective_rank(
    w: Float[Array, "rows columns"], kind: Kind = "participation_ratio"
) -> Float[Array, ""]:
    r"""The effective rank of a matrix, from 1 to its rank (see the last kind).

    With singular values $s_i$, $p_i = s_i / \sum_j s_j$ and eigenvalues $\lambda_i$:

    - `participation_ratio`: $(\sum_i s_i^2)^2 / \sum_i s_i^4$, that of the squared singular values.
    - `exponential_entropy`: $\exp(-\sum_i p_i \ln p_i)$.
    - `stable_rank`: $\lVert W \rVert_F^2 / \lVert W \rVert_2^2$.
    - `eigenvalue_area`: $\sum_i |\lambda_i| / \max_i |\lambda_i|$, the area under the scaled curve
      of eigenvalue magnitudes; square matrices only. It counts eigenvalues, not dimensions, and a
      nilpotent matrix has none other than 0. Computed eigenvalues of such a matrix are its
      rounding, to the power of one over the size of its largest Jordan block: 0.4 of its largest
      singular value at size 20 in float32, and all of about one size, so that the area comes out as
      nearly the maximum. Where values are known, a matrix is refused whose powers all have a trace
      that is rounding. Under a transformation it cannot be, and the area of a matrix that may be
      nilpotent means nothing there.

    Args:
        w: the matrix. Not zero.
        kind: which measure.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, for the area and the participation ratio; O. Roy
    and M. Vetterli (2007), "The effective rank", for the entropy; M. Rudelson and R. Vershynin
    (2007), arXiv math/0503442, for the stable (there: numerical) rank.
    """
    if kind not in _KINDS:
        raise ValueError(f"kind is {kind!r}; allowed are {', '.join(map(repr, _KINDS))}.")
    w = as_float("w", w, "rows", "columns")
    require_some("w", w)
    w = scaled(w)
    if kind == "eigenvalue_area":
        if w.shape[0] != w.shape[1]:
            raise ValueError(
                f"w has shape {w.shape}; allowed for 'eigenvalue_area' is a square matrix."
            )
        _refuse_nilpotent(w)
        magnitudes = jnp.abs(jnp.linalg.eigvals(w))
        return jnp.sum(magnitudes) / jnp.max(magnitudes)
    if kind == "participation_ratio":
        # Two traces of the smaller Gram matrix need no decomposition.
        gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
        return jnp.trace(gram) ** 2 / jnp.sum(gram**2)
    s = jnp.linalg.svd(w, compute_uv=False)
    if kind == "stable_rank":
        return jnp.sum(s**2) / jnp.max(s) ** 2
    p = s / jnp.sum(s)
    # 0 ln 0 is 0, and so is its derivative here, which the plain form would make NaN.
    positive = p > 0
    return jnp.exp(-jnp.sum(jnp.where(positive, p * jnp.log(jnp.where(positive, p, 1.0)), 0.0)))


def _refuse_nilpotent(w: Array) -> None:
    known = known_value(w)
    if known is None:
        return
    rounding = 4 * len(known) * np.finfo(known.dtype).eps
    step = known.astype(float)
    step = step / np.linalg.norm(step, 2)
    power = np.eye(len(step))
    for _ in range(len(step)):
        power = power @ step
        if abs(np.trace(power)) > rounding:
            return
    raise ValueError(
        "the spectrum of w is zero up to rounding, as that of a nilpotent matrix is; allowed for "
        "'eigenvalue_area' is a matrix with an eigenvalue other than 0."
    )
