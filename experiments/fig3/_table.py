"""Both panels in Markdown."""

import itertools

import numpy as np
import xarray as xr

from .._intervals import mean_with_interval, sampling_error
from ..recurrent import MEASURES, Contrast, contrast
from ._linear import predicted_alignment

# The order that the paper states, from rich to lazy.
ORDER = ("random", "partially aligned", "aligned")


def linear_table(linear: xr.Dataset) -> str:
    """Simulated alignment beside theory's, for each start and ratio of strengths."""
    a = linear.attrs
    lines = [
        "## B: linear students",
        "",
        f"d = {a['d']}, h = {a['h']}, rank one, sigma = {a['sigma']:g}, "
        f"{linear.sizes['run']} networks a row. z is the difference in standard errors.",
        "",
        "| start | kappa | theory | simulated | std. error | z |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for start, kappa in itertools.product(linear["start"].values, linear["kappa"].values):
        values = linear["kernel_alignment"].sel(start=start, kappa=kappa).values
        error = values.std(ddof=1) / np.sqrt(len(values))
        predicted = predicted_alignment(str(start), float(kappa))
        off = values.mean() - predicted
        # An aligned start has no spread but rounding, which no standard error describes.
        z = "exact" if start == "aligned" else f"{off / error:+.2f}"
        lines.append(
            f"| {start} | {kappa:g} | {predicted:.5f} | {values.mean():.5f} | {error:.1e} | {z} |"
        )
    worst = float(abs(linear["kernel_alignment"].sel(start="aligned") - 1).max())
    lines += ["", f"Aligned starts: farthest from 1 of all networks {worst:.1e}.", ""]
    return "\n".join(lines)


def student_contrasts(students: xr.Dataset) -> list[tuple[str, str, str, Contrast, str]]:
    """Each pair of starts by each measure, the more aligned less the less aligned one.

    The last entry says which learned more lazily: "lazier", "richer" or "no clear difference", at
    p = 0.05 of one test.
    """
    found = []
    for measure, lazier_is_larger in MEASURES.items():
        if measure not in students:
            continue
        for less, more in itertools.combinations(ORDER, 2):
            c = contrast(*(students[measure].sel(start=s).values for s in (more, less)))
            verdict = "no clear difference"
            if c.p < 0.05:
                verdict = "lazier" if (c.difference > 0) == lazier_is_larger else "richer"
            found.append((measure, more, less, c, verdict))
    return found


def student_table(students: xr.Dataset) -> str:
    """Every measure of every start, and the starts against each other."""
    a = students.attrs
    names = [name for name in (*MEASURES, "first_loss", "loss", "accuracy") if name in students]
    lines = [
        f"## C: recurrent students on {a['task']} ({a['images']})",
        "",
        f"N = {a['n_hidden']}, rank {a['rank']}, gain {a['gain']:g}, {a['seeds']} seeds, batches "
        f"of {a['batch']}, {a['iterations']} iterations after {a['teacher_iterations']} of the "
        f"teacher (test accuracy {mean_with_interval(students['teacher_accuracy'].values)}). Means "
        "over seeds with 95 % intervals; accuracy on test images.",
        "",
        "| start | " + " | ".join(name.replace("_", " ") for name in names) + " | diverged |",
        "| --- |" + " --: |" * (len(names) + 1),
    ]
    for start in students["start"].values:
        at = students.sel(start=start)
        cells = [mean_with_interval(at[name].values) for name in names]
        lines.append(f"| {start} | {' | '.join(cells)} | {int(at['diverged'].sum())} |")
    lines += [
        "",
        "| measure | starts | difference, 95 % interval | Hedges' g | p | the first is |",
        "| --- | --- | --- | --: | --: | --- |",
    ]
    for measure, more, less, c, verdict in student_contrasts(students):
        lines.append(
            f"| {measure.replace('_', ' ')} | {more} and {less} | {c.difference:+.3g} "
            f"({c.low:+.3g} to {c.high:+.3g}) | {c.effect:+.2f} | {c.p:.3f} | {verdict} |"
        )
    return "\n".join([*lines, "", sampling_error(students), ""])
