"""What keeping a cell costs: claim, checkpoints and file, beside the same training without them.

    python benchmarks/cell_overhead.py

A default cell of 10 networks with 300 units has 9 checkpoints in 10,000 updates. Here it has as
many in 1,000, so that a tenth of the share that is printed is that of a default cell.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from experiments.recurrent import LowRank, Setting, run_task
from experiments.sweep import run_cell
from richlazy_jax.studies import create_study

UPDATES, EVERY = 1000, 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    setting = Setting(starts=(LowRank(30),), iterations=UPDATES)
    alone, kept = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        run_task(setting, piece=EVERY)
        alone.append(time.perf_counter() - start)
        with tempfile.TemporaryDirectory() as folder:
            study = Path(folder) / "study"
            create_study(study, "a: 1\n", {})
            start = time.perf_counter()
            done = run_cell(study, setting, checkpoint_every=EVERY, piece=EVERY)
            kept.append(time.perf_counter() - start)
            assert done.status == "run"
    without, with_ = statistics.median(alone), statistics.median(kept)
    print(f"training and measures alone: {without:.2f} s (medians of {repeats})")
    print(f"as a cell of a study, 9 checkpoints: {with_:.2f} s")
    share = with_ / without - 1
    print(f"overhead {share:.1%}; in a default cell about {share / 10:.1%}")


if __name__ == "__main__":
    main()
