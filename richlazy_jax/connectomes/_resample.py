"""Weights of another size with the same shape of spectrum."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from .._checks import known_value, require_some, require_whole
from .._products import product
from ..connectivity import haar_orthonormal
from ._connectome import require_square_weights


def resampled_weights(
    key: Key[Array, ""], w: Float[Array | np.ndarray, "n n"], size: int
) -> Float[Array, "size size"]:
    r"""Random weights of another size, with the singular values and the overlaps of given ones.

    With $W = U S V^\top$ and the overlap of its two bases $O = V^\top U$,

    $$U^\top W U = S O, \qquad W' = Q\, S' O'\, Q^\top,$$

    so that S and O hold all singular values and all eigenvalues. $S'$ interpolates the singular
    values linearly: $s_i$ stands at $(i + 1/2)/n$, is read off at $(i + 1/2)/m$ for the size $m$,
    and is held beyond both ends. $O'$ is, for a smaller size, the orthogonal matrix nearest to the
    leading $m \times m$ block of O (its polar factor), and for a larger one O and beside it a
    uniformly random orthogonal block of size $m - n$, which goes with the smallest singular values.
    Q is uniformly random.

    At $m = n$ both singular values and eigenvalues are those of W. At other sizes the singular
    values have the same distribution at the same scale, while the leading ones of a smaller size
    lie below those of W, and the eigenvalues follow the rule above and nothing more. Lost at any
    size: which weights are zero, the signs of columns and the names, as Q mixes all nodes.

    Args:
        key: a JAX random key. It may be traced or batched.
        w: the weights, known numbers, not all zero. Decomposed on the host in float64.
        size: m, at least 1.

    Raises:
        ValueError: an argument is not as described above.
    """
    size = require_whole("size", size)
    known = known_value(w)
    if known is None:
        raise ValueError(f"w is {w}; allowed are known numbers, not what a transformation traces.")
    known = require_square_weights("w", known)
    require_some("w", known)
    # In NumPy: two batched LAPACK calls in one JAX program can wait for each other for ever.
    u, s, vt = np.linalg.svd(known)
    n = len(s)
    stretched = np.interp((np.arange(size) + 0.5) / size, (np.arange(n) + 0.5) / n, s)
    left, _, right = np.linalg.svd((vt @ u)[:size, :size])
    # O itself is orthogonal, so that its polar factor changes rounding only.
    overlap = left @ right
    floating = jnp.result_type(float)
    rotation_key, rest_key = jax.random.split(key)
    core = jnp.zeros((size, size), floating)
    core = core.at[: len(overlap), : len(overlap)].set(jnp.asarray(overlap, floating))
    if size > n:
        core = core.at[n:, n:].set(haar_orthonormal(rest_key, size - n, size - n))
    core = jnp.asarray(stretched, floating)[:, None] * core
    q = haar_orthonormal(rotation_key, size, size)
    return product(product(q, core), q.T)
