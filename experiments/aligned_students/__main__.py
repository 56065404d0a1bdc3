"""Choose conditions from a pilot, judge those that were confirmed, or ask linear theory."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import xarray as xr

from .._whole import write_figure
from ..findings import p_value
from . import answers_of, choose, conditions_of, confirmation, linear_rows, reading
from ._choose import piloted
from ._conditions import KERNELS, Condition
from ._judge import DECIDING, HOW
from ._theory import closed_forms


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.aligned_students", description=__doc__
    )
    what = parser.add_subparsers(dest="what", required=True)
    for name, help in (
        ("pilot", "What the pilot says of every condition, and of every choice."),
        ("choose", "Write the specification of the confirmation, from a finished pilot."),
        ("judge", "Judge a finished confirmation."),
    ):
        what.add_parser(name, help=help).add_argument("study", type=Path)
    drawn = what.add_parser("draw", help="Draw a finished confirmation.")
    drawn.add_argument("study", type=Path)
    drawn.add_argument("figure", type=Path, help="A file such as fig3c.png.")
    what.add_parser("theory", help="Linear students from the same starts.")
    given = parser.parse_args()
    if given.what == "theory":
        print(_theory())
        return
    try:
        conditions = conditions_of(given.study)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    if given.what == "choose":
        print(confirmation(choose(conditions), next(iter(conditions.values()))), end="")
    elif given.what == "draw":
        # matplotlib takes a second to import.
        from .draw import draw

        write_figure(given.figure, draw(conditions))
    else:
        print(_pilot(conditions) if given.what == "pilot" else _judged(conditions))


def _pilot(conditions: Mapping[Condition, xr.Dataset]) -> str:
    lines = [
        "| condition | kernel of | seeds | random | aligned | difference | t | |",
        "| --- | --- | --: | --: | --: | --: | --: | --- |",
    ]
    effects: dict[tuple[str, str, str], list[float]] = {}
    for kernel in KERNELS:
        for each in piloted(conditions, kernel):
            faults = [] if each.learned else ["hardly learned"]
            faults += ["at the floor"] if each.at_floor else []
            lines.append(
                f"| {each.condition.text} | {kernel} | {each.seeds} | {each.random:.3f} | "
                f"{each.aligned:.3f} | {each.difference:+.3f} | {each.t:+.1f} | "
                f"{', '.join(faults)} |"
            )
            if each.counts:
                for name, value in each.condition._asdict().items():
                    effects.setdefault((kernel, name, str(value)), []).append(each.difference)
    lines += [
        "",
        "| kernel of | choice | conditions | mean difference |",
        "| --- | --- | --: | --: |",
    ]
    lines += [
        f"| {kernel} | {name} {value} | {len(of)} | {sum(of) / len(of):+.3f} |"
        for (kernel, name, value), of in effects.items()
    ]
    return "\n".join(lines)


def _judged(conditions: Mapping[Condition, xr.Dataset]) -> str:
    answers = answers_of(conditions)
    lines = [
        "| condition | at equal | measure | random | aligned | difference | 95 % | p (Holm) | "
        "seeds | aligned are |",
        "| --- | --- | --- | --: | --: | --: | --- | --: | --: | --- |",
    ]
    for a in answers:
        c, v = a.contrast, a.contrast.verdict
        said = [a.said, v.problem, "at the floor" if a.at_floor else ""]
        said += ["a negligible difference"] if a.no_difference else []
        said += [f"without {v.left_out}: {v.without}"] if v.left_out else []
        lines.append(
            f"| {a.condition.text} | {a.how} | {a.measure.replace('_', ' ')} | "
            f"{c.reference_mean:.3f} | {c.mean:.3f} | {c.difference:+.3f} | {c.low:+.3f} to "
            f"{c.high:+.3f} | {p_value(v.p_holm)} | {v.seeds} | {'; '.join(filter(None, said))} |"
        )
    lines += ["", "| reading: aligned students are lazier by | at equal | |", "| --- | --- | --- |"]
    lines += [
        f"| {measure.replace('_', ' ')} | {how} | {reading(answers, how, measure)} |"
        for measure in DECIDING
        for how in HOW
    ]
    return "\n".join(lines)


def _theory() -> str:
    lines = [
        "| readout norm | random | aligned |",
        "| --: | --: | --: |",
        *(f"| {w:.3g} | {random:.3f} | {aligned:.3f} |" for w, random, aligned in closed_forms()),
        "",
        "| readout | norm of | first layer: random, aligned | difference | all weights: random, "
        "aligned | difference | loss left |",
        "| --- | --- | --- | --: | --- | --: | --: |",
    ]
    for row in linear_rows():
        first, every = (f"{a:.3f}, {b:.3f}" for a, b in (row.first_layer, row.every))
        apart = (f"{m:+.3f} ± {e:.3f}" for m, e in (row.difference, row.difference_every))
        of_first, of_every = apart
        lines.append(
            f"| {row.readout} | {row.norm} | {first} | {of_first} | {every} | {of_every} | "
            f"{row.loss:.0e} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
