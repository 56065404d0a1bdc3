"""What inspecting a connectome takes at the size of a worm, a whole brain, and between.

    python benchmarks/connectome_sizes.py [--draws 20] [--most 139255] [--dense 3016]

Each size is a synthetic graph (`whole_brain.py`) in a process of its own, so that the peak of
memory is its own too; imports are counted in memory and not in time. Up to `--dense` nodes the
estimates are held against all singular values, and their error is shown beside the one stated.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

SIZES = (
    (279, 2_194),
    (1_000, 20_000),
    (3_016, 110_000),
    (10_000, 300_000),
    (30_000, 700_000),
    (139_255, 2_700_000),
)
HEADER = (
    "| nodes | connections | told before | seconds | CPU seconds "
    "| ladder: draws | seconds | CPU seconds | peak GiB | entropy "
    "| stated error | off by |"
)


def measure(nodes: int, connections: int, draws: int, dense: int) -> dict:
    """One size, in this process."""
    import jax
    import numpy as np
    from whole_brain import whole_brain  # pyright: ignore[reportMissingImports]

    import richlazy_jax as rj
    from experiments.inspection import (
        affordable_draws,
        inspect_connectome,
        inspection_cost,
        ladder,
        ladder_seconds,
    )
    from richlazy_jax.spectra import exponential_entropy

    w = whole_brain(jax.random.key(0), nodes, connections)
    connectome = rj.Connectome([str(i) for i in range(nodes)], w, "synthetic")
    # Compiled before it is timed, as it is once in each installation.
    ladder(whole_brain(jax.random.key(1), 600, 3_000), 2)
    begun, used = time.monotonic(), time.process_time()
    found = inspect_connectome(connectome, draws)
    seconds, cpu = time.monotonic() - begun, time.process_time() - used
    begun, used = time.monotonic(), time.process_time()
    climbed = affordable_draws(w.nnz, draws)
    ladder(w, climbed)
    of_ladder = time.monotonic() - begun, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    entropy = found.ranks["Gaussian"]["exponential_entropy"]
    off = None
    if nodes <= dense:
        s = np.linalg.svd(w.toarray(), compute_uv=False)
        off = float(entropy.value / exponential_entropy(s) - 1)
    return {
        "connections": w.nnz,
        "told": inspection_cost(connectome, draws).seconds + ladder_seconds(w.nnz, climbed),
        "seconds": seconds,
        "cpu": cpu,
        "ladder": of_ladder[0],
        "ladder_cpu": of_ladder[1],
        "climbed": climbed,
        "peak": peak,
        "entropy": entropy.value,
        "error": entropy.error / entropy.value,
        "off": off,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--most", type=int, default=SIZES[-1][0])
    parser.add_argument("--dense", type=int, default=3_016)
    parser.add_argument("--one", type=int, nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(*asked.one, asked.draws, asked.dense)))
        return
    print(HEADER)
    print("| --: " * 12 + "|")
    for nodes, connections in SIZES:
        if nodes > asked.most:
            break
        command = [sys.executable, str(Path(__file__)), "--one", str(nodes), str(connections)]
        command += ["--draws", str(asked.draws), "--dense", str(asked.dense)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(ran.stdout.splitlines()[-1])
        off = "" if found["off"] is None else f"{found['off']:+.2%}"
        print(
            f"| {nodes:,} | {found['connections']:,} | {found['told']:.0f} "
            f"| {found['seconds']:.1f} | {found['cpu']:.1f} "
            f"| {found['climbed']} | {found['ladder']:.1f} | {found['ladder_cpu']:.1f} "
            f"| {found['peak']:.2f} "
            f"| {found['entropy']:.0f} | {found['error']:.2%} | {off} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
