"""What is predicted for a cell: the small-scale formula, and a form that needs no small scale."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import richlazy_jax as rj
import theory

from ...kinds.map_cell import Cell


def small_scale_alignment(cell: Cell, d: int) -> float:
    r"""The mean kernel alignment over tasks as $\sigma \to 0$ at this readout norm over sigma.

    It does not depend on sigma. For tasks with a given share $q$ of their energy in the row space
    of the start, $C$ is $q / r$ there and $(1 - q) / (d - r)$ elsewhere.

    Source: Liu et al. (2024), arXiv 2310.08513, Lemma 2 and Theorem 1; at rank one and $q = 1$ this
    is Proposition 1.
    """
    spectrum = rj.equal_singular_values(cell.rank, d)
    covariance = None
    if cell.alignment is not None:
        q, r = cell.share(d), cell.rank
        outside = (1 - q) / max(d - r, 1)
        covariance = jnp.diag(jnp.where(jnp.arange(d) < r, q / r, outside))
    return float(
        theory.expected_kernel_alignment(
            spectrum, d=d, readout_norm=cell.readout, task_covariance=covariance
        )
    )


def any_scale_alignment(cell: Cell, d: int, share: Any = None) -> Any:
    """The mean kernel alignment over tasks at any sigma; None where there is a readout.

    Args:
        cell: the start; its alignment with the task counts where `share` is None.
        d: the number of inputs.
        share: of the task's energy in the row space of the start, a number or an array of them.

    Returns:
        A number, or an array where `share` is one.

    Source: ours (`theory.any_scale_kernel_alignment`).
    """
    if cell.readout:
        return None

    def of_one(overlap: Any) -> Any:
        return theory.any_scale_kernel_alignment(cell.sigma, d=d, rank=cell.rank, overlap=overlap)

    shares = jnp.asarray(cell.share(d) if share is None else share, jnp.result_type(float))
    found = np.asarray(jnp.vectorize(of_one)(shares))
    return found if found.ndim else float(found)


def along_scales(rank: int, sigmas: np.ndarray, d: int) -> np.ndarray:
    """`any_scale_alignment` of starts without a readout, averaged over tasks, for many scales."""

    def of_one(sigma: Any) -> Any:
        return theory.any_scale_kernel_alignment(sigma, d=d, rank=rank)

    return np.asarray(jax.vmap(of_one)(jnp.asarray(sigmas, jnp.result_type(float))))
