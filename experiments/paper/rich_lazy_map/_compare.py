"""Simulated cells beside what is predicted, and where the small-scale formula may be trusted."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ...kinds.linear import LEARNED, STANDARD_ERRORS
from ...kinds.map_cell import Cell, MapCell
from ._predict import along_scales, any_scale_alignment, small_scale_alignment

# The formula may be trusted where it is off by no more.
TOLERANCE = 0.01

TRUSTED, OFF, TOO_FEW, NOT_TRAINED = "trusted", "off", "too few networks", "not trained"


def part_of(found: Sequence[tuple[MapCell, xr.Dataset]]) -> xr.Dataset:
    """The cells of a part side by side, along the dimension `cell`.

    Returns:
        The variables of `simulate`, (cell, seed), and `updates`, (cell,), the most of any of its
        networks; the fields of `Cell` are coordinates, and `alignment` is NaN for tasks of any
        direction.
    """
    cells = [of.cell for of, _ in found]
    whole = xr.concat([dataset.drop_vars("start") for _, dataset in found], "cell")
    whole["updates"] = whole["updates"].max("seed")
    axes = {n: ("cell", np.array([getattr(c, n) for c in cells])) for n in Cell._fields[:3]}
    placed = [np.nan if c.alignment is None else c.alignment for c in cells]
    first = found[0][0]
    return whole.assign_coords(axes | {"alignment": ("cell", np.array(placed))}).assign_attrs(
        n_inputs=first.n_inputs,
        n_hidden=first.n_hidden,
        networks=first.seeds,
        seconds=float(whole["seconds"].sum()),
    )


def compared(dataset: xr.Dataset) -> xr.Dataset:
    r"""Means of each cell beside theory.

    The difference is taken network by network, simulated less the formula for that network's own
    start and task (Lemma 2 before the mean over tasks). Its mean is that of simulation less
    Theorem 1, without the spread over tasks that the two share. A cell's `state` is

    - "not trained": a network's loss stayed above 1e-6 of the loss of a network that says 0, or is
      not finite. The cell has no mean.
    - "off": the difference is above 0.01 and above 3 standard errors.
    - "too few networks": it is not, but 3 standard errors are above 0.01, so that it could be.
    - "trusted": all others.

    Args:
        dataset: that of `part_of`.

    Returns:
        With the coordinates of `dataset`, each (cell,): `kernel_alignment` and `standard_error`,
        `small_scale` and `any_scale` (NaN where there is no such form), `difference` and
        `difference_error`, `any_scale_difference` (the greatest of any network, simulated less the
        form for any scale for its own task, with its sign), `worst_loss`, `untrained` (how many),
        `updates` and `state`.
    """
    alignment = dataset["kernel_alignment"].values.astype(float)
    loss = dataset["loss"].values.astype(float)
    d = int(dataset.attrs["n_inputs"])
    cells = cells_of(dataset)
    untrained = (~(loss <= LEARNED) | ~np.isfinite(alignment)).sum(axis=1)
    # Never averaged: the mean over the others would be one over the tasks that are easy to learn.
    alignment = np.where(untrained[:, None] > 0, np.nan, alignment)
    mean, error = _mean_and_error(alignment)
    difference, off_error = _mean_and_error(alignment - dataset["formula"].values)
    exact = [any_scale_alignment(cell, d) for cell in cells]
    values = {
        "kernel_alignment": mean,
        "standard_error": error,
        "small_scale": np.array([small_scale_alignment(cell, d) for cell in cells]),
        "any_scale": np.array([np.nan if e is None else e for e in exact]),
        "difference": difference,
        "difference_error": off_error,
        "any_scale_difference": np.array(
            [
                np.nan if e is None else _farthest(at - any_scale_alignment(cell, d, share))
                for e, cell, at, share in zip(
                    exact, cells, alignment, dataset["share"].values, strict=True
                )
            ]
        ),
        # The greatest of all, where NaN is greater than any number.
        "worst_loss": np.nan_to_num(loss, nan=np.inf).max(axis=1),
        "untrained": untrained,
        "updates": dataset["updates"].values,
        "state": np.array(
            [_state(*of) for of in zip(difference, off_error, untrained == 0, strict=True)]
        ),
    }
    return xr.Dataset(
        {name: ("cell", value) for name, value in values.items()},
        coords=dataset.coords,
        attrs=dataset.attrs,
    )


def cells_of(dataset: xr.Dataset) -> list[Cell]:
    """The cells of a dataset, in its order."""
    columns = (dataset[name].values.tolist() for name in Cell._fields)
    return [
        Cell(rank, sigma, readout, None if np.isnan(alignment) else alignment)
        for rank, sigma, readout, alignment in zip(*columns, strict=True)
    ]


def trusted_up_to(scale: xr.Dataset, rank: int, readout: float = 0.0) -> float | None:
    """The largest sigma simulated up to which the formula is trusted at every sigma, or None.

    Args:
        scale: `compared` of the part "scale".
        rank: of the first layer.
        readout: its norm relative to sigma.
    """
    here = scale.isel(cell=(scale["rank"] == rank) & (scale["readout"] == readout)).sortby("sigma")
    states = here["state"].values
    kept = len(states) if (states == TRUSTED).all() else int((states != TRUSTED).argmax())
    return float(here["sigma"][kept - 1]) if kept else None


def formula_limit(rank: int, d: int, tolerance: float = TOLERANCE) -> float:
    """Where the small-scale formula is first off by the tolerance, without a readout.

    By `theory.any_scale_kernel_alignment`, on a fine grid of scales from 1e-4 to 1e4; infinite
    where never.
    """
    sigmas = np.geomspace(1e-4, 1e4, 8001)
    small = small_scale_alignment(Cell(rank, 1.0), d)
    off = np.abs(along_scales(rank, sigmas, d) - small) > tolerance
    return float(sigmas[off.argmax()]) if off.any() else float("inf")


def _mean_and_error(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return values.mean(axis=1), values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])


def _farthest(values: np.ndarray) -> float:
    return float(values[np.abs(values).argmax()])


def _state(difference: float, error: float, learned: np.bool_) -> str:
    if not learned:
        return NOT_TRAINED
    if abs(difference) > max(TOLERANCE, STANDARD_ERRORS * error):
        return OFF
    return TOO_FEW if STANDARD_ERRORS * error > TOLERANCE else TRUSTED
