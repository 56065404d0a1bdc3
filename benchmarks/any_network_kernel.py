"""Time and memory of `empirical_ntk` by factors beside its other implementations, on one core.

    python benchmarks/any_network_kernel.py [--network gru lstm vanilla mlp cnn] [--rounds 7]

Every contender is compiled first. Then they take turns, round by round, so that a busy machine
slows them all; the table gives medians over rounds. Kernels are by all weights of a network, but
those of the vanilla network by its recurrent weights, which `recurrent_ntk` is made for.
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
from flax import nnx  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

import richlazy_jax as rj  # noqa: E402

NETWORKS = ("gru", "lstm", "optimized lstm", "vanilla", "mlp", "cnn")
IMPLEMENTATIONS = ("factors", 1, 2, 3)


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--network", nargs="*", choices=NETWORKS, default=NETWORKS)
    for name, default in (("width", 300), ("trials", 32), ("steps", 8), ("outputs", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--only", nargs="*", default=None, help="implementations besides factors, as 3 or 1 2"
    )
    return parser.parse_args()


def gated(cell_of, arguments):
    """A cell of Flax in a loop with a readout: apply, its weights, and trials."""
    cell = cell_of(3, arguments.width, rngs=nnx.Rngs(0))
    graph, cell_params, rest = nnx.split(cell, nnx.Param, ...)
    readout = jax.random.normal(jax.random.key(1), (arguments.width, arguments.outputs))
    params = {"cell": cell_params, "readout": readout / arguments.width**0.5}

    def apply(params, x):
        cell = nnx.merge(graph, params["cell"], rest)
        hidden = jnp.zeros((len(x), arguments.width))
        carry = hidden if cell_of is nnx.GRUCell else (hidden, hidden)
        _, states = jax.lax.scan(cell, carry, jnp.swapaxes(x, 0, 1))
        return jnp.swapaxes(states, 0, 1) @ params["readout"]

    return apply, params, trials(arguments)


def trials(arguments):
    return jax.random.normal(jax.random.key(2), (arguments.trials, arguments.steps, 3))


def vanilla(arguments):
    network = rj.rnn(3, arguments.width, arguments.outputs)
    params = network.init(jax.random.key(0))

    def apply(recurrent, x):
        return rj.rnn_apply({**params, "recurrent": recurrent}, x)

    return apply, params["recurrent"], trials(arguments), params


def mlp(arguments):
    network = rj.mlp((784, 300, 10), "relu")
    return (
        network.apply,
        network.init(jax.random.key(0)),
        jax.random.normal(jax.random.key(1), (arguments.trials, 784)),
    )


def cnn(arguments):
    keys = jax.random.split(jax.random.key(0), 4)
    shapes = {"first": (3, 3, 1, 16), "second": (3, 3, 16, 32), "readout": (7 * 7 * 32, 10)}
    params = {
        name: jax.random.normal(key, shape) / np.prod(shape[:-1]) ** 0.5
        for key, (name, shape) in zip(keys, shapes.items(), strict=False)
    }
    params |= {"first bias": jnp.zeros(16), "second bias": jnp.zeros(32)}

    def apply(params, x):
        for name in ("first", "second"):
            x = jax.lax.conv_general_dilated(
                x, params[name], (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            x = jax.nn.relu(x + params[f"{name} bias"])
        return x.reshape(len(x), -1) @ params["readout"]

    return apply, params, jax.random.normal(keys[3], (arguments.trials, 28, 28, 1))


def contenders(network, arguments):
    """Name, then a function of (params, x), for one network; and its params and examples."""
    builders = {
        "gru": lambda: gated(nnx.GRUCell, arguments),
        "lstm": lambda: gated(nnx.LSTMCell, arguments),
        "optimized lstm": lambda: gated(nnx.OptimizedLSTMCell, arguments),
        "vanilla": lambda: vanilla(arguments),
        "mlp": lambda: mlp(arguments),
        "cnn": lambda: cnn(arguments),
    }
    apply, params, x, *whole = builders[network]()

    def empirical(implementation):
        return lambda params, x: rj.empirical_ntk(
            apply, params, x, implementation=implementation, vmap_axes=0
        )

    wanted = [
        i
        for i in IMPLEMENTATIONS
        if i == "factors" or arguments.only is None or str(i) in arguments.only
    ]
    found = {i if isinstance(i, str) else f"neural-tangents {i}": empirical(i) for i in wanted}
    if network == "vanilla":
        found["recurrent_ntk"] = lambda recurrent, x: rj.recurrent_ntk(
            {**whole[0], "recurrent": recurrent}, x
        )
    return found, params, x


def measured(network, arguments):
    """Rows of the table: name, median and fastest seconds, bytes of temporaries."""
    found, params, x = contenders(network, arguments)
    runs, temporaries = {}, {}
    expected = None
    for name, kernel in found.items():
        start = time.perf_counter()
        try:
            compiled = jax.jit(kernel).lower(params, x).compile()
        except NotImplementedError as error:
            print(f"{network}, {name}: {error}", file=sys.stderr)
            continue
        compiling = time.perf_counter() - start
        temporaries[name] = compiled.memory_analysis().temp_size_in_bytes
        runs[name] = lambda compiled=compiled: compiled(params, x)
        # The first call, untimed, also shows that all compute the same.
        start = time.perf_counter()
        result = np.asarray(runs[name]())
        seconds = time.perf_counter() - start
        print(f"{network}, {name}: compiled {compiling:.1f} s, {seconds:.2f} s", file=sys.stderr)
        expected = result if expected is None else expected
        error = np.abs(result - expected).max() / np.abs(expected).max()
        if error > 1e-5:
            raise SystemExit(f"{name} differs by {error:.1e} of the largest entry.")
    square = jnp.ones((1000, 1000))
    matmul = jax.jit(lambda a: a @ a)
    seconds = {name: [] for name in runs}
    for _ in range(arguments.rounds):
        for name, run in runs.items():
            # Untimed: large buffers of the run before may still be on their way back to the system,
            # which otherwise cost whoever comes next some 80 ms.
            jax.block_until_ready(matmul(square))
            start = time.perf_counter()
            jax.block_until_ready(run())
            seconds[name].append(time.perf_counter() - start)
    return [
        (name, statistics.median(seconds[name]), min(seconds[name]), temporaries[name])
        for name in runs
    ]


def main():
    arguments = parsed_arguments()
    console = Console(width=110)
    console.print(
        f"N = {arguments.width}, {arguments.trials} examples, {arguments.steps} steps, "
        f"{arguments.outputs} outputs, float32, JAX {jax.__version__}, core {CORE}, "
        f"medians of {arguments.rounds}"
    )
    for network in arguments.network:
        table = Table(
            "kernel",
            "median s",
            "fastest s",
            "temporaries MB",
            "time / ours",
            "memory / ours",
            title=network,
        )
        rows = measured(network, arguments)
        _, ours, _, kept = rows[0]
        for name, median, fastest, memory in rows:
            table.add_row(
                name,
                f"{median:.4f}",
                f"{fastest:.4f}",
                f"{memory / 1e6:.1f}",
                f"{median / ours:.2f}",
                f"{memory / max(kept, 1):.1f}",
            )
        console.print(table)


if __name__ == "__main__":
    main()
