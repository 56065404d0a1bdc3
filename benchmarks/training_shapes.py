"""One training update of the recurrent network over many shapes, on one CPU core.

    python benchmarks/training_shapes.py [--widths 50 100 300 1000] [--steps 8 28 112 448]

Beside ours stand the same network as a plain `jax.lax.scan`, PyTorch as it is and by
`torch.compile` (up to 28 steps, which it unrolls), and the matrix products alone: those of a
forward pass, a backward pass and the weights' gradient, at these very shapes. All train on the same
32 trials with momentum, are compiled first and then take turns; the table has medians of process
time.
"""

import argparse
import ctypes
import os
import statistics
import time

CORE = max(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else None
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
import numpy as np  # noqa: E402
import optax  # noqa: E402

import richlazy_jax as rj  # noqa: E402

RATE, MOMENTUM, TRIALS, COMPILED_STEPS = 0.003, 0.9, 32, 28


def plain_apply(params, x):
    """The network as one writes it first."""

    def step(hidden, now):
        hidden = jax.nn.relu(hidden @ params["recurrent"].T + now @ params["input"].T)
        return hidden, hidden @ params["readout"].T

    hidden = jnp.zeros((len(x), len(params["recurrent"])))
    return jax.lax.scan(step, hidden, x.swapaxes(0, 1))[1].swapaxes(0, 1)


def jax_updates(apply, start, x, labels, number):
    optimizer = optax.sgd(RATE, momentum=MOMENTUM)

    def loss(params, batch):
        logits = apply(params, batch[0])
        return optax.softmax_cross_entropy_with_integer_labels(logits, batch[1]).mean()

    @jax.jit
    def updates(params):
        batch = (x, labels)
        return rj.train(loss, params, optimizer, lambda key: batch, jax.random.key(1), number)

    begun = time.process_time()
    compiled = updates.lower(start).compile()
    jax.block_until_ready(compiled(start))
    return lambda: jax.block_until_ready(compiled(start)), time.process_time() - begun


def products(start, steps, number):
    """The matrix products of an update, and nothing else."""
    weights = start["recurrent"]
    states = jnp.ones((TRIALS, len(weights)))

    @jax.jit
    def run(weights, states):
        def update(carry, _):
            weights, states = carry

            def forward(h, _):
                h = jnp.matmul(h, weights.T, precision="highest")
                return h, h

            def back(h, _):
                h = jnp.matmul(h, weights, precision="highest")
                return h, h

            _, first = jax.lax.scan(forward, states, None, length=steps)
            _, second = jax.lax.scan(back, states, None, length=steps)
            flat = (steps * TRIALS, -1)
            found = jnp.matmul(second.reshape(flat).T, first.reshape(flat), precision="highest")
            return (weights + 1e-30 * found, states), None

        return jax.lax.scan(update, (0.01 * weights, states), None, length=number)[0]

    compiled = run.lower(weights, states).compile()
    return lambda: jax.block_until_ready(compiled(weights, states))


def torch_updates(start, x, labels, number, compiled):
    import torch

    torch.set_num_threads(1)
    weights = {n: torch.tensor(np.asarray(leaf), requires_grad=True) for n, leaf in start.items()}
    inputs, targets = torch.tensor(np.asarray(x)), torch.tensor(np.asarray(labels, np.int64))
    optimizer = torch.optim.SGD(weights.values(), lr=RATE, momentum=MOMENTUM)

    def loss_of(w_in, w_rec, w_out):
        drive, hidden, outputs = inputs @ w_in.T, torch.zeros(len(inputs), len(w_rec)), []
        for step in range(inputs.shape[1]):
            hidden = torch.relu(hidden @ w_rec.T + drive[:, step])
            outputs.append(hidden)
        logits = torch.stack(outputs, 1) @ w_out.T
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())

    loss_of = torch.compile(loss_of) if compiled else loss_of

    def updates():
        for _ in range(number):
            optimizer.zero_grad()
            loss_of(weights["input"], weights["recurrent"], weights["readout"]).backward()
            optimizer.step()

    updates()
    return updates


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--widths", type=int, nargs="*", default=[50, 100, 300, 1000])
    parser.add_argument("--steps", type=int, nargs="*", default=[8, 28, 112, 448])
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    print(
        "| N | T | ms | s to compile and run first | plain scan / ours | PyTorch / ours | "
        "torch.compile / ours | products alone / ours |"
    )
    print("| --: | --: | --: | --: | --: | --: | --: | --: |")
    for width in arguments.widths:
        for steps in arguments.steps:
            row(width, steps, arguments.rounds)


def row(width, steps, rounds):
    start = rj.rnn(3, width, 3).init(jax.random.key(0))
    keys = jax.random.split(jax.random.key(1))
    x = jax.random.normal(keys[0], (TRIALS, steps, 3))
    labels = jax.random.randint(keys[1], (TRIALS, steps), 0, 3)
    number = int(min(100, max(2, 2e9 / (width**2 * steps * TRIALS * 6))))
    ours, first = jax_updates(rj.rnn_apply, start, x, labels, number)
    runs = {"ours": ours}
    runs["plain"] = jax_updates(plain_apply, start, x, labels, number)[0]
    runs["products"] = products(start, steps, number)
    try:
        runs["torch"] = torch_updates(start, x, labels, number, False)
        if steps <= COMPILED_STEPS:
            runs["compiled"] = torch_updates(start, x, labels, number, True)
    except ImportError:
        pass
    seconds = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            begun = time.process_time()
            run()
            seconds[name].append((time.process_time() - begun) / number)
    medians = {name: statistics.median(values) for name, values in seconds.items()}

    def ratio(name):
        return f"{medians[name] / medians['ours']:.2f}" if name in medians else ""

    shown = (ratio(name) for name in ("plain", "torch", "compiled", "products"))
    print(
        f"| {width} | {steps} | {1e3 * medians['ours']:.2f} | {first:.2f} | {' | '.join(shown)} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
