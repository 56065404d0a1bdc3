"""What `experiments.plot` draws, against the same computed from the dataset alone."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from scipy import stats

import theory
from experiments import plot
from experiments.findings import mean_and_interval
from experiments.kinds import linear, recurrent

SEEDS = 7
ROOT = Path(__file__).parents[2]


def made(names=("a", "b", "c"), ranks=None, seeds=SEEDS, size=5, key=0):
    """Measures that are alignments, and spectra in falling order."""
    rng = np.random.default_rng(key)
    shape = (len(names), seeds)
    data = {
        name: (("start", "seed"), rng.uniform(0.2, 0.9, shape))
        for name in ("kernel_alignment", "loss")
    }
    data |= {
        name: (("start", "seed", "index"), -np.sort(-rng.uniform(0.1, 3, (*shape, size))))
        for name in ("eigenvalue_magnitude", "singular_value")
    }
    coords = {"start": list(names), "seed": range(seeds)}
    if ranks is not None:
        coords["rank"] = ("start", list(ranks))
    return xr.Dataset(data, coords)


def assert_intervals(ends, rows):
    """Pairs of ends are those of the tables, which are scipy's BCa of each row of values.

    Of seven values 1 in 80 resamples has the very mean, which scipy puts to a side by rounding.
    """
    np.testing.assert_allclose(ends, [mean_and_interval(row)[1:] for row in rows], rtol=1e-12)
    for (low, high), row in zip(ends, rows, strict=True):
        wanted = stats.bootstrap(
            (row,), np.mean, n_resamples=5000, method="BCa", rng=np.random.default_rng(0)
        ).confidence_interval
        width = wanted.high - wanted.low
        np.testing.assert_allclose([low, high], [wanted.low, wanted.high], atol=0.02 * width)


def xy(line):
    """The points of a line, a row each."""
    return np.asarray(line.get_xydata(), float)


def edges(band, x):
    """The lower and the upper edge of a band at a place."""
    corners = np.asarray(band.get_paths()[0].vertices)
    heights = corners[corners[:, 0] == x, 1]
    return heights.min(), heights.max()


def named(ax):
    """The texts of a legend."""
    legend = ax.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def drawn(ax):
    """Dots, the line of the means and ends of bars that are in an Axes, in the order drawn."""
    (bars,) = [c for c in ax.containers if isinstance(c, ErrorbarContainer)]
    line, _, (segments,) = bars.lines
    assert line is not None
    (dots,) = [each for each in ax.lines if each.get_marker() == "."]
    ends = np.array([np.asarray(at)[:, 1] for at in segments.get_segments() if len(at)])
    return xy(dots), line, ends


# Not in order of rank, which the means are joined in.
RANKED = made(("rank 100", "rank 1", "rank 10"), (100, 1, 10))
ORDER = [1, 2, 0]


def test_dots_means_and_intervals_stand_at_their_ranks():
    values = RANKED["kernel_alignment"].values[ORDER]
    ax = plot.measure_against_start(RANKED, "kernel_alignment")
    dots, means, ends = drawn(ax)
    np.testing.assert_allclose(dots[:, 1], values.ravel())
    np.testing.assert_allclose(xy(means), np.c_[[1, 10, 100], values.mean(axis=1)])
    assert_intervals(ends, values)
    assert means.get_linestyle() == "-"
    # Side by side around each rank, in the order of seeds, and nearer to it than to any other.
    at = np.log(dots[:, 0].reshape(3, SEEDS)) - np.log([[1], [10], [100]])
    assert (np.diff(at) > 0).all()
    np.testing.assert_allclose(at, -at[:, ::-1], atol=1e-12)
    assert np.abs(at).max() < np.log(10) / 4
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "10", "100"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == (
        "rank of the start",
        "kernel alignment\n← richer · lazier →",
    )


def test_ranks_that_are_near_keep_their_dots_apart():
    near = made(("x", "y"), (9, 10))
    dots, *_ = drawn(plot.measure_against_start(near, "loss"))
    assert dots[:SEEDS, 0].max() < np.sqrt(90) < dots[SEEDS:, 0].min()


def test_starts_without_ranks_stand_by_their_names():
    dataset = made().transpose("index", "seed", "start")
    ax = plot.measure_against_start(dataset, "kernel_alignment", label="trained")
    dots, means, _ = drawn(ax)
    np.testing.assert_allclose(xy(means)[:, 0], [0, 1, 2])
    assert means.get_linestyle() == "None"
    np.testing.assert_array_equal(np.round(dots[:, 0]), np.repeat([0, 1, 2], SEEDS))
    np.testing.assert_allclose(dots[:, 1], made()["kernel_alignment"].values.ravel())
    assert ax.get_xscale() == "linear"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["a", "b", "c"]
    assert ax.get_xlabel() == "start"
    assert ax.get_legend_handles_labels()[1] == ["trained"]


def test_a_rank_that_is_missing_leaves_names():
    ax = plot.measure_against_start(made(ranks=(1, 2, np.nan)), "loss")
    assert ax.get_xlabel() == "start"


def test_networks_that_diverged_are_left_out_and_few_have_no_bar():
    dataset = made(seeds=6)
    dataset["loss"][0, :] = np.nan
    dataset["loss"][1, 2] = np.nan
    _, means, ends = drawn(plot.measure_against_start(dataset, "loss"))
    heights = xy(means)[:, 1]
    assert np.isnan(heights[0])
    assert heights[1] == pytest.approx(np.delete(dataset["loss"].values[1], 2).mean())
    # Six of the last start; five of the second are too few.
    assert np.isfinite(ends).all(axis=1).sum() == 1


def test_one_seed_stands_at_its_rank():
    dots, *_ = drawn(plot.measure_against_start(made(("x", "y"), (2, 8), seeds=1), "loss"))
    np.testing.assert_allclose(dots[:, 0], [2, 8])


def test_many_ranks_have_few_ticks_and_long_names_are_turned_and_cut():
    ranks = [2**k for k in range(10)]
    ax = plot.measure_against_start(made([f"r{r}" for r in ranks], ranks), "loss")
    assert [t.get_text() for t in ax.get_xticklabels()] == ["1", "4", "16", "64", "256"]
    ax = plot.measure_against_start(made(("b" * 40, "c")), "loss")
    first, second = ax.get_xticklabels()
    assert first.get_text() == "b" * 27 + "…"
    assert second.get_rotation() == 0
    ax = plot.measure_against_start(made(("b" * 20, "c" * 20)), "loss")
    assert [t.get_rotation() for t in ax.get_xticklabels()] == [35, 35]


def test_labels_are_those_of_the_dataset_else_ours():
    dataset = RANKED.assign_attrs(rank_name="participation ratio of the start")
    ax = plot.measure_against_start(dataset, "loss")
    assert ax.get_xlabel() == "participation ratio of the start"
    assert ax.get_ylabel() == recurrent.LABELS["loss"]
    dataset["loss"].attrs["long_name"] = linear.LABELS["loss"]
    assert plot.measure_label(dataset, "loss") == linear.LABELS["loss"]
    dataset["my_own"] = dataset["loss"].drop_attrs()
    assert plot.measure_label(dataset, "my_own") == "my own"


@pytest.mark.parametrize("of", plot.SPECTRA)
def test_spectra_are_scaled_and_averaged_beside_their_nulls(of):
    small, large = made(("null", "EM")), made(("null", "Dale"), size=8, key=1)
    ax = plot.spectra([small, large], of=of)
    lines = {line.get_label(): line for line in ax.lines}
    assert list(lines) == ["null, N = 5", "EM", "null, N = 8", "Dale"]
    for label, dataset, i in (("null, N = 5", small, 0), ("EM", small, 1), ("Dale", large, 1)):
        runs = dataset[of].values[i]
        curve = np.mean([run / run[0] for run in runs], axis=0)
        size = runs.shape[1]
        expected = np.c_[[(k + 1) / size for k in range(size)], curve]
        np.testing.assert_allclose(xy(lines[label]), expected)
    nulls = lines["null, N = 5"], lines["null, N = 8"]
    assert {line.get_color() for line in nulls} == {plot.GREY}
    assert [line.get_linestyle() for line in nulls] == ["--", ":"]
    for name in ("EM", "Dale"):
        assert lines[name].get_color() == plot.STRUCTURES[name].colour
    assert named(ax) == list(lines)
    assert ax.get_ylabel() == f"{of.replace('_', ' ')} / largest"
    assert ax.get_xlabel() == "index / N"


def test_spectra_of_one_dataset_and_of_nothing_but_zeros():
    dataset = made(("null", "shuffled", "mine"))
    dataset["singular_value"][2] = 0.0
    ax = plot.spectra(
        dataset,
        of="singular_value",
        nulls=("null", "shuffled"),
        styles={"mine": plot.STYLES[3]},
        legend=False,
    )
    assert ax.get_legend() is None
    assert [line.get_label() for line in ax.lines] == ["null", "shuffled", "mine"]
    assert [line.get_color() for line in ax.lines] == [plot.GREY, plot.GREY, plot.SKY_BLUE]
    assert (xy(ax.lines[2])[:, 1] == 0).all()


def through():
    updates, rng = [0, 1, 10, 100], np.random.default_rng(2)
    names = ("kernel_alignment", "participation_ratio", "loss")
    data = {n: (("start", "update", "seed"), rng.uniform(0, 1, (2, 4, SEEDS))) for n in names}
    coords = {"start": ["rank 1", "null"], "update": updates, "seed": range(SEEDS)}
    return xr.Dataset(data, coords)


def test_curves_and_bands_through_training():
    dataset = through()
    ax = plot.through_training(dataset.transpose("seed", "start", "update"), "kernel_alignment")
    for i, (line, band) in enumerate(zip(ax.lines, ax.collections, strict=True)):
        values = dataset["kernel_alignment"].values[i]
        np.testing.assert_allclose(xy(line), np.c_[[0, 1, 10, 100], values.mean(axis=1)])
        assert_intervals([edges(band, update) for update in (0, 1, 10, 100)], values)
        assert line.get_color() == (plot.COLOURS[0], plot.GREY)[i]
    assert (ax.get_xscale(), ax.get_xlim()[0], ax.get_xlabel()) == ("symlog", 0, "updates")
    assert named(ax) == ["rank 1", "null"]
    # They are of the weights at each update, and not of the start.
    labels = [plot.measure_label(dataset, name) for name in ("participation_ratio", "loss")]
    assert labels == ["participation ratio of the weights", "loss on held trials (nats)"]
    assert plot.through_training(dataset, "loss", legend=False).get_legend() is None
    # Without a look at the start there is nothing at 0.
    later = plot.through_training(dataset.sel(update=[1, 10, 100]), "loss")
    assert later.get_xscale() == "log"
    assert later.get_xlim()[0] > 0
    ticks = plot.through_training(
        dataset.sel(update=[10, 100]).assign_coords(update=[10, 90]), "loss"
    )
    assert {10, 20, 50} <= {round(tick) for tick in ticks.get_xticks()}


def test_theorem_1_by_hand():
    found = plot.theorem_1(7, [1, 3], readout_norm=0.5)
    assert found["rank"].values.tolist() == [1, 3]
    for rank, mean, sd in zip(
        (1, 3),
        found["expected_kernel_alignment"].values[:, 0],
        found["expected_kernel_alignment_sd"].values[:, 0],
        strict=True,
    ):
        # The norm of the layer is 1, whatever its rank; none of this depends on the scale.
        s = 1e-2 * np.array([rank**-0.5] * rank)
        how = {"d": 7, "readout_norm": 0.5e-2}
        assert mean == pytest.approx(float(theory.expected_kernel_alignment(s, **how)), rel=1e-5)
        variance = float(theory.kernel_alignment_variance(s, **how))
        assert sd == pytest.approx(np.sqrt(variance), rel=1e-3)


def test_the_curve_of_theory_and_its_band():
    found = plot.theorem_1(6)
    ax = plot.theory_curve(found)
    mean = found["expected_kernel_alignment"].values[:, 0]
    sd = found["expected_kernel_alignment_sd"].values[:, 0]
    np.testing.assert_allclose(xy(ax.lines[0]), np.c_[1:7, mean])
    for rank, low, high in zip(range(1, 7), mean - 2 * sd, mean + 2 * sd, strict=True):
        np.testing.assert_allclose(edges(ax.collections[0], rank), [low, high])
    assert named(ax) == ["Theorem 1", "predicted, 2 sd over tasks"]
    assert ax.get_xlabel() == "rank of the start (d = 6)"
    assert ax.get_ylabel() == "kernel alignment, start to end\n← richer · lazier →"


def test_the_curve_over_networks_counts_their_starts_and_leaves_the_axes():
    rng = np.random.default_rng(3)
    expected, spread = rng.uniform(0.3, 0.6, (2, 3, SEEDS))
    dims = ("start", "seed")
    dataset = RANKED.assign(
        expected_kernel_alignment=(dims, expected), expected_kernel_alignment_sd=(dims, spread)
    )
    ax = plot.measure_against_start(dataset, "kernel_alignment", label="networks")
    before = ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale()
    assert plot.theory_curve(dataset, ax, label="theory") is ax
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale()) == before
    assert set(named(ax)) == {"networks", "theory", "predicted, 2 sd over starts and tasks"}
    # What many networks, each of one of these starts, would have between them.
    draws = rng.normal(expected[1], spread[1], (200_000, SEEDS))
    low, high = edges(ax.collections[-1], 1)
    assert high - low == pytest.approx(4 * draws.std(), rel=0.01)
    assert (low + high) / 2 == pytest.approx(draws.mean(), abs=0.01)


DRAWINGS = {
    "start": lambda ax: plot.measure_against_start(RANKED, "loss", ax),
    "spectra": lambda ax: plot.spectra(made(), ax),
    "through": lambda ax: plot.through_training(through(), "loss", ax),
    "theory": lambda ax: plot.theory_curve(plot.theorem_1(3), ax),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_the_axes_given_are_drawn_into_and_others_are_made(draw, tmp_path):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert draw(right) is right
    assert right.has_data()
    assert not left.has_data()
    assert figure.get_supxlabel() == ""
    assert not right.spines["top"].get_visible()
    own = draw(None).figure
    assert isinstance(own, Figure)
    own.savefig(tmp_path / "own.png")
    assert (
        "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()
    )


def test_a_figure_of_its_own_says_what_bars_and_bands_are():
    for ax, said in (
        (DRAWINGS["start"](None), plot.BARS),
        (DRAWINGS["through"](None), plot.BANDS),
    ):
        figure = ax.figure
        assert isinstance(figure, Figure)
        assert figure.get_supxlabel().replace("\n", " ") == said
    assert (
        "95 % bootstrap intervals (BCa) of the mean over seeds, drawn from 6 seeds on" in plot.BARS
    )


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: plot.measure_against_start(made(), "speed"),
            "measure is 'speed'; allowed are variables of start and seed, of which the dataset "
            "has kernel_alignment, loss.",
        ),
        (
            lambda: plot.measure_against_start(made(), "singular_value"),
            "measure is 'singular_value'; allowed are variables of start and seed",
        ),
        (
            lambda: plot.measure_against_start(made().mean("seed"), "loss"),
            "has none, its dimensions are start and index.",
        ),
        (
            lambda: plot.measure_against_start(made().isel(seed=slice(0)), "loss"),
            "dataset has 0 along 'seed'; allowed is at least 1.",
        ),
        (
            lambda: plot.measure_against_start(made(ranks=(1, 0, 2)), "loss"),
            "dataset has rank 0; allowed are numbers above 0.",
        ),
        (
            lambda: plot.measure_against_start(made().drop_vars("start"), "loss"),
            "dataset has no coordinate 'start'; needed are names of the starts.",
        ),
        (
            lambda: plot.spectra(made(), of="norm"),
            "of is 'norm'; allowed are 'eigenvalue_magnitude' and 'singular_value'.",
        ),
        (lambda: plot.spectra([]), "datasets is empty; allowed is at least one."),
        (
            lambda: plot.spectra([made(), made().drop_vars("eigenvalue_magnitude")]),
            "of is 'eigenvalue_magnitude'; allowed are variables of start, seed and index, of "
            "which the dataset has singular_value.",
        ),
        (
            lambda: plot.spectra(made(), styles={"a": plot.STYLES[0]}),
            "styles has none for 'b'; needed are a, b, c.",
        ),
        (
            lambda: plot.through_training(made(), "loss"),
            "measure is 'loss'; allowed are variables of start, update and seed",
        ),
        (
            lambda: plot.through_training(through().drop_vars("update"), "loss"),
            "dataset has no coordinate 'update'",
        ),
        (
            lambda: plot.theory_curve(RANKED),
            "variable is 'expected_kernel_alignment'; allowed are variables of start and seed",
        ),
        (
            lambda: plot.theory_curve(plot.theorem_1(3).drop_vars("rank")),
            "dataset has no coordinate 'rank' of all starts; needed are their ranks.",
        ),
        (lambda: plot.theorem_1(0), "d is 0; allowed are whole numbers from 1."),
        (lambda: plot.theorem_1(3, []), "ranks is empty; allowed is at least one."),
        (lambda: plot.theorem_1(3, [4]), "rank is 4"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        draw()


def test_boxes_leave_out_what_is_not_finite():
    ax = Figure().subplots()
    values = np.array([3.0, 1.0, np.nan, 2.0])
    plot.runs_box(ax, 5.0, values, colour=plot.SAGE, spread=0.2)
    (dots,) = [line for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(xy(dots), [[4.8, 3], [5, 1], [5.2, 2]])
    before = len(ax.lines)
    plot.runs_box(ax, 6.0, np.full(3, np.nan), colour=plot.SAGE)
    assert len(ax.lines) == before


def test_ends_of_an_axis_are_those_of_its_measure():
    assert plot.with_ends("a", "kernel_alignment") == "a\n← richer · lazier →"
    assert plot.with_ends("a", "kernel_alignment_through") == "a\n← richer · lazier →"
    assert plot.with_ends("a", "weight_change_norm") == "a\n← lazier · richer →"
    assert plot.with_ends("a", "loss") == "a"


def test_a_dollar_in_the_title_of_a_panel_is_a_dollar():
    figure = Figure()
    ax = figure.subplots()
    plot.panel_title(ax, "b", "for $5 or $6")
    assert ax.get_title(loc="left") == r"$\mathbf{b}$  for \$5 or \$6"
    figure.draw_without_rendering()


def test_colours_stand_in_one_place():
    written = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "experiments").rglob("*.py")
        if re.search(r"[\"']#[0-9a-fA-F]{6}[\"']|colormaps", path.read_text(encoding="utf-8"))
    }
    assert written == {"experiments/plot/_palette.py"}


def test_the_command_does_not_wait_for_matplotlib():
    script = "import sys, experiments.cli; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
