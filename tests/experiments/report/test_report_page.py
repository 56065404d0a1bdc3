"""The page of a study: well-formed, by itself, escaped, and with the numbers of the cells."""

import re

import numpy as np
import pytest
import xarray as xr

from experiments import plot
from experiments.report import study_report
from richlazy_jax.studies import read_cell, write_cell

ODD = '<i>&amp; "it\'s" $x^2$</i> \x1b\u2028é'


@pytest.fixture(scope="module")
def rich(tmp_path_factory, made_at):
    """A study with everything a page may have, and its page."""
    study = made_at(tmp_path_factory.mktemp("rich") / "a <study> & more")
    rng = np.random.default_rng(5)
    for task, rate in (("2AF", 0.003), ("2AF", 0.01), (ODD, 0.003)):
        study.add_ranks({1: 0.1, 20: 0.5}, null=0.6, task=task, learning_rate=rate)
    odd = {"kind": "odd", "name": ODD}
    study.add((ODD, odd), {"kernel_alignment": rng.uniform(size=3)}, **{ODD[:3]: ODD})
    study.add_linear(2, rng.normal(0.3, 0.02, 8), np.full(8, 0.3), np.full(8, 0.02))
    return study, study_report(study.path).html


def test_it_is_well_formed_and_refers_to_nothing_outside(rich, read):
    page = read(rich[1])
    assert page.faults == []
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(set(ids)) == len(ids)
    within = {f"#{each}" for each in ids}
    for _, name, value in page.attributes:
        assert name not in ("src", "action", "srcset", "data")
        assert not name.startswith("on")
        if name in ("href", "xlink:href"):
            assert value == "data:," or value in within
        if name == "aria-labelledby":
            assert f"#{value}" in within
        for inner in re.findall(r"url\(([^)]*)\)", value or ""):
            assert inner in within
    styles = "".join(data for tag, data in page.texts if tag in ("style", "script"))
    assert not re.search(r"https?:|//[a-z]|url\(|@import|fetch|XMLHttp|import\(", styles)
    # Namespaces of SVG would be the only addresses; the parser of HTML needs none.
    assert "://" not in rich[1]
    (policy,) = [v for t, n, v in page.attributes if (t, n) == ("meta", "content") and "src" in v]
    assert policy.startswith(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
    )


def test_text_of_the_study_is_escaped(rich, read):
    page = read(rich[1])
    assert "<i>" not in rich[1]
    assert sum(tag == "i" for tag, _, _ in page.attributes) == 0
    # An escape character is in no XML, and a reader sees that something was there.
    shown = " ".join(ODD.replace("\x1b", "\ufffd").split())
    assert shown in page.text
    titles = [data for tag, data in page.texts if tag == "title"]
    assert "a <study> & more: rich or lazy" in titles
    assert any(f"task {ODD[:5]}" in each for each in titles)
    assert rich[1].count("<script>") == rich[1].count("</script>") == 1


def test_every_figure_is_named_and_letters_are_as_written(rich, read):
    page = read(rich[1])
    charts = [value for tag, name, value in page.attributes if (tag, name) == ("svg", "role")]
    # Kernel alignment for three tasks; weight change, accuracy and loss for two; theory. The loss
    # of linear networks is nothing but rounding.
    assert charts == ["img"] * (3 + 2 + 2 + 2 + 1)
    assert "agree but for rounding" in page.text
    titles = [data for tag, data in page.texts if tag == "title"]
    assert sum("kernel alignment against" in each for each in titles) == 3
    # Mathematics would have made three texts of it.
    assert any(data.startswith("<i>&amp;") and "$x^2$" in data for tag, data in page.texts)


def test_numbers_of_the_table_are_those_of_the_cells(rich, read):
    study, html = rich
    rows = {row["cell"]: row for row in read(html).cells}
    files = sorted((study.path / "cells").glob("*.nc"))
    assert set(rows) == {file.stem for file in files}
    for file in files:
        cell, row = read_cell(study.path, file.stem), rows[file.stem]
        assert cell is not None
        assert row["start"] == str(cell["start"].values).replace("\x1b", "\ufffd")
        assert row["seeds"] == str(cell.sizes["seed"])
        names = ("kernel_alignment", "weight_change_norm", "accuracy", "loss")
        for name in (each for each in names if each in cell):
            values = cell[name].values.astype(float)
            shown, rest = row[name.replace("_", " ")].split(" ", 1)
            # Four digits are shown, so that half of the last one is this at most.
            assert float(shown) == pytest.approx(values.mean(), rel=5.01e-4)
            if len(values) < 6:
                assert rest == f"(n = {len(values)})"
            elif np.ptp(values):
                low, high = map(float, rest.strip("()").split(" to "))
                edge = 5.01e-3 * abs(values).max()
                assert values.min() - edge <= low <= values.mean() <= high <= values.max() + edge
    rates = [row["learning rate"] for row in rows.values() if row["task"] == "2AF"]
    assert sorted(rates) == ["0.003"] * 4 + ["0.01"] * 3


def test_sort_values_are_exact(rich, read):
    study, html = rich
    page = read(html)
    keys = [value for tag, name, value in page.attributes if name == "data-key"]
    assert keys[:2] == ["task", "start"]
    assert "kernel_alignment" in keys
    values = [float(v) for t, n, v in page.attributes if n == "data-value" and v]
    for file in (study.path / "cells").glob("*.nc"):
        cell = read_cell(study.path, file.stem)
        assert cell is not None
        mean = cell["kernel_alignment"].values.astype(float).mean()
        assert np.abs(np.array(values) - mean).min() < 1e-15


def test_the_same_study_gives_the_same_bytes(rich):
    study, html = rich
    assert study_report(study.path).html == html


def test_what_varies_and_what_does_not(made, read):
    study = made()
    study.add("one", {"kernel_alignment": [0.5, 0.6]}, gain=1.25)
    study.add("two", {"kernel_alignment": [0.5, 0.6], "diverged": [True, False]}, gain=1.25)
    page = read(study_report(study.path).html)
    heads = page.tables[-1][0]
    assert heads == ["task", "start", "kernel alignment", "diverged", "seeds", "cell"]
    assert [row["diverged"] for row in page.cells] == ["0", "1"]
    assert "gain 1.25" in page.text or "gain1.25" in page.text


def test_what_is_measured_only_where_asked_for_has_columns(made, read):
    study = made()
    numbers = {"kernel_alignment": [0.5, 0.6, 0.7], "regime": np.array([1, 3, 3], np.int32)}
    numbers |= {"spectral_radius": [1.0, 1.5, 2.0], "readout_share": [0.25, 0.5, 0.75]}
    study.add("one", {**numbers, "lyapunov_exponent": [-np.inf, 0.1, 0.2]})
    (row,) = read(study_report(study.path).html).cells
    assert row["regime"] == "chaotic 2, stable 1"
    assert row["spectral radius"] == "1.5 (n = 3)"
    assert row["readout share"] == "0.5 (n = 3)"
    assert row["lyapunov exponent"] == "0.15 (n = 2)"


def test_starts_of_one_label_are_told_apart(made, read):
    study = made()
    for density in (0.5, 1.0):
        record = {"kind": "dale", "excitatory": 0.8, "density": density}
        study.add(("Dale", record), {"kernel_alignment": [0.5, 0.6]})
    rows = read(study_report(study.path).html).cells
    assert [row["start"] for row in rows] == ["Dale, density=0.5", "Dale, density=1.0"]


def test_what_is_too_much_to_draw_is_said(made, read, monkeypatch):
    study = made()
    for i in range(9):
        study.add("one", {"loss": [0.5, 0.6]}, gain=float(i))
    page = read(study_report(study.path).html)
    assert "Drawn are the first 7 of 9 combinations of fields" in page.text
    assert len(page.cells) == 9


def test_rounding_is_not_drawn_and_what_differs_is(made, read):
    study = made()
    study.add("one", {"kernel_alignment": [0.5, 0.5 + 1e-7], "loss": [3e-9, 1e-9]})
    study.add("two", {"kernel_alignment": [0.5, 0.5], "loss": [3e-9, 1e-3]})
    html = study_report(study.path).html
    assert "kernel alignment of 2AF (0.5)" in read(html).text
    assert html.count("<svg") == 1
    # One network has a place, though it has no range.
    alone = made("alone")
    alone.add("one", {"kernel_alignment": [0.5]})
    assert study_report(alone.path).html.count("<svg") == 1


def test_the_heading_says_what_was_studied(made, read):
    study = made("folder")
    study.add_ranks({1: 0.1, 20: 0.5}, null=0.6)
    html = study_report(study.path).html
    headings = [data for tag, data in read(html).texts if tag == "h1"]
    assert headings == [
        "Rich or lazy: networks from starts of rank 1 to 20 and the null, trained on the task 2AF"
    ]
    text = read(html).text
    assert "Study folder: 0 of 4 cells finished" in text
    for word in ("richly", "lazily", "Kernel alignment measures this", "The null is"):
        assert word in text
    other = made("other")
    other.add("EM", {"kernel_alignment": [0.5, 0.6]})
    other.add("Dale", {"kernel_alignment": [0.5, 0.6]}, task="DMS")
    assert (
        "networks from the starts Dale and EM, trained on the tasks"
        in study_report(other.path).html
    )


def test_figures_are_marked_and_handed_out(made):
    study = made()
    study.add_ranks({1: 0.1, 20: 0.5}, null=0.6)
    found = {}
    study_report(study.path, on_figure=found.__setitem__)
    assert list(found) == ["kernel_alignment-0", "weight_change_norm-0", "loss-0", "accuracy-0"]
    labels = [figure.axes[0].get_ylabel() for figure in found.values()]
    ends = [label.split("\n")[-1] for label in labels]
    assert ends[:2] == ["← richer · lazier →", "← lazier · richer →"]
    assert not any("←" in each for each in labels[2:])


def test_a_structure_has_its_colour_in_the_report(made):
    study = made()
    for name in ("null", "EM", "Dale"):
        study.add(name, {"kernel_alignment": [0.5, 0.6]})
    found = {}
    study_report(study.path, on_figure=found.__setitem__)
    (axes,) = found["kernel_alignment-0"].axes
    names = [text.get_text() for text in axes.get_xticklabels()]
    colours = [container.lines[0].get_color() for container in axes.containers]
    assert colours == [plot.STRUCTURES[name].colour for name in names]


def looked_at(study, rank, updates, **fields):
    """A cell that was looked at on the way, and its course of kernel alignment, seed by seed."""
    rng = np.random.default_rng(rank)
    course = rng.uniform(0.2, 0.9, (8, len(updates)))
    loss = np.geomspace(1, 0.1, len(updates)) * rng.uniform(0.9, 1.1, (8, 1))
    of_seed = {
        "kernel_alignment": course[:, -1],
        "loss": loss[:, -1],
        "first_loss": np.full(8, 2.0),
    }
    through = {"kernel_alignment_through": course, "loss_through": loss}
    dataset = xr.Dataset(
        {name: ("seed", values) for name, values in of_seed.items()}
        | {name: (("seed", "update"), values) for name, values in through.items()},
        {"seed": range(8), "update": updates, "start": f"rank {rank}", "rank": rank},
    )
    record = {"experiment": "recurrent", "task": "2AF", "start": {"kind": "low_rank", "rank": rank}}
    record |= fields
    write_cell(study.path, record, dataset)
    return course


def test_what_was_measured_on_the_way_is_drawn(made, read):
    study = made()
    courses = [looked_at(study, rank, [20, 50, 600]) for rank in (1, 5)]
    found = {}
    text = read(study_report(study.path, on_figure=found.__setitem__).html).text
    assert [name for name in found if "through" in name] == [
        "kernel_alignment-through-0",
        "loss-through-0",
    ]
    (axes,) = found["kernel_alignment-through-0"].axes
    for line, course in zip(axes.lines, courses, strict=True):
        np.testing.assert_allclose(line.get_xdata(), [20, 50, 600])
        np.testing.assert_allclose(line.get_ydata(), course.mean(axis=0))
    assert "Kernel alignment through training" in text
    assert "at equal loss: " in text
    # Starts that were looked at elsewhere are no curves of one figure.
    other = made("other")
    looked_at(other, 1, [20, 50, 600])
    looked_at(other, 5, [20, 50, 500])
    assert "through training" not in study_report(other.path).html


def test_too_many_settings_and_starts_on_the_way_are_said(made, read):
    study = made()
    for rank in range(1, 10):
        looked_at(study, rank, [0, 600])
    for i in range(7):
        looked_at(study, 1, [0, 600], task=f"task {i}")
    text = read(study_report(study.path).html).text
    assert "Drawn are the first 6 settings and the first 8 starts" in text


def test_ticks_are_numbers_on_logarithmic_axes(made):
    """The letters of a figure in a page are as written, so that a power would be read as code."""
    study = made()
    study.add("one", {"loss": [1e-5, 1e-2]})
    looked_at(study, 1, [20, 50, 6000])
    looked_at(study, 5, [20, 50, 6000])
    html = study_report(study.path).html
    assert "mathdefault" not in html
    for tick in ("0.0001", "0.001", "100", "1000"):
        assert f">{tick}</text>" in html
