"""The atlas: its starts, rows, table and figure, and verdicts on made-up studies."""

import csv
import io

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from experiments import cli
from experiments.engine import cells
from experiments.findings import MEASURES, Cell, variables_of
from experiments.kinds.recurrent import Setting
from experiments.paper.atlas import (
    NEEDED,
    UNITS,
    Row,
    as_csv,
    atlas_grids,
    atlas_sentences,
    atlas_table,
    beside_regime,
    judged,
    rows_of,
    verdict_table,
)
from experiments.paper.atlas._grids import BESIDE
from experiments.paper.atlas._regimes import partial_correlation
from experiments.paper.atlas._rows import start_name

# Fewer than the study has, as 2^12 ways to swap are listed in no time.
SEEDS = 12
TASKS = ("2AF", "DMS", "CXT")


def values(rng, mean, **given):
    """Of some networks: measures and all else that a cell has."""
    names = [*MEASURES, *variables_of(BESIDE), "participation_ratio", "stable_rank"]
    found = {name: rng.uniform(0.5, 1, SEEDS) for name in (*names, "exponential_entropy")}
    found |= {"kernel_alignment": mean + 0.01 * rng.standard_normal(SEEDS)}
    found |= {"loss": np.full(SEEDS, 0.04), "first_loss": np.full(SEEDS, 1.1)}
    found |= {"accuracy": np.full(SEEDS, 0.9), "diverged": np.zeros(SEEDS)}
    return found | {"regime": np.ones(SEEDS), "weight_change_norm": np.ones(SEEDS)} | given


def settings(grids):
    return [each for each in cells(grids) if isinstance(each, Setting)]


@pytest.fixture(scope="module")
def asked():
    return settings(atlas_grids(("2AF",)))


def test_there_are_more_than_a_hundred_starts_each_with_a_name_of_its_own(asked):
    names = [start_name(of) for of in asked]
    assert len(set(names)) == len(names) == 111
    assert set(names) >= NEEDED
    assert {(of.n_hidden, of.iterations, of.seeds, of.random_seed) for of in asked} == {
        (64, 2500, 20, 100)
    }
    assert set(variables_of(BESIDE)) < set(asked[0].wanted().variables)


def test_units_are_asked_for_by_name_and_kinds_of_start_too():
    grids = atlas_grids(("CXT", "2AF"), tuple(UNITS), ("null",), quick=True)
    found = settings(grids)
    forms = {(of.activation, of.leak, of.leak_form) for of in found}
    assert forms == {
        ("relu", 0.0, "paper"),
        ("tanh", 0.0, "paper"),
        *(("relu", 0.5, form) for form in ("paper", "rate", "current")),
    }
    assert {start_name(of).partition(",")[0] for of in found} == {"null"}
    # The null itself, seven other gains, and two other scales each of readout and input.
    assert len(found) == 2 * len(UNITS) * 12
    # The numbers of a quick look are not those of the confirming seeds.
    assert {of.random_seed for of in found} == {0}


BAD = [
    ({"tasks": ("2AF", "3AF")}, r"tasks holds '3AF'; allowed are 2AF, DMS, CXT"),
    ({"units": ()}, r"units is empty; allowed are some of relu"),
    ({"kinds": ("cats",)}, r"kinds holds 'cats'; allowed are null, low_rank"),
    ({"tasks": ("2AF", "2AF")}, r"tasks is 2AF, 2AF; allowed is each of them once"),
    ({"kinds": ("null",), "seeds": 0}, r"seeds is 0"),
]


@pytest.mark.parametrize(("given", "message"), BAD)
def test_bad_input(given, message):
    with pytest.raises(ValueError, match=message):
        atlas_grids(**given)


@pytest.fixture(scope="module")
def rows(asked):
    rng, found = np.random.default_rng(0), []
    for i, of in enumerate(asked):
        given = {}
        if start_name(of) == "feed forward":
            given["lyapunov_exponent"] = np.full(SEEDS, -np.inf)
        if start_name(of) == "identity":
            given["loss"] = np.full(SEEDS, 0.9)
        if start_name(of) == "orthogonal":
            given |= {"kernel_alignment": np.full(SEEDS, np.nan), "diverged": np.ones(SEEDS)}
        if start_name(of) == "Dale":
            given["regime"] = np.where(np.arange(SEEDS) < 5, 3, 2)
        made = values(rng, 0.1 + 0.8 * i / len(asked), **given)
        dataset = xr.Dataset(
            {name: ("seed", each) for name, each in made.items()},
            {"seed": range(SEEDS), "start": of.starts[0].label},
        )
        found.append((of, dataset))
    return rows_of(found)


def test_rows_go_from_lazy_to_rich_and_say_what_did_not_learn(rows):
    means = [row.alignment[0] for row in rows]
    assert means[:-1] == sorted(means[:-1], reverse=True)
    assert rows[-1].cell.start == "orthogonal"
    by_name = {row.cell.start: row for row in rows}
    assert by_name["identity"].learned.startswith("hardly learned")
    assert by_name["orthogonal"].learned == f"{SEEDS} of {SEEDS} networks diverged"
    assert by_name["rank 8"].learned == "yes"
    assert by_name["Dale"].regime == "unstable 7, chaotic 5"
    families = {name: row.family for name, row in by_name.items()}
    assert families["null"] == "null"
    assert families["rank 8"] == "rank"
    assert families["rank 8, gain 0.5"] == "gain, readout or input scale"
    assert families["feed forward"] == "graph"


def test_the_csv_has_every_number_as_it_is(rows):
    found = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert [each["start"] for each in found] == [row.cell.start for row in rows]
    by_name = {each["start"]: each for each in found}
    for row in rows:
        each = by_name[row.cell.start]
        for name in ("accuracy", "spectral_radius", "kernel_target_alignment_after"):
            assert float(each[name]) == pytest.approx(row.cell.values[name].mean(), rel=1e-15)
        if row.cell.start != "orthogonal":
            mean = row.cell.values["kernel_alignment"].mean()
            assert float(each["kernel_alignment"]) == pytest.approx(mean, rel=1e-15)
            low, high = (float(each[f"kernel_alignment_{end}"]) for end in ("low", "high"))
            assert low < mean < high
    assert by_name["orthogonal"]["kernel_alignment"] == ""
    assert by_name["feed forward"]["lyapunov_exponent"] == "-inf"
    assert by_name["null"]["regime"] == "stable"
    assert by_name["null, gain 0.5"]["gain"] == "0.5"


def test_table_and_sentence_have_the_same_order(rows):
    lines = [line for line in atlas_table(rows).splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0][2:] for line in lines[2:]] == [row.cell.start for row in rows]
    assert "-inf" in next(line for line in lines if line.startswith("| feed forward |"))
    learned = [row.cell.start for row in rows if row.learned == "yes"]
    (said,) = atlas_sentences(rows)
    assert f"from {learned[0]} (" in said
    assert f"to {learned[-1]} (" in said
    assert "109 of 111 starts" in said


def made(means, accuracy=0.55, given=None):
    """Rows of all starts that a hypothesis needs, with chosen means of kernel alignment."""
    rng, found = np.random.default_rng(0), []
    usual = dict.fromkeys(NEEDED, 0.4)
    for task in TASKS:
        for name, mean in (usual | means).items():
            of_task = mean[task] if isinstance(mean, dict) else mean
            noise = 0.002 if name.startswith("null") or "rank" in name else 0.01
            numbers = values(rng, of_task)
            numbers["kernel_alignment"] = of_task + noise * rng.standard_normal(SEEDS)
            if name.startswith("motifs"):
                numbers["accuracy"] = accuracy + 0.01 * rng.standard_normal(SEEDS)
            numbers |= (given or {}).get(name, {})
            cell = Cell("", task, name, None, "", name == "null", {}, np.arange(SEEDS), numbers)
            found.append(Row("relu", "rank", cell, (1.25, 1.0, 1.0), "yes"))
    return found


def verdicts(*arguments):
    return {each.claim: each.verdict for each in judged(made(*arguments))}


LOOKS = {
    "rank": "rank stops mattering at about 8 of 64",
    "gain of ranks": "moderate ranks at lower gain are lazier than full rank",
    "dale": "sparse Dale is as lazy as Gaussian, dense Dale rich",
    "column": "it is the mean column of dense Dale",
    "gain": "gain is not monotone, with a peak near 0.7",
    "worm": "the unsigned worm is lazier than the balanced one",
    "chains": "chain motifs are never learned",
}
RISING = {"rank 1": 0.1, "rank 2": 0.2, "rank 4": 0.3}
GAINS = ("null, gain 0.3", "null, gain 0.5", "null, gain 0.7", "null, gain 0.9", "null")
TWIN = "low rank plus noise, overlap 0, orthogonal 13.3"
DALE = {"Dale": 0.1, TWIN: 0.15}
WORM = "worm of 279, unsigned"
CASES = [
    ("rank", {**RISING}, "confirmed"),
    # Rank goes on to matter, by far more than a tenth.
    ("rank", {**RISING, "rank 16": 0.6, "rank 32": 0.7, "null": 0.8}, "refuted"),
    # It matters within a tenth: a trend, and yet nothing.
    ("rank", {**RISING, "rank 16": 0.405, "rank 32": 0.41, "null": 0.415}, "confirmed"),
    # No trend up to 8, so that there is nothing that stops.
    ("rank", {}, "open"),
    # One task is enough to refute, and not enough to confirm.
    ("rank", {n: {"2AF": m, "DMS": m, "CXT": 0.4} for n, m in RISING.items()}, "open"),
    ("gain of ranks", {"rank 8, gain 0.75": 0.6}, "confirmed"),
    # Another pair on each task is no pair on all.
    (
        "gain of ranks",
        {
            f"rank 8, gain {gain}": dict.fromkeys(TASKS, 0.4) | {task: 0.6}
            for gain, task in zip(("0.5", "0.75", "1"), TASKS, strict=True)
        },
        "open",
    ),
    (
        "gain of ranks",
        {
            f"rank {r}, gain {g}": {"2AF": 0.3, "DMS": 0.6, "CXT": 0.6}
            for r in (8, 16)
            for g in ("0.5", "0.75", "1")
        },
        "refuted",
    ),
    ("dale", {"Dale": 0.1}, "confirmed"),
    ("dale", {"Dale": 0.1, "Dale, density 0.1": 0.2}, "refuted"),
    ("dale", {"Dale": 0.1, "Dale, density 0.1": 0.33}, "open"),
    ("dale", {"Dale": 0.7}, "open"),
    ("column", DALE, "confirmed"),
    ("column", {**DALE, TWIN: 0.39}, "refuted"),
    ("column", {**DALE, TWIN: 0.3}, "open"),
    # Lazier is not half of richer.
    ("column", {**DALE, TWIN: 0.8}, "refuted"),
    # Where dense Dale is as lazy as the null, a ratio of noise says nothing.
    ("column", {"Dale": 0.4, TWIN: 0.1}, "open"),
    ("column", {"Dale": 0.4, TWIN: 0.4}, "open"),
    ("gain", dict(zip(GAINS, (0.3, 0.35, 0.5, 0.45, 0.4), strict=True)), "confirmed"),
    (
        "gain",
        {**dict(zip(GAINS, (0.1, 0.2, 0.3, 0.35, 0.4), strict=True)), "null, gain 1.5": 0.5},
        "refuted",
    ),
    ("gain", {}, "open"),
    ("worm", {WORM: 0.6}, "confirmed"),
    ("worm", {WORM: {"2AF": 0.6, "DMS": 0.6, "CXT": 0.2}}, "refuted"),
    ("worm", {}, "open"),
]


@pytest.mark.parametrize(("look", "means", "verdict"), CASES)
def test_verdicts_are_those_of_the_plan(look, means, verdict):
    assert verdicts(means)[LOOKS[look]] == verdict


@pytest.mark.parametrize(
    ("accuracy", "verdict"), [(0.55, "confirmed"), (0.9, "refuted"), (0.8, "open")]
)
def test_chains_are_judged_by_accuracy_alone(accuracy, verdict):
    assert verdicts({}, accuracy)[LOOKS["chains"]] == verdict


def test_all_tests_are_corrected_together_and_a_start_that_did_not_learn_answers_nothing():
    found = judged(made({WORM: 0.6}))
    shown = {(s.compared, s.where): s for each in found for s in each.shown}
    of_worm = shown[f"{WORM} less worm of 279, balanced", "CXT"]
    assert of_worm.said == "lazier"
    assert of_worm.difference == pytest.approx(0.2, abs=0.02)
    assert of_worm.low < of_worm.difference < of_worm.high
    # Of all ways to swap two are as far, in each of 48 tests.
    assert of_worm.p == pytest.approx(51 * 2 / 2**SEEDS)
    lost = judged(made({WORM: 0.6}, given={WORM: {"loss": np.full(SEEDS, 1.0)}}))
    assert {each.claim: each.verdict for each in lost}[LOOKS["worm"]] == "open"
    text = verdict_table(found, [])
    assert f"| {LOOKS['worm']} | **confirmed** |" in text


def test_a_study_without_a_start_is_not_judged():
    rows = [row for row in made({}) if (row.cell.start, row.cell.task) != ("rank 4", "DMS")]
    with pytest.raises(ValueError, match="lacks rank 4 on DMS with relu"):
        judged(rows)


def test_partial_correlation_is_that_of_the_inverse_of_the_correlations():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((40, 5)) @ rng.standard_normal((5, 5))
    ranks = values.argsort(axis=0).argsort(axis=0)
    inverse = np.linalg.inv(np.corrcoef(ranks.T))
    wanted = -inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1])
    assert partial_correlation(values) == pytest.approx(wanted, rel=1e-9)
    # Only the order counts, so that minus infinity is as good as the least number.
    values[:, 3] = np.where(values[:, 3] == values[:, 3].min(), -np.inf, values[:, 3])
    assert partial_correlation(values) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(("own", "counts"), [(0.0, False), (3.0, True)])
def test_rank_beside_the_regime(own, counts):
    """Alignment follows the regime, which rank follows too; only sometimes rank itself as well."""
    rng, rows = np.random.default_rng(1), []
    for i in range(60):
        regime = rng.standard_normal(3)
        rank = regime.sum() + rng.standard_normal()
        noise = rng.standard_normal((2, SEEDS))
        numbers = values(rng, 0.0)
        numbers["participation_ratio"] = rank + 0.5 * noise[0]
        numbers["kernel_alignment"] = regime.sum() + own * numbers["participation_ratio"] + noise[1]
        for name, value in zip(
            ("spectral_radius", "lyapunov_exponent", "mean_activity"), regime, strict=True
        ):
            numbers[name] = np.full(SEEDS, value)
        cell = Cell("", "2AF", f"start {i}", None, "", False, {}, np.arange(SEEDS), numbers)
        rows.append(Row("relu", "rank", cell, (1.25, 1.0, 1.0), "yes" if i % 2 else "no"))
    every, learned = beside_regime(rows)
    assert (every.starts, learned.starts, every.seeds) == (60, 30, SEEDS)
    assert every.plain > 0.3
    if counts:
        assert every.counts
        assert every.low > 0.5
    else:
        # Of 60 starts, the standard error of a correlation that is 0 is 0.13.
        assert abs(every.partial) < 0.3


@pytest.mark.slow
def test_figure_and_command_end_to_end(tmp_path, rows):
    from experiments.paper.atlas.draw import draw

    labels = [text.get_text() for text in draw(rows).axes[0].get_yticklabels()]
    assert labels == [row.cell.start for row in rows[:-1]]
    small = ["atlas", "--quick", "--tasks", "2AF", "--kinds", "orthogonal,feed_forward"]
    small += ["--out", str(tmp_path)]
    result = CliRunner().invoke(cli.app, small)
    assert result.exit_code == 0, result.output
    assert "2AF, relu: " in result.output
    found = list(csv.DictReader((tmp_path / "atlas.csv").read_text().splitlines()))
    assert {each["start"] for each in found} == {"orthogonal", "feed forward"}
    assert all(each["spectral_radius"] and each["regime"] for each in found)
    assert (tmp_path / "atlas_relu.png").read_bytes().startswith(b"\x89PNG")
    assert "## 2AF, relu" in (tmp_path / "atlas.md").read_text()
    assert not (tmp_path / "verdicts_relu.md").exists()
    # The same folder grows, and keeps what it has.
    more = CliRunner().invoke(cli.app, [*small, "--kinds", "orthogonal", "--tasks", "CXT"])
    assert more.exit_code == 0, more.output
    assert len(list((tmp_path / "cells").iterdir())) == 3
