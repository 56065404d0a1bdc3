"""Networks spread over the cores of a CPU, beside one core and beside one device with all threads.

    python benchmarks/both_cores.py [--widths 100 300] [--networks 8] [--updates 250] [--repeats 7]

Each contender is a process of its own, since cores and devices are chosen before JAX starts. All
train the same networks on 2AF by `train_runs`, are compiled first, and then take turns; the table
has updates a second by the clock, medians, and what share of twice (or so many times as there are
cores) is had.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0, 1]
CONTENDERS = {
    "one core": ([CORES[-1]], 1),
    "one device": (CORES, 1),
    "one device a core": (CORES, len(CORES)),
}


def contend(cores: list[int], devices: int, size: int, networks: int, updates: int) -> None:
    """Train once for each line that comes in, and answer with updates a second."""
    os.sched_setaffinity(0, cores)
    os.environ["JAX_PLATFORMS"] = "cpu"

    import jax

    jax.config.update("jax_num_cpu_devices", devices)
    import optax

    import richlazy_jax as rj

    task = rj.task_by_name("2AF")
    network = rj.rnn(task.n_inputs, size, task.n_outputs)
    keys = jax.random.split(jax.random.key(0), networks)

    def loss(params, trials):
        return rj.sequence_cross_entropy(network.apply(params, trials.inputs), trials)

    optimizer = optax.sgd(0.003, momentum=0.9)

    def sample(key):
        return task.sample(key, 32)

    starts = jax.vmap(network.init)(keys)
    for _ in sys.stdin:
        begun = time.perf_counter()
        rj.train_runs(loss, starts, optimizer, sample, keys, updates, piece=updates)
        print(networks * updates / (time.perf_counter() - begun), flush=True)


def compare(size: int, args) -> dict[str, list[float]]:
    """Updates a second of each contender, turn by turn."""
    processes = {}
    for name, (cores, devices) in CONTENDERS.items():
        order = [*map(str, (devices, size, args.networks, args.updates))]
        command = [sys.executable, __file__, "--contend", ",".join(map(str, cores)), *order]
        processes[name] = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    rates: dict[str, list[float]] = {name: [] for name in processes}
    for turn in range(args.repeats + 1):
        for name, process in processes.items():
            process.stdin.write("go\n")
            process.stdin.flush()
            rate = float(process.stdout.readline())
            if turn:  # The first one compiles.
                rates[name].append(rate)
    for process in processes.values():
        process.stdin.close()
        process.wait()
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--widths", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--networks", type=int, default=8)
    parser.add_argument("--updates", type=int, default=250)
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args()
    print(f"| N | {' | '.join(CONTENDERS)} | a core each / one core | a core each / one device |")
    print("| --: | --: | --: | --: | --: | --: |")
    for size in args.widths:
        rates = {name: statistics.median(every) for name, every in compare(size, args).items()}
        one, device, each = rates.values()
        numbers = " | ".join(f"{rate:,.0f}" for rate in rates.values())
        print(f"| {size} | {numbers} | {each / one:.2f} | {each / device:.2f} |", flush=True)


if __name__ == "__main__":
    if "--contend" in sys.argv:
        chosen, *numbers = sys.argv[sys.argv.index("--contend") + 1 :]
        contend([int(core) for core in chosen.split(",")], *map(int, numbers))
    else:
        main()
