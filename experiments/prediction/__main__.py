"""The table of docs/predictions.md from finished studies."""

import argparse
import csv
from pathlib import Path

from ..kinds.forecast import OVERSHOOTS
from . import judge, networks_of, verdict


def main() -> None:
    """Judge studies, and write their networks where asked to."""
    parser = argparse.ArgumentParser(prog="python -m experiments.prediction", description=__doc__)
    parser.add_argument("studies", nargs="+", type=Path)
    parser.add_argument("--networks", type=Path, help="Write each network's numbers to this .csv.")
    parser.add_argument(
        "--first-form",
        action="store_true",
        help="Judge the rule before its amendment, which refuses less.",
    )
    given = parser.parse_args()
    networks = [network for study in given.studies for network in networks_of(study)]
    if given.networks is not None:
        with given.networks.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(
                ["population", "start", "outcome", "forecast", "out", *networks[0].rivals]
            )
            for each in networks:
                numbers = (each.outcome, each.forecast)
                rivals = (f"{value:.4f}" for value in each.rivals.values())
                shown = (f"{value:.4f}" for value in numbers)
                writer.writerow([each.population, each.start, *shown, each.out, *rivals])
    if given.first_form:
        networks = [n._replace(out="" if n.out == OVERSHOOTS else n.out) for n in networks]
    populations = judge(networks)
    rivals = list(networks[0].rivals)
    print(
        "| population | networks | out | correlation | 95 % | error | bias | in interval | "
        + " | ".join(rivals)
        + " | confirms |"
    )
    print("| --- | --: | --- | --: | --- | --: | --: | --: |" + " --: |" * len(rivals) + " --- |")
    for p in populations:
        out = ", ".join(f"{number} {reason}" for reason, number in sorted(p.out.items()))
        others = " | ".join(f"{p.rivals.get(name, float('nan')):.2f}" for name in rivals)
        print(
            f"| {p.name} | {p.size} | {out} | {p.correlation:.2f} | {p.low:.2f} to {p.high:.2f} | "
            f"{p.error:.3f} | {p.bias:+.3f} | {100 * p.inside:.0f} % | {others} | "
            f"{'yes' if p.confirms else 'no'} |"
        )
    print(f"\n{verdict(populations)}")


if __name__ == "__main__":
    main()
