"""Many runs at once against each run alone."""

import os
import socket
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import richlazy_jax as rj

RUNS, STEPS = 5, 23
TASK = rj.PerceptualDecision()
NETWORK = rj.rnn(3, 12, 3)
OPTIMIZER = optax.sgd(0.01, momentum=0.9)
KEYS = jax.random.split(jax.random.key(1), RUNS)
STARTS = jax.vmap(NETWORK.init)(jax.random.split(jax.random.key(0), RUNS))


def loss(params, trials):
    logits = NETWORK.apply(params, trials.inputs)
    accuracy = rj.decision_accuracy(logits, trials)
    return rj.sequence_cross_entropy(logits, trials), {"accuracy": accuracy}


def sample(key):
    return TASK.sample(key, 8)


def together(**options):
    return rj.train_runs(loss, STARTS, OPTIMIZER, sample, KEYS, STEPS, has_metrics=True, **options)


def alone(i):
    start = jax.tree.map(lambda leaf: leaf[i], STARTS)
    return rj.train(loss, start, OPTIMIZER, sample, KEYS[i], STEPS, has_metrics=True)


@pytest.mark.parametrize(
    "options",
    [{}, {"batch_runs": 5}, {"batch_runs": 2}, {"batch_runs": 100}, {"piece": 7}, {"piece": 1000}],
    ids=str,
)
@pytest.mark.slow
def test_batching_changes_nothing(options):
    many = together(**options)
    assert many.losses.shape == (RUNS, STEPS)
    for i in (0, RUNS - 1):
        one = alone(i)
        np.testing.assert_allclose(many.losses[i], one.losses, rtol=1e-5)
        np.testing.assert_allclose(many.metrics["accuracy"][i], one.metrics["accuracy"])
        for name, leaf in one.params.items():
            np.testing.assert_allclose(many.params[name][i], leaf, atol=1e-5)


@pytest.mark.slow
def test_eight_devices_give_the_numbers_of_one(tmp_path):
    """Five runs on eight devices, some of which hold only filling."""
    code = f"""
import importlib.util, sys
import jax, numpy as np
spec = importlib.util.spec_from_file_location("runs", {__file__!r})
runs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(runs)
assert len(jax.local_devices()) == 8
many = runs.together(piece=10)
np.savez({str(tmp_path / "many.npz")!r}, losses=many.losses, **many.params)
"""
    flags = "--xla_force_host_platform_device_count=8"
    subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"XLA_FLAGS": flags}, check=True, timeout=300
    )
    here, there = together(), np.load(tmp_path / "many.npz")
    np.testing.assert_allclose(there["losses"], here.losses, rtol=1e-5)
    np.testing.assert_allclose(there["recurrent"], here.params["recurrent"], atol=1e-5)


ONE_OF_TWO = """
import importlib.util, sys
import jax
spec = importlib.util.spec_from_file_location("runs", {tests!r})
jax.distributed.initialize("localhost:{port}", num_processes=2, process_id={process})
runs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(runs)
import numpy as np
import richlazy_jax as rj
assert len(jax.devices()) == 4 and len(jax.local_devices()) == 2

class Stopped(Exception):
    pass

def stop(progress):
    if progress.step == 20:
        raise Stopped

options = dict(devices=jax.devices(), piece=10, checkpoints=rj.Checkpoints({folder!r}, 10))
try:
    runs.together(on_piece=stop, **options)
except Stopped:
    pass
steps = []
many = runs.together(on_piece=lambda progress: steps.append(progress.step), **options)
assert steps == [23], steps
np.savez({out!r}, losses=many.losses, accuracy=many.metrics["accuracy"], **many.params)
"""


@pytest.mark.slow
def test_two_processes_with_two_devices_each_give_the_numbers_of_one(tmp_path):
    """Five runs on four devices, stopped after a checkpoint and taken up again."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    started = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                ONE_OF_TWO.format(
                    tests=__file__,
                    port=port,
                    process=process,
                    folder=str(tmp_path / "kept"),
                    out=str(tmp_path / f"{process}.npz"),
                ),
            ],
            env=os.environ | flags,
            stderr=subprocess.PIPE,
        )
        for process in range(2)
    ]
    try:
        for process in started:
            _, error = process.communicate(timeout=300)
            assert process.returncode == 0, error.decode()[-3000:]
    finally:
        for process in started:
            process.kill()
    here = together()
    for process in range(2):
        there = np.load(tmp_path / f"{process}.npz")
        np.testing.assert_allclose(there["losses"], here.losses, rtol=1e-5)
        np.testing.assert_allclose(there["accuracy"], here.metrics["accuracy"], rtol=1e-6)
        np.testing.assert_allclose(there["recurrent"], here.params["recurrent"], atol=1e-5)


def test_progress_is_reported_piece_by_piece():
    seen = []
    many = together(piece=10, on_piece=seen.append)
    assert [p.step for p in seen] == [10, 20, 23]
    np.testing.assert_allclose(seen[-1].losses, many.losses[:, -1])
    assert set(seen[0].metrics) == {"accuracy"}
    assert not seen[-1].diverged.any()


def test_a_run_that_diverges_is_marked_and_the_others_go_on():
    # A start so large that the loss overflows at once.
    broken = STARTS | {"readout": STARTS["readout"].at[2].mul(jnp.inf)}
    seen = []
    many = rj.train_runs(
        lambda p, t: loss(p, t)[0], broken, OPTIMIZER, sample, KEYS, STEPS, on_piece=seen.append
    )
    np.testing.assert_array_equal(many.diverged, np.arange(RUNS) == 2)
    np.testing.assert_array_equal(seen[-1].diverged, many.diverged)
    np.testing.assert_allclose(many.losses[3], alone(3).losses, rtol=1e-5)


def test_one_compilation_for_each_piece_length():
    traced = []

    def counted(params, trials):
        traced.append(1)
        return loss(params, trials)[0]

    rj.train_runs(counted, STARTS, OPTIMIZER, sample, KEYS, 5, piece=5)
    once = len(traced)
    # Further pieces, and further calls of the same loss, trace nothing more.
    rj.train_runs(counted, STARTS, OPTIMIZER, sample, KEYS, 20, piece=5)
    assert len(traced) == once > 0
    rj.train_runs(counted, STARTS, OPTIMIZER, sample, KEYS, 4, piece=4)
    assert len(traced) > once


BAD = [
    ({"steps": 0}, r"steps is 0; .*>= 1"),
    ({"piece": 0}, r"piece is 0; .*>= 1"),
    ({"batch_runs": 0}, r"batch_runs is 0; .*>= 1"),
    ({"keys": KEYS[:3]}, r"keys has shape \(3,\).*of the same length"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(no_shape_checks, change, message):
    asked = {"steps": STEPS, "keys": KEYS} | change
    with pytest.raises(ValueError, match=message):
        rj.train_runs(loss, STARTS, OPTIMIZER, sample, has_metrics=True, **asked)
