"""Tables as published connectomes write them, and the small ones of each kind of fault."""

from pathlib import Path

import numpy as np
import pytest

from richlazy_jax.connectomes import read_connectome
from richlazy_jax.connectomes._conventions import CONVENTIONS, convention_of

CASES = Path(__file__).parents[4] / "shared" / "cases" / "connectomes"


def edges_of(c):
    placed = c.sparse.tocoo()
    post, pre = placed.coords
    return {(c.names[j], c.names[i]): w for i, j, w in zip(post, pre, placed.data, strict=True)}


def said(c):
    return " ".join(c.said)


@pytest.fixture
def read(tmp_path):
    def written(text, name="table.csv", **settings):
        (tmp_path / name).write_text(text)
        return read_connectome(tmp_path / name, **settings)

    return written


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda each: each.name)
def test_each_is_known_by_its_header(convention):
    header = convention.written.split(",")
    assert convention_of(header) is convention
    assert convention_of([name.upper().replace("_", " ") for name in header]) is convention
    without = [name for name in header if name not in (convention.pre, "x")]
    assert convention_of(without) is not convention


def test_each_is_on_the_page_with_the_command_that_reads_it():
    page = Path(__file__).parents[3] / "docs" / "howto" / "connectome.md"
    lines = page.read_text(encoding="utf-8").splitlines()
    for convention in CONVENTIONS:
        (row,) = [line for line in lines if line.startswith(f"| {convention.name} |")]
        assert "richlazy inspect" in row
        assert convention.pre in row
        assert convention.post in row


A, B, C = "720575940600000011", "720575940600000012", "720575940600000013"
FLYWIRE = f"""pre_root_id,post_root_id,neuropil,syn_count,nt_type
{A},{B},LH_R,3,GLUT
{A},{B},AL_R,4,GLUT
{B},{C},FB,6,DA
{C},{A},FB,5,ACH
"""


def test_flywire_codex(read):
    c = read(FLYWIRE)
    assert c.names == (A, B, C)
    assert edges_of(c) == {(A, B): 7, (B, C): 6, (C, A): 5}
    assert c.said[0].startswith("Columns are as FlyWire Codex writes them.")
    assert "4 rows became 3 connections" in said(c)
    assert "not used: neuropil, nt_type; sign='nt_type' would give signs" in said(c)
    # In a fly glutamate inhibits; what the caller says goes before.
    assert edges_of(read(FLYWIRE, sign="nt_type")) == {(A, B): -7, (B, C): 6, (C, A): 5}
    turned = read(FLYWIRE, sign="nt_type", transmitters={"GLUT": 1, "da": -1})
    assert edges_of(turned) == {(A, B): 7, (B, C): -6, (C, A): 5}
    chosen = read(FLYWIRE, where={"neuropil": ["LH_R", "FB"]})
    assert edges_of(chosen) == {(A, B): 3, (B, C): 6, (C, A): 5}
    with pytest.raises(ValueError, match="is there already, in line 2; duplicates="):
        read(FLYWIRE, duplicates="error")


def test_flywire_on_zenodo_is_not_taken_for_synapses(read):
    text = FLYWIRE.replace("_root_id", "_pt_root_id")
    assert edges_of(read(text)) == {(A, B): 7, (B, C): 6, (C, A): 5}


def test_neuprint(read):
    text = "bodyId_pre,bodyId_post,roi,weight\n11,12,EB,5\n11,12,PB,2\n12,11,EB,1\n"
    c = read(text)
    assert edges_of(c) == {("11", "12"): 7, ("12", "11"): 1}
    assert "as neuPrint writes them" in said(c)


def test_cave_rows_are_counted(read):
    text = "id,pre_pt_root_id,post_pt_root_id,size\n1,11,12,50\n2,11,12,60\n3,12,13,10\n"
    c = read(text)
    assert edges_of(c) == {("11", "12"): 2, ("12", "13"): 1}
    assert "every row weighs 1" in said(c)
    assert edges_of(read(text, weight="size")) == {("11", "12"): 110, ("12", "13"): 10}


def test_wormwiring_never_mixes_electrical_and_chemical(read):
    text = (
        "Source,Target,Weight,Type\nADAL,AIBL,2,chemical\nADAL,AVAR,1,electrical\n"
        "AVAR,ADAL,1,electrical\nAIBL,ADAL,4,chemical\n"
    )
    with pytest.raises(ValueError, match=r"where={'Type': 'chemical'}.*duplicates='sum'"):
        read(text)
    c = read(text, where={"Type": "chemical"})
    assert edges_of(c) == {("ADAL", "AIBL"): 2, ("AIBL", "ADAL"): 4}
    assert "2 of 4" in said(c)
    assert len(edges_of(read(text, duplicates="sum"))) == 4


WORM = """Neuron 1,Neuron 2,Type,Nbr
ADAL,AIBL,S,1
ADAL,AIBL,Sp,2
AIBL,ADAL,R,1
AIBL,ADAL,Rp,2
AVAL,ADAL,Rp,4
AIBL,AVAL,EJ,2
AVAL,AIBL,EJ,2
ADAL,AVAL,EJ,3
DD1,NMJ,NMJ,5
"""


def test_wormatlas_sees_each_connection_once(read):
    c = read(WORM)
    # R and Rp say again what S and Sp say, but for the row whose sender's is missing.
    assert edges_of(c) == {("ADAL", "AIBL"): 3, ("ADAL", "AVAL"): 4}
    assert "3 rows of receivers: 1 were read from their side" in said(c)
    assert "3 rows electrical (EJ) left out" in said(c)
    assert "1 row to muscle (NMJ) left out" in said(c)
    # A gap junction goes both ways, also where it stands one way only.
    gaps = read(WORM, where={"Type": "EJ"})
    assert edges_of(gaps) == {
        ("AIBL", "AVAL"): 2,
        ("AVAL", "AIBL"): 2,
        ("ADAL", "AVAL"): 3,
        ("AVAL", "ADAL"): 3,
    }
    assert "1 stood there one way only" in said(gaps)
    # One kind's rows are no mirror of another's.
    both = read(WORM, where={"Type": ["S", "Sp", "EJ"]})
    assert edges_of(both)["AVAL", "ADAL"] == 3
    assert edges_of(read(WORM, where={"Type": "nmj"})) == {("DD1", "NMJ"): 5}


def test_netzschleuder(read):
    c = read("# source, target, weight\n0, 1, 5\n1, 2, 3\n10, 0, 2\n")
    assert c.names == ("0", "1", "2", "10")
    assert edges_of(c) == {("0", "1"): 5, ("1", "2"): 3, ("10", "0"): 2}
    assert "as netzschleuder's do" in said(c)


def test_the_larva_is_known_by_the_name_of_its_file(read):
    text = ",1001,1002,1003\n1001,0,5,3\n1002,4,0,0\n1003,0,0,0\n"
    c = read(text, "all-all_connectivity_matrix.csv")
    assert edges_of(c) == {("1001", "1002"): 5, ("1001", "1003"): 3, ("1002", "1001"): 4}
    assert "Rows send: the file is called as the larva's matrices are" in said(c)
    other = read(text, "matrix.csv")
    assert edges_of(other)["1002", "1001"] == 5
    assert "rows='send' turns them" in said(other)
    received = read(text, "all-all_connectivity_matrix.csv", rows="receive")
    assert edges_of(received) == edges_of(other)


def test_markov_and_cocomac(read):
    text = "SOURCE,TARGET,FLN,MONKEY\nV2,V1,0.5,M1\nV4,V1,0.25,M1\nV2,V1,0.75,M2\n"
    with pytest.raises(ValueError, match="duplicates='sum', 'mean' or 'max'"):
        read(text)
    c = read(text, duplicates="mean")
    assert edges_of(c) == {("V2", "V1"): 0.625, ("V4", "V1"): 0.25}
    assert "as Markov et al., fractions of labelled neurons writes" in said(c)
    c = read("SourceSite,TargetSite,Density\nV1,V2,1\nV1,V2,3\nV2,V1,2\n")
    assert edges_of(c) == {("V1", "V2"): 3, ("V2", "V1"): 2}


def test_what_the_caller_names_goes_before_any_convention(read):
    c = read(FLYWIRE, pre="post_root_id", post="pre_root_id", duplicates="sum")
    assert edges_of(c) == {(B, A): 7, (C, B): 6, (A, C): 5}
    assert "FlyWire" not in said(c)


X, Y, Z = (f"72057594060000000{k}" for k in (1, 2, 3))
M1, M2, M3 = (f"86469113000000000{k}" for k in (1, 2, 3))
H1, H2, H3 = (f"581300000{k}" for k in (1, 2, 3))
TRIANGLE = {("A", "B"): 5, ("B", "C"): 3, ("C", "A"): 1}
RIGHT = [
    ("flywire_codex.csv", {}, {(X, Y): 12, (Y, Z): 9, (Z, X): 6}),
    ("flywire_codex.csv", {"sign": "nt_type"}, {(X, Y): 12, (Y, Z): -9, (Z, X): 6}),
    ("hemibrain_neuprint.csv", {}, {(H1, H2): 15, (H2, H3): 8, (H3, H1): 5}),
    ("microns_synapses.csv", {}, {(M1, M2): 2, (M2, M3): 1, (M3, M1): 1}),
    (
        "gap_and_chemical_same_pair.csv",
        {"where": {"type": "chemical"}},
        {("A", "B"): 5, ("B", "C"): 4, ("C", "A"): 4},
    ),
    ("edges_noheader.csv", {}, TRIANGLE),
    ("tab_in_csv.csv", {}, TRIANGLE),
    ("utf16_excel.csv", {}, TRIANGLE),
    ("networkx_nodelink.json", {}, TRIANGLE),
    ("semicolon_decimal_comma.csv", {}, {("A", "B"): 0.5, ("B", "C"): 1.5, ("C", "A"): 2}),
    (
        "dense_with_ids_rows_send.csv",
        {"rows": "send"},
        {("A", "B"): 5, ("A", "C"): 3, ("B", "A"): 4, ("B", "C"): 2, ("C", "A"): 1},
    ),
    (
        "synapse_id_taken_as_weight.csv",
        {},
        dict.fromkeys([("A", "B"), ("B", "C"), ("C", "A"), ("C", "B")], 1),
    ),
    (
        "nt_type_ignored.csv",
        {},
        {("A", "B"): 5, ("A", "C"): 3, ("B", "A"): 4, ("B", "C"): 2, ("C", "A"): 1},
    ),
    (
        "float_ids_split.csv",
        {},
        {("101", "102"): 5, ("102", "103"): 3, ("103", "101"): 4, ("101", "103"): 2},
    ),
    (
        "na_names_hub.csv",
        {"ignore": ("NA",)},
        {("A", "B"): 5, ("C", "A"): 4, ("A", "C"): 1},
    ),
    ("graphml_multiedge.graphml", {"duplicates": "sum"}, {(X, Y): 7, (Y, Z): 4}),
    (
        "graphml_name_is_number.graphml",
        {"names": "cell_name"},
        {("AVAL", "AVAR"): 5, ("AVAR", "DD1"): 2, ("DD1", "AVAL"): 2},
    ),
]
SAYS = [
    ("flywire_codex.csv", {}, "added up: 4 rows became 3"),
    ("edges_noheader.csv", {}, "No header was found"),
    ("rows_send_signed.npy", {}, "looks as if rows send"),
    ("dense_with_ids_rows_send.csv", {}, "rows='send' turns"),
    ("connectome_arrays.npz", {"weight": "W_counts"}, "not used: pre_signs, node_ids"),
    ("nt_type_ignored.csv", {}, "sign='nt_type' would give signs"),
    ("graphml_name_is_number.graphml", {}, "attribute 'name'; names= may take 'cell_name'"),
    ("float_ids_split.csv", {}, "merged"),
    ("wormatlas.csv", {}, "electrical (EJ) left out"),
]
REFUSED = [
    ("gap_and_chemical_same_pair.csv", "where={'type': 'chemical'}.*duplicates='sum'"),
    ("na_names_hub.csv", r"line 3: post is 'NA'.*ignore=\('NA',\)"),
    ("graphml_multiedge.graphml", "duplicates='sum'"),
]
there = pytest.mark.skipif(not CASES.is_dir(), reason="the small files of each fault are not here")


@there
@pytest.mark.parametrize(("name", "settings", "right"), RIGHT)
def test_small_files_are_read_right(name, settings, right):
    assert edges_of(read_connectome(CASES / name, **settings)) == right


@there
@pytest.mark.parametrize(("name", "settings", "words"), SAYS)
def test_small_files_say_what_was_read(name, settings, words):
    assert words in said(read_connectome(CASES / name, **settings))


@there
@pytest.mark.parametrize(("name", "message"), REFUSED)
def test_small_files_are_asked_about(name, message):
    with pytest.raises(ValueError, match=message) as error:
        read_connectome(CASES / name)
    assert len(str(error.value)) <= 300


@there
def test_arrays_of_an_archive_are_used_when_asked_for():
    c = read_connectome(
        CASES / "connectome_arrays.npz", weight="W_counts", names="node_ids", sign="pre_signs"
    )
    np.testing.assert_array_equal(c.weights[:, 1], [-5, 0, -2, 0])
    assert c.names[3] == "720575940600000003"
    assert read_connectome(CASES / "int64_names.npz").names[3] == "720575940600000003"
