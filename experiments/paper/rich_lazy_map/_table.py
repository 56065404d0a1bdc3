"""The map in Markdown."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import xarray as xr

from ...kinds.linear import LEARNED, STANDARD_ERRORS
from ._compare import NOT_TRAINED, OFF, TOLERANCE, TOO_FEW, formula_limit, trusted_up_to

MARKS = {OFF: " *", TOO_FEW: " ?"}
WORDS = {"rank": "rank", "sigma": "sigma", "readout": "readout / sigma", "alignment": "alignment"}
ALIGNMENT_AXIS = "alignment with the task (0 as chance, 1 all of it)"


def map_table(parts: Mapping[str, xr.Dataset]) -> str:
    """Sizes, the verdict, where the formula holds for each rank, and every cell.

    Args:
        parts: `compared` of "scale", "readout" and "alignment".
    """
    scale = parts["scale"]
    a = scale.attrs
    cells = sum(part.sizes["cell"] for part in parts.values())
    seconds = sum(float(part.attrs["seconds"]) for part in parts.values())
    worst = max(float(part["worst_loss"].max()) for part in parts.values())
    step = max(float(abs(part["any_scale_difference"]).max()) for part in parts.values())
    spread, error = (
        max(float(part[name].max()) for part in parts.values())
        for name in ("standard_error", "difference_error")
    )
    untrained = sum(int((part["state"] == NOT_TRAINED).sum()) for part in parts.values())
    lines = [
        f"d = {a['n_inputs']}, h = {a['n_hidden']}, one output, tasks of length 1, white inputs; "
        f"{cells} cells of {a['networks']} networks, {seconds:.0f} s. Worst loss at the end: "
        f"{worst:.1g} of that of a network that says 0; a cell with a network above {LEARNED:g} "
        f"counts as not trained, and there {_are(untrained)}. Without a readout the form for "
        "any scale is where gradient flow ends; no simulated network is farther from it than "
        f"{step:.1g}, by the step of gradient descent and rounding. Standard errors of the means "
        f"are at most {spread:.1g}, those of the differences from the formula at most {error:.1g}.",
        "",
        f"**Verdict.** {verdict(scale)}",
        "",
        *_limits(scale),
        "",
        "In what follows each place has the simulated mean and, in brackets, how far it is from "
        "the small-scale formula, taken network by network. "
        f"`*`: off, by more than {TOLERANCE:g} and {STANDARD_ERRORS:g} standard errors. `?`: too "
        f"few networks to tell, {STANDARD_ERRORS:g} standard errors are above {TOLERANCE:g}.",
        "",
    ]
    for readout in np.unique(scale["readout"].values):
        at = scale.isel(cell=scale["readout"] == readout)
        lines += [f"## Rank and sigma, {_readout(readout)}", ""]
        lines += [*_grid(at, ["rank"], "sigma", "sigma"), ""]
    lines += ["## Readout", ""]
    lines += [*_grid(parts["readout"], ["rank", "sigma"], "readout", WORDS["readout"]), ""]
    lines += ["## Alignment with the task", ""]
    rows = ["rank", "sigma", "readout"]
    lines += [*_grid(parts["alignment"], rows, "alignment", ALIGNMENT_AXIS), ""]
    return "\n".join(lines)


def verdict(scale: xr.Dataset) -> str:
    """Up to which sigma the formula may be trusted for each rank, in a sentence."""
    sentences = []
    for readout in np.unique(scale["readout"].values):
        found = [
            f"{_limit(scale, rank, readout)} at rank {rank}"
            for rank in np.unique(scale["rank"].values).tolist()
        ]
        sentences.append(
            f"{_readout(readout).capitalize()} the small-scale formula is within {TOLERANCE:g} of "
            f"simulation up to sigma = {', '.join(found)}."
        )
    return " ".join(sentences)


def _limits(scale: xr.Dataset) -> Iterable[str]:
    readouts = np.unique(scale["readout"].values)
    d = int(scale.attrs["n_inputs"])
    columns = [f"trusted up to sigma, {_readout(w)}" for w in readouts]
    yield _row(["rank", "formula", *columns, "any-scale form: off from sigma, no readout"])
    yield _row(["--:"] * (3 + len(columns)))
    for rank in np.unique(scale["rank"].values).tolist():
        formula = float(scale["small_scale"][scale["rank"].values == rank][0])
        found = [_limit(scale, rank, w) for w in readouts]
        exact = formula_limit(rank, d)
        yield _row([str(rank), f"{formula:.4f}", *found, f"{exact:.3g}"])


def _limit(scale: xr.Dataset, rank: int, readout: float) -> str:
    found = trusted_up_to(scale, rank, readout)
    if found is None:
        return "nowhere"
    return f"{found:g}" + (" (all of the range)" if found == scale["sigma"].max() else "")


def _grid(part: xr.Dataset, rows: Sequence[str], column: str, words: str) -> Iterable[str]:
    across = np.unique(part[column].values)
    yield _row([*(WORDS[name] for name in rows), *(f"{v:.3g}" for v in across)])
    yield _row(["--:"] * (len(rows) + len(across)))
    places = sorted(set(zip(*(part[name].values.tolist() for name in rows), strict=True)))
    for place in places:
        here = part
        for name, value in zip(rows, place, strict=True):
            here = here.isel(cell=here[name] == value)
        yield _row(
            [
                *(f"{v:.3g}" for v in place),
                *(_entry(here.isel(cell=here[column] == v).isel(cell=0)) for v in across),
            ]
        )
    yield ""
    yield f"Columns: {words}."


def _entry(cell: xr.Dataset) -> str:
    state = str(cell["state"].values)
    if state == NOT_TRAINED:
        return f"not trained: {int(cell['untrained'])} (loss {float(cell['worst_loss']):.1g})"
    mean, off = float(cell["kernel_alignment"]), float(cell["difference"])
    return f"{mean:.3f} ({off:+.3f}){MARKS.get(state, '')}"


def _readout(readout: float) -> str:
    return f"with a readout of {readout:g} sigma" if readout else "without a readout"


def _are(untrained: int) -> str:
    return {0: "are none", 1: "is 1"}.get(untrained, f"are {untrained}")


def _row(entries: Iterable[str]) -> str:
    return f"| {' | '.join(entries)} |"
