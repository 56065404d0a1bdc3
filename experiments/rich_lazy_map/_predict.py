"""What is predicted for a cell: the small-scale formula, and a form that needs no small scale."""

from typing import Any

import jax.numpy as jnp
import numpy as np

import richlazy_jax as rj
import theory

from ._setting import Cell


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
            spectrum, d, readout_norm=cell.readout, task_covariance=covariance
        )
    )


def any_scale_alignment(cell: Cell, d: int, share: Any = None) -> Any:
    r"""The mean kernel alignment over tasks at any sigma; None where there is a readout.

    Without a readout the r singular values $\sqrt g$, $g = \sigma^2 / r$, are equal. Gradient flow
    then moves only the unit that the start's first step makes, $n \propto W_1 \beta$: the readout
    stays along $n$, and the rows of $W_1$ orthogonal to $n$ stay as they were, since they are
    orthogonal to the task. With $s = \lVert w_2 \rVert$ at the end, the conserved balance gives
    $s^2 (s^2 + g) = \lVert \beta \rVert^2 = 1$, and the kernels are

    $$M_0 = g P, \qquad M_f = (s^2 + g)\, \beta \beta^\top + g Q + s^2 I,$$

    $P$ the projection on the row space of the start and $Q$ that on its part orthogonal to the
    task, of dimension r - 1. With $q = \beta^\top P \beta$,

    $$\mathrm{KA} = \frac{q (s^2 + g) + (r - 1) g + r s^2}
        {\sqrt{r \left( (2 s^2 + g)^2 + (r - 1)(s^2 + g)^2 + (d - r) s^4 \right)}}.$$

    It is linear in q, so the mean over tasks of any direction is this at $q = r / d$. As
    $\sigma \to 0$ it is Theorem 1, and as $\sigma \to \infty$ it tends to $(r - 1 + q) / r$: lazy
    for high rank, and $1 / d$ for rank one.

    Args:
        cell: the start; its alignment with the task counts where `share` is None.
        d: the number of inputs.
        share: $q$, a number or an array of them.

    Returns:
        A number, or an array where `share` is one.

    Source: ours.
    """
    if cell.readout:
        return None
    r, g = cell.rank, cell.sigma**2 / cell.rank
    q = cell.share(d) if share is None else share
    s2 = 2 / (g + np.sqrt(g**2 + 4))
    overlap = q * (s2 + g) + (r - 1) * g + r * s2
    square = (2 * s2 + g) ** 2 + (r - 1) * (s2 + g) ** 2 + (d - r) * s2**2
    return overlap / np.sqrt(r * square)
