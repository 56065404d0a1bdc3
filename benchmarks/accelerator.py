"""Kernels and training on JAX's default device, beside PyTorch on the same device.

    python benchmarks/accelerator.py [--width 300] [--rounds 7]

Products are of full float32, without TF32. Contenders are warmed first and then take turns; the
table gives medians. Training is of 1, 10 and 40 networks at once on trials of 2AF: ours draws its
trials inside the compiled program; PyTorch has them at hand, trains all by batched products,
and is also timed as one replayed CUDA graph, where there is CUDA.
"""

import argparse
import statistics
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

import richlazy_jax as rj

RATE, MOMENTUM, BATCH, STEPS = 0.003, 0.9, 32, 200
KERNELS = ((300, 32, 8, 3), (100, 32, 8, 3), (1000, 32, 8, 3))


def kernel_contenders(params, x):
    """Name to a function without arguments that gives the kernel of the recurrent weights."""

    def empirical(implementation):
        def kernel(params, x):
            def apply(recurrent, x):
                return rj.rnn_apply({**params, "recurrent": recurrent}, x)

            weights = params["recurrent"]
            return rj.empirical_ntk(apply, weights, x, implementation=implementation, vmap_axes=0)

        return jax.jit(kernel)

    kernels = {"recurrent_ntk": jax.jit(rj.recurrent_ntk)}
    kernels |= {f"neural-tangents, implementation {i}": empirical(i) for i in (1, 2, 3)}
    kernels["plain JAX Jacobians"] = empirical("jacobian")
    runs = {n: lambda k=k: jax.block_until_ready(k(params, x)) for n, k in kernels.items()}
    by_torch = torch_jacobian(params, x)
    return runs if by_torch is None else runs | {"PyTorch, vmapped Jacobian": by_torch}


def torch_or_none():
    """PyTorch and its device, or None where it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    torch.backends.cuda.matmul.allow_tf32 = False
    return torch, torch.device("cuda" if torch.cuda.is_available() else "cpu")


def wait(torch, device):
    if device.type == "cuda":
        torch.cuda.synchronize()


def torch_jacobian(params, x):
    """The kernel from `torch.func.jacrev` vmapped over trials, as its own tutorial has it."""
    found = torch_or_none()
    if found is None:
        return None
    torch, device = found
    weights = {n: torch.tensor(np.asarray(leaf), device=device) for n, leaf in params.items()}
    trials = torch.tensor(np.asarray(x), device=device)

    def outputs(recurrent, trial):
        hidden, found = torch.zeros(len(recurrent), device=device), []
        for drive in trial @ weights["input"].T:
            hidden = torch.relu(recurrent @ hidden + drive)
            found.append(weights["readout"] @ hidden)
        return torch.stack(found)

    rows = torch.func.vmap(torch.func.jacrev(outputs), (None, 0))

    def kernel():
        j = rows(weights["recurrent"], trials).flatten(3)
        found = torch.einsum("atkp,bulp->abtukl", j, j)
        wait(torch, device)
        return found.cpu().numpy()

    return kernel


def our_updates(width, networks):
    """Updates of a stack of networks, trials drawn in the program."""
    task = rj.task_by_name("2AF")
    network = rj.rnn(task.n_inputs, width, task.n_outputs)
    keys = jax.random.split(jax.random.key(0), networks)
    start = jax.vmap(network.init)(keys)

    def loss(params, trials):
        return rj.sequence_cross_entropy(network.apply(params, trials.inputs), trials)

    @jax.jit
    @jax.vmap
    def updates(params, key):
        optimizer = optax.sgd(RATE, momentum=MOMENTUM)
        return rj.train(loss, params, optimizer, lambda k: task.sample(k, BATCH), key, STEPS).losses

    return start, lambda: jax.block_until_ready(updates(start, keys))


def torch_updates(start, graphed):
    """The same in PyTorch by batched products; None without PyTorch, or CUDA for a graph."""
    found = torch_or_none()
    if found is None or (graphed and found[1].type != "cuda"):
        return None
    torch, device = found
    task = rj.task_by_name("2AF")
    networks = len(start["recurrent"])
    keys = jax.random.split(jax.random.key(1), networks)
    trials = jax.vmap(lambda k: task.sample(k, BATCH))(keys)
    inputs = torch.tensor(np.asarray(trials.inputs), device=device)
    one_hot = np.eye(task.n_outputs, dtype=np.float32)[np.asarray(trials.labels)]
    targets = torch.tensor(one_hot, device=device)
    weights = {
        n: torch.tensor(np.asarray(leaf), device=device, requires_grad=True)
        for n, leaf in start.items()
    }
    optimizer = torch.optim.SGD(weights.values(), lr=RATE, momentum=MOMENTUM)

    def update():
        w_in, w_rec, w_out = (weights[n].mT for n in ("input", "recurrent", "readout"))
        drive = (inputs.flatten(1, 2) @ w_in).unflatten(1, inputs.shape[1:3])
        hidden, outputs = torch.zeros_like(drive[:, :, 0]), []
        for step in range(inputs.shape[2]):
            hidden = torch.relu(hidden @ w_rec + drive[:, :, step])
            outputs.append(hidden @ w_out)
        logits = torch.stack(outputs, 2)
        optimizer.zero_grad(set_to_none=False)
        # The mean over a network's trials and steps, summed over networks, which do not meet.
        loss = -(targets * torch.log_softmax(logits, -1)).sum(-1).mean((1, 2)).sum()
        loss.backward()
        optimizer.step()

    for _ in range(3):
        update()
    one = update
    if graphed:
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                update()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            update()
        one = graph.replay

    def updates():
        for _ in range(STEPS):
            one()
        wait(torch, device)

    return updates


def medians(runs, rounds):
    """Median seconds of each, taking turns, after one turn that is not counted."""
    seconds = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            begun = time.perf_counter()
            run()
            if turn:
                seconds[name].append(time.perf_counter() - begun)
    return {name: statistics.median(of) for name, of in seconds.items()}


def show(title, found, ours, scale=1.0):
    print(f"\n{title}\n\n| | ms | time / ours |\n| --- | --: | --: |")
    for name, seconds in found.items():
        print(f"| {name} | {1e3 * seconds / scale:.3f} | {seconds / found[ours]:.1f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--width", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    print(f"JAX {jax.__version__} on {jax.devices()[0].device_kind}, float32")
    for networks in (1, 10, 40):
        start, ours = our_updates(arguments.width, networks)
        runs = {"richlazy_jax": ours}
        for name, graphed in (("PyTorch", False), ("PyTorch, CUDA graph", True)):
            run = torch_updates(start, graphed)
            if run is not None:
                runs[name] = run
        title = f"An update of {networks} networks, N = {arguments.width}, {BATCH} trials"
        show(title, medians(runs, arguments.rounds), "richlazy_jax", STEPS)
    for width, trials, steps, outputs in KERNELS:
        keys = jax.random.split(jax.random.key(0), 2)
        params = rj.rnn(3, width, outputs).init(keys[0])
        x = jax.random.normal(keys[1], (trials, steps, 3))
        runs, right = {}, None
        for name, run in kernel_contenders(params, x).items():
            try:
                found = np.asarray(run())
            except (RuntimeError, NotImplementedError) as error:
                print(f"{name}: {str(error).splitlines()[0][:120]}")
                continue
            right = found if right is None else right
            off = np.abs(found - right).max() / np.abs(right).max()
            if off > 1e-4:
                print(f"{name}: differs by {off:.1e} of the largest entry, left out")
                continue
            runs[name] = run
        title = f"Kernel, N = {width}, {trials} trials, {steps} steps, {outputs} outputs"
        show(title, medians(runs, arguments.rounds), "recurrent_ntk")
    square = jnp.ones((4096, 4096))
    product = jax.jit(lambda a: jnp.matmul(a, a, precision="highest"))
    (seconds,) = medians({"": lambda: jax.block_until_ready(product(square))}, 5).values()
    print(f"\nA product of 4096 x 4096 runs at {2 * 4096**3 / seconds / 1e12:.1f} Tflop/s.")


if __name__ == "__main__":
    main()
