"""The tables of results/phases.md from a finished study."""

import argparse
from pathlib import Path

import numpy as np

from ..findings import judged_lines
from . import appears, courses_of, judged, order


def main() -> None:
    """Judge the plan's claims."""
    parser = argparse.ArgumentParser(prog="python -m experiments.phases", description=__doc__)
    parser.add_argument("study", type=Path)
    tasks = courses_of(parser.parse_args().study)
    print("\n".join(judged_lines(judged(tasks))))
    print("## Through training")
    for courses in tasks:
        ends = [0, len(courses.ranks) // 2, len(courses.ranks) - 1]
        names = ", ".join(str(courses.ranks[k]) for k in ends)
        since = appears(courses)
        print(
            f"\n{courses.task}: lazier with rank at every look from "
            f"{f'update {since} on' if since else 'none'}. The last columns are means of ranks "
            f"{names}; before training the alignment with the targets is "
            f"{_means(courses.first_towards[:, ends])}.\n"
        )
        print("| update | order by rank | with the start | with the targets | loss |")
        print("| --: | --: | --- | --- | --- |")
        for k, update in enumerate(courses.updates):
            shown = [
                _means(values[:, ends, k])
                for values in (courses.alignment, courses.towards, courses.loss)
            ]
            print(f"| {update} | {order(courses, k).mean():+.2f} | {' | '.join(shown)} |")


def _means(values: np.ndarray) -> str:
    return ", ".join(f"{mean:.3f}" for mean in values.mean(axis=0))


if __name__ == "__main__":
    main()
