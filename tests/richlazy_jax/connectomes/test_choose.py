"""Nodes by name, by class and by a file."""

import numpy as np
import pytest

import richlazy_jax as rj


def where(path):
    return rj.read_coordinates(path, ("A", "B"))


def test_coordinates_come_in_the_order_of_the_names(tmp_path):
    (tmp_path / "places.csv").write_text("Z,name,x,y\n3,B,1,2\n9,C,7,8\n6,A,4,-5e1\n")
    found = rj.read_coordinates(tmp_path / "places.csv", ("A", "B"))
    assert found.tolist() == [[4, -50, 6], [1, 2, 3]]
    (tmp_path / "flat.csv").write_text("name,x,y\nA,4,5\n")
    assert rj.read_coordinates(tmp_path / "flat.csv", ("A",)).tolist() == [[4, 5]]


NAMES = ("ASEL", "ASER", "AVAL", "AVAR", "DD1")
CLASSES = {"ASEL": "sensory", "ASER": "sensory", "AVAL": "inter", "AVAR": "inter", "DD1": "motor"}


@pytest.mark.parametrize(
    ("chosen", "classes", "wanted"),
    [
        (["AVAR"], None, [0, 0, 0, 1, 0]),
        (["DD1", "ASEL"], None, [1, 0, 0, 0, 1]),
        (["sensory"], CLASSES, [1, 1, 0, 0, 0]),
        (["sensory", "ASER", "DD1"], CLASSES, [1, 1, 0, 0, 1]),
        (["inter", "motor"], CLASSES | {"VD1": "motor"}, [0, 0, 1, 1, 1]),
        # One name for a node and for the class of that node alone.
        (["DD1"], CLASSES | {"DD1": "DD1"}, [0, 0, 0, 0, 1]),
    ],
)
def test_chosen(chosen, classes, wanted):
    found = rj.chosen_nodes(NAMES, chosen, classes)
    assert found.dtype == bool
    np.testing.assert_array_equal(found, np.array(wanted, bool))


@pytest.mark.parametrize(
    ("chosen", "classes", "named"),
    [
        ([], None, "chosen is empty"),
        (["AVA"], None, "'AVA', which is not known; allowed are 5 nodes, and .*'AVA[LR]'"),
        (["sensori"], CLASSES, "5 nodes and 3 classes, and the nearest of them is 'sensory'"),
        (["ASEL", "ASEL"], None, r"chosen\[1\] is 'ASEL'"),
        (["glia"], CLASSES | {"GLR1": "glia"}, "class 'glia', of which none of the 5 nodes"),
        (["DD1"], CLASSES | {"ASEL": "DD1"}, "'DD1', which is a node and also a class of 1 nodes"),
        (["ASEL"], {"ASEL": "sensory"}, "no class for 'ASER', and misses 4 of 5"),
    ],
)
def test_bad_choices(chosen, classes, named):
    with pytest.raises(ValueError, match=named):
        rj.chosen_nodes(NAMES, chosen, classes)


def test_files(tmp_path):
    (tmp_path / "names.txt").write_text("\ufeffASEL \n\n  ASER\r\n")
    assert rj.read_names(tmp_path / "names.txt") == ("ASEL", "ASER")
    (tmp_path / "classes.csv").write_text("class,name,note\nsensory,ASEL,x\nmotor,DD1,\n")
    assert rj.read_classes(tmp_path / "classes.csv") == {"ASEL": "sensory", "DD1": "motor"}


@pytest.mark.parametrize(
    ("read", "data", "named"),
    [
        (rj.read_names, b"\n \n", "has no names"),
        (rj.read_names, b"A\nB\nA\n", r"names\[2\] is 'A', as is names\[0\]"),
        (rj.read_names, b"A\xff\n", "no text in UTF-8"),
        (rj.read_classes, b"name,class\nA,x\nA,y\n", "line 3: 'A' is there already"),
        (where, b"name,x,y\nA,1,2\nA,1,2\n", "line 3: 'A' is there already"),
        (where, b"name,x,y\nA,1,far\n", "line 2: y is 'far'; allowed are finite"),
        (where, b"name,x,y,z\nA,1,2,inf\n", "line 2: z is 'inf'"),
        (where, b"name,x,y\nA,1,2\n", "no coordinates for 'B', and misses 1 of 2"),
        (where, b"name,x\nA,1\n", "columns for the y are none"),
        (rj.read_classes, b"name,class\nA,\n", "line 2: the class is empty"),
        (rj.read_classes, b"name,class\n", "no rows below its header"),
        (rj.read_classes, b"name,kind\nA,x\n", "columns for the class are none"),
    ],
)
def test_bad_files(tmp_path, read, data, named):
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(ValueError, match=named):
        read(tmp_path / "file")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        read(tmp_path / "none")
