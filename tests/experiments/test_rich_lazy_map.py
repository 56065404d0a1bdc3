"""The rich-lazy map: simulation against an ODE solver, predictions against averages, refusals."""

import dataclasses

import jax
import numpy as np
import pytest
import xarray as xr
from scipy.integrate import solve_ivp
from typer.testing import CliRunner

from experiments import cli
from experiments.engine import USUAL, cells, grid
from experiments.kinds.map_cell import Cell, MapCell, simulate
from experiments.kinds.map_cell._simulate import Drawn, drawn_networks, problems_of, trained
from experiments.paper.rich_lazy_map import (
    any_scale_alignment,
    compared,
    formula_limit,
    map_parts,
    map_table,
    part_of,
    small_scale_alignment,
    trusted_up_to,
)
from experiments.paper.rich_lazy_map.draw import draw

D, H, RUNS = 6, 7, 12
DRAWN = drawn_networks(jax.random.key(3), np.arange(RUNS), D, H)
SIZES = {"n_inputs": D, "n_hidden": H}


def small_parts(sigma=0.1, **common):
    """A map of few places, of which the readout's cut may have some in common with the first."""
    common = SIZES | {"seeds": RUNS} | common
    cut = {"sigma": (sigma,), **common}
    return {
        "scale": grid(MapCell, rank=(1, 6), sigma=(0.01, 0.3, 1.0), readout=(0.0, 0.3), **common),
        "readout": grid(MapCell, rank=(1, 6), readout=(0.0, 1.0), **cut),
        "alignment": grid(MapCell, rank=(1,), readout=(0.0, 1.0), alignment=(0.0, 1.0), **cut),
    }


def drawn_by_numpy(seed, runs, d, h):
    rng = np.random.default_rng(seed)
    directions = (rng.standard_normal((runs, n)) for n in (h, d))
    return Drawn(*(v / np.linalg.norm(v, axis=1, keepdims=True) for v in directions))


def flow_alignment(w1, w2, task, x, until):
    """Kernel alignment of start and end under gradient flow on the data x, by an ODE solver."""
    (h, d), y = w1.shape, x @ task

    def kernel(a, b):
        hidden = x @ a.T
        return hidden @ hidden.T + b @ b * (x @ x.T)

    def slope(_, state):
        a, b = state[: h * d].reshape(h, d), state[h * d :]
        left = y - x @ a.T @ b
        return np.concatenate([np.outer(b, left @ x).ravel(), a @ (left @ x)])

    start = np.concatenate([w1.ravel(), w2])
    end = solve_ivp(slope, (0, until), start, method="DOP853", rtol=1e-9, atol=1e-12).y[:, -1]
    a, b = end[: h * d].reshape(h, d), end[h * d :]
    assert np.linalg.norm(y - x @ a.T @ b) < 1e-5
    before, after = kernel(w1, w2), kernel(a, b)
    return np.sum(before * after) / np.linalg.norm(before) / np.linalg.norm(after)


@pytest.mark.parametrize(
    "cell",
    [
        Cell(1, 1e-3),
        Cell(2, 1.5),
        Cell(6, 2.0),
        Cell(2, 1.0, 0.7),
        Cell(1, 0.5, 1.0, 1.0),
        Cell(3, 1.0, 0.2, 0.5),
    ],
)
def test_simulated_networks_end_as_gradient_flow_does(cell):
    problems = problems_of(DRAWN, cell)
    found = trained(problems, cell, 100_000)
    assert found.loss.max() < 1e-6
    rng = np.random.default_rng(0)
    # Random singular vectors and other white inputs, which must not matter.
    u, v, x = (np.linalg.qr(rng.standard_normal((n, n)))[0] for n in (H, D, D))
    for i in (0, 7):
        w1, w2, task = (np.asarray(a[i], float) for a in problems)
        expected = flow_alignment(u @ w1 @ v.T, u @ w2, v @ task, x, until=150.0)
        # A tenth of what the map tells apart, which the step of gradient descent stays below.
        assert abs(found.alignment[i] - expected) < 1e-3


def test_the_form_for_any_scale_is_that_of_theory_and_wants_no_readout():
    assert any_scale_alignment(Cell(2, 1.0, 0.1), 20) is None
    # Linear in the share, so that the mean over tasks of any direction is that of the mean share.
    at_shares = any_scale_alignment(Cell(3, 1.0), 20, np.array([0.0, 0.15, 0.3]))
    assert at_shares[1] == pytest.approx(any_scale_alignment(Cell(3, 1.0), 20), abs=1e-6)
    assert at_shares[1] == pytest.approx((at_shares[0] + at_shares[2]) / 2, abs=1e-6)


@pytest.mark.parametrize(
    "cell", [Cell(2, 1.0), Cell(2, 0.1, 0.6), Cell(2, 1.0, 0.0, 0.4), Cell(3, 0.5, 1.0, 1.0)]
)
def test_the_small_scale_formula_is_a_mean_over_tasks(cell):
    drawn = drawn_by_numpy(5, 4000, D, H)
    w1, w2, tasks = (np.asarray(a, float) for a in problems_of(drawn, cell))
    inside = np.sum(tasks[:, : cell.rank] ** 2, axis=1)
    if cell.alignment is None:
        error = inside.std() / np.sqrt(len(inside))
        assert abs(inside.mean() - cell.share(D)) < 4 * error
    else:
        np.testing.assert_allclose(inside, cell.share(D), rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(w2, axis=1), cell.readout * cell.sigma, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(w1, axis=(1, 2)), cell.sigma, rtol=1e-5)
    start = w1[0].T @ w1[0] + w2[0] @ w2[0] * np.eye(D)
    ends = tasks[:, :, None] * tasks[:, None] + np.eye(D)
    each = np.sum(ends * start, axis=(1, 2)) / np.linalg.norm(start)
    each /= np.linalg.norm(ends, axis=(1, 2))
    error = each.std() / np.sqrt(len(each))
    # With a given share all tasks give the same, to float32's rounding.
    assert abs(each.mean() - small_scale_alignment(cell, D)) < max(4 * error, 1e-5)


def test_an_aligned_start_of_rank_one_is_perfectly_lazy_at_any_scale():
    for sigma in (0.01, 1.0):
        cell = Cell(1, sigma, 1.0, 1.0)
        assert small_scale_alignment(cell, D) == pytest.approx(1, abs=1e-6)


def made(alignment, loss, formula=0.5):
    """A dataset of one rank without a readout; one row of `alignment` for each scale."""
    alignment = np.array(alignment, float)
    cells = len(alignment)
    dims = ("cell", "seed")
    return xr.Dataset(
        {
            "kernel_alignment": (dims, alignment),
            "formula": (dims, np.full_like(alignment, formula)),
            "loss": (dims, np.broadcast_to(loss, alignment.shape).copy()),
            "share": (dims, np.full_like(alignment, 1 / D)),
            "updates": ("cell", np.ones(cells, int)),
        },
        coords={
            "rank": ("cell", np.ones(cells, int)),
            "sigma": ("cell", np.arange(1.0, cells + 1)),
            "readout": ("cell", np.zeros(cells)),
            "alignment": ("cell", np.full(cells, np.nan)),
        },
        attrs={"n_inputs": D},
    )


def test_states():
    near, at, far = 0.5 + 1e-3 * np.array([[-1.0, 1.0], [7.0, 11.0], [18.0, 22.0]])
    wide, wide_and_off = [0.45, 0.55], [0.8, 0.9]
    # Differences 0, 0.009, 0.02, 0, 0.35 with errors 0.001, 0.002, 0.002, 0.05, 0.05.
    found = compared(made([near, at, far, wide, wide_and_off], 1e-9))
    states = ["trusted", "trusted", "off", "too few networks", "off"]
    assert [str(s) for s in found["state"].values] == states
    np.testing.assert_allclose(found["difference"], [0, 0.009, 0.02, 0, 0.35], atol=1e-12)
    np.testing.assert_allclose(found["difference_error"][0], 1e-3)
    assert trusted_up_to(found, 1) == 2.0
    assert trusted_up_to(found.isel(cell=slice(2, None)), 1) is None
    # One trusted cell beyond another that is not does not count.
    assert trusted_up_to(compared(made([near, far, near], 1e-9)), 1) == 1.0
    assert trusted_up_to(compared(made([near, near], 1e-9)), 1) == 2.0


@pytest.mark.parametrize("bad", [2e-6, np.nan, np.inf])
def test_one_untrained_network_leaves_a_cell_without_a_mean(bad):
    found = compared(made([[0.5, 0.5, 0.5]] * 2, [[1e-9, bad, 1e-9], [1e-9] * 3]))
    assert str(found["state"].values[0]) == "not trained"
    assert int(found["untrained"][0]) == 1
    assert np.isnan(found["kernel_alignment"].values).tolist() == [True, False]
    assert not float(found["worst_loss"][0]) <= 1e-6
    assert trusted_up_to(found, 1) is None


def map_cells(part):
    return [cell for cell in cells([part]) if isinstance(cell, MapCell)]


def simulated(part):
    """A part of the map, without a study."""
    return part_of([(cell, simulate(cell)) for cell in map_cells(part)])


def test_what_is_not_trained_is_seen_in_table_and_figure():
    hurried = small_parts(most_updates=30)
    parts = {name: compared(simulated(part)) for name, part in hurried.items()}
    assert (parts["scale"]["updates"] <= 30).all()
    states = parts["scale"]["state"].values
    assert (states == "not trained").any()
    text = map_table(parts)
    failed = sum(int((p["state"] == "not trained").sum()) for p in parts.values())
    assert f"counts as not trained, and there are {failed}." in text
    assert text.count("| not trained: ") == failed
    first = draw(parts).axes[0]
    marked = [line for line in first.lines if line.get_marker() == "x"]
    at_zero = parts["scale"]["readout"].values == 0
    assert np.size(marked[0].get_xdata()) == ((states == "not trained") & at_zero).sum()


@pytest.mark.parametrize("rank", [1, 5, 20])
def test_where_the_formula_is_first_off(rank):
    limit = formula_limit(rank, 20)
    small = small_scale_alignment(Cell(rank, 1.0), 20)
    # The grid is finer than 1 % of sigma.
    before, after = (any_scale_alignment(Cell(rank, limit * s), 20) for s in (0.99, 1.01))
    assert abs(before - small) < 0.01 < abs(after - small)
    assert formula_limit(rank, 20, tolerance=2.0) == np.inf


@pytest.mark.parametrize("quick", [False, True])
def test_the_parts_are_cuts_through_one_space(quick):
    parts = {name: map_cells(part) for name, part in map_parts(quick, seeds=3).items()}
    assert list(parts) == ["scale", "readout", "alignment"]
    assert all(cell.alignment == -1 for name in ("scale", "readout") for cell in parts[name])
    # All of every task is in the row space of a start of full rank.
    assert {cell.rank for cell in parts["alignment"]} < {cell.rank for cell in parts["readout"]}
    assert max(cell.rank for cell in parts["alignment"]) < MapCell.n_inputs
    assert {cell.seeds for part in parts.values() for cell in part} == {3}
    assert {name: len(part) for name, part in parts.items()} == (
        {"scale": 48, "readout": 24, "alignment": 24}
        if quick
        else {"scale": 210, "readout": 64, "alignment": 60}
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rank": 7, "n_inputs": 6}, "rank is 7; .* from 1 to 6"),
        ({"rank": 0}, "rank is 0"),
        ({"sigma": 0.0}, "sigma is 0.0; allowed are numbers above 0"),
        ({"sigma": float("inf")}, "sigma is inf"),
        ({"readout": -0.1}, "readout is -0.1"),
        ({"alignment": 1.1}, "alignment is 1.1; allowed are numbers from 0 to 1, and -1"),
        ({"alignment": -0.5}, "alignment is -0.5"),
        ({"seeds": 1}, "seeds is 1; allowed are whole decimal numbers from 2"),
        ({"most_updates": 0}, "most_updates is 0"),
    ],
)
def test_bad_cell(change, message):
    with pytest.raises(ValueError, match=message):
        MapCell(**change)


def test_more_networks_are_those_of_one_run():
    cell = MapCell(rank=1, sigma=0.3, seeds=RUNS, **SIZES)
    whole, part = simulate(cell), simulate(dataclasses.replace(cell, seeds=3), first_seed=5)
    assert list(part["seed"].values) == [5, 6, 7]
    # All networks of a cell go on until the last has learned, so that the ends differ a little.
    for name in ("kernel_alignment", "formula", "share"):
        np.testing.assert_allclose(part[name], whole[name].sel(seed=[5, 6, 7]), atol=1e-3)


def run(*arguments):
    return CliRunner().invoke(cli.app, ["map", *map(str, arguments)])


def kept_in(study):
    """The finished cells of a study, byte for byte."""
    return {path.name: path.read_bytes() for path in (study / "cells").glob("*.nc")}


@pytest.mark.slow
def test_command_keeps_what_is_finished(tmp_path, monkeypatch):
    def small(quick, seeds, random_seed):
        assert quick
        # Two places of the readout's cut are places of the map as well.
        return small_parts(sigma=0.3, seeds=seeds, random_seed=random_seed)

    assert [part.number for part in small(True, RUNS, 0).values()] == [12, 4, 4]

    asked, run_cell = [], MapCell.run

    def counted(cell, first_seed=0, how=USUAL):
        asked.append((cell, first_seed))
        return run_cell(cell, first_seed, how)

    monkeypatch.setattr(MapCell, "run", counted)
    monkeypatch.setattr(cli._map, "map_parts", small)
    options = ["--quick", "--out", tmp_path]
    first = run(*options, "--networks", RUNS)
    assert first.exit_code == 0, first.output
    assert "18 cells: 18 run" in first.output
    assert (len(asked), len(set(asked))) == (18, 18)
    kept = kept_in(tmp_path)
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    text = (tmp_path / "table.md").read_text()
    assert "Verdict" in text
    assert f"20 cells of {RUNS} networks" in text
    # What is gone is run again, and nothing else.
    gone = map_cells(small(True, RUNS, 0)["readout"])[1]
    (tmp_path / "cells" / f"{gone.wanted().hash}.nc").unlink()
    asked.clear()
    again = run(*options, "--networks", RUNS)
    assert again.exit_code == 0, again.output
    assert "18 cells: 17 found, 1 run" in again.output
    assert [cell.cell for cell, _ in asked] == [gone.cell]
    now = kept_in(tmp_path)
    assert now.keys() == kept.keys()
    assert {name for name in now if now[name] != kept[name]} <= {f"{gone.wanted().hash}.nc"}
    # More networks are added to those there.
    asked.clear()
    more = run(*options, "--seeds", RUNS + 2)
    assert more.exit_code == 0, more.output
    assert f"seed: {RUNS + 2} instead of {RUNS} in 18 cells" in more.output
    assert {(cell.seeds, first_seed) for cell, first_seed in asked} == {(2, RUNS)}
    assert f"20 cells of {RUNS + 2} networks" in (tmp_path / "table.md").read_text()
    # Others are of other cells, beside those that are there.
    grown = kept_in(tmp_path)
    other = run(*options, "--networks", RUNS, "--random-seed", 1)
    assert other.exit_code == 0, other.output
    assert "18 cells no longer asked for, and kept where finished" in other.output
    assert "18 cells: 18 run" in other.output
    now = kept_in(tmp_path)
    assert len(now) == 36
    assert now | grown == now


@pytest.mark.parametrize("name", ["--networks", "--seeds"])
def test_bad_input_is_refused_before_any_work(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(MapCell, "run", lambda *_, **__: pytest.fail("work was begun"))
    result = run(name, "1")
    assert result.exit_code == 2, result.output
    assert "--seeds is 1" in result.output
    assert not (tmp_path / "out").exists()
