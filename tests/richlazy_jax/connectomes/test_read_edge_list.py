"""Edge lists, and where exactly they are wrong."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from richlazy_jax.connectomes import read_connectome


@pytest.fixture
def read(tmp_path):
    def written(text, name="edges.csv", **settings):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_connectome(path, **settings)

    return written


GOOD = [
    "pre,post,synapses\nB,A,2\nA,C,3.5\nC,C,-1\n",
    "Post,Pre,Weight\nA,B,2\nC,A,3.5\nC,C,-1",
    "to,from,n\r\nA,B,2\r\n\r\nC,A,3.5\r\nC,C,-1\r\n",
    "\ufeffsource,target,count,kind\nB , A, 2,chem\n  \nA,C,3.5,chem\nC,C,-1,\n",
    ',pre,post,weight\n0,"B","A",2\n1,A,C,35e-1\n2,C,C,-1\n',
    "pre,post,weight\nB,A,2\nA,C,3.5\nC,C,-1\nA,B,0\n",
]


@pytest.mark.parametrize("text", GOOD)
def test_rows_receive(read, tmp_path, text):
    c = read(text)
    assert c.names == ("A", "B", "C")
    assert c.source == str(tmp_path / "edges.csv")
    np.testing.assert_array_equal(c.weights, [[0, 2, 0], [0, 0, 0], [3.5, 0, -1]])


def test_without_a_weight_all_are_one(read):
    np.testing.assert_array_equal(read("pre,post\nA,B\nB,B\n").weights, [[0, 0], [1, 1]])
    # The row number is no weight.
    np.testing.assert_array_equal(read(",pre,post\n7,A,B\n8,B,B\n").weights, [[0, 0], [1, 1]])


def test_weight_names_the_column(read):
    text = "pre,post,weight,area\nA,B,2,0.25\nB,A,3,0.5\n"
    np.testing.assert_array_equal(read(text).weights, [[0, 3], [2, 0]])
    np.testing.assert_array_equal(read(text, weight="area").weights, [[0, 0.5], [0.25, 0]])


def test_nodes_set_the_order_and_are_kept(read, tmp_path):
    (tmp_path / "capital.CSV").write_text("pre,post,weight\nA,C,3\n")
    c = read_connectome(str(tmp_path / "capital.CSV"), nodes=["C", "B", "A"])
    assert c.names == ("C", "B", "A")
    np.testing.assert_array_equal(c.weights, [[0, 0, 3], [0, 0, 0], [0, 0, 0]])


def test_a_weight_of_zero_still_names_its_ends(read):
    c = read("pre,post,weight\nA,B,1\nC,A,0\n")
    assert c.names == ("A", "B", "C")
    assert np.count_nonzero(c.weights) == 1


@given(
    st.dictionaries(
        st.tuples(st.sampled_from('a b"Äé,'), st.sampled_from("cdaß")),
        st.floats(allow_nan=False, allow_infinity=False).filter(bool),
        min_size=1,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_edges_come_back(read, edges, newline):
    # Spaces around a name are not part of it, those within are.
    edges = {(f"n{a}n", f"n{b}n"): w for (a, b), w in edges.items()}
    quoted = ['"' + a.replace('"', '""') + f'","{b}",{w!r}' for (a, b), w in edges.items()]
    c = read(newline.join(["pre,post,weight", *quoted]), nodes=[f"n{x}n" for x in 'a b"Äé,cdß'])
    found = {
        (c.names[j], c.names[i]): c.weights[i, j] for i, j in zip(*c.weights.nonzero(), strict=True)
    }
    assert found == edges


H = "pre,post,weight\n"
BAD = [
    ("", {}, r"edges\.csv is empty; .*header"),
    ("\n \n", {}, r"edges\.csv is empty"),
    (H, {}, r"edges\.csv has a header only; .*at least one edge"),
    ("a,post,w\nA,B,1", {}, r"line 1: columns for the sender are none, .*'pre' or 'source' or"),
    ("pre,a,w\nA,B,1", {}, r"line 1: columns for the receiver are none, .*'post' or 'target'"),
    ("pre,From,to\nA,B,C", {}, r"line 1: columns for the sender are 'pre' and 'From'"),
    ("pre,post,w,w\nA,B,1,2", {}, r"line 1: 'w' is there twice"),
    ("pre,post,a,b\nA,B,1,2", {}, r"line 1: the weight may be any of \['a', 'b'\]; .*weight="),
    ("pre,post,a,Count,weight\n", {}, r"line 1: .*any of \['Count', 'weight'\]"),
    (H, {"weight": "wieght"}, r"line 1: weight is 'wieght'; .*nearest.*'weight'"),
    ("pre,post\nA,B", {"weight": "w"}, r"line 1: weight is 'w'; allowed are \[\]\."),
    (H + "A,B,1\n\n,A,2\n", {}, r"edges\.csv, line 4: pre is ''; .*not empty"),
    (H + "A, ,2\n", {}, r"line 2: post is ''"),
    (H + "A,B,1\nB,A,two\n", {}, r"line 3: weight is 'two'; .*finite numbers"),
    (H + "A,B,\n", {}, r"line 2: weight is ''"),
    (H + "A,B,NaN\n", {}, r"line 2: weight is 'NaN'"),
    (H + "A,B,-inf\n", {}, r"line 2: weight is '-inf'"),
    (H + "A,B,1e999\n", {}, r"line 2: weight is '1e999'"),
    (H + "A,B,1_0\n", {}, r"line 2: weight is '1_0'"),
    (H + "A,B\n", {}, r"line 2: \['A', 'B'\] has 2 fields; allowed are 3"),
    (H + "A,B,1,5\n", {}, r"line 2: .* has 4 fields; allowed are 3"),
    (
        H + "A,B,1\nB,A,1\n\nA,B,1\n",
        {},
        r"line 5: the edge 'A' -> 'B' is there already, in .*edges\.csv, line 2; .*once",
    ),
    (H + '"A\nA",B,1\nB,B,1\nB,B,0\n', {}, r"line 5: the edge 'B' -> 'B' .*line 4"),
    (
        H + "AVAL,AVAR,1\nAVAL,MUSCLE,3\n",
        {"nodes": ["AVAL", "AVAR", "MUSCL"]},
        r"line 3: 'MUSCLE' is not known; allowed are 3 names, .*'MUSCL'",
    ),
    (H + "A,B,0\nA,X,0\n", {"nodes": ["A", "B"]}, r"line 3: 'X' is not known"),
    (H + "A,B,0\n", {}, r"edges\.csv: weights is zero everywhere"),
    (H + "A,A,1\n", {}, r"edges\.csv: nodes are 1; .*at least 2"),
    (H + 'A,"B,1\nA,C,1\n', {}, r"line 2: unexpected end of data; .*quoted"),
    (H + 'A,"B"x,1\n', {}, r"line 2: .*expected after.*quoted"),
    (H.encode() + b"A,B,1\nA,\xff,1\n", {}, r"line 3: the byte 0xff is not text; .*UTF-8"),
    (H.encode() + b"A,B\0,1\n", {}, r"line 2: the byte 0x00 is not text"),
    (b"\x93NUMPY\x01\0", {}, r"line 1: the byte 0x93 is not text"),
    ((H + "A,B,1\n").encode("utf-16"), {}, r"line 1: the byte 0xff is not text"),
    (H + "A,B,1\n", {"nodes": ["A"]}, r"nodes has 1 names; .*at least 2"),
    (H + "A,B,1\n", {"nodes": []}, r"nodes has 0 names"),
    (H + "A,B,1\n", {"nodes": "AB"}, r"nodes is 'AB'; .*sequence"),
    (H + "A,B,1\n", {"nodes": ["A", "B", "A"]}, r"nodes\[2\] is 'A', as is nodes\[0\]"),
    (H + "A,B,1\n", {"nodes": ["A", ""]}, r"nodes\[1\] is ''"),
]


@pytest.mark.parametrize(("text", "settings", "message"), BAD)
def test_bad_input(no_shape_checks, read, text, settings, message):
    with pytest.raises(ValueError, match=message):
        read(text, **settings)


@pytest.mark.parametrize("name", ["edges.tsv", "edges", "edges.csv.gz", "edges.xlsx"])
def test_unknown_extensions(read, name):
    with pytest.raises(ValueError, match=r"extension '.*'; allowed are \.csv, \.npy, \.npz, "):
        read(H + "A,B,1\n", name=name)


def test_paths_of_nothing(tmp_path):
    missing = tmp_path / "none.csv"
    with pytest.raises(FileNotFoundError, match=re.escape(f"{missing} does not exist")):
        read_connectome(missing)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ValueError, match=r"folder\.csv is not a file"):
        read_connectome(tmp_path / "folder.csv")
