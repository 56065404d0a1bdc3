"""Time and memory of `recurrent_ntk` beside the alternatives, on one CPU core.

    python benchmarks/recurrent_kernel.py [--width 300] [--trials 32] [--steps 8] [--outputs 3]

Every contender is compiled first. Then they take turns, round by round, so that a busy machine
slows them all; the table gives medians over rounds. PyTorch joins where it is installed.
"""

import argparse
import os
import statistics
import sys
import time

CORE = max(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else None
if CORE is not None:
    os.sched_setaffinity(0, {CORE})
# Both before jax is imported, which reads them once.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from richlazy_jax import empirical_ntk, recurrent_ntk, rnn_apply  # noqa: E402


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in (("width", 300), ("trials", 32), ("steps", 8), ("outputs", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--every-vmap-axes",
        action="store_true",
        help="vmap_axes=None too, which is much slower where 0 is allowed, as it is here",
    )
    parser.add_argument(
        "--only", nargs="*", default=None, help="the contenders to run, by parts of their names"
    )
    return parser.parse_args()


def network_and_trials(arguments):
    keys = jax.random.split(jax.random.key(0), 4)
    width, n_in = arguments.width, 3
    shapes = {"input": (width, n_in), "recurrent": (width, width)}
    shapes["readout"] = (arguments.outputs, width)
    params = {
        name: jax.random.normal(key, shape) * (1.5 / shape[1]) ** 0.5
        for key, (name, shape) in zip(keys, shapes.items(), strict=False)
    }
    return params, jax.random.normal(keys[3], (arguments.trials, arguments.steps, n_in))


def jax_contenders(every_vmap_axes):
    """Name, then a function of (params, x) that gives the kernel of the recurrent weights."""

    def empirical(implementation, vmap_axes):
        def kernel(params, x):
            def apply(recurrent, x):
                return rnn_apply({**params, "recurrent": recurrent}, x)

            return empirical_ntk(
                apply,
                params["recurrent"],
                x,
                implementation=implementation,
                vmap_axes=vmap_axes,
            )

        return kernel

    yield "recurrent_ntk", recurrent_ntk
    for implementation in (1, 2, 3, "jacobian"):
        label = implementation if isinstance(implementation, str) else f"NT {implementation}"
        for vmap_axes in (0, None) if every_vmap_axes else (0,):
            yield f"{label}, vmap_axes={vmap_axes}", empirical(implementation, vmap_axes)


def torch_kernel(params, x):
    """A plain PyTorch loop, one `autograd.grad` for each output; None without PyTorch."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    names = "input", "recurrent", "readout"
    w_in, w_rec, w_out = (torch.tensor(np.asarray(params[name])) for name in names)
    trials = torch.tensor(np.asarray(x))
    w_rec.requires_grad_()

    def kernel():
        rows = []
        for trial in trials:
            hidden = torch.zeros(w_rec.shape[0])
            for drive in trial:
                hidden = torch.relu(w_rec @ hidden + w_in @ drive)
                for output in w_out @ hidden:
                    (gradient,) = torch.autograd.grad(output, w_rec, retain_graph=True)
                    rows.append(gradient.reshape(-1))
        stacked = torch.stack(rows)
        flat = stacked @ stacked.T
        n, t, k = len(trials), trials.shape[1], w_out.shape[0]
        return flat.reshape(n, t, k, n, t, k).permute(0, 3, 1, 4, 2, 5).contiguous().numpy()

    return kernel


def operations(arguments):
    """Multiplications and additions in the matrix products that `recurrent_ntk` is left with.

    Counted for the arrangement in large products and trials in one block.
    """
    n_steps, width = arguments.steps, arguments.width
    rows = arguments.trials * arguments.outputs
    steps = range(1, n_steps)
    # One product for each two output steps t <= t', over all source steps of each.
    products = sum(t * u for t in steps for u in steps if t <= u) * 2 * rows**2 * width
    backward = sum(steps[:-1]) * 2 * rows * width**2
    forward = n_steps * 2 * arguments.trials * width**2
    return products + backward + forward


def main():
    arguments = parsed_arguments()
    params, x = network_and_trials(arguments)
    square = jnp.ones((1000, 1000))
    matmul = jax.jit(lambda a: a @ a).lower(square).compile()
    runs = {}
    temporaries = {}
    for name, kernel in jax_contenders(arguments.every_vmap_axes):
        wanted = arguments.only is None or any(part in name for part in arguments.only)
        if not wanted and name != "recurrent_ntk":
            continue
        try:
            compiled = jax.jit(kernel).lower(params, x).compile()
        except NotImplementedError as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        temporaries[name] = compiled.memory_analysis().temp_size_in_bytes
        runs[name] = lambda compiled=compiled: compiled(params, x)
        if name == "recurrent_ntk":
            runs["matmul"] = lambda: matmul(square)
    by_torch = torch_kernel(params, x)
    if by_torch is not None:
        runs["PyTorch autograd.grad"] = by_torch

    # The first call of each, untimed, also shows that all compute the same.
    expected = np.asarray(runs["recurrent_ntk"]())
    for name, run in runs.items():
        if name == "matmul":
            run()
        else:
            start = time.perf_counter()
            error = np.abs(np.asarray(run()) - expected).max() / np.abs(expected).max()
            print(f"{name}: {time.perf_counter() - start:.2f} s at first", file=sys.stderr)
            if error > 1e-5:
                raise SystemExit(f"{name} differs by {error:.1e} of the largest entry.")

    seconds = {name: [] for name in runs}
    for _ in range(arguments.rounds):
        for name, run in runs.items():
            # Untimed: large buffers of the run before may still be on their way back to the system,
            # which otherwise cost whoever comes next some 80 ms.
            jax.block_until_ready(matmul(square))
            start = time.perf_counter()
            jax.block_until_ready(run())
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in seconds.items()}

    ours = medians["recurrent_ntk"]
    table = Table(
        "kernel", "median s", "fastest s", "temporaries MB", "time / ours", "memory / ours"
    )
    for name in runs:
        if name == "matmul":
            continue
        memory = temporaries.get(name)
        table.add_row(
            name,
            f"{medians[name]:.4f}",
            f"{min(seconds[name]):.4f}",
            "" if memory is None else f"{memory / 1e6:.1f}",
            f"{medians[name] / ours:.1f}",
            "" if memory is None else f"{memory / temporaries['recurrent_ntk']:.1f}",
        )
    console = Console(width=110)
    console.print(
        f"N = {arguments.width}, {arguments.trials} trials, {arguments.steps} steps, "
        f"{arguments.outputs} outputs, float32, JAX {jax.__version__}, core {CORE}, "
        f"medians of {arguments.rounds}"
    )
    console.print(table)
    # The fastest of the rounds on both sides, because a bound is a property of the core alone.
    peak = 2 * 1000**3 / min(seconds["matmul"]) / 1e9
    fastest = min(seconds["recurrent_ntk"])
    count = operations(arguments)
    console.print(
        f"Matrix products of 1000 x 1000 run at up to {peak:.0f} Gflop/s. In large products over "
        f"one block of trials recurrent_ntk needs {count / 1e9:.2f} Gflop, "
        f"{count / peak / 1e6:.1f} ms at that rate; at its fastest it took "
        f"{1e3 * fastest:.1f} ms, {count / fastest / 1e9:.0f} Gflop/s."
    )


if __name__ == "__main__":
    main()
