"""`recurrent_kernel_alignment` beside a plain Jacobian, over many shapes, on one CPU core.

    python benchmarks/kernel_shapes.py [--rounds 7] [--widths 50 100 300 1000] [--only all last]

The plain Jacobian is written as one would by hand: derivatives by a loop back over the steps, rows
as their products with the states, and both kernels as products of the rows. It is the rival at its
best where it fits into memory. Both are compiled first and then take turns; the table has medians
of process time, and the arrangement that was chosen for ours.
"""

import argparse
import ctypes
import functools
import os
import statistics
import time

CORE = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
if CORE is not None:
    os.sched_setaffinity(0, {CORE})
# Memory that was freed is kept, or what pages of new memory cost decides, and not the arithmetic.
if hasattr(ctypes.CDLL(None), "mallopt"):
    M_MMAP_MAX, M_TRIM_THRESHOLD = -4, -1
    ctypes.CDLL(None).mallopt(M_MMAP_MAX, 0)
    ctypes.CDLL(None).mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
# Both before jax is imported, which reads them once.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

import richlazy_jax as rj  # noqa: E402
from richlazy_jax.kernels._recurrent_blocks import Options, plan_kernel  # noqa: E402
from richlazy_jax.models import Recurrence  # noqa: E402

# Rows of the Jacobian and the two kernels may take so much.
MOST_BYTES, MOST_FLOPS = 3 * 2**30, 1.5e11
product = functools.partial(jnp.matmul, precision="highest")


def plain_rows(params, x, outputs):
    """The Jacobian by the recurrent weights, a row for each trial, step and output."""
    weights, readout = params["recurrent"], params["readout"]
    (n, steps, _), (n_out, width) = x.shape, readout.shape
    drive = product(x, params["input"].T).swapaxes(0, 1)

    def forward(hidden, drive):
        net = product(hidden, weights.T) + drive
        return jax.nn.relu(net), (hidden, (net > 0).astype(net.dtype))

    _, (before, slopes) = jax.lax.scan(forward, jnp.zeros_like(drive[0]), drive)
    own = jnp.broadcast_to(readout[:, None], (n_out, n, width))
    read = steps if outputs == "all" else 1
    start = jnp.zeros((read, n_out, n, width)).at[-1].set(own)

    def back(by_state, step):
        by_state = by_state.at[step].set(own) if outputs == "all" else by_state
        delta = slopes[step] * by_state
        return product(delta, weights), delta

    _, deltas = jax.lax.scan(back, start, jnp.arange(steps), reverse=True)
    rows = jnp.einsum("stkbn,sbm->btknm", deltas, before, precision="highest")
    return rows.reshape(n * read * n_out, -1)


@functools.partial(jax.jit, static_argnames="outputs")
def plain_alignment(params0, params1, x, outputs):
    first, second = (plain_rows(p, x, outputs) for p in (params0, params1))
    a, b = product(first, first.T), product(second, second.T)
    return jnp.sum(a * b) / jnp.linalg.norm(a) / jnp.linalg.norm(b)


@functools.partial(jax.jit, static_argnames="outputs")
def plain_kernel(params, x, outputs):
    rows = plain_rows(params, x, outputs)
    return product(rows, rows.T)


def of_images(rounds):
    """The alignment of sequential MNIST as `experiments.kinds.recurrent` measures it."""
    network = rj.rnn(28, 300, 10)
    params = [network.init(jax.random.key(seed)) for seed in (0, 1)]
    x = jax.random.normal(jax.random.key(2), (200, 28, 28))

    def measure(params, x):
        kernels = [
            lambda x, x2, one=one: rj.recurrent_ntk(one, x, x2=x2, outputs="last") for one in params
        ]
        return rj.sampled_kernel_alignment(*kernels, x, block=50).alignment

    square = jnp.ones((1000, 1000))
    runs = {
        "ours": functools.partial(jax.jit(measure), params, x),
        "product": functools.partial(jax.jit(product), square, square),
    }
    seconds = {name: [] for name in runs}
    for run in runs.values():
        jax.block_until_ready(run())
    for _ in range(rounds):
        for name, run in runs.items():
            begun = time.process_time()
            jax.block_until_ready(run())
            seconds[name].append(time.process_time() - begun)
    took, large = (statistics.median(seconds[name]) for name in runs)
    # Pairs of images that are not each other's mirror, by weighting, with overlaps; two networks.
    flops = 2 * (200 * 201 / 2) * 2 * 27 * (10 * 300 * (27 + 10) + 27 * 300)
    rate = 2e9 / large
    print(
        f"\nsMNIST, 200 trials in blocks of 50: {took:.2f} s, {flops / 1e9:.0f} Gflop by weighting "
        f"without repeats; large products run at {rate / 1e9:.0f} Gflop/s, "
        f"of which this is {100 * flops / took / rate:.0f} %."
    )


def trials_that_fit(width, steps, n_out, outputs):
    """As many trials as the plain Jacobian can take, up to 32."""
    rows = n_out * (steps if outputs == "all" else 1)
    for n in (32, 16, 8, 4, 2):
        size = 4 * n * rows * width**2 * 2 + 4 * n * rows * steps * width * 4
        flops = 4 * (n * rows) ** 2 * width**2 + 4 * n * rows * steps * width**2
        if size < MOST_BYTES and flops < MOST_FLOPS:
            return n
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--widths", type=int, nargs="*", default=[50, 100, 300, 1000])
    parser.add_argument("--steps", type=int, nargs="*", default=[1, 8, 28, 112])
    parser.add_argument("--outputs", type=int, nargs="*", default=[1, 3, 10])
    parser.add_argument("--only", nargs="*", default=["last", "all"])
    parser.add_argument("--kernel", action="store_true", help="one kernel, and not two aligned")
    parser.add_argument("--images", action="store_true", help="sequential MNIST, after the table")
    arguments = parser.parse_args()
    print("| N | T | k | outputs | trials | arrangement | ms | plain Jacobian ms | ours / plain |")
    print("| --: | --: | --: | --- | --: | --- | --: | --: | --: |")
    for width in arguments.widths:
        for steps in arguments.steps:
            for n_out in arguments.outputs:
                for outputs in arguments.only:
                    row(width, steps, n_out, outputs, arguments.rounds, arguments.kernel)
    if arguments.images:
        of_images(arguments.rounds)


def row(width, steps, n_out, outputs, rounds, kernel=False):
    n = trials_that_fit(width, steps, n_out, outputs)
    if n is None:
        print(f"| {width} | {steps} | {n_out} | {outputs} | | | | too large | |", flush=True)
        return
    network = rj.rnn(3, width, n_out)
    params = [network.init(jax.random.key(seed)) for seed in (0, 1)]
    x = jax.random.normal(jax.random.key(2), (n, steps, 3))
    # One step meets the recurrent weights with a state of 0: there it is the input weights.
    wrt = ("recurrent",)
    function = rj.recurrent_ntk if kernel else rj.recurrent_kernel_alignment
    ours = jax.jit(functools.partial(function, outputs=outputs, wrt=wrt))
    plain = plain_kernel if kernel else plain_alignment
    given = (*params[: 2 - kernel], x)
    runs = {
        "ours": ours.lower(*given).compile(),
        "plain": plain.lower(*given, outputs).compile(),
    }
    # The norm of a kernel, and an alignment as it is.
    found = {name: float(jnp.linalg.norm(run(*given).ravel())) for name, run in runs.items()}
    if steps > 1 and abs(found["ours"] - found["plain"]) > 1e-4 * found["plain"]:
        raise AssertionError(f"the two differ: {found}")
    seconds = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            begun = time.process_time()
            jax.block_until_ready(run(*given))
            seconds[name].append(time.process_time() - begun)
    ours_ms, plain_ms = (1e3 * statistics.median(seconds[name]) for name in runs)
    plan = plan_kernel(params[0], x, None, Options(wrt, outputs, Recurrence(), None))
    way = "none" if plan.arrangement is None else plan.arrangement.way
    print(
        f"| {width} | {steps} | {n_out} | {outputs} | {n} | {way} | {ours_ms:.2f} | "
        f"{plain_ms:.2f} | {ours_ms / plain_ms:.2f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
