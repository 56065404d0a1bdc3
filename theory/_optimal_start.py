"""The laziest start that a given rank and a given distribution of tasks allow."""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from ._checks import as_dimension, as_square, as_task_covariance
from ._precision import highest_precision
from ._spectral import leading_part


@highest_precision
def optimal_initial_gram(
    task_covariance: Float[ArrayLike, "d d"], *, rank: int | None = None
) -> Float[Array, "d d"]:
    r"""The Gram matrix $W_1^\top W_1$ of the start with the greatest expected kernel alignment.

    Among positive semidefinite $M_0$ of at most the given rank, $\operatorname{Tr}(M_0 (I + C)) /
    \lVert M_0 \rVert_F$ is greatest at the part of $I + C$ that its leading eigenvalues make:

    $$M_0 \propto (I + C)_{[\mathrm{rank}]}.$$

    Args:
        task_covariance: $C = E[b b^\top]$, with trace 1.
        rank: the greatest rank allowed, from 1 to d. None stands for d, where $M_0 \propto I + C$.

    Returns:
        The Gram matrix of a start without readout weights, with Frobenius norm 1. Where
        eigenvalues tie at the cut, as those of isotropic tasks do at any rank below d, it is one of
        the equally good matrices, and it has no derivative: you get nan or an infinite number. Ties
        elsewhere do no harm.

    Raises:
        ValueError: an argument is not as described above.

    Source: ours; Cauchy-Schwarz on Lemma 2 of Liu et al. (2024), arXiv 2310.08513, of which its
    Theorem 1 is the isotropic case.
    """
    target, rank = _target(task_covariance, rank)
    gram = target if rank == len(target) else leading_part(target, rank)
    return gram / jnp.linalg.norm(gram)


@highest_precision
def optimal_kernel_alignment(
    task_covariance: Float[ArrayLike, "d d"], *, rank: int | None = None
) -> Float[Array, ""]:
    r"""The expected kernel alignment of `optimal_initial_gram`.

    $$E[\mathrm{KA}] = \lVert (I + C)_{[\mathrm{rank}]} \rVert_F / \sqrt{d + 3}$$

    Args:
        task_covariance: $C = E[b b^\top]$, with trace 1.
        rank: the greatest rank allowed, from 1 to d. None stands for d.

    Raises:
        ValueError: an argument is not as described above.

    Where eigenvalues tie at the cut it has a kink, and the derivative given is that along one
    choice of the tied eigenvectors.

    Source: as `optimal_initial_gram`. For one task, $C = b b^\top$, it is
    $\sqrt{(\mathrm{rank} + 3) / (d + 3)}$.
    """
    target, rank = _target(task_covariance, rank)
    d = len(target)
    leading = jnp.linalg.eigvalsh(target)[d - rank :]
    return jnp.linalg.norm(leading) / jnp.sqrt(jnp.asarray(d + 3, target.dtype))


def _target(task_covariance: ArrayLike, rank: int | None) -> tuple[Array, int]:
    """I + C, and the rank as a number."""
    d = len(as_square("task_covariance", task_covariance))
    c = as_task_covariance(task_covariance, d)
    rank = d if rank is None else as_dimension("rank", rank, most=d)
    return jnp.eye(d, dtype=c.dtype) + c, rank
