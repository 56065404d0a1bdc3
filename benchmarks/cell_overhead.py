"""What keeping cells costs, beside the same training and measures without a study.

    python benchmarks/cell_overhead.py [--cells 100] [--size 20] [--updates 200] [--repeats 3]

Cells of one shape, each with a learning rate of its own, run one after the other: once by `run`
alone, and once as a study, with claims, files and the checks of what is there. Both are compiled
before, and take turns. And the same for one cell of the default size with nine checkpoints.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from experiments.engine import How, cells, grid, run_study
from experiments.kinds.recurrent import LowRank, Setting


def timed(function) -> float:
    """Seconds of a call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare(experiments, repeats: int, **how) -> tuple[float, float]:
    """Medians of seconds: alone, and as a study."""

    def alone() -> None:
        for each in experiments:
            each.run(how=How(piece=how.get("checkpoint_every", 200)))

    def kept() -> None:
        with tempfile.TemporaryDirectory() as folder:
            done = list(run_study(experiments, "a: 1\n", Path(folder) / "study", **how))
            assert {each.status for each in done} == {"run"}

    seconds = {alone: [], kept: []}
    for function in (alone, kept) * repeats:
        seconds[function].append(timed(function))
    return statistics.median(seconds[alone]), statistics.median(seconds[kept])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=100)
    parser.add_argument("--size", type=int, default=20)
    parser.add_argument("--updates", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--default-cell", action="store_true")
    asked = parser.parse_args()
    if asked.default_cell:
        # As many checkpoints as in the 10,000 updates of a default cell.
        experiments = [Setting(starts=(LowRank(30),), iterations=1000)]
        how = {"checkpoint_every": 100}
    else:
        rates = [0.001 + 1e-5 * i for i in range(asked.cells)]
        fields = {"n_hidden": asked.size, "iterations": asked.updates, "learning_rate": rates}
        experiments, how = cells([grid(Setting, start=LowRank(3), **fields)]), {}
    experiments[0].run()
    alone, kept = compare(experiments, asked.repeats, **how)
    print(
        f"{len(experiments)} cells of {experiments[0].seeds} networks, medians of {asked.repeats}: "
        f"alone {alone:.2f} s, as a study {kept:.2f} s, overhead {kept / alone - 1:.1%}; "
        f"{1e3 * alone / len(experiments):.0f} ms a cell alone"
    )


if __name__ == "__main__":
    main()
