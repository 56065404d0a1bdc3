"""Controls: their specs, their verdicts by brute force, and the command at a tiny size."""

import dataclasses
import html
import re

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from experiments import cli
from experiments.cli._kinds import EXPERIMENTS, read_grids
from experiments.engine import USUAL, cells, read_spec
from experiments.kinds.recurrent import (
    MEASURES,
    OF_WEIGHTS,
    LowRank,
    Null,
    ParticipationRatio,
    PowerLaw,
    Setting,
    run_task,
)
from experiments.kinds.recurrent._run import dataset_attributes
from experiments.paper.controls import (
    CONTROLS,
    SPECS,
    THROUGH,
    Control,
    overall_verdict,
    updates_of,
    variant_findings,
    variant_grids,
)
from experiments.paper.controls._collect import variant_dataset
from experiments.report import study_report
from richlazy_jax.studies import wanted_cells

# The direction of the change of activity is measured where the readout may decide it.
SEEN = (*MEASURES, "readout_alignment")
# What each control changes, in the order of its variants; all else is as in the paper.
CHANGED = {
    "learning-rate": [{"learning_rate": v} for v in (0.001, 0.003, 0.01)],
    "optimizer": [
        {"momentum": 0.0, "learning_rate": 0.03},
        {},
        {"optimizer": "adam", "learning_rate": 0.001},
    ],
    "gain": [{"gain": v} for v in (0.75, 1.25, 1.5)],
    "readout-scale": [{"readout_scale": v, "measures": SEEN} for v in (0.3, 1.0, 3.0)],
    "input-scale": [{"input_scale": v, "measures": SEEN} for v in (0.3, 1.0, 3.0)],
    "size": [{"n_hidden": v} for v in (50, 100, 200)],
    "batch": [{"batch": v} for v in (8, 32, 128)],
    "dt": [{"dt": v, "leak": 1 - v / 100} for v in (100.0, 50.0, 25.0)],
    "tanh": [{}, {"activation": "tanh"}],
    "all-weights-kernel": [{}, {"kernel_weights": "all"}],
    "leading-singular-value": [{}, {"keep": "leading"}],
    "spectral-radius": [{}, {"keep": "spectral_radius"}],
    "regime": [{}, {"match": "lyapunov_exponent"}, {"match": "mean_activity"}],
    "smooth-spectra": [
        {"starts": [PowerLaw(1.0), PowerLaw(0.5)]},
        {"starts": [ParticipationRatio(v) for v in (0.02, 0.1, 0.9)]},
    ],
    "through-training": [{}],
}
STARTS = (LowRank(1), LowRank(10), Null())


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("name", CONTROLS)
def test_specs_change_one_thing(name, full):
    grids = variant_grids(name, full=full)
    assert list(grids) == list(CONTROLS[name].variants)
    scale, iterations, ranks = (3, 10_000, (1, 30, 100)) if full else (1, 3000, (1, 10))
    for grid, changed in zip(grids.values(), CHANGED[name], strict=True):
        fields = dict(changed)
        keep = fields.pop("keep", "frobenius")
        starts = fields.pop("starts", [LowRank(rank, keep) for rank in ranks])
        fields["n_hidden"] = scale * fields.get("n_hidden", 100)
        if name == THROUGH:
            fields["measure_at"] = updates_of(iterations)
        expected = [
            Setting(task="2AF", starts=(start,), seeds=10, iterations=iterations, **fields)
            for start in (*starts, Null())
        ]
        assert cells([grid]) == expected


def test_specs_are_files_that_a_sweep_reads_and_no_others():
    files = {f"{path.parent.name}/{path.stem}" for path in SPECS.rglob("*") if path.is_file()}
    assert files == {f"{name}/{v}" for name, of in CONTROLS.items() for v in of.variants}
    for name in CONTROLS:
        for variant, grid in variant_grids(name).items():
            assert read_spec(SPECS / name / f"{variant}.yaml", EXPERIMENTS) == (grid,)


def test_a_smaller_size_leaves_out_what_does_not_fit():
    sizes = variant_grids("size", hidden=20, seeds=2, iterations=5)
    settings = [[c for c in cells([of]) if isinstance(c, Setting)] for of in sizes.values()]
    found = [[(c.n_hidden, c.starts[0].label) for c in of] for of in settings]
    assert found[0] == [(10, "rank 1"), (10, "null")]
    assert found[1] == [(20, "rank 1"), (20, "rank 10"), (20, "null")]
    assert found[2] == [(40, "rank 1"), (40, "rank 10"), (40, "null")]
    assert all((c.seeds, c.iterations) == (2, 5) for of in settings for c in of)
    looked = variant_grids("gain", iterations=5, measure_at=(0, 3))
    assert {c.measure_at for c in cells(list(looked.values())) if isinstance(c, Setting)} == {
        (0, 3)
    }
    smooth = variant_grids("smooth-spectra", hidden=10)["participation_ratio"]
    assert [start.label for start in smooth.axes["start"]][:2] == [
        "participation_ratio, share 0.1",
        "participation_ratio, share 0.9",
    ]


def of_values(values, ranks=(1.0, 10.0, 100.0), **others):
    """A dataset in which every measure has the same values, starts by seeds."""
    shape = values.shape
    names = {name: values for name in MEASURES} | {"loss": np.full(shape, 0.04)}
    names |= {"first_loss": np.ones(shape), "diverged": np.zeros(shape, bool)} | others
    return xr.Dataset(
        {name: (("start", "seed"), value) for name, value in names.items()},
        coords={"start": [f"rank {r:g}" for r in ranks], "rank": ("start", list(ranks))},
    )


def test_overall_verdicts_count_what_variants_say():
    rng = np.random.default_rng(0)
    lines = np.log([1.0, 10.0, 100.0])[:, None] + 0.1 * rng.standard_normal((3, 6))
    # Flat beyond doubt: each rank is highest, and lowest, in as many seeds.
    flat = np.array([[0.1, 0.2, 0.3] * 2, [0.3, 0.1, 0.2] * 2, [0.2, 0.3, 0.1] * 2])
    made = {"up": lines, "down": -lines, "flat": flat, "few": lines[:, :2]}
    found = variant_findings({name: of_values(values) for name, values in made.items()})
    control = Control("lines of several slopes", "slopes", tuple(made))
    aside = "(the reverse in 1, nothing can be said in 1)"
    assert overall_verdict(control, found) == (
        f"Higher rank learned more lazily in 1 of 4 slopes by kernel alignment {aside}, "
        f"1 of 4 by representation alignment {aside}, 1 of 4 by weight change norm {aside}, "
        f"1 of 4 by sign agreement {aside}."
    )
    assert overall_verdict(control, {}) == "No measure of laziness was taken."


def made_run(setting, first_seed=0, how=USUAL):
    """What a cell gives, with numbers that are known: lazier with rank, with little noise."""
    (start,) = setting.starts
    rank = setting.n_hidden if isinstance(start, Null) else start.rank
    seeds = np.arange(first_seed, first_seed + setting.seeds)
    lazy = np.log(rank) + 1e-3 * seeds
    sign = -1 if setting.activation == "tanh" else 1
    values = {m: sign * lazy if larger else -sign * lazy for m, larger in MEASURES.items()}
    values |= {"loss": lazy * 0 + 0.04, "first_loss": lazy * 0 + 1.0, "accuracy": lazy * 0 + 0.8}
    values |= {"diverged": np.zeros(setting.seeds, bool), "participation_ratio": lazy}
    ranked = {} if isinstance(start, Null) else {"rank": rank}
    return xr.Dataset(
        {name: ("seed", value) for name, value in values.items()},
        coords={"start": start.label, "seed": seeds, **ranked},
        attrs=dataset_attributes(setting),
    )


@pytest.fixture
def asked(monkeypatch):
    """What is run: settings with the first seed of each, none of which is trained."""
    calls = []

    def counted(setting, first_seed=0, how=USUAL):
        calls.append((setting, first_seed))
        return made_run(setting, first_seed, how)

    monkeypatch.setattr(Setting, "run", counted)
    return calls


def run(*arguments):
    return CliRunner().invoke(cli.app, ["control", *map(str, arguments)])


def test_command_keeps_cells_and_says_what_they_say(tmp_path, asked):
    first = run("tanh", "--seeds", 3, "--out", tmp_path)
    assert first.exit_code == 0, first.output
    sentence = (
        "Higher rank learned more lazily in 1 of 2 activations by kernel alignment (the reverse in "
        "1), 1 of 2 by representation alignment (the reverse in 1), 1 of 2 by weight change norm "
        "(the reverse in 1), 1 of 2 by sign agreement (the reverse in 1)."
    )
    told = [line for line in first.output.splitlines() if line.startswith("Higher rank")]
    assert told == [sentence]
    assert "6 cells: 6 run" in first.output
    text = (tmp_path / "tanh.md").read_text()
    assert sentence in text
    assert "## tanh\n\nUnits that saturate, of both signs; the paper has relu.\n" in text
    rows = [line for line in text.splitlines() if line.startswith(("| rank ", "| null "))]
    # Means of ln(rank) and 0.001 more, in the order of ranks, the null as 100.
    assert [row.split("|")[1:3] for row in rows[:3]] == [
        [" rank 1 ", " 0.001 (n = 3) "],
        [" rank 10 ", " 2.304 (n = 3) "],
        [" null ", " 4.606 (n = 3) "],
    ]
    assert text.count("\n| kernel alignment | +1.00") == 1
    assert text.count("\n| kernel alignment | -1.00") == 1
    # The command, its table and a report on the study say the same sentences.
    page = html.unescape(re.sub("<[^>]+>", "", study_report(tmp_path).html))
    for variant in ("relu", "tanh"):
        spoken = [
            line.removeprefix(f"{variant}: ")
            for line in first.output.splitlines()
            if line.startswith(f"{variant}: ")
        ]
        assert len(spoken) == len(MEASURES)
        for said in spoken:
            assert "over ranks 1, 10, full (mean Spearman within seeds" in said
            assert f"- {said}\n" in text
            assert said in page
    assert (tmp_path / "tanh.png").read_bytes().startswith(b"\x89PNG")
    assert len(asked) == 6
    assert "6 cells: 6 found" in run("tanh", "--seeds", 3, "--out", tmp_path).output
    assert len(asked) == 6


@pytest.mark.slow
def test_more_seeds_are_added_to_those_there(tmp_path, asked):
    assert "6 cells: 6 run" in run("tanh", "--seeds", 3, "--out", tmp_path).output
    asked.clear()
    more = run("tanh", "--seeds", 4, "--out", tmp_path)
    assert more.exit_code == 0, more.output
    assert "6 cells: 6 run" in more.output
    assert [(setting.seeds, first) for setting, first in asked] == [(1, 3)] * 6
    grown = (tmp_path / "tanh.md").read_text()
    assert "| rank 1 | 0.0015 (n = 4) |" in grown
    # Fewer are those of before.
    asked.clear()
    fewer = run("tanh", "--seeds", 3, "--out", tmp_path)
    assert "6 cells: 6 found" in fewer.output
    assert asked == []
    assert "| rank 1 | 0.001 (n = 3) |" in (tmp_path / "tanh.md").read_text()
    run("tanh", "--seeds", 4, "--out", tmp_path / "at once")
    assert (tmp_path / "at once" / "tanh.md").read_text() == grown


@pytest.mark.slow
def test_controls_that_share_the_papers_baseline_compute_it_once(tmp_path, asked):
    baseline = [Setting(starts=(s,), n_hidden=100, iterations=3000, seeds=3) for s in STARTS]
    first = run("gain", "--seeds", 3, "--out", tmp_path)
    assert first.exit_code == 0, first.output
    assert "9 cells: 9 run" in first.output
    second = run("tanh", "--seeds", 3, "--out", tmp_path)
    assert second.exit_code == 0, second.output
    assert "6 cells: 3 found, 3 run" in second.output
    settings = [setting for setting, _ in asked]
    assert len(settings) == len(set(settings)) == 12
    for setting in baseline:
        assert settings.count(setting) == 1
    # What is found stands in both tables.
    tables = [(tmp_path / f"{name}.md").read_text() for name in ("gain", "tanh")]
    one, other = (
        [line for line in text.split(f"## {of}\n")[1].splitlines() if line[:6] == "| rank"]
        for text, of in zip(tables, ("1.25", "relu"), strict=True)
    )
    assert one[:2] == other[:2]
    assert {p.name for p in tmp_path.glob("*.png")} == {"gain.png", "tanh.png"}
    # The study asks for both controls from now on, whichever is run.
    for name, found in (("gain", 9), ("tanh", 6)):
        assert f"{found} cells: {found} found" in run(name, "--seeds", 3, "--out", tmp_path).output
        assert len(wanted_cells(tmp_path)) == 12
        assert len(cells(read_grids(tmp_path / "spec.yaml"))) == 12
        line = study_report(tmp_path).line
        assert line.startswith("12 of 12 cells finished, 0 missing, 0 failed.")
    assert len(asked) == 12


@pytest.mark.slow
def test_command_at_a_tiny_size(tmp_path, monkeypatch):
    """All of it, with networks that are trained."""
    one = CONTROLS["optimizer"]._replace(variants=("adam",))
    monkeypatch.setitem(CONTROLS, "optimizer", one)
    size = ["--hidden", 10, "--iterations", 20, "--seeds", 2]
    found = run("optimizer", *size, "--out", tmp_path)
    assert found.exit_code == 0, found.output
    assert "of 1 optimizers by kernel alignment" in found.output
    assert "2 cells: 2 run" in found.output
    assert "| null | " in (tmp_path / "optimizer.md").read_text()
    assert (tmp_path / "optimizer.png").stat().st_size > 0


def test_the_list_of_controls():
    found = run()
    assert found.exit_code == 0
    *lines, following = found.output.splitlines()
    assert [line.split()[0] for line in lines] == list(CONTROLS)
    assert following.startswith("Next: richlazy control")
    assert "gradient descent without momentum, and Adam" in lines[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["learning"], "name is 'learning'"),
        (["gain", "--seeds", "0"], "seeds is 0"),
        (["gain", "--iterations", "0"], "iterations is 0"),
        (["gain", "--hidden", "1"], "hidden is 1"),
        (["gain", "--measure-at", "5,x"], "'5,x'"),
        (["gain", "--measure-at", "4000"], "4000"),
        (["gain", "--out", "taken"], "taken"),
    ],
)
def test_bad_input_is_refused_before_any_work(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setattr(Setting, "run", lambda *_, **__: pytest.fail("work was begun"))
    found = run(*arguments)
    assert found.exit_code == 2
    assert message in found.output


def test_smooth_starts_are_ordered_by_their_participation_ratio():
    found = []
    for start, ratio in ((Null(), 50.0), (PowerLaw(1.0), 2.5), (PowerLaw(0.1), 70.0)):
        dataset = of_values(np.ones((1, 2)), ranks=(1.0,)).isel(start=0)
        dataset["participation_ratio"] = ("seed", [ratio - 1, ratio + 1])
        found.append((Setting(starts=(start,)), dataset.assign_coords(start=start.label)))
    whole = variant_dataset(found)
    assert whole is not None
    assert list(whole["start"].values) == ["power law 1", "null", "power law 0.1"]
    np.testing.assert_allclose(whole["rank"], [2.5, 50.0, 70.0])
    assert whole.attrs["rank_name"] == "participation ratio of the start"
    assert whole["kernel_alignment"].dims == ("start", "seed")


@pytest.mark.parametrize("iterations", [1, 2, 7, 20, 3000, 10_000])
def test_updates_are_spaced_evenly_in_the_logarithm(iterations):
    updates = updates_of(iterations)
    assert updates[0] == 0
    assert updates[-1] == iterations
    assert (np.diff(updates) > 0).all()
    inner = np.array(updates[1:])
    assert (inner[1:] / inner[:-1] <= 2.5).all()


SMALL = Setting(
    starts=(LowRank(2),),
    seeds=2,
    n_hidden=10,
    iterations=20,
    kernel_trials=4,
    activity_trials=20,
)


@pytest.mark.slow
def test_training_looked_at_is_the_training_itself(tmp_path):
    """Its end is that of `run_task`, and its beginning the start."""
    setting = dataclasses.replace(SMALL, measure_at=updates_of(20))
    told = []
    looked = run_task(setting, how=USUAL._replace(on_piece=told.append)).isel(start=0)
    assert [progress.step for progress in told][-1] == 20
    names = (*MEASURES, *OF_WEIGHTS, "accuracy", "diverged", "loss")
    assert {n for n in looked.data_vars if str(n).endswith("_through")} == {
        f"{name}_through" for name in names
    }
    found = looked[[f"{name}_through" for name in names]].rename(
        {f"{name}_through": name for name in names}
    )
    assert list(found["update"].values) == [0, 1, 2, 5, 10, 20]
    whole = run_task(SMALL).isel(start=0)
    for name in whole.data_vars:
        # Two programs round differently, and 20 updates pass it on.
        np.testing.assert_allclose(looked[name], whole[name], rtol=1e-3, atol=1e-4, err_msg=name)
    end = found.isel(update=-1)
    for name in (*MEASURES, "accuracy"):
        np.testing.assert_allclose(end[name], looked[name], rtol=1e-5, atol=1e-6, err_msg=name)
    start = found.isel(update=0)
    np.testing.assert_allclose(start["kernel_alignment"], 1, rtol=1e-5)
    np.testing.assert_allclose(start["representation_alignment"], 1, rtol=1e-5)
    np.testing.assert_array_equal(start["weight_change_norm"], 0)
    np.testing.assert_allclose(
        start["participation_ratio"], whole["participation_ratio"], rtol=1e-4
    )
    np.testing.assert_allclose(start["norm"], whole["norm"], rtol=1e-4)
    assert (np.diff(found["weight_change_norm"].mean("seed")) > 0).all()
    assert not found["diverged"].any()

    size = ["--size", 10, "--iterations", 20, "--seeds", 2, "--out", tmp_path]
    first = run(THROUGH, *size)
    assert first.exit_code == 0, first.output
    assert "of 5 updates by kernel alignment" in first.output
    assert "2 cells: 2 run" in first.output
    text = (tmp_path / f"{THROUGH}.md").read_text()
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        f"## update {update}" for update in (1, 2, 5, 10, 20)
    ]
    assert (tmp_path / f"{THROUGH}.png").read_bytes().startswith(b"\x89PNG")
    assert "2 cells: 2 found" in run(THROUGH, *size).output


@pytest.mark.slow
def test_a_network_that_diverges_on_the_way_has_no_measures():
    setting = Setting(
        starts=(Null(),),
        seeds=2,
        n_hidden=10,
        iterations=4,
        learning_rate=1e30,
        measures=("weight_change_norm",),
        measure_at=updates_of(4),
        activity_trials=5,
    )
    found = run_task(setting).isel(start=0)
    assert list(found["update"].values) == [0, 1, 2, 4]
    assert not found["diverged_through"].sel(update=0).any()
    assert found["diverged_through"].sel(update=4).all()
    assert np.isnan(found["weight_change_norm_through"]).all()
    assert dataclasses.asdict(setting)["learning_rate"] == found.attrs["learning_rate"]
