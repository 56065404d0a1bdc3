"""The study of what is kept: its specification, and its table."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import experiments.paper.kept as kept
from experiments.cli._kinds import read_grids
from experiments.engine import cells
from experiments.kinds.recurrent import Setting

SPEC = Path(kept.__file__).parent / "spec.yaml"


def test_the_specification_asks_each_start_for_what_it_has():
    found = cells(read_grids(SPEC))
    assert len(found) == 3 * 4 + 3 * 2 + 6
    asked = {}
    for cell in found:
        assert isinstance(cell, Setting)
        asked.setdefault(cell.starts[0].label, set()).add("gains" if cell.gains else cell.keep)
    both = {"nothing", "zeros", "signs", "zeros+signs", "gains"}
    for label in ("EM", "EM balanced", "cell types"):
        assert asked[label] == both
    for label in ("null", "Dale", "chain motifs"):
        assert asked[label] == {"nothing", "signs", "gains"}


def dataset(shift, **attrs):
    """Two starts whose kernel alignment is higher by `shift` in every seed."""
    rng = np.random.default_rng(0)
    noise = 0.01 * rng.random((2, 10))
    names = ("representation_alignment", "weight_change_norm", "accuracy")
    values = {name: 0.5 + noise for name in names}
    values |= {"kernel_alignment": 0.5 + noise + shift, "loss": 0.1 + 0 * noise}
    values |= {"first_loss": 1 + 0 * noise, "diverged": np.zeros((2, 10), bool)}
    dims = ("start", "seed")
    return xr.Dataset(
        {name: (dims, value) for name, value in values.items()},
        coords={"start": ["EM", "null"], "seed": range(10)},
        attrs={"task": "2AF", "seeds": 10, "iterations": 5, "n_hidden": 4, **attrs},
    )


def test_each_structure_is_beside_itself():
    gains, zeros = dataset(-0.1, gains=1), dataset(0.2, keep="zeros").isel(start=[0])
    structures = kept.by_structure([gains, zeros, dataset(0.0)])
    assert list(structures) == ["EM", "null"]
    assert list(structures["EM"]["start"].values) == ["EM", "EM, zeros", "EM, gains"]
    means = structures["EM"]["kernel_alignment"].mean("seed").values
    assert means - means[0] == pytest.approx([0, 0.2, -0.1])
    text = kept.table([gains, zeros, dataset(0.0)])
    for start, beside, verdict in (
        ("EM, zeros", "EM", "lazier"),
        ("EM, gains", "EM", "richer"),
        ("null, gains", "null", "richer"),
    ):
        (line,) = [
            each
            for each in text.splitlines()
            if each.startswith(f"| {start} | {beside} | kernel alignment")
        ]
        assert line.endswith(f"{verdict} |")
    with_zeros, without = text.split("Structures with zeros")[1].split("Structures without zeros")
    assert "null" not in with_zeros
    assert "EM" not in without
