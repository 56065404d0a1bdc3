"""Drawing a lambda-balanced start."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from .._checks import as_dimension
from .._precision import highest_precision


@highest_precision
def lambda_balanced_weights(
    key: Key[Array, ""], *, d: int, h: int, k: int, lam: float | int, scale: float | int
) -> tuple[Float[Array, "h d"], Float[Array, "k h"]]:
    r"""Random weights with $W_1 W_1^\top - W_2^\top W_2 = \lambda I_h$.

    With $A$ a matrix of independent entries from $N(0, \mathrm{scale}^2 / h)$ and $R$, $R'$ random
    frames, orthonormal along their shorter axis and uniformly distributed:

    - $\lambda > 0$: $W_2 = A$ and $W_1 = (\lambda I + A^\top A)^{1/2} R$, R of shape (h, d).
    - $\lambda < 0$: $W_1 = A$ and $W_2 = R\, (|\lambda| I + A A^\top)^{1/2}$, R of shape (k, h).
    - $\lambda = 0$: $W_1 = A^\top R$ and $W_2 = R' A$, A of shape (m, h) with m the smaller of d
      and k, R of shape (m, d) and R' of shape (k, m).

    Args:
        key: a JAX random key.
        d: the number of inputs.
        h: the number of hidden units. With more of them than inputs there is no such start for
            $\lambda > 0$, with more than outputs none for $\lambda < 0$, since $W_1 W_1^\top$ or
            $W_2^\top W_2$ would have to be of full rank h.
        k: the number of outputs.
        lam: $\lambda$, a plain number, since its sign decides how to draw.
        scale: of the layer that is drawn freely, at least 0; above 0 if $\lambda = 0$.

    Returns:
        $W_1$ and $W_2$.

    Raises:
        ValueError: there is no such start, or an argument is not as described above.

    Source: ours.
    """
    d, h, k = as_dimension("d", d), as_dimension("h", h), as_dimension("k", k)
    if not math.isfinite(lam):
        raise ValueError(f"lam is {lam}; allowed are finite numbers.")
    if not 0 <= scale < math.inf or (lam == 0 and scale == 0):
        least = "above 0 where lam is 0" if lam == 0 else "of at least 0"
        raise ValueError(f"scale is {scale}; allowed are finite numbers {least}.")
    if lam > 0 and h > d:
        raise ValueError(f"lam is {lam} with h = {h}; allowed is h <= d = {d}, or lam at most 0.")
    if lam < 0 and h > k:
        raise ValueError(f"lam is {lam} with h = {h}; allowed is h <= k = {k}, or lam at least 0.")
    # Drawn in units of the larger layer, whose squares neither overflow nor vanish.
    size = max(math.sqrt(abs(lam)), scale)
    w1, w2 = _drawn(key, d, h, k, lam / size / size, scale / size)
    return size * w1, size * w2


def _drawn(
    key: Key[Array, ""], d: int, h: int, k: int, lam: float, scale: float
) -> tuple[Array, Array]:
    free, frame, second = jax.random.split(key, 3)
    entry = scale / math.sqrt(h)
    if lam == 0:
        m = min(d, k)
        a = entry * jax.random.normal(free, (m, h))
        return a.T @ _frame(frame, m, d), _frame(second, k, m) @ a
    if lam > 0:
        w2 = entry * jax.random.normal(free, (k, h))
        return _root(lam, w2.T @ w2) @ _frame(frame, h, d), w2
    w1 = entry * jax.random.normal(free, (h, d))
    return w1, _frame(frame, k, h) @ _root(-lam, w1 @ w1.T)


def _frame(key: Key[Array, ""], rows: int, columns: int) -> Array:
    """Orthonormal along the shorter axis, uniformly distributed."""
    tall = jax.random.normal(key, (max(rows, columns), min(rows, columns)))
    q, r = jnp.linalg.qr(tall)
    # The signs that make the QR decomposition unique, without which it is not uniform.
    q = q * jnp.where(jnp.diag(r) < 0, -1, 1)
    return q if rows >= columns else q.T


def _root(shift: float | int, gram: Array) -> Array:
    """The square root of shift I + gram."""
    values, vectors = jnp.linalg.eigh(gram)
    return (vectors * jnp.sqrt(shift + jnp.maximum(values, 0))) @ vectors.T
