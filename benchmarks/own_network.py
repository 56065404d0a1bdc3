"""A large network of the user's own: seconds and memory of `richlazy_jax.laziness`.

    python benchmarks/own_network.py [--units 1000] [--steps 100] [--trials 64] [--cell RNN]

The network is a `torch.nn.RNN`, `GRU` or `LSTM` by the names of its arrays, with 3 inputs and 3
outputs, before and after random changes of its weights; torch is not needed. Measured are all
outputs and the last step's, of all weights, compiling included, and the peak of resident memory.
"""

import argparse
import resource
import time

import jax
import jax.numpy as jnp
import numpy as np

import richlazy_jax as rj

INPUTS, OUTPUTS = 3, 3
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def state(cell: str, units: int, seed: int, away: float = 0.0) -> dict[str, np.ndarray]:
    """Arrays as PyTorch draws them, and a way off."""
    shapes = {
        "core.weight_ih_l0": (GATES[cell] * units, INPUTS),
        "core.weight_hh_l0": (GATES[cell] * units, units),
        "core.bias_ih_l0": (GATES[cell] * units,),
        "core.bias_hh_l0": (GATES[cell] * units,),
        "fc.weight": (OUTPUTS, units),
        "fc.bias": (OUTPUTS,),
    }
    rng, other = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    bound = units**-0.5
    return {
        name: rng.uniform(-bound, bound, shape) + away * other.uniform(-bound, bound, shape)
        for name, shape in shapes.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--trials", type=int, default=64)
    parser.add_argument("--cell", choices=GATES, default="RNN")
    args = parser.parse_args()
    before, after = (rj.trained_network(state(args.cell, args.units, 0, a)) for a in (0.0, 0.3))
    x = jax.random.normal(jax.random.key(0), (args.trials, args.steps, INPUTS))
    labels = jnp.argmax(x, axis=-1)
    print("| outputs | kernel alignment | s | peak memory, GiB |")
    print("| --- | --: | --: | --: |")
    for outputs in ("last", "all"):
        begun = time.perf_counter()
        found = rj.laziness(
            before.apply,
            before.params,
            after.params,
            x,
            targets=labels,
            outputs=outputs,
            activity=before.activity,
        )
        value = float(found.kernel_alignment.alignment)
        seconds = time.perf_counter() - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"| {outputs} | {value:.4f} | {seconds:.1f} | {peak:.2f} |", flush=True)


if __name__ == "__main__":
    main()
