"""A few chosen directions in random weights."""

import math

import jax
from jaxtyping import Array, Float, Key

from .._checks import require_whole
from .._products import product
from ._gaussian import gaussian_weights, with_norm_of
from ._spectrum import haar_orthonormal


def low_rank_plus_noise_weights(
    key: Key[Array, ""],
    size: int,
    *,
    rank: int = 1,
    overlap: float | int,
    orthogonal: float | int = 1.0,
    gain: float | int = 1.25,
    resized: bool = True,
) -> Float[Array, "n n"]:
    r"""Gaussian weights plus a low-rank part whose eigenvalues are chosen.

    $$W = g J + \frac 1 n \sum_{r=1}^{R} m_r n_r^\top, \qquad J_{ij} \sim \mathcal N(0, 1 / n),
        \qquad m_r = \sqrt n\, u_r, \quad n_r = \sqrt n\, (\lambda u_r + \tau v_r)$$

    with $u_1, v_1, \dots, u_R, v_R$ uniformly random and orthonormal, independent of $J$. Then
    $m_r \cdot n_s / n$ is exactly $\lambda$ for $r = s$ and 0 otherwise: the low-rank part has $R$
    eigenvalues $\lambda$ and $R$ singular values $\sqrt{\lambda^2 + \tau^2}$. As $n$ grows, the
    eigenvalues of $W$ fill the disk of radius $g$, and $R$ outliers go to $\lambda$ if
    $|\lambda| > g$.

    Before resizing an entry has mean $R \lambda / n$ on the diagonal and 0 elsewhere, and the
    expected square of the Frobenius norm is $g^2 n + R\, (\lambda^2 + \tau^2)$. Resizing therefore
    multiplies all eigenvalues, outliers too, by about
    $[1 + R\, (\lambda^2 + \tau^2) / (g^2 n)]^{-1/2}$, which goes to 1 as $n$ grows.

    Args:
        key: a JAX random key.
        size: $n$, the number of units, at least 2.
        rank: $R$, from 1 to half of `size`.
        overlap: $\lambda$, of either sign.
        orthogonal: $\tau$, the part of $n_r$ at right angles to all $m_s$, at least 0.
        gain: $g$, the strength of the noise, above 0.
        resized: whether the result is brought to the norm of `gaussian_weights(key, size, gain)`.

    Raises:
        ValueError: an argument is not as described above.

    Source: F. Mastrogiuseppe and S. Ostojic (2018), Neuron 99:609, whose vectors have Gaussian
    entries and this overlap in the limit of large $n$; T. Tao (2013), Probability Theory and
    Related Fields 155:231, for the outliers.
    """
    size = require_whole("size", size, least=2)
    rank = require_whole("rank", rank, most=size // 2)
    if not math.isfinite(overlap):
        raise ValueError(f"overlap is {overlap!r}; allowed are finite numbers.")
    if not 0 <= orthogonal < math.inf:
        raise ValueError(f"orthogonal is {orthogonal!r}; allowed are finite numbers of at least 0.")
    # The key itself is the null's, so that structure and null are independent draws.
    noise = gaussian_weights(jax.random.fold_in(key, 1), size, gain)
    vectors = haar_orthonormal(jax.random.fold_in(key, 2), size, 2 * rank)
    u, v = vectors[:, :rank], vectors[:, rank:]
    w = noise + product(u, (overlap * u + orthogonal * v).T)
    return with_norm_of(w, gaussian_weights(key, size, gain)) if resized else w
