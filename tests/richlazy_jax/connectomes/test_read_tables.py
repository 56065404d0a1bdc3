"""Lists of edges and matrices in tables of every format, and where exactly they are wrong."""

import bz2
import gzip
import io
import lzma
import re
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from richlazy_jax.connectomes import read_connectome


def edges_of(c):
    placed = c.sparse.tocoo()
    post, pre = placed.coords
    return {(c.names[j], c.names[i]): w for i, j, w in zip(post, pre, placed.data, strict=True)}


def said(c):
    return " ".join(c.said)


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
    "to,from,w\r\nA,B,2\r\n\r\nC,A,3.5\r\nC,C,-1\r\n",
    "\ufeffsource,target,count,kind\nB , A, 2,chem\n  \nA,C,3.5,chem\nC,C,-1,\n",
    ',pre,post,weight\n0,"B","A",2\n1,A,C,35e-1\n2,C,C,-1\n',
    "pre,post,weight\nB,A,2\nA,C,3.5\nC,C,-1\nA,B,0\n",
    "pre\tpost\tweight\nB\tA\t2\nA\tC\t3.5\nC\tC\t-1\n",
    "pre;post;weight\nB;A;2\nA;C;3,5\nC;C;-1\n",
    "pre|post|weight\nB|A|2\nA|C|3.5\nC|C|-1\n",
    "pre post weight\nB A  2\nA C 3.5\nC  C -1\n",
    "sep=;\npre;post;weight\nB;A;2\nA;C;3,5\nC;C;-1\n",
    "% made by hand\n# twice\npre,post,weight\nB,A,2\nA,C,3.5\nC,C,-1\n",
    "B,A,2\nA,C,3.5\nC,C,-1\n",
    '"pre" "post" "weight"\n"1" "B" "A" 2\n"2" "A" "C" 3.5\n"3" "C" "C" -1\n',
    "pre,post,weight\nB,A,2\nA,C,3.5\nC,C,-1\n,,\n,,\n",
    "synapse_id,pre,post,weight\n9,B,A,2\n8,A,C,3.5\n7,C,C,-1\n",
]


@pytest.mark.parametrize("text", GOOD)
def test_rows_receive(read, tmp_path, text):
    c = read(text)
    assert c.names == ("A", "B", "C")
    assert c.source == str(tmp_path / "edges.csv")
    np.testing.assert_array_equal(c.weights, [[0, 2, 0], [0, 0, 0], [3.5, 0, -1]])
    assert c.said[-2] == "3 nodes and 3 connections." or "3 nodes and 3 connections." in c.said


PLAIN = "pre,post,weight\nB,Å,2\nÅ,C,3\nC,C,-1\n"
RIGHT = {("B", "Å"): 2, ("Å", "C"): 3, ("C", "C"): -1}


def packed(content, name="inside.csv"):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
        archive.writestr("__MACOSX/x.csv", b"")
        archive.writestr("README", b"read me")
    return file.getvalue()


FORMS = [
    ("t.csv", PLAIN.encode("utf-8-sig"), ""),
    ("t.csv", PLAIN.encode("utf-16"), "UTF-16"),
    ("t.csv", PLAIN.encode("utf-16-le"), "UTF-16"),
    ("t.csv", PLAIN.encode("latin-1"), "Latin-1"),
    ("t.tsv", PLAIN.replace(",", "\t").encode(), ""),
    ("t.txt", PLAIN.replace(",", " ").encode(), "spaces"),
    ("t.csv.gz", gzip.compress(PLAIN.encode(), mtime=0), ""),
    ("t.CSV.BZ2", bz2.compress(PLAIN.encode()), ""),
    ("t.csv.xz", lzma.compress(PLAIN.encode()), ""),
    ("t.zip", packed(PLAIN), ""),
    ("t.zip", packed(PLAIN.encode("utf-16")), "UTF-16"),
]


@pytest.mark.parametrize(("name", "content", "words"), FORMS)
def test_text_of_any_form(read, name, content, words):
    c = read(content, name)
    assert edges_of(c) == RIGHT
    assert words in said(c)


FRAME = pd.DataFrame({"pre": ["B", "Å", "C"], "post": ["Å", "C", "C"], "weight": [2, 3, -1]})


def test_sheets_and_columns(tmp_path):
    FRAME.to_parquet(tmp_path / "t.parquet")
    FRAME.to_feather(tmp_path / "t.feather")
    FRAME.to_excel(tmp_path / "t.xlsx", index=False)
    FRAME.set_index(["pre", "post"]).to_parquet(tmp_path / "indexed.parquet")
    for name in ("t.parquet", "t.feather", "t.xlsx", "indexed.parquet"):
        assert edges_of(read_connectome(tmp_path / name)) == RIGHT, name


def test_the_sheet_that_is_meant(tmp_path):
    path = tmp_path / "t.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"a": ["notes"]}).to_excel(book, sheet_name="about", index=False)
        titled = pd.DataFrame([["Table 1", "", ""], ["", "", ""], list(FRAME), *FRAME.to_numpy()])
        titled.to_excel(book, sheet_name="edges", index=False, header=False)
    with pytest.raises(ValueError, match=r"'about', 'edges'; allowed is one; sheet= names it"):
        read_connectome(path)
    with pytest.raises(ValueError, match=r"sheet is 'x'; allowed are 'about', 'edges'"):
        read_connectome(path, sheet="x")
    c = read_connectome(path, sheet="edges")
    assert edges_of(c) == RIGHT
    assert "Sheet 'edges' was read." in c.said
    assert "The table was read from row 3 on." in c.said
    assert edges_of(read_connectome(path, sheet="edges", header=3)) == RIGHT


BIG = [720575940600000001, 720575940600000002, 720575940600000003]


def test_ids_of_64_bits_stay_whole(tmp_path):
    frame = pd.DataFrame({"pre": BIG, "post": BIG[1:] + BIG[:1], "weight": [1, 2, 3]})
    rows = frame.itertuples(index=False, name=None)
    right = {(str(pre), str(post)): weight for pre, post, weight in rows}
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_feather(tmp_path / "t.feather")
    for name in ("t.csv", "t.parquet", "t.feather"):
        assert edges_of(read_connectome(tmp_path / name)) == right
    # As floats they are others, and in a sheet too.
    frame["pre"] = frame["pre"].astype(float)
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_excel(tmp_path / "t.xlsx", index=False)
    for name in ("t.csv", "t.parquet", "t.xlsx"):
        with pytest.raises(ValueError, match=r"pre is '7\.2.*lost its last digits; save ids as"):
            read_connectome(tmp_path / name)


def test_numbers_of_nodes_are_in_their_order(read):
    c = read("pre,post,weight\n10,9,1\n9,100,2\n", rows=None)
    assert c.names == ("9", "10", "100")
    c = read("pre,post,weight\nn10,n9,1\nn9,n100,2\n")
    assert c.names == ("n10", "n100", "n9")


def test_decimals_of_whole_numbers_are_merged_and_other_spellings_not(read):
    c = read("pre,post,weight\n101.0,102,1\n102.00,101,2\n01,1.5,3\n")
    assert c.names == ("01", "1.5", "101", "102")
    assert "2 names merged that differ only as 101 and 101.0 do." in c.said


def test_without_a_weight_all_are_one(read):
    c = read("pre,post\nA,B\nB,B\n")
    np.testing.assert_array_equal(c.weights, [[0, 0], [1, 1]])
    assert "every row weighs 1" in said(c)
    # The number of a row is no weight, and neither are an id, words, or transmitters.
    for column in ("", "id", "type", "nt_type"):
        c = read(f"{column},pre,post\n7,A,B\n8,B,B\n")
        np.testing.assert_array_equal(c.weights, [[0, 0], [1, 1]])


@pytest.mark.parametrize("column", ["distance", "n", "area", "syn_id"])
def test_a_column_nobody_knows_is_asked_about(read, column):
    text = f"pre,post,{column}\nA,B,7\nB,A,8\n"
    with pytest.raises(ValueError, match=rf"weight='{column}' takes it, weight=1 gives all rows 1"):
        read(text)
    np.testing.assert_array_equal(read(text, weight=column).weights, [[0, 8], [7, 0]])
    np.testing.assert_array_equal(read(text, weight=1).weights, [[0, 1], [1, 0]])
    np.testing.assert_array_equal(read(text, weight="1").weights, [[0, 1], [1, 0]])


def test_weight_names_the_column(read):
    text = "pre,post,weight,area\nA,B,2,0.25\nB,A,3,0.5\n"
    c = read(text)
    np.testing.assert_array_equal(c.weights, [[0, 3], [2, 0]])
    assert "Columns not used: area." in c.said
    np.testing.assert_array_equal(read(text, weight="area").weights, [[0, 0.5], [0.25, 0]])


def test_pre_and_post_name_the_columns(read):
    text = "a,b,c\nA,B,2\nB,C,3\n"
    right = {("B", "A"): 2, ("C", "B"): 3}
    assert edges_of(read(text, pre="b", post="a", weight="c")) == right
    assert edges_of(read(text, pre="B", post=" a ", weight="C")) == right
    headless = text.removeprefix("a,b,c\n")
    assert edges_of(read(headless, pre="2", post="1", weight="3", header=0)) == right
    assert edges_of(read("x y\n\n" + text, pre="b", post="a", weight="c", header=3)) == right


def test_a_file_without_a_header(read):
    c = read("1 2\n2 3\n3 1\n1 4\n", "edges.txt")
    assert edges_of(c) == dict.fromkeys([("1", "2"), ("2", "3"), ("3", "1"), ("1", "4")], 1)
    assert "No header was found" in said(c)
    with pytest.raises(ValueError, match="pre= and post= name them; header=0 says"):
        read("A,B\nB,C\n")
    assert edges_of(read("A,B\nB,C\n", header=0)) == {("A", "B"): 1, ("B", "C"): 1}


def test_nodes_set_the_order_and_are_kept(read, tmp_path):
    (tmp_path / "capital.CSV").write_text("pre,post,weight\nA,C,3\n")
    c = read_connectome(str(tmp_path / "capital.CSV"), nodes=["C", "B", "A"])
    assert c.names == ("C", "B", "A")
    np.testing.assert_array_equal(c.weights, [[0, 0, 3], [0, 0, 0], [0, 0, 0]])
    assert "1 node without any connection; they were kept." in c.said


def test_a_weight_of_zero_still_names_its_ends(read):
    c = read("pre,post,weight\nA,B,1\nC,A,0\n")
    assert c.names == ("A", "B", "C")
    assert c.sparse.nnz == 1
    assert "1 weight of 0: no connection, but the ends are nodes." in c.said


TWICE = "pre,post,weight\nA,B,1\nB,A,7\nA,B,-3\nA,B,5\n"


@pytest.mark.parametrize(("how", "weight"), [("sum", 3), ("mean", 1), ("max", 5)])
def test_duplicates(read, how, weight):
    c = read(TWICE, duplicates=how)
    assert edges_of(c) == {("A", "B"): weight, ("B", "A"): 7}
    assert "1 connection stood in several rows" in said(c)


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 2, st.integers(1, 9)), min_size=1))
def test_duplicates_are_those_of_a_table(read, rows):
    frame = pd.DataFrame(rows, columns=["pre", "post", "weight"]).assign(more=0)
    # So that there are two nodes, none of which is 0.
    frame.loc[len(frame)] = [5, 6, 1, 0]
    frame[["pre", "post"]] = frame[["pre", "post"]].map(lambda k: f"n{k}")
    for how in ("sum", "mean", "max"):
        right = frame.groupby(["pre", "post"])["weight"].agg(how)
        c = read(frame.to_csv(index=False), duplicates=how)
        assert edges_of(c) == pytest.approx(right.to_dict())


def test_where_and_sign(read):
    text = "pre,post,n,type,nt\nA,B,1,x,ACH\nB,A,2,y,gaba\nA,A,3,x,Glycine\nB,B,4,z,ACH\n"
    assert edges_of(read(text, weight="n", where={"type": ["x", "y"]})) == {
        ("A", "B"): 1,
        ("B", "A"): 2,
        ("A", "A"): 3,
    }
    c = read(text, weight="n", sign="nt", where={"TYPE": "X"})
    assert edges_of(c) == {("A", "B"): 1, ("A", "A"): -3}
    assert "Only rows with TYPE X: 2 of 4." in c.said or "Only rows with type X: 2 of 4." in c.said
    assert "ACH as excitatory and Glycine as inhibitory" in said(c)
    assert "1 node both excite and inhibit by these signs." in c.said
    signs = "pre,post,w,s\nA,B,2,-1\nB,A,3,E\nB,B,1,excitatory\nA,A,4,inh\n"
    assert edges_of(read(signs, sign="s")) == {
        ("A", "B"): -2,
        ("B", "A"): 3,
        ("B", "B"): 1,
        ("A", "A"): -4,
    }


@pytest.mark.parametrize("name", ["NA", "nan", "unknown", "None", "N/A", "-1"])
def test_names_of_nobody_are_asked_about(read, name):
    text = f"pre,post,weight\nA,B,1\nB,{name},2\n{name},A,3\n"
    with pytest.raises(ValueError, match=rf"line 3: post is '{name}', perhaps no node; ignore="):
        read(text)
    c = read(text, ignore=[name])
    assert edges_of(c) == {("A", "B"): 1}
    assert f"2 rows left out by ignore={name!r}." in c.said
    assert len(read(text, ignore=()).names) == 3
    assert len(read(text, nodes=["A", "B", name]).names) == 3


def test_zero_is_asked_about_among_long_ids_alone(read):
    assert read("pre,post\n0,1\n1,2\n").names == ("0", "1", "2")
    for others in ("11111,22222", "A,B"):
        with pytest.raises(ValueError, match="post is '0', perhaps no node"):
            read(f"pre,post\n{others}\n{others.split(',')[0]},0\n")


EDGE_SETS = st.dictionaries(
    st.tuples(st.sampled_from('a b"Äé,'), st.sampled_from("cdaß")),
    st.floats(allow_nan=False, allow_infinity=False).filter(bool),
    min_size=1,
)


@given(EDGE_SETS, st.sampled_from(["\n", "\r\n"]), st.sampled_from(",;\t|"))
def test_any_edges_come_back(read, edges, newline, separator):
    # Spaces around a name are not part of it, those within are.
    edges = {(f"n{a}n", f"n{b}n"): w for (a, b), w in edges.items()}
    quoted = ['"' + a.replace('"', '""') + f'","{b}",{w!r}' for (a, b), w in edges.items()]
    quoted = [line.replace('","', f'"{separator}"') for line in quoted]
    quoted = ['"' + f'"{separator}'.join(line.rsplit('",', 1))[1:] for line in quoted]
    header = separator.join(["pre", "post", "weight"])
    c = read(newline.join([header, *quoted]), nodes=[f"n{x}n" for x in 'a b"Äé,cdß'])
    assert edges_of(c) == edges


@given(st.integers(2, 12), st.integers(0, 2**32 - 1), st.data())
def test_random_graphs_come_back_from_every_format(tmp_path, n, seed, data):
    rng = np.random.default_rng(seed)
    w = np.where(rng.random((n, n)) < 0.5, rng.standard_normal((n, n)), 0)
    w[0, 1] = 1.0
    names = [f"n{k:02}" for k in range(n)]
    post, pre = np.nonzero(w)
    frame = pd.DataFrame(
        {"pre": np.array(names)[pre], "post": np.array(names)[post], "weight": w[post, pre]}
    )
    form = data.draw(st.sampled_from(["csv", "tsv", "xlsx", "parquet", "feather", "csv.gz"]))
    path = tmp_path / f"g.{form}"
    match form:
        case "xlsx":
            frame.to_excel(path, index=False)
        case "parquet":
            frame.to_parquet(path)
        case "feather":
            frame.to_feather(path)
        case _:
            frame.to_csv(path, index=False, sep="\t" if form == "tsv" else ",")
    c = read_connectome(path, nodes=names)
    np.testing.assert_array_equal(c.weights, w)


M = np.array([[0, 2, 0.5, 0], [1, 0, 0, 3], [0, 0, 4, 0], [5, 0, 0, 0]])
IDS = ["w", "x", "y", "z"]


def as_csv(header, index, order=None, **how):
    frame = pd.DataFrame(M, IDS, IDS)
    frame = frame if order is None else frame[order]
    return frame.to_csv(header=header, index=index, **how)


GRIDS = [
    (as_csv(True, True), IDS),
    (as_csv(True, False), IDS),
    (as_csv(False, True), IDS),
    (as_csv(False, False), list("0123")),
    (as_csv(True, True, sep=";", decimal=","), IDS),
    (as_csv(True, True, sep="\t"), IDS),
    (as_csv(True, True, order=list("zyxw")), IDS),
    (as_csv(True, True).replace(",w,x", "w,x", 1), IDS),
    (as_csv(True, True).replace(",0.0", ","), IDS),
]


@pytest.mark.parametrize(("text", "names"), GRIDS)
def test_matrices_in_text(read, text, names):
    c = read(text)
    assert list(c.names) == names
    np.testing.assert_array_equal(c.weights, M)
    assert "Rows are assumed to receive" in said(c)
    turned = read(text, rows="send")
    np.testing.assert_array_equal(turned.weights, M.T)
    assert "Rows send, as rows='send' says." in turned.said


def test_matrices_in_sheets_and_columns(tmp_path):
    frame = pd.DataFrame(M, IDS, IDS)
    frame.to_excel(tmp_path / "m.xlsx")
    frame.to_parquet(tmp_path / "m.parquet")
    frame.reset_index().to_feather(tmp_path / "m.feather")
    for name in ("m.xlsx", "m.parquet", "m.feather"):
        c = read_connectome(tmp_path / name)
        assert list(c.names) == IDS
        np.testing.assert_array_equal(c.weights, M)


def test_a_matrix_with_fewer_columns_is_matched_by_names(read):
    frame = pd.DataFrame(M, IDS, IDS)[["z", "x"]]
    c = read(frame.to_csv(), rows="receive")
    assert list(c.names) == IDS
    np.testing.assert_array_equal(c.weights, M * [0, 1, 0, 1])
    assert "4 rows and 2 columns were matched by their names" in said(c)
    with pytest.raises(ValueError, match="rows and columns have other names, such as"):
        read(pd.DataFrame(M, IDS, ["w", "x", "y", "other"]).to_csv())


def test_three_columns_of_numbers_may_be_both(read):
    text = "1,2,5\n2,3,3\n3,1,1\n"
    with pytest.raises(ValueError, match="rows='receive' or 'send' reads a matrix; header=0, pre="):
        read(text)
    np.testing.assert_array_equal(read(text, rows="receive").weights[0], [1, 2, 5])
    edges = read(text, header=0, pre="1", post="2")
    assert edges_of(edges) == {("1", "2"): 5, ("2", "3"): 3, ("3", "1"): 1}


H = "pre,post,weight\n"
BAD = [
    ("", {}, r"edges\.csv: it is empty; .*header="),
    ("\n \n", {}, r"edges\.csv: it is empty"),
    (H, {}, r"it has a header only; .*at least one row.*header="),
    ("a,post,w\nA,B,1", {}, r"line 1: columns for the sender are none, .*'w'; pre= names it"),
    ("pre,a,w\nA,B,1", {}, r"line 1: columns for the receiver are none, .*; post= names it"),
    ("pre,From,to\nA,B,C", {}, r"line 1: columns for the sender are 'pre' and 'From'.*pre="),
    ("pre,post,w,w\nA,B,1,2", {}, r"line 1: 'w' is there twice"),
    ("pre,post,a,b\nA,B,1,2", {}, r"line 1: the weight may be any of 'a', 'b'.*weight='a'"),
    ("pre,post,Count,weight\nA,B,1,2\n", {}, r"any of 'Count', 'weight', which differ; weight="),
    (H + "A,B,1\n", {"weight": "wieght"}, r"line 1: weight is 'wieght'; .*nearest is 'weight'"),
    (H + "A,B,1\n", {"pre": "prae"}, r"pre is 'prae'|columns for sender"),
    (H + "A,B,1\n\n,A,2\n", {}, r"edges\.csv, line 4: pre is empty; ignore=''"),
    (H + "A, ,2\n", {}, r"line 2: post is empty"),
    (H + "A,B,1\nB,A,two\n", {}, r"line 3: weight is 'two'; .*finite numbers"),
    (H + "A,B,\nA,C,1\n", {}, r"line 2: weight is ''"),
    (H + "A,B,NaN\n", {}, r"line 2: weight is 'NaN'"),
    (H + "A,B,-inf\n", {}, r"line 2: weight is '-inf'"),
    (H + "A,B,1e999\n", {}, r"line 2: weight is '1e999'"),
    (H + "A,B,1_0\n", {}, r"line 2: weight is '1_0'"),
    (H + 'A,B,"1,000"\n', {}, r"line 2: weight is '1,000'"),
    (H + "A,B\n", {}, r"line 2: \['A', 'B'\] has 2 fields; allowed are 3"),
    (H + "A,B,1\nA,C\nB,C,1\n", {}, r"line 3: .* has 2 fields; allowed are 3"),
    (H + "A,B,1,5\n", {}, r"line 2: .* has 4 fields; allowed are 3.*delimiter="),
    (H + "A,B,1\nB,A,1,5\nC,A,1\n", {}, r"line 3: .* has 4 fields; allowed are 3"),
    (H + "A,B,1\nB,A,1\n\nA,B,1\n", {}, r"line 5: 'A' -> 'B' is there already, in line 2; dup"),
    (H + '"A\nA",B,1\nB,B,1\nB,B,0\n', {}, r"line 5: 'B' -> 'B' is there already, in line 4"),
    (
        H + "AVAL,AVAR,1\nAVAL,MUSCLE,3\n",
        {"nodes": ["AVAL", "AVAR", "MUSCL"]},
        r"line 3: 'MUSCLE' is not known; allowed are 3 names, .*'MUSCL'",
    ),
    (H + "A,B,0\nA,X,0\n", {"nodes": ["A", "B"]}, r"line 3: 'X' is not known"),
    (H + "A,B,0\n", {}, r"edges\.csv: all weights are zero; weight="),
    (H + "A,A,1\n", {}, r"edges\.csv: it has 1 node; .*at least 2"),
    (H + 'A,"B,1\nA,C,1\n', {}, r"line 2: the line cannot be read .*quoted as CSV"),
    (H + 'A,"B"x,1\n', {}, r"line 2: the line cannot be read .*expected after.*quoted"),
    (H.encode() + b"A,B\0,1\n", {}, r"line 2: this is no text .*x00"),
    (b"\x93NUMPY\x01\0", {}, r"line 1: this is no text"),
    (H + "A,B,1\n", {"nodes": ["A"]}, r"nodes has 1 names; .*at least 2"),
    (H + "A,B,1\n", {"nodes": []}, r"nodes has 0 names"),
    (H + "A,B,1\n", {"nodes": "AB"}, r"nodes is 'AB'; .*sequence"),
    (H + "A,B,1\n", {"nodes": ["A", "B", "A"]}, r"nodes\[2\] is 'A', as is nodes\[0\]"),
    (H + "7.20576E+17,B,1\n", {}, r"line 2: pre is '7\.20576E\+17', a number that lost.*as text"),
    (H + "720575940600000001.0,B,1\n", {}, r"pre is '72.*', too long for what a decimal keeps"),
    (H + "72057594060000000,72057594070000000,1\n", {}, r"all long ids end in zeros"),
    (H + "A,B,1\n", {"where": {"kind": "x"}}, r"where is 'kind'; allowed are the columns 'pre'"),
    (
        "pre,post,kind\nA,B,x\n",
        {"where": {"kind": "z"}},
        r"'z'}, which no row has; allowed are 'x'",
    ),
    (H + "A,B,1\n", {"where": "kind"}, r"where is 'kind'; allowed is such as \{"),
    (H + "A,B,1\n", {"sign": "nt"}, r"sign is 'nt'; allowed are the columns"),
    ("pre,post,nt\nA,B,Glu\n", {"sign": "nt"}, r"nt is 'Glu', of unknown sign; transmitters=.*fl"),
    ("pre,post,w,nt\nA,B,-1,ACH\n", {"sign": "nt"}, r"line 2: the weight is negative already"),
    (H + "A,B,1\n", {"transmitters": {"x": 1}}, r"transmitters are given without sign"),
    (H + "A,B,1\n", {"transmitters": {"x": 2}}, r"transmitters is .*\+1 or -1"),
    (H + "A,B,1\n", {"duplicates": "add"}, r"duplicates is 'add'; allowed are 'error', 'sum'"),
    (H + "A,B,1\n", {"rows": "both"}, r"rows is 'both'; allowed are 'receive', 'send'"),
    (H + "A,B,1\n", {"rows": "send"}, r"rows is 'send'; allowed is None for a list of edges"),
    (H + "A,B,1\n", {"names": "x"}, r"names is 'x'; allowed is None for a list of edges"),
    (H + "A,B,1\n", {"sheet": "x"}, r"sheet is 'x'; allowed is None for text"),
    (H + "A,B,1\n", {"delimiter": ",,"}, r"delimiter is ',,'; allowed are one character"),
    (H + "A,B,1\n", {"delimiter": ";"}, r"edges\.csv"),
    (H + "A,B,1\n", {"header": -1}, r"header is -1; allowed are the header's line from 1, or 0"),
    (H + "A,B,1\n", {"header": 9}, r"it is empty; .*header="),
    (H + "A,B,1\n", {"ignore": [1]}, r"ignore is \[1\]; allowed are names"),
    (H + "A,B,1\n", {"weight": ""}, r"weight is ''; allowed are names, and 1"),
    (H + "A,B,1\n", {"pre": "pre", "post": "pre"}, r"pre and post are both 'pre'"),
    (H + "A,B,1\n", {"most_bytes": 0}, r"most_bytes is 0; allowed are whole numbers from 1"),
    ("one\ntwo\n", {}, r"without a separator that all agree on; .*delimiter="),
    (as_csv(True, True).replace("5.0", "five"), {}, r"line 5: field 2 of the matrix is 'five'"),
    (as_csv(True, True).replace("5.0,", ""), {}, r"line 5: .*has 4 fields; allowed are 5"),
    (as_csv(True, True), {"weight": "w"}, r"weight is 'w'; allowed is None for a matrix"),
]


@pytest.mark.parametrize(("text", "settings", "message"), BAD)
def test_bad_input(no_shape_checks, read, text, settings, message):
    with pytest.raises(ValueError, match=message) as error:
        read(text, **settings)
    assert len(str(error.value)) <= 300


def test_long_values_do_not_make_long_messages(read):
    name = "n" * 200 + ".csv"
    for text in (
        "p" * 5000 + ",q\n1,2\n",
        ",".join(f"column{k}" for k in range(900)) + "\n" + "x," * 899 + "x\n",
        H + "A," + "B" * 5000 + ",no number\n",
    ):
        with pytest.raises(ValueError, match=r"^n+") as error:
            read(text, name)
        assert len(str(error.value)) <= 300


@pytest.mark.parametrize("name", ["edges", "edges.doc", "edges.csv.rar", "edges.xls"])
def test_unknown_extensions(read, name):
    with pytest.raises(ValueError, match=r"extension '.*'; (allowed are \.csv, |save it as \.csv)"):
        read(H + "A,B,1\n", name=name)


def test_paths_of_nothing(tmp_path):
    missing = tmp_path / "none.csv"
    with pytest.raises(FileNotFoundError, match=re.escape(f"{missing} does not exist")):
        read_connectome(missing)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ValueError, match=r"folder\.csv is not a file"):
        read_connectome(tmp_path / "folder.csv")


def test_what_unpacks_to_too_much_is_refused(tmp_path, read):
    large = b"0" * 3_000_000
    for name, content in (
        ("t.csv.gz", gzip.compress(large, mtime=0)),
        ("t.csv.xz", lzma.compress(large)),
        ("t.csv.bz2", bz2.compress(large)),
        ("t.zip", packed(large)),
    ):
        with pytest.raises(ValueError, match=r"allowed (is as much as|are .* GiB, by) most_bytes"):
            read(content, name, most_bytes=2_000_000)
    two = io.BytesIO()
    with zipfile.ZipFile(two, "w") as archive:
        archive.writestr("a.csv", H)
        archive.writestr("b.csv", H)
    with pytest.raises(ValueError, match=r"the archive holds 'a\.csv', 'b\.csv'; allowed is one"):
        read(two.getvalue(), "t.zip")
    FRAME.to_parquet(tmp_path / "t.parquet")
    FRAME.to_excel(tmp_path / "t.xlsx")
    for name in ("t.parquet", "t.xlsx"):
        with pytest.raises(ValueError, match=r"would take .*most_bytes=20"):
            read_connectome(tmp_path / name, most_bytes=20)
