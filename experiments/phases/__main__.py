"""The tables of results/phases.md from a finished study."""

import argparse
from pathlib import Path

import numpy as np

from ..findings import p_value
from . import answers, appears, courses_of, judge
from ._judge import order


def main() -> None:
    """Answer the plan's questions."""
    parser = argparse.ArgumentParser(prog="python -m experiments.phases", description=__doc__)
    parser.add_argument("study", type=Path)
    tasks = courses_of(parser.parse_args().study)
    found = answers(tasks)
    print("| question | task | mean | 95 % | seeds | p (Holm) | answer |")
    print("| --- | --- | --: | --- | --: | --: | --- |")
    for each in found:
        between = f"{each.low:+.3f} to {each.high:+.3f}" if np.isfinite(each.low) else "–"
        print(
            f"| {each.question} | {each.task} | {each.mean:+.3f} | {between} | {each.seeds} | "
            f"{p_value(each.p)} | {each.said} |"
        )
    print()
    for question, said in judge(found).items():
        print(f"- {question[0].upper()}{question[1:]}: {said}.")
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
