"""Both panels in Markdown."""

import itertools

import numpy as np
import xarray as xr

from ...findings import (
    MEASURES,
    Findings,
    Summary,
    comparison_of,
    contrast_table,
    findings,
    mean_with_interval,
    means_table,
    sampling_error,
    sentences,
    warnings_of,
)
from ...kinds.students import predicted_alignment

# The order that the paper states, from rich to lazy.
ORDER = ("random", "partially aligned", "aligned")


def linear_table(linear: xr.Dataset) -> str:
    """Simulated alignment beside theory's, for each start and ratio of strengths."""
    a = linear.attrs
    lines = [
        "## B: linear students",
        "",
        f"d = {a['n_inputs']}, h = {a['n_hidden']}, rank one, sigma = {a['sigma']:g}, "
        f"{linear.sizes['seed']} networks a row. z is the difference in standard errors.",
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


def compared_students(students: xr.Dataset) -> Findings:
    """Each pair of starts by each measure, the more aligned beside the less aligned one."""
    pairs = [(more, less) for less, more in itertools.combinations(ORDER, 2)]
    return findings([comparison_of(students)], pairs)


def student_table(students: xr.Dataset) -> str:
    """Every measure of every start, and the starts against each other."""
    shown, found = student_summary(students), compared_students(students)
    lines = [
        f"## {shown.heading}",
        "",
        shown.caption,
        "",
        *means_table(students, shown.columns),
        "",
        *contrast_table(found.contrasts),
        "",
        *(f"- {said}" for said in warnings_of(found)),
        "",
        sampling_error(students),
        "",
    ]
    return "\n".join(lines)


def student_summary(students: xr.Dataset) -> Summary:
    """What a terminal shows of the students, which is too narrow for the table."""
    a, found = students.attrs, compared_students(students)
    caption = (
        f"N = {a['n_hidden']}, rank {a['rank']}, gain {a['gain']:g}, {a['seeds']} seeds, batches "
        f"of {a['batch']}, {a['iterations']} iterations after {a['teacher_iterations']} of the "
        f"teacher (test accuracy {mean_with_interval(students['teacher_accuracy'].values)}). Means "
        "over seeds with 95 % intervals; accuracy on test images."
    )
    said = [*(sentence.text for sentence in sentences(found)), *warnings_of(found)]
    return Summary(
        f"C: recurrent students on {a['task']} ({a['images']})",
        caption,
        (*MEASURES, "first_loss", "loss", "accuracy"),
        [*said, sampling_error(students)],
    )
