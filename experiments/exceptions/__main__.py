"""The tables of results/exceptions.md from a finished study."""

import argparse
from pathlib import Path

from .._whole import write_figure
from ..findings import diverged_networks, finite_mean, judged_lines, mean_with_interval
from . import Place, beside, cells_of, judged, judged_again


def main() -> None:
    """Judge the plan's claims."""
    parser = argparse.ArgumentParser(prog="python -m experiments.exceptions", description=__doc__)
    parser.add_argument("study", type=Path)
    parser.add_argument("--second", action="store_true", help="It is of the second plan.")
    parser.add_argument(
        "--draw", nargs=2, type=Path, metavar=("SECOND", "FIGURE"), help="Draw both studies."
    )
    given = parser.parse_args()
    cells = cells_of(given.study)
    if given.draw:
        # matplotlib takes a second to import.
        from .draw import draw

        write_figure(given.draw[1], draw(cells, cells_of(given.draw[0])))
        return
    found = judged_again(cells) if given.second else judged(cells)
    print("\n".join(judged_lines(found)))
    print("## Means\n")
    print("| where | start | kernel alignment | loss | diverged |")
    print("| --- | --- | --- | --: | --: |")
    for place, cell in cells.items():
        loss, lost = finite_mean(cell, "loss"), diverged_networks(cell)
        said = mean_with_interval(cell.values["kernel_alignment"])
        start = f"{cell.start}, gain {place.gain:g}" if place.gain != Place("").gain else cell.start
        where = f"{place.where}, {place.n_hidden} units"
        print(f"| {where} | {start} | {said} | {loss:.4f} | {lost} |")
    if given.second:
        return
    print("\n## How near matched starts are to their null\n")
    print("| where | start | not matched | norm, in that of the null | difference | 95 % |")
    print("| --- | --- | --: | --: | --: | --- |")
    for b in beside(cells):
        lost = f"{b.unmatched} of {b.networks}"
        print(
            f"| {b.place.where} | {b.place.start} | {lost} | {b.factor:.2f} | {b.number:+.4f} | "
            f"{b.low:+.4f} to {b.high:+.4f} |"
        )


if __name__ == "__main__":
    main()
