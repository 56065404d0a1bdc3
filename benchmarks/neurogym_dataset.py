"""How many trials a second `neurogym_task` and `neurogym.Dataset` draw.

    python benchmarks/neurogym_dataset.py [--trials 32] [--batches 30] [--rounds 9]

Both lay out trials of one environment in batches. `Dataset` cuts the stream of trials into pieces
of the length of one; where lengths differ, its pieces hold less or more than a trial, so only
environments whose trials are of one length are compared. Ours seeds each batch from a key. Rounds
take turns, in process time, and medians are shown with the quartiles of the ratio within a round.
"""

import argparse
import logging
import time

import jax
import neurogym
import numpy as np

import richlazy_jax as rj

NAMES = (
    "PerceptualDecisionMaking-v0",
    "DelayMatchSample-v0",
    "GoNogo-v0",
    "DualDelayMatchSample-v0",
)


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=32)
    parser.add_argument("--batches", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=9)
    return parser.parse_args()


def drawing(name, arguments):
    """Functions that draw batches: ours, and those of `Dataset`."""
    task = rj.neurogym_task(name)
    draw = jax.jit(task.sample, static_argnums=1)
    keys = iter(jax.random.split(jax.random.key(0), arguments.batches * (arguments.rounds + 1)))
    dataset = neurogym.Dataset(
        name,
        batch_size=arguments.trials,
        seq_len=task.n_steps,
        # A round holds one filling of the cache, or trials drawn ahead would not be counted.
        cache_len=task.n_steps * arguments.batches,
        batch_first=True,
    )

    def ours():
        for _ in range(arguments.batches):
            jax.block_until_ready(draw(next(keys), arguments.trials))

    def theirs():
        for _ in range(arguments.batches):
            dataset()

    return ours, theirs


def main():
    arguments = parsed_arguments()
    logging.disable(logging.CRITICAL)
    print(f"{'':32}{'ours / s':>10}{'Dataset / s':>13}{'ours / Dataset (quartiles)':>32}")
    for name in NAMES:
        functions = drawing(name, arguments)
        seconds = np.empty((arguments.rounds + 1, 2))
        for row in seconds:
            for i, function in enumerate(functions):
                begun = time.process_time()
                function()
                row[i] = time.process_time() - begun
        # The first turn compiles and is not counted.
        rates = arguments.trials * arguments.batches / seconds[1:]
        ours, theirs = np.median(rates, axis=0)
        low, middle, high = np.quantile(rates[:, 0] / rates[:, 1], [0.25, 0.5, 0.75])
        print(f"{name:32}{ours:10.0f}{theirs:13.0f}{f'{middle:.2f} ({low:.2f} to {high:.2f})':>32}")


if __name__ == "__main__":
    main()
