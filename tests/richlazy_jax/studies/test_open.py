"""All cells as one dataset, against one assembled by hand."""

import json

import numpy as np
import pytest
import xarray as xr

from richlazy_jax.studies import (
    BrokenCellWarning,
    Wanted,
    _seal,
    cell_hash,
    create_study,
    missing_cells,
    open_study,
    write_cell,
)

NAN = np.nan


@pytest.fixture
def study(tmp_path):
    create_study(tmp_path, "a: 1\n", {})
    return tmp_path


def written(study, cells):
    """Write cells and give the open study, in the order in which they were written."""
    hashes = [write_cell(study, record, dataset) for record, dataset in cells]
    found = open_study(study)
    np.testing.assert_array_equal(found["hash"], sorted(hashes))
    assert found["finished"].all()
    order = [list(found["hash"].values).index(hash) for hash in hashes]
    return found.isel(cell=order).drop_vars("finished"), hashes


def test_unequal_cells_are_put_side_by_side(study):
    one = xr.Dataset(
        {
            "loss": (("start", "seed"), [[1.0, 2.0], [3.0, 4.0]], {"long_name": "the loss"}),
            "small": ("start", np.array([1, 2], np.float32)),
            "count": ("seed", np.array([5, 6], np.int32)),
            "whole": ("index", [7, 8]),
            "diverged": ("seed", [True, False]),
            "good": ((), True),
            "kind": ("start", ["x", "yy"]),
            "only": ("seed", [1, 2]),
        },
        coords={
            "start": ["null", "EM"],
            "seed": [0, 1],
            "rank": ("start", [10, 20]),
            "size": 9,
            "unit": "ms",
        },
        attrs={"note": "kept by read_cell"},
    )
    two = xr.Dataset(
        {
            "loss": (("start", "seed"), [[5.0, 6.0, 7.0]], {"long_name": "another name"}),
            "small": ("start", np.array([3], np.float32)),
            "count": ("seed", np.array([7, 8, 9], np.int32)),
            "whole": ("index", [9, 10]),
            "diverged": ("seed", [False, False, True]),
            "good": ((), False),
            "kind": ("start", ["zzz"]),
        },
        coords={
            "start": ["Dale"],
            "seed": [0, 1, 2],
            "rank": ("start", [30]),
            "size": 11,
            "unit": "ms",
        },
    )
    records = [
        {"task": "2AF", "rank": 1, "rate": 0.5, "dale": True, "sizes": [1, 2], "n": {"a": 1}},
        {"task": "CXT", "rank": 3, "rate": 0.5, "dale": False, "sizes": [3], "n": {"a": 2, "b": 0}},
    ]
    found, hashes = written(study, zip(records, (one, two), strict=True))
    by_hand = xr.Dataset(
        {
            "loss": (
                ("cell", "start", "seed"),
                [[[1, 2, NAN], [3, 4, NAN]], [[5, 6, 7], [NAN, NAN, NAN]]],
            ),
            "small": (("cell", "start"), np.array([[1, 2], [3, NAN]], np.float32)),
            "count": (("cell", "seed"), [[5, 6, NAN], [7, 8, 9]]),
            "whole": (("cell", "index"), [[7, 8], [9, 10]]),
            "diverged": (("cell", "seed"), [[1, 0, NAN], [0, 0, 1]]),
            "good": ("cell", [True, False]),
            "kind": (("cell", "start"), [["x", "yy"], ["zzz", ""]]),
            "only": (("cell", "seed"), [[1, 2, NAN], [NAN, NAN, NAN]]),
        },
        coords={
            "hash": ("cell", hashes),
            "start_label": (("cell", "start"), [["null", "EM"], ["Dale", ""]]),
            "seed": [0, 1, 2],
            "rank": (("cell", "start"), [[10, 20], [30, NAN]]),
            "size": ("cell", [9, 11]),
            "unit": "ms",
            "task": ("cell", ["2AF", "CXT"]),
            "record_rank": ("cell", [1, 3]),
            "dale": ("cell", [True, False]),
            "sizes": ("cell", ["[1,2]", "[3]"]),
            "n.a": ("cell", [1, 2]),
            "n.b": ("cell", [NAN, 0]),
            "rate": ("cell", [0.5, 0.5]),
        },
    )
    first = one if hashes[0] < hashes[1] else two
    by_hand["loss"].attrs = first["loss"].attrs
    xr.testing.assert_identical(found, by_hand)
    for name in by_hand.variables:
        if by_hand[name].dtype.kind != "U":
            assert found[name].dtype == by_hand[name].dtype, name
    # It can be kept like any other.
    found.to_netcdf(study / "all.nc", engine="h5netcdf")


def test_equal_cells_keep_types_and_labels(study):
    dataset = xr.Dataset(
        {"a": (("start", "seed"), np.arange(4).reshape(2, 2)), "b": ("seed", [True, False])},
        coords={"start": ["x", "y"], "seed": [3, 4], "pr": (("start", "seed"), np.eye(2))},
    )
    found, _ = written(study, [({"n": i, "k": "same"}, dataset) for i in range(3)])
    assert found["a"].dtype == np.int64
    assert found["b"].dtype == bool
    assert found["pr"].dims == ("start", "seed")
    assert found.attrs == {}
    assert list(found["k"].values) == ["same"] * 3
    assert list(found["n"].values) == [0, 1, 2]
    assert found.sel(start="y", seed=3)["a"].values.tolist() == [2, 2, 2]


def test_one_cell_is_a_study_too(study):
    record = {"n": 1, "dale": True, "x": None, "sizes": [1], "big": 2**70, "e": {}}
    found, _ = written(study, [(record, xr.Dataset({"a": 1.5}))])
    assert dict(found.sizes) == {"cell": 1}
    fields = {name: found[name].values.tolist() for name in record}
    assert fields == {
        **{"n": [1], "dale": [True], "x": [""]},
        **{"sizes": ["[1]"], "big": [str(2**70)], "e": ["{}"]},
    }


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ([1, 2.5, 3], np.array([1, 2.5, 3])),
        ([1, None, 3], np.array([1, NAN, 3])),
        ([True, None, False], np.array([1, NAN, 0])),
        (["a", None, "bc"], np.array(["a", "", "bc"])),
        (["a", 1, True], np.array(['"a"', "1", "true"])),
        ([True, 1, 2], np.array(["true", "1", "2"])),
        ([2**70, 1, None], np.array([str(2**70), "1", ""])),
        ([[1], {"b": 2}, "x"], None),
    ],
)
def test_fields_of_every_kind(study, values, column):
    cells = [({"i": i, "f": v}, xr.Dataset({"a": i})) for i, v in enumerate(values)]
    found, _ = written(study, cells)
    if column is None:
        assert list(found["f"].values) == ["[1]", "", '"x"']
        assert found["f.b"].values[1] == 2
    else:
        assert found["f"].dtype.kind == column.dtype.kind
        np.testing.assert_array_equal(found["f"].values, column)


def test_a_coordinate_of_some_cells_is_not_that_of_all(study):
    ranked = xr.Dataset({"a": ("start", [1, 2])}, coords={"rank": ("start", [5, 6])})
    plain = xr.Dataset({"a": ("start", [3, 4])})
    other = xr.Dataset({"b": ("seed", [1.0])})
    found, _ = written(study, [({"i": i}, d) for i, d in enumerate((ranked, plain, other))])
    assert "rank" in found.coords
    np.testing.assert_array_equal(found["rank"], [[5, 6], [NAN, NAN], [NAN, NAN]])


def test_names_that_are_taken(study):
    dataset = xr.Dataset({"record_seed": ("seed", [1, 2])})
    cells = [({"seed": i, "cell": -i, "hash": "ab"[i]}, dataset) for i in range(2)]
    found, _ = written(study, cells)
    assert list(found["record_seed_"].values) == [0, 1]
    assert list(found["record_cell"].values) == [0, -1]
    assert list(found["record_hash"].values) == ["a", "b"]
    assert found["record_seed"].dims == ("cell", "seed")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (xr.Dataset({"a": ("y", [1.0])}), r"'a' has dimensions \('[xy]',\)"),
        (xr.Dataset({"a": ("x", ["text"])}), r"text in all or in none"),
    ],
)
def test_variables_that_do_not_go_together(study, other, message):
    write_cell(study, {"i": 0}, xr.Dataset({"a": ("x", [1.0])}))
    write_cell(study, {"i": 1}, other)
    with pytest.raises(ValueError, match=message):
        open_study(study)


def test_broken_cells_are_left_out(study):
    for i in range(3):
        write_cell(study, {"i": i}, xr.Dataset({"a": i}))
    file = study / "cells" / f"{cell_hash({'i': 1})}.nc"
    file.write_bytes(file.read_bytes()[:-100])
    (study / "cells" / "notes.nc").write_text("not looked at")
    with pytest.warns(BrokenCellWarning, match=file.name):
        assert sorted(open_study(study)["i"].values) == [0, 2]
    assert sorted(open_study(study)["i"].values) == [0, 2]


def test_a_study_without_cells(study):
    with pytest.raises(ValueError, match="asks for no cells and has none; allowed"):
        open_study(study)


def test_an_unfinished_study_has_the_shape_of_a_finished_one(study):
    asked = [Wanted({"n": n, "k": 1}, ("a", "b"), {"seed": [0, 1]}) for n in (3, 1, 2)]
    create_study(study, "a: 1\n", {}, asked)
    nothing = open_study(study)
    assert nothing["n"].values.tolist() == [3, 1, 2]
    assert nothing["k"].values.tolist() == [1, 1, 1]
    assert not nothing["finished"].any()
    seeds = {"seed": [0, 1]}
    whole = xr.Dataset({"a": ("seed", [1.0, 2]), "b": ("seed", [3, 4])}, seeds)
    write_cell(study, {"n": 1, "k": 1}, whole)
    # One that is not asked for, and one with a seed and a variable to come.
    write_cell(study, {"n": 7, "k": 1}, whole)
    write_cell(study, {"n": 2, "k": 1}, xr.Dataset({"a": ("seed", [5.0])}, {"seed": [0]}))
    found = open_study(study)
    assert found["n"].values.tolist() == [3, 1, 2, 7]
    assert found["finished"].values.tolist() == [False, True, False, True]
    np.testing.assert_array_equal(found["a"], [[NAN, NAN], [1, 2], [5, NAN], [1, 2]])
    np.testing.assert_array_equal(found["b"], [[NAN, NAN], [3, 4], [NAN, NAN], [3, 4]])
    assert missing_cells(study) == [asked[0].hash, asked[2].hash]
    table = found.to_dataframe()
    assert table.loc[(1, 1), "b"] == 4
    assert table.loc[(1, 1), "n"] == 1


def test_a_thousand_cells_open(study):
    """That they do; how fast is measured by hand."""
    rng = np.random.default_rng(0)
    dataset = xr.Dataset(
        {f"v{i}": (("start", "seed"), rng.random((3, 10))) for i in range(8)},
        coords={"start": ["a", "b", "c"], "seed": range(10)},
    )
    one = {"i": 1000}
    content = (study / "cells" / f"{write_cell(study, one, dataset)}.nc").read_bytes()
    said = _seal.opened(content)
    start = content.rindex(json.dumps(said, separators=(",", ":")).encode())
    for i in range(1000, 2000):
        # Of the same netCDF part, by which making a thousand files takes no time.
        other = {"i": i}
        file = study / "cells" / f"{cell_hash(other)}.nc"
        file.write_bytes(_seal.sealed(content[:start], said | {"record": other}))
    found = open_study(study)
    assert sorted(found["i"].values) == list(range(1000, 2000))
    for name, each in dataset.data_vars.items():
        np.testing.assert_array_equal(found[name], np.broadcast_to(each, (1000, 3, 10)))
