"""Figure 1's runs, measures, trends and command, at a small size."""

import dataclasses

import jax
import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli
from experiments.recurrent import (
    LowRank,
    Setting,
    load,
    low_rank_starts,
    run_task,
    save,
    setting_differences,
)
from experiments.recurrent._setting import LATER

SMALL = Setting(
    task="CXT",
    starts=low_rank_starts((1, 4, 12)),
    seeds=3,
    n_hidden=12,
    iterations=30,
    kernel_trials=4,
)


@pytest.fixture(scope="module")
def dataset():
    return run_task(SMALL, piece=10)


def test_starts_share_what_rank_leaves_open(dataset):
    assert dict(dataset.sizes) == {"start": 3, "seed": 3, "index": 12}
    assert list(dataset["start"].values) == ["rank 1", "rank 4", "rank 12"]
    assert list(dataset["rank"].values) == [1, 4, 12]
    norms = dataset["norm"].values
    np.testing.assert_allclose(norms, np.broadcast_to(norms[:1], norms.shape), rtol=1e-5)
    assert (np.diff(dataset["participation_ratio"].values, axis=0) > 0).all()
    np.testing.assert_allclose(dataset["participation_ratio"].sel(start="rank 1"), 1, rtol=1e-5)


def test_measures_are_those_of_the_whole_kernel_and_activity():
    """One run again, by hand, with kernels from automatic differentiation."""
    setting = dataclasses.replace(SMALL, starts=(LowRank(4),), seeds=1, task="2AF")
    found = run_task(setting).squeeze()
    from experiments.recurrent import _train

    task = setting.made_task()
    base = jax.random.fold_in(
        jax.random.key(setting.random_seed), _train.zlib.crc32(setting.task.encode())
    )
    seed = jax.random.fold_in(base, 0)
    network = rj.rnn(task.n_inputs, 12, task.n_outputs)
    start = network.init(jax.random.fold_in(seed, 0))
    start["recurrent"] = rj.low_rank(start["recurrent"], 4)

    def loss(params, trials):
        return rj.sequence_cross_entropy(network.apply(params, trials.inputs), trials)

    end = rj.train(
        loss,
        start,
        _train.optax.sgd(0.003, momentum=0.9),
        lambda k: task.sample(k, 32),
        jax.random.fold_in(seed, 1),
        30,
    )
    kernel_key, activity_key = jax.random.split(jax.random.fold_in(base, 2**31 - 1))
    x = task.sample(kernel_key, 4).inputs

    def kernel(params):
        def apply(leaf, inputs):
            return network.apply(params | {"recurrent": leaf}, inputs)

        return rj.empirical_ntk(apply, params["recurrent"], x, implementation="jacobian")

    expected = rj.kernel_alignment(kernel(start), kernel(end.params))
    np.testing.assert_allclose(found["kernel_alignment"], expected, rtol=1e-4)
    held = task.sample(activity_key, 320).inputs
    before, after = (rj.rnn_activity(p, held)[:, -1] for p in (start, end.params))
    expected = rj.representation_alignment(before, after)
    np.testing.assert_allclose(found["representation_alignment"], expected, rtol=1e-4)
    change = np.linalg.norm(end.params["recurrent"] - start["recurrent"])
    np.testing.assert_allclose(found["weight_change_norm"], change, rtol=1e-3)
    np.testing.assert_allclose(found["loss"], end.losses.mean(), rtol=1e-5)


def by_hand(setting):
    """The first network of a setting before and after, and its held trials for the kernel."""
    from experiments.recurrent import _train

    start = jax.tree.map(lambda leaf: leaf[0, 0], _train.initial_params(setting))
    task = setting.made_task()
    options = {"leak": setting.leak}

    def loss(params, trials):
        return rj.sequence_cross_entropy(rj.rnn_apply(params, trials.inputs, **options), trials)

    slope_of = jax.jit(jax.grad(loss))
    key = jax.random.fold_in(_train.seed_keys(setting)[0], 1)
    state = [jax.tree.map(np.zeros_like, start) for _ in range(2)]
    end = start
    for step in range(setting.iterations):
        batch = task.sample(jax.random.fold_in(key, step), setting.batch)
        slope = slope_of(end, batch)
        # Adam as its authors write it.
        state = [
            jax.tree.map(lambda m, g, b=b, p=p: b * m + (1 - b) * g**p, kept, slope)
            for kept, b, p in zip(state, (0.9, 0.999), (1, 2), strict=True)
        ]
        unbiased = [
            jax.tree.map(lambda m, b=b, t=step + 1: m / (1 - b**t), kept)
            for kept, b in zip(state, (0.9, 0.999), strict=True)
        ]
        end = jax.tree.map(
            lambda w, m, v: w - setting.learning_rate * m / (np.sqrt(v) + 1e-8), end, *unbiased
        )
    return start, end, setting.held_trials(_train.held_keys(setting)[0], setting.kernel_trials)


def test_adam_and_the_kernel_of_all_weights():
    """Both in one network, by hand, with the kernel from `jax.jacobian`."""
    setting = dataclasses.replace(
        SMALL,
        task="2AF",
        starts=(LowRank(4),),
        seeds=1,
        iterations=6,
        kernel_trials=2,
        optimizer="adam",
        kernel_weights="all",
        leak=0.5,
    )
    found = run_task(setting).squeeze()
    start, end, trials = by_hand(setting)
    assert trials.inputs.shape == (2, 8, 3)
    change = np.linalg.norm(end["recurrent"] - start["recurrent"])
    # Six updates of Adam move each weight by some 0.003 of float32's rounding of 1e-7.
    np.testing.assert_allclose(found["weight_change_norm"], change, rtol=1e-3)

    jacobian = jax.jit(
        jax.jacobian(lambda params: rj.rnn_apply(params, trials.inputs, leak=0.5).ravel())
    )

    def kernel(params, names):
        slopes = [np.asarray(jacobian(params)[name], np.float64) for name in names]
        rows = np.concatenate([s.reshape(len(s), -1) for s in slopes], axis=1)
        return rows @ rows.T

    def cosine(a, b):
        return (a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b)

    whole = cosine(*(kernel(p, ("input", "recurrent", "readout")) for p in (start, end)))
    np.testing.assert_allclose(found["kernel_alignment"], whole, rtol=1e-5)
    # It is another number than that of the recurrent weights alone.
    assert abs(cosine(*(kernel(p, ("recurrent",)) for p in (start, end))) - whole) > 1e-3


@pytest.mark.parametrize("task", ["2AF", "DMS", "CXT"])
def test_half_the_time_step_has_twice_the_steps(task):
    one, other = (Setting(task=task, dt=dt).made_task() for dt in (100.0, 50.0))
    assert other.n_steps == 2 * one.n_steps == 16
    for period, steps in one.periods.items():  # pyright: ignore[reportAttributeAccessIssue]
        assert other.periods[period] == slice(2 * steps.start, 2 * steps.stop)  # pyright: ignore[reportAttributeAccessIssue]
    assert Setting(task=task).made_task() == rj.task_by_name(task)


def test_a_dataset_of_before_the_later_fields_is_of_their_defaults(dataset):
    older = dataset.copy()
    older.attrs = {k: v for k, v in dataset.attrs.items() if k not in LATER}
    assert len(dataset.attrs) - len(older.attrs) == 3
    assert setting_differences(older, SMALL.record()) == ""
    other = dataclasses.replace(SMALL, optimizer="adam", dt=50.0)
    assert setting_differences(older, other.record()) == (
        "optimizer sgd, asked for adam; dt 100.0, asked for 50.0"
    )
    assert "iterations 30" in setting_differences(
        older, dataclasses.replace(SMALL, iterations=3).record()
    )


def test_dataset_survives_the_disk(dataset, tmp_path):
    save(dataset, tmp_path / "a.nc")
    xr.testing.assert_identical(load(tmp_path / "a.nc").drop_attrs(), dataset.drop_attrs())
    assert [p.name for p in tmp_path.iterdir()] == ["a.nc"]


BAD = [
    ({"task": "3AF"}, r"3AF.*2AF"),
    ({"starts": low_rank_starts([0])}, r"ranks holds 0; .*from 1 to 300"),
    ({"starts": low_rank_starts([301])}, r"ranks holds 301; .*from 1 to 300"),
    ({"starts": ()}, r"starts is empty"),
    ({"starts": low_rank_starts([3, 3])}, r"starts holds \['rank 3', 'rank 3'\]"),
    ({"seeds": 0}, r"seeds holds 0"),
    ({"iterations": -1}, r"iterations holds -1"),
    ({"learning_rate": 0.0}, r"learning_rate is 0\.0"),
    ({"momentum": 1.0}, r"momentum is 1\.0"),
    ({"gain": -1.0}, r"gain is -1\.0"),
    ({"leak": 1.0}, r"leak is 1\.0"),
    ({"dt": 0.0}, r"dt is 0\.0"),
    ({"dt": 200.0}, r"dt is 200\.0; allowed is 100\.0 divided by a whole number"),
    ({"dt": 0.5}, r"dt is 0\.5; .*at least 1\.0"),
    ({"dt": float("nan")}, r"dt is nan"),
    ({"optimizer": "rmsprop"}, r"optimizer is 'rmsprop'; allowed are 'sgd' and 'adam'"),
    ({"optimizer": "adam", "momentum": 0.0}, r"momentum is 0\.0 with 'adam'; allowed is 0\.9"),
    ({"precision": "high"}, r"precision is 'high'; allowed are 'highest', 'default'"),
    ({"kernel_weights": "input"}, r"kernel_weights is 'input'; .*'recurrent' and 'all'"),
    ({"activation": "gelu"}, r"activation is 'gelu'"),
    ({"measures": ("speed",)}, r"measures holds 'speed'; .*kernel_alignment"),
    ({"starts": low_rank_starts([3], "trace")}, r"keep is 'trace'"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_setting(change, message):
    with pytest.raises(ValueError, match=message):
        Setting(**change)


def run(*arguments):
    return CliRunner().invoke(cli.app, ["fig1", *map(str, arguments)])


def test_command_runs_each_task_once(tmp_path):
    small = ["--ranks", "1,6", "--hidden", 6, "--seeds", 2, "--iterations", 20, "--out", tmp_path]
    small += ["--measures", "representation_alignment,weight_change_norm"]
    first = run(*small, "--task", "2AF")
    assert first.exit_code == 0, first.output
    kept = (tmp_path / "2AF.nc").read_bytes()
    second = run(*small, "--task", "2AF", "--task", "DMS")
    assert second.exit_code == 0, second.output
    assert "2AF: found in" in second.output
    assert (tmp_path / "2AF.nc").read_bytes() == kept
    assert (tmp_path / "fig1.png").read_bytes().startswith(b"\x89PNG")
    table = (tmp_path / "table.md").read_text()
    assert "## 2AF" in table
    assert "## DMS" in table
    third = run(*small, "--task", "2AF", "--keep", "leading")
    assert third.exit_code == 2
    assert "another setting" in third.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ranks", "1,x"], "'1,x'"),
        (["--ranks", "0"], "holds 0"),
        (["--task", "XYZ"], "XYZ"),
        (["--measures", "speed"], "speed"),
        (["--batch-runs", "0"], "--batch-runs is 0"),
        (["--out", "taken"], "taken"),
    ],
)
def test_bad_input_is_refused_before_any_work(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setattr(
        "experiments.cli._recurrent.run_task", lambda *_, **__: pytest.fail("begun")
    )
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
