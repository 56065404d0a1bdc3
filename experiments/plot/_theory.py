"""Theorem 1 over rank."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

import richlazy_jax as rj
import theory

from ._axes import axes_or_new, with_ends
from ._palette import THEORY
from ._require import ranks_of, values_of

EXPECTED, SPREAD = "expected_kernel_alignment", "expected_kernel_alignment_sd"


def theorem_1(
    d: int, ranks: Sequence[int] | None = None, *, readout_norm: float = 0.0
) -> xr.Dataset:
    """What Theorem 1 expects of linear networks whose first layer has equal singular values.

    Args:
        d: the dimension of the inputs, at least 1.
        ranks: of the first layer, each from 1 to `d`; None stands for all of them.
        readout_norm: of the second layer, over the Frobenius norm of the first.

    Returns:
        For `theory_curve`: `expected_kernel_alignment` and `expected_kernel_alignment_sd`, the mean
        and the standard deviation over tasks, of start and a single seed, with the coordinate
        `rank`.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, Theorem 1; the spread is ours.
    """
    if d < 1:
        raise ValueError(f"d is {d}; allowed are whole numbers from 1.")
    chosen = list(range(1, d + 1) if ranks is None else ranks)
    if not chosen:
        raise ValueError("ranks is empty; allowed is at least one.")
    how = {"d": d, "readout_norm": readout_norm}
    starts = [rj.equal_singular_values(rank, d) for rank in chosen]
    means = [float(theory.expected_kernel_alignment(s, **how)) for s in starts]
    variances = [float(theory.kernel_alignment_variance(s, **how)) for s in starts]
    dims = ("start", "seed")
    return xr.Dataset(
        {
            EXPECTED: (dims, np.array(means)[:, None]),
            SPREAD: (dims, np.sqrt(variances)[:, None]),
        },
        coords={"start": [f"rank {rank}" for rank in chosen], "rank": ("start", chosen)},
        attrs={"n_inputs": d},
    )


def theory_curve(
    dataset: xr.Dataset,
    ax: Axes | None = None,
    *,
    label: str = "Theorem 1",
    legend: bool = True,
) -> Axes:
    """The kernel alignment that theory expects over rank, with a band of 2 standard deviations.

    The band is where single networks are expected: for one seed that is the spread over tasks, for
    several also that between their starts. Scales of the Axes stay as they are and labels where
    there are any, so that networks may be drawn before.

    Args:
        dataset: dimensions start and seed and a coordinate `rank`, with
            `expected_kernel_alignment` and `expected_kernel_alignment_sd`, as of `theorem_1` or
            `experiments.kinds.linear.run_linear`. Its attribute `n_inputs` is shown as d.
        ax: to draw into; None makes a figure.
        label: of the curve.
        legend: whether to name curve and band.

    Returns:
        The Axes drawn into.

    Raises:
        ValueError: the dataset lacks one of these, or a start has no rank.

    Source: Liu et al. (2024), arXiv 2310.08513, Theorem 1; the spread is ours.
    """
    expected, spread = (
        values_of(dataset, name, ("start", "seed"), "variable") for name in (EXPECTED, SPREAD)
    )
    ranks = ranks_of(dataset)
    if ranks is None:
        raise ValueError("dataset has no coordinate 'rank' of all starts; needed are their ranks.")
    order = np.argsort(ranks, kind="stable")
    ranks, expected, spread = ranks[order], expected[order], spread[order]
    mean = expected.mean(axis=1)
    # The law of total variance, over starts and over tasks of each.
    sd = np.sqrt((spread**2).mean(axis=1) + expected.var(axis=1))
    over = "tasks" if expected.shape[1] == 1 else "starts and tasks"
    ax = axes_or_new(ax)
    ax.plot(ranks, mean, color=THEORY, label=label)
    told = f"predicted, 2 sd over {over}"
    band = mean - 2 * sd, mean + 2 * sd
    ax.fill_between(ranks, *band, color=THEORY, alpha=0.2, lw=0, label=told)
    size = f" (d = {dataset.attrs['n_inputs']})" if "n_inputs" in dataset.attrs else ""
    ax.set_xlabel(ax.get_xlabel() or f"rank of the start{size}")
    ends = with_ends("kernel alignment, start to end", "kernel_alignment")
    ax.set_ylabel(ax.get_ylabel() or ends)
    if legend:
        ax.legend(frameon=False, fontsize=8, loc="lower right")
    return ax
