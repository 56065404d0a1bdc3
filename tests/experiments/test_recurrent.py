"""Figure 1's runs, measures, trends and command, at a small size."""

import dataclasses

import jax
import numpy as np
import pytest
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli, engine
from experiments.engine import How, study_datasets
from experiments.engine._scalars import REFUSED
from experiments.findings import comparison_of
from experiments.kinds.recurrent import (
    LowRank,
    Setting,
    low_rank_starts,
    run_task,
)
from richlazy_jax.spectra import whole_spectra
from richlazy_jax.studies import claim_cell, wanted_cells

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
    return run_task(SMALL, how=How(piece=10))


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
    from experiments.kinds.recurrent import _train

    task = setting.made_task()
    base = jax.random.fold_in(
        jax.random.key(setting.random_seed), _train.zlib.crc32(str(setting.task).encode())
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
    from experiments.kinds.recurrent import _train

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


@pytest.mark.slow
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


FURTHER = (
    "kernel_target_alignment",
    "readout_alignment",
    "sign_agreement_all_steps",
    "regime",
)


@pytest.mark.slow
def test_what_is_measured_only_where_asked_for_by_hand(x64):
    """Targets, readout and regime from explicit Jacobians, projections and products of them."""
    setting = dataclasses.replace(
        SMALL, starts=(LowRank(4),), seeds=1, n_hidden=6, iterations=3, optimizer="adam", leak=0.5
    )
    asked = dataclasses.replace(setting, measures=("kernel_alignment", *FURTHER))
    assert asked.wanted().hash == setting.wanted().hash
    assert not {"regime", "readout_share"} & set(run_task(setting).data_vars)
    found = run_task(asked).squeeze()
    start, end, trials = by_hand(asked)
    n, steps = trials.labels.shape
    targets = np.eye(3)[np.asarray(trials.labels)].reshape(n, -1)
    centre = np.eye(n) - 1 / n

    @jax.jit
    def rows(recurrent, params):
        return jax.jacrev(
            lambda w: rj.rnn_apply({**params, "recurrent": w}, trials.inputs, leak=0.5)
        )(recurrent)

    for params, when in ((start, "before"), (end, "after")):
        slopes = np.asarray(rows(params["recurrent"], params)).reshape(n, steps * 3, -1)
        k = centre @ np.einsum("iap,jap->ij", slopes, slopes) @ centre
        t = centre @ targets @ targets.T @ centre
        wanted = (k * t).sum() / np.linalg.norm(k) / np.linalg.norm(t)
        np.testing.assert_allclose(found[f"kernel_target_alignment_{when}"], wanted, rtol=1e-8)

    from experiments.kinds.recurrent import _regimes, _train

    x = setting.held_trials(_train.held_keys(setting)[1], setting.activity_trials).inputs
    whole = [np.asarray(rj.rnn_activity(p, x, leak=0.5)) for p in (start, end)]
    signs = np.mean(np.sign(whole[0]) == np.sign(whole[1]))
    np.testing.assert_allclose(found["sign_agreement_all_steps"], signs)
    first, last = (each[:, -1] for each in whole)
    change, readout = last - first, np.asarray(end["readout"])
    seen = np.linalg.lstsq(readout.T, change.T, rcond=None)[0].T @ readout
    np.testing.assert_allclose(found["readout_share"], (seen**2).sum() / (change**2).sum())
    size = np.linalg.norm(change) * np.linalg.norm(readout)
    read = np.linalg.norm(change @ readout.T) / size
    np.testing.assert_allclose(found["readout_correlation"], read, rtol=1e-8)

    # Trials one after the other, the Jacobians at each step, and the growth of their product.
    sequences = np.asarray(_regimes.sequences(setting))
    assert sequences.shape == (8, 200, setting.made_task().n_inputs)
    np.testing.assert_array_equal(sequences[1, :8], x[25])
    w, w_in = (np.asarray(start[name]) for name in ("recurrent", "input"))
    radii, exponents, activity = [], [], []
    for inputs in sequences:
        h, turned, grown = np.zeros(6), np.eye(6), 0.0
        for step, given in enumerate(inputs):
            mixed = 0.5 * h + 0.5 * (w @ h + w_in @ given)
            jacobian = (mixed > 0)[:, None] * (0.5 * np.eye(6) + 0.5 * w)
            h = np.maximum(mixed, 0)
            turned, upper = np.linalg.qr(jacobian @ turned)
            if step >= 50:
                grown += np.log(np.abs(upper[0, 0]))
                activity.append(np.abs(h))
        radii.append(np.abs(np.linalg.eigvals(jacobian)).max())  # pyright: ignore[reportPossiblyUnboundVariable]
        exponents.append(grown / 150)
    np.testing.assert_allclose(found["mean_activity"], np.mean(activity), rtol=1e-8)
    np.testing.assert_allclose(found["spectral_radius"], np.median(radii), rtol=1e-6)
    assert rj.REGIMES[int(found["regime"])] in found["regime"].attrs["flag_meanings"]
    # Two vectors turn into one direction; what is between them before counts once in 150 steps.
    np.testing.assert_allclose(found["lyapunov_exponent"], np.median(exponents), atol=5 / 150)


@pytest.mark.parametrize("task", ["2AF", "DMS", "CXT"])
def test_half_the_time_step_has_twice_the_steps(task):
    one, other = (Setting(task=task, dt=dt).made_task() for dt in (100.0, 50.0))
    assert other.n_steps == 2 * one.n_steps == 16
    for period, steps in one.periods.items():  # pyright: ignore[reportAttributeAccessIssue]
        assert other.periods[period] == slice(2 * steps.start, 2 * steps.stop)  # pyright: ignore[reportAttributeAccessIssue]
    assert Setting(task=task).made_task() == rj.task_by_name(task)


def test_a_dataset_says_what_it_is_of(dataset):
    assert dataset.attrs["task"] == SMALL.task
    assert dataset.attrs["n_hidden"] == SMALL.n_hidden
    assert dataset.attrs["seeds"] == SMALL.seeds
    assert next(iter(dataset.attrs["starts"])) == "low_rank(rank=1, keep=frobenius)"


def test_a_seed_gives_the_same_whatever_runs_beside_it():
    setting = dataclasses.replace(SMALL, starts=low_rank_starts([2]), seeds=3, iterations=30)
    whole = run_task(setting)
    for first, seeds in ((0, 1), (1, 2)):
        part = run_task(dataclasses.replace(setting, seeds=seeds), first_seed=first)
        same = whole.sel(seed=part["seed"])
        assert part["seed"].values.tolist() == list(range(first, first + seeds))
        for name in part.data_vars:
            np.testing.assert_allclose(part[name], same[name], rtol=1e-6, err_msg=str(name))


def test_networks_are_measured_on_the_way_as_at_the_end(tmp_path):
    setting = dataclasses.replace(
        SMALL, starts=low_rank_starts([2]), seeds=2, iterations=40, measure_at=(0, 7, 40)
    )
    whole = run_task(setting)
    assert whole["update"].values.tolist() == [0, 7, 40]
    plain = run_task(dataclasses.replace(setting, measure_at=()))
    for name in setting.measures:
        through = whole[f"{name}_through"].sel(update=40)
        np.testing.assert_allclose(through, plain[name], rtol=1e-5, err_msg=name)
        # What is said of the end does not change with looks on the way.
        np.testing.assert_allclose(whole[name], plain[name], rtol=1e-5, err_msg=name)
    assert (whole["kernel_alignment_through"].sel(update=0) == 1).all() or np.allclose(
        whole["kernel_alignment_through"].sel(update=0), 1, atol=1e-6
    )
    # The same numbers where training is cut off at a checkpoint.
    short = dataclasses.replace(setting, measure_at=(0, 7))
    early = dataclasses.replace(short, iterations=20)
    kept = How(piece=5, checkpoints=rj.Checkpoints(tmp_path / "runs", 5))
    with pytest.MonkeyPatch.context() as patch:
        real = rj.train_runs

        def cut_off(*args, **how):
            def on_piece(progress):
                if progress.step >= 20:
                    raise KeyboardInterrupt

            return real(*args, **{**how, "on_piece": on_piece})

        patch.setattr(rj, "train_runs", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run_task(setting, how=kept)
    assert early.iterations == 20
    again = run_task(setting, how=kept)
    for name in again.data_vars:
        np.testing.assert_allclose(again[name], whole[name], rtol=1e-5, err_msg=str(name))


BAD = [
    ({"task": "3AF"}, r"3AF.*2AF"),
    ({"starts": low_rank_starts([0])}, r"ranks holds 0; .*from 1 to 300"),
    ({"starts": low_rank_starts([301])}, r"ranks holds 301; .*from 1 to 300"),
    ({"starts": ()}, r"starts is empty"),
    ({"starts": low_rank_starts([3, 3])}, r"starts holds \['rank 3', 'rank 3'\]"),
    ({"seeds": 0}, r"seeds is 0; allowed are whole"),
    ({"seeds": True}, r"seeds is True; allowed are whole"),
    ({"measure_at": (10_001,)}, r"measure_at is 10001; allowed are updates from 0 to 10000"),
    ({"iterations": -1}, r"iterations is -1; allowed are whole"),
    ({"learning_rate": 0.0}, r"learning_rate is 0\.0"),
    ({"momentum": 1.0}, r"momentum is 1\.0"),
    ({"gain": -1.0}, r"gain is -1\.0"),
    ({"leak": 1.0}, r"leak is 1\.0"),
    ({"dt": 0.0}, r"dt is 0\.0"),
    ({"dt": 200.0}, r"dt is 200\.0; allowed is 100\.0 divided by a whole number"),
    ({"dt": 0.5}, r"dt is 0\.5; .*at least 1\.0"),
    ({"dt": float("nan")}, r"dt is nan"),
    ({"optimizer": "rmsprop"}, r"optimizer is 'rmsprop'; allowed are sgd, adam"),
    ({"optimizer": "adam", "momentum": 0.0}, r"momentum is 0\.0; allowed is 0\.9 with 'adam'"),
    ({"precision": "high"}, r"precision is 'high'; allowed are highest, default"),
    ({"kernel_weights": "input"}, r"kernel_weights is 'input'; allowed are recurrent, all"),
    ({"activation": "gelu"}, r"activation is 'gelu'"),
    (
        {"measures": ("kernel_target_alignment",), "frozen": "recurrent"},
        r"kernel_weights is 'recurrent'; allowed is 'all' where",
    ),
    ({"measures": ("speed",)}, r"measures\[0\] is 'speed'; allowed are kernel_alignment"),
    ({"starts": low_rank_starts([3], "trace")}, r"keep is 'trace'"),
]


def test_one_check_of_numbers_serves_all():
    numbers, counts = engine.number(), engine.whole()
    assert counts.accept(np.int64(3)) == 3
    assert type(counts.accept(np.int64(3))) is int
    assert type(numbers.accept(1)) is type(numbers.accept(np.float32(0.5))) is float
    for value in (True, np.True_, 2.0, "3", 0, None):
        assert counts.accept(value) is REFUSED
    for value in (True, "3", float("nan"), np.inf, 10**400, None):
        assert numbers.accept(value) is REFUSED


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_setting(change, message):
    with pytest.raises(ValueError, match=message):
        Setting(**change)


def run(*arguments):
    return CliRunner().invoke(cli.app, ["fig1", *map(str, arguments)])


@pytest.mark.slow
def test_command_runs_each_task_once(tmp_path):
    small = ["--ranks", "1,6", "--size", 6, "--seeds", 2, "--iterations", 20, "--out", tmp_path]
    small += ["--measures", "representation_alignment,weight_change_norm"]
    first = run(*small, "--task", "2AF")
    assert first.exit_code == 0, first.output
    kept = {p.name: p.read_bytes() for p in (tmp_path / "cells").iterdir()}
    assert len(kept) == 2
    second = run(*small, "--task", "2AF", "--task", "DMS")
    assert second.exit_code == 0, second.output
    assert "4 cells: 2 found, 2 run." in second.output
    assert "The study grows: 2 cells more than before." in second.output
    assert kept.items() < {p.name: p.read_bytes() for p in (tmp_path / "cells").iterdir()}.items()
    assert (tmp_path / "fig1.png").read_bytes().startswith(b"\x89PNG")
    table = (tmp_path / "table.md").read_text()
    assert "## 2AF" in table
    assert "## DMS" in table
    # Verdicts at equal loss come from looks on the way.
    looked = run(*small, "--task", "2AF", "--measure-at", "0,1,5")
    assert looked.exit_code == 0, looked.output
    (dataset,) = study_datasets(tmp_path)
    assert list(dataset["update"].values) == [0, 1, 5]
    assert all(cell.looks is not None for cell in comparison_of(dataset).cells)
    # What is asked for last is shown alone, and what was there is kept.
    third = run(*small, "--task", "2AF", "--keep", "leading")
    assert third.exit_code == 0, third.output
    assert "no longer asked for" in third.output
    assert len(list((tmp_path / "cells").iterdir())) == 6
    assert "## DMS" not in (tmp_path / "table.md").read_text()


def test_no_figure_is_made_of_a_part_that_another_process_left(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("out of luck")

    monkeypatch.setattr(Setting, "run", fails)
    small = ["--task", "2AF", "--ranks", "1", "--size", 6, "--seeds", 1, "--out", tmp_path]
    assert run(*small).exit_code == 1
    (wanted,) = wanted_cells(tmp_path).values()
    with claim_cell(tmp_path, wanted) as mine:
        assert mine
        found = run(*small)
    assert found.exit_code == 1
    assert f"1 cell: 1 elsewhere. Study: {tmp_path}" in found.output
    assert "Another process has what is elsewhere in hand." in found.output
    assert not (tmp_path / "table.md").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ranks", "1,x"], "'1,x'"),
        (["--ranks", "0"], "rank is 0"),
        (["--task", "XYZ"], "XYZ"),
        (["--measures", "speed"], "speed"),
        (["--measure-at", "5,x"], "'5,x'"),
        (["--measure-at", "20000"], "20000"),
        (["--batch-runs", "0"], "--batch-runs is 0"),
        (["--out", "taken"], "taken"),
    ],
)
def test_bad_input_is_refused_before_any_work(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setattr("experiments.engine._run.run_cell", lambda *_, **__: pytest.fail("begun"))
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_have_no_spectrum_and_leave_the_others_theirs(bad):
    w = np.random.default_rng(0).standard_normal((3, 4, 4))
    expected = whole_spectra(w[[0, 2]])
    w[1, 2, 3] = bad
    for name, values in whole_spectra(w).items():
        np.testing.assert_array_equal(values[[0, 2]], expected[name])
        assert np.isnan(values[1]).all()
