"""Colours of figures as readers with deuteranopia and protanopia see them."""

import itertools
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.patches import PathPatch, Rectangle

from experiments import plot
from experiments.kinds.recurrent import RANKS
from experiments.paper import fig2

# It sets, for the whole process, how many digits NumPy writes, into files of others too.
with np.printoptions():
    import colour

# Of CIEDE2000, where 1 is just seen at an edge between two patches. Thin lines and small marks that
# stand apart need far more; 9 to 12 have been confused.
APART = 20.0
VISION = {
    "usual": np.eye(3),
    "deuteranopia": colour.blindness.matrix_cvd_Machado2009("Deuteranomaly", 1.0),
    "protanopia": colour.blindness.matrix_cvd_Machado2009("Protanomaly", 1.0),
}
D65 = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"]


def seen(colours, vision):
    """CIELAB coordinates of colours of matplotlib, as they look to a reader."""
    linear = colour.models.eotf_sRGB(np.array([to_rgb(each) for each in colours]))
    light = np.clip(linear @ np.asarray(VISION[vision]).T, 0, 1)
    matrix = colour.models.RGB_COLOURSPACE_sRGB.matrix_RGB_to_XYZ
    return colour.XYZ_to_Lab(light @ matrix.T, D65)


def least_difference(colours, vision):
    """The two colours that are nearest, and how far they are apart."""
    found = dict(zip(colours, seen(colours, vision), strict=True))
    differences = {
        pair: float(colour.difference.delta_E_CIE2000(found[pair[0]], found[pair[1]]))
        for pair in itertools.combinations(colours, 2)
    }
    nearest = min(differences, key=differences.__getitem__)
    return nearest, differences[nearest]


@pytest.mark.parametrize("vision", VISION)
def test_all_colours_differ_for_every_reader(vision):
    colours = (*plot.COLOURS, plot.GREY)
    nearest, difference = least_difference(colours, vision)
    assert difference >= APART, nearest


@pytest.mark.parametrize("vision", VISION)
def test_lines_are_seen_on_white(vision):
    for each in (*plot.COLOURS, plot.GREY):
        assert least_difference((each, "#ffffff"), vision)[1] >= APART


def test_simulated_readers_confuse_what_they_are_known_to_confuse():
    """Reds and greens of equal light; and the colours that figures had before."""
    assert least_difference(("#9a4500", "#5a6400"), "usual")[1] > 25
    assert least_difference(("#9a4500", "#5a6400"), "deuteranopia")[1] < 10
    assert least_difference(("#cc79a7", "#8c8c8c"), "deuteranopia")[1] < 10


def test_every_structure_has_a_line_a_mark_and_a_hatch_of_its_own():
    for part in ("colour", "line", "marker", "hatch"):
        values = [getattr(style, part) for style in plot.STYLES]
        assert len(set(values)) == len(plot.COLOURS)
    names = [name for name, style in plot.STRUCTURES.items() if style in plot.STYLES]
    brains = ("cell types", "EM", "EM balanced", "EM shuffled", "EM degrees", "Dale")
    assert {*brains, "chain motifs"} <= set(names)
    assert len({plot.STRUCTURES[name] for name in (*brains, "chain motifs")}) == 7


def test_a_structure_looks_the_same_whatever_stands_beside_it():
    alone = plot.styles_of(["Dale"])["Dale"]
    among = plot.styles_of(["rank 1", "mine", "null", "Dale", "EM"])
    assert among["Dale"] == alone == plot.STRUCTURES["Dale"]
    assert among["null"].colour == plot.GREY
    assert len(set(among.values())) == 5
    assert list(plot.styles_of(["b", "a", "b"])) == ["b", "a"]


def test_styles_repeat_only_after_all_are_taken():
    names = [f"start {i}" for i in range(9)]
    styles = plot.styles_of(names)
    assert len({styles[name] for name in names[:7]}) == 7
    assert styles[names[7]] == styles[names[0]]


def structured(names, size):
    """Runs of the null and structures, of the variables that figure 2 draws."""
    rng = np.random.default_rng(size)
    shape = (len(names), 6)
    data: dict[str, Any] = {
        name: (("start", "seed"), rng.uniform(0.1, 0.9, shape))
        for name in (*fig2.PANELS, "loss", "accuracy", *RANKS)
    }
    data["loss"] = (("start", "seed"), np.full(shape, 0.01))
    data["first_loss"] = (("start", "seed"), np.ones(shape))
    data["diverged"] = (("start", "seed"), np.zeros(shape, bool))
    falling = -np.sort(-rng.uniform(0.1, 3, (*shape, 9)))
    data["eigenvalue_magnitude"] = (("start", "seed", "index"), falling)
    attrs = {"task": "2AF", "n_hidden": size, "seeds": 6, "iterations": 9, "starts": names}
    return xr.Dataset(data, {"start": names, "seed": range(6)}, attrs)


@pytest.fixture(scope="module")
def figure():
    """Figure 2 with all structures."""
    small = structured(["null", "EM", "EM balanced", "EM shuffled", "EM degrees"], 9)
    return fig2.draw([structured(["null", "cell types", "Dale", "chain motifs"], 10), small])


@pytest.mark.parametrize("vision", VISION)
def test_faces_and_lines_of_a_figure_differ_as_they_are_drawn(figure, vision):
    """Half transparent faces would be nearer to each other than the palette is."""
    white = np.ones(3)
    for kind in (PathPatch, Rectangle):
        patches = [p for ax in figure.get_axes() for p in ax.patches if isinstance(p, kind)]
        faces = set()
        for patch in patches:
            *rgb, alpha = to_rgba(patch.get_facecolor())
            faces.add(tuple(np.round(alpha * np.array(rgb) + (1 - alpha) * white, 4)))
        assert len(faces) >= 7
        nearest, difference = least_difference(tuple(faces), vision)
        assert difference >= APART, nearest


def test_a_structure_has_one_colour_and_one_hatch_in_all_panels(figure):
    spectrum, ranks, *below = figure.get_axes()
    lines = {line.get_label(): line for line in spectrum.lines}
    bars = {bar.get_label(): bar[0] for bar in ranks.containers if bar.get_label() in lines}
    for name, style in plot.styles_of(bars).items():
        assert lines[name].get_color() == style.colour
        assert to_rgb(bars[name].get_facecolor()) == to_rgb(style.colour)
        assert bars[name].get_hatch() == style.hatch
    names = [text.get_text().replace("\n", " ") for text in below[0].get_xticklabels()]
    for ax in below:
        boxes = [patch for patch in ax.patches if isinstance(patch, PathPatch)]
        # The null and the structure, in turn.
        for name, null, box in zip(names, boxes[::2], boxes[1::2], strict=True):
            style = plot.STRUCTURES[name.removesuffix(" *")]
            assert to_rgb(null.get_facecolor()) == to_rgb(plot.GREY)
            assert to_rgb(box.get_facecolor()) == to_rgb(style.colour)
            assert box.get_hatch() == style.hatch
    assert len(bars) == 7


def test_panels_have_letters_and_the_figure_explains_stars_and_boxes(figure):
    letters = [ax.get_title(loc="left")[:12] for ax in figure.get_axes()]
    assert letters == [f"$\\mathbf{{{each}}}$" for each in "abcde"]
    said = " ".join(part.get_supxlabel() for part in figure.subfigs).replace("\n", " ")
    for word in ("star", "quartile", "medians", "whiskers", "95 %", "grey"):
        assert word in said
