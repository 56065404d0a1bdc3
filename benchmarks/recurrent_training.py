"""Time of one training update of the recurrent network, on one CPU core.

    python benchmarks/recurrent_training.py [--width 300] [--trials 32] [--rounds 7]

Ours draws its trials inside the compiled program. PyTorch is timed on trials that are there
already, and on trials that NeuroGym makes as it goes. All train the same network on the perceptual
decision task with momentum, and take turns round by round; the table gives medians over rounds.
"""

import argparse
import os
import statistics
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
import optax  # noqa: E402

import richlazy_jax as rj  # noqa: E402

STEPS = {"ours": 200, "PyTorch": 20}
RATE, MOMENTUM = 0.003, 0.9


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in (("width", 300), ("trials", 32), ("rounds", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def our_updates(arguments, task):
    network = rj.rnn(task.n_inputs, arguments.width, task.n_outputs)
    start = network.init(jax.random.key(0))

    def loss(params, trials):
        return rj.sequence_cross_entropy(network.apply(params, trials.inputs), trials)

    def sample(key):
        return task.sample(key, arguments.trials)

    @jax.jit
    def updates(params):
        optimizer = optax.sgd(RATE, momentum=MOMENTUM)
        return rj.train(loss, params, optimizer, sample, jax.random.key(1), STEPS["ours"]).losses

    return start, lambda: updates(start)


def torch_updates(start, batches):
    """A plain PyTorch loop; `batches` gives (inputs, labels) as numpy arrays for each update."""
    import torch

    torch.set_num_threads(1)
    weights = {n: torch.tensor(np.asarray(leaf), requires_grad=True) for n, leaf in start.items()}
    optimizer = torch.optim.SGD(weights.values(), lr=RATE, momentum=MOMENTUM)

    def updates():
        for _ in range(STEPS["PyTorch"]):
            inputs, labels = (torch.from_numpy(a) for a in batches())
            hidden = torch.zeros(len(inputs), weights["recurrent"].shape[0])
            outputs = []
            for step in range(inputs.shape[1]):
                drive = hidden @ weights["recurrent"].T + inputs[:, step] @ weights["input"].T
                hidden = torch.relu(drive)
                outputs.append(hidden @ weights["readout"].T)
            logits = torch.stack(outputs, 1)
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return updates


def neurogym_batches(arguments):
    """Batches as a NeuroGym user has them; None where NeuroGym is not installed."""
    try:
        import neurogym
    except ImportError:
        return None
    timing = {"fixation": 0, "stimulus": 700, "delay": 0, "decision": 100}
    dataset = neurogym.Dataset(
        "PerceptualDecisionMaking-v0",
        env_kwargs={"dt": 100, "timing": timing},
        batch_size=arguments.trials,
        seq_len=8,
        # A round holds one filling of the cache, or the median would pass over what trials cost.
        cache_len=8 * (STEPS["PyTorch"] - 1),
        batch_first=True,
    )

    def batches():
        inputs, labels = dataset()
        return inputs.astype(np.float32), labels.astype(np.int64)

    return batches


def matrix_products(arguments, task):
    """Operations in the matrix products of one update: forward, and twice that back."""
    recurrent = (task.n_steps - 1) * arguments.width**2
    ends = task.n_steps * arguments.width * (task.n_inputs + task.n_outputs)
    return 3 * 2 * arguments.trials * (recurrent + ends)


def main():
    arguments = parsed_arguments()
    task = rj.task_by_name("2AF")
    square = jnp.ones((1000, 1000))
    matmul = jax.jit(lambda a: a @ a)
    start, ours = our_updates(arguments, task)
    runs = {"matmul": (lambda: matmul(square), 1), "ours": (ours, STEPS["ours"])}
    try:
        ready = [
            (np.array(t.inputs), np.array(t.labels, np.int64))
            for t in (task.sample(jax.random.key(i), arguments.trials) for i in range(50))
        ]
        turn = iter(range(10**9))
        by_torch = torch_updates(start, lambda: ready[next(turn) % len(ready)])
        runs["PyTorch, trials at hand"] = (by_torch, STEPS["PyTorch"])
        batches = neurogym_batches(arguments)
        if batches is not None:
            runs["PyTorch, NeuroGym's trials"] = (
                torch_updates(start, batches),
                STEPS["PyTorch"],
            )
    except ImportError:
        print("PyTorch is not installed, so ours stands alone.")

    seconds = {name: [] for name in runs}
    for turn_of_all in range(arguments.rounds + 1):
        for name, (run, steps) in runs.items():
            begun = time.perf_counter()
            jax.block_until_ready(run())
            # The first turn compiles and is not counted.
            if turn_of_all:
                seconds[name].append((time.perf_counter() - begun) / steps)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    rate = 2e9 / medians["matmul"]
    print(f"matrix product of 1000 x 1000: {rate / 1e9:.0f} Gflop/s")
    achieved = matrix_products(arguments, task) / medians["ours"]
    print(f"ours in its matrix products: {achieved / 1e9:.0f} Gflop/s, {achieved / rate:.0%} of it")
    print(f"\n{'':28}{'ms an update':>14}{'time / ours':>14}")
    for name, median in medians.items():
        if name != "matmul":
            print(f"{name:28}{median * 1e3:14.2f}{median / medians['ours']:14.1f}")


if __name__ == "__main__":
    main()
