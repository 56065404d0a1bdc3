"""Graphs of every format, written by hand and by NetworkX."""

import json

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from richlazy_jax.connectomes import read_connectome

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
"""


def graph(edges="", kind="directed", nodes=("n0", "n1", "n2"), keys="", attributes=None):
    """A GraphML text; `edges` as "source target value", `attributes` the data of each node."""
    lines = []
    for edge in filter(None, edges.split("\n")):
        source, target, *value = edge.split()
        data = "".join(f'<data key="w">{v}</data>' for v in value)
        lines.append(f'<edge source="{source}" target="{target}">{data}</edge>')
    attributes = attributes or [""] * len(nodes)
    named = [f'<node id="{n}">{a}</node>' for n, a in zip(nodes, attributes, strict=True)]
    inside = "\n".join([*named, *lines])
    return f'{HEAD}{keys}<graph edgedefault="{kind}">{inside}</graph></graphml>'


def key(name, kind="double", default="", of="edge", code="w"):
    inside = f"<default>{default}</default>" if default else ""
    return f'<key id="{code}" for="{of}" attr.name="{name}" attr.type="{kind}">{inside}</key>'


@pytest.fixture
def read(tmp_path):
    def written(text, name="g.graphml", **settings):
        (tmp_path / name).write_text(text)
        return read_connectome(tmp_path / name, **settings)

    return written


EDGES = "n0 n1 2.5\nn2 n0 3\nn1 n1 -1"
DIRECTED = [[0, 0, 3], [2.5, -1, 0], [0, 0, 0]]


@pytest.mark.parametrize("name", ["weight", "synapses", "Count", "syn_count", "ns:weight"])
@pytest.mark.parametrize("kind", ["double", "float", "string"])
def test_target_receives(read, name, kind):
    c = read(graph(EDGES, keys=key(name, kind)))
    assert c.names == ("n0", "n1", "n2")
    np.testing.assert_array_equal(c.weights, DIRECTED)


def test_undirected_is_symmetric(read):
    c = read(graph(EDGES, kind="undirected", keys=key("weight")))
    np.testing.assert_array_equal(c.weights, [[0, 2.5, 3], [2.5, -1, 0], [3, 0, 0]])


def test_without_attributes_all_are_one(read):
    np.testing.assert_array_equal(
        read(graph("n0 n1\nn2 n0")).weights, [[0, 0, 1], [1, 0, 0], [0, 0, 0]]
    )


def test_the_number_of_an_edge_is_no_weight(read):
    text = graph("n0 n1\nn2 n0").replace("<edge", '<edge id="7"', 1)
    np.testing.assert_array_equal(read(text).weights, [[0, 0, 1], [1, 0, 0], [0, 0, 0]])


def test_the_default_of_an_attribute_counts(read):
    c = read(graph("n0 n1\nn2 n0 3", keys=key("weight", default="4")))
    np.testing.assert_array_equal(c.weights, [[0, 0, 3], [4, 0, 0], [0, 0, 0]])


NAMING = [
    (["x", "y", "z"], "name", ("x", "y", "z")),
    (["x", "y", "z"], "label", ("x", "y", "z")),
    (["x", "x", "z"], "name", ("n0", "n1", "n2")),
    (["x", "", "z"], "name", ("n0", "n1", "n2")),
    (["x", "y", "z"], "colour", ("n0", "n1", "n2")),
]


@pytest.mark.parametrize(("values", "attribute", "names"), NAMING)
def test_names_are_those_that_tell_all_apart(read, values, attribute, names):
    keys = key("weight") + key(attribute, "string", of="node", code="d")
    given = [f'<data key="d">{value}</data>' if value else "" for value in values]
    c = read(graph(EDGES, keys=keys, attributes=given))
    assert c.names == names
    np.testing.assert_array_equal(c.weights, DIRECTED)


def test_nodes_set_the_order_and_are_kept(read):
    c = read(graph(EDGES, keys=key("weight")), nodes=["n2", "n9", "n1", "n0"])
    assert c.names == ("n2", "n9", "n1", "n0")
    expected = np.zeros((4, 4))
    expected[3, 0], expected[2, 3], expected[2, 2] = 3, 2.5, -1
    np.testing.assert_array_equal(c.weights, expected)


def edges_of(c):
    placed = c.sparse.tocoo()
    post, pre = placed.coords
    return {(c.names[j], c.names[i]): w for i, j, w in zip(post, pre, placed.data, strict=True)}


def said(c):
    return " ".join(c.said)


WRITERS = {
    "g.graphml": nx.write_graphml,
    "g.gexf": nx.write_gexf,
    "g.gml": nx.write_gml,
    "edges.json": lambda g, path: path.write_text(json.dumps(nx.node_link_data(g, edges="edges"))),
    "links.json": lambda g, path: path.write_text(json.dumps(nx.node_link_data(g, edges="links"))),
}


@given(st.integers(2, 9), st.integers(0, 2**32 - 1), st.sampled_from(list(WRITERS)), st.booleans())
def test_what_networkx_writes_comes_back(tmp_path, n, seed, name, directed):
    rng = np.random.default_rng(seed)
    w = np.where(rng.random((n, n)) < 0.5, rng.standard_normal((n, n)), 0)
    w[1, 0] = 2.0
    w = w if directed else w + w.T
    g = nx.DiGraph() if directed else nx.Graph()
    g.add_nodes_from(f"n{k}" for k in range(n))
    # Rows receive here.
    g.add_weighted_edges_from((f"n{j}", f"n{i}", float(w[i, j])) for i, j in np.argwhere(w))
    WRITERS[name](g, tmp_path / name)
    c = read_connectome(tmp_path / name, nodes=[f"n{k}" for k in range(n)])
    np.testing.assert_array_equal(c.weights, w)


@pytest.mark.parametrize("name", WRITERS)
def test_parallel_edges_are_asked_about_and_added_up(tmp_path, name):
    g = nx.MultiDiGraph()
    g.add_weighted_edges_from([("A", "B", 2), ("A", "B", 3), ("B", "C", 4)])
    WRITERS[name](g, tmp_path / name)
    with pytest.raises(ValueError, match=r"edge 'A' -> 'B': .*there already.*duplicates='sum'"):
        read_connectome(tmp_path / name)
    c = read_connectome(tmp_path / name, duplicates="sum", weight="weight")
    assert edges_of(c) == {("A", "B"): 5, ("B", "C"): 4}
    assert "3 edges became 2 connections" in said(c)


def test_parallel_edges_of_one_id_are_not_lost(read):
    text = graph("n0 n1 2\nn0 n1 3", keys=key("weight")).replace("<edge", '<edge id="e"')
    assert edges_of(read(text, duplicates="sum")) == {("n0", "n1"): 5}


def test_edges_of_both_kinds(read):
    text = graph("n0 n1 2\nn1 n2 3", keys=key("weight"))
    mixed = text.replace('<edge source="n1"', '<edge directed="false" source="n1"')
    c = read(mixed)
    assert edges_of(c) == {("n0", "n1"): 2, ("n1", "n2"): 3, ("n2", "n1"): 3}
    assert "1 edge without direction became two each, one each way." in c.said
    # Likewise where none has a direction but one.
    text = text.replace('edgedefault="directed"', 'edgedefault="undirected"')
    mixed = text.replace('<edge source="n0"', '<edge directed="true" source="n0"')
    assert edges_of(read(mixed)) == edges_of(c)
    none = graph("n0 n1").replace("<edge", '<edge directed="false"')
    assert edges_of(read(none)) == {("n0", "n1"): 1, ("n1", "n0"): 1}


def test_prefixes_and_missing_namespaces(read):
    text = graph(EDGES, keys=key("weight"))
    without = text.replace(' xmlns="http://graphml.graphdrawing.org/xmlns"', "")
    prefixed = text.replace("xmlns=", "xmlns:g=").replace("</", "</g:")
    for tag in ("graphml", "graph ", "node", "edge ", "data", "key"):
        prefixed = prefixed.replace(f"<{tag}", f"<g:{tag}")
    for each in (without, prefixed):
        np.testing.assert_array_equal(read(each).weights, DIRECTED)


def test_where_and_signs(read):
    g = nx.DiGraph()
    g.add_edge("A", "B", weight=2, etype="chemical")
    g.add_edge("B", "A", weight=3, etype="electrical")
    g.add_edge("B", "C", weight=4, etype="chemical")
    nx.set_node_attributes(g, {"A": "ACH", "B": "GABA", "C": "ACH"}, "nt")
    text = "\n".join(nx.generate_graphml(g))
    with pytest.raises(ValueError, match=r"where={'etype': 'chemical'}"):
        read(text)
    c = read(text, where={"etype": "chemical"}, sign="nt")
    assert edges_of(c) == {("A", "B"): 2, ("B", "C"): -4}
    assert "Only edges with etype chemical: 2 of 3." in c.said


def test_names_take_the_attribute_that_is_asked_for(read):
    keys = "".join(key(n, "string", of="node", code=n) for n in ("name", "cell")) + key("weight")
    nodes = [f'<data key="name">{k}</data><data key="cell">C{k}</data>' for k in (1, 2, 3)]
    text = graph(EDGES, keys=keys, attributes=nodes)
    c = read(text)
    assert c.names == ("1", "2", "3")
    assert "Nodes are called by their attribute 'name'; names= may take 'cell' as well." in c.said
    assert read(text, names="cell").names == ("C1", "C2", "C3")
    assert read(text, names="id").names == ("n0", "n1", "n2")
    with pytest.raises(ValueError, match=r"names is 'x', .*not there; allowed are 'id', 'name'"):
        read(text, names="x")


TWO = key("weight") + key("count", code="v")
JSON = {"directed": True, "nodes": [{"id": "A"}, {"id": "B"}]}
BAD = [
    ("", {}, r"g\.graphml: it cannot be read as \.graphml \(no element found"),
    ("pre,post\nA,B\n", {}, r"cannot be read as \.graphml \(syntax error"),
    (graph(EDGES, keys=key("weight"))[:-20], {}, r"cannot be read as \.graphml .*line"),
    ("<html></html>", {}, r"it has 0 graphs"),
    (graph(EDGES, keys=key("w")).replace("</graphml>", "<graph/></graphml>"), {}, r"it has 2 gra"),
    (HEAD.replace("<graphml", '<!DOCTYPE x [<!ENTITY a "b">]><graphml'), {}, r"defines entities"),
    (graph("n0 n1"), {"weight": "w"}, r"weight is 'w'; allowed are the attributes"),
    (graph(EDGES, keys=key("wt")), {"weight": "weight"}, r"weight is 'weight'; .*nearest is 'wt'"),
    (graph(EDGES, keys=key("area")), {}, r"any of the attributes 'area'; weight='area'"),
    (graph("n0 n1 1 "), {}, r"cannot be read.*no key w"),
    (graph("n0 n1 x", keys=key("weight")), {}, r"cannot be read.*'x'"),
    (graph("n0 n1 x", keys=key("weight", "string")), {}, r"'n0' -> 'n1': weight is 'x'; .*finite"),
    (graph("n0 n1 NaN", keys=key("weight")), {}, r"edge 'n0' -> 'n1': weight is nan; .*finite"),
    (graph("n0 n1 INF", keys=key("weight")), {}, r"edge 'n0' -> 'n1': weight is inf"),
    (graph("n0 n1 1\nn2 n1", keys=key("weight")), {}, r"edge 'n2' -> 'n1': weight is None"),
    (
        graph("n0 n1 1", keys=TWO).replace("</edge>", '<data key="v">1</data></edge>'),
        {},
        r"any of the attributes 'count', 'weight'; weight='count'",
    ),
    (graph("n0 n1\nn1 n0", kind="undirected"), {}, r"'n.' -> 'n.' is there already.*duplicates="),
    (graph("n0 n1\nn0 n7"), {}, r"an edge names the node 'n7', which is not there"),
    (graph("n0 n1", nodes=("n0", "n1", "n0")), {}, r"a node has the id 'n0', which is not its own"),
    (graph("n0 n1").replace("<edge", "<hyperedge/><edge"), {}, r"hyperedges"),
    (graph(), {}, r"g\.graphml: it has no edges; .*at least one"),
    (graph("n0 n0 0", keys=key("weight")), {}, r"g\.graphml: all weights are zero"),
    (graph("n0 n1"), {"nodes": ["n0", "n1", "m2"]}, r"'n2' is not known; .*3 names"),
    (graph("n0 n1"), {"rows": "send"}, r"rows is 'send'; allowed is None, as the file holds a gr"),
    (graph("n0 n1"), {"where": {"a": "b"}}, r"where is 'a'; allowed are the attributes"),
    (graph("n0 n1"), {"sign": "s"}, r"sign is 's'; allowed are attributes of edges and nodes"),
    (graph("n0 n1", nodes=("n0", "n1", "NA")), {}, r"'NA', perhaps no node; ignore="),
]
OTHERS = [
    ("g.json", "[1, 2]", r"no lists of nodes and of edges"),
    ("g.json", json.dumps(JSON), r"no lists of nodes and of edges"),
    ("g.json", json.dumps({**JSON, "edges": [], "links": []}), r"both edges and links"),
    ("g.json", json.dumps({**JSON, "edges": []}), r"it has no edges"),
    (
        "g.json",
        json.dumps({**JSON, "edges": [{"source": "A", "target": "C"}]}),
        r"names the node 'C', which is not there",
    ),
    ("g.json", "[" * 100_000, r"cannot be read as \.json"),
    ("g.gml", "graph [", r"g\.gml: it cannot be read as \.gml"),
    ("g.gexf", "<gexf/>", r"g\.gexf: it cannot be read as \.gexf"),
]


@pytest.mark.parametrize(("text", "settings", "message"), BAD)
def test_bad_input(no_shape_checks, read, text, settings, message):
    with pytest.raises(ValueError, match=message) as error:
        read(text, **settings)
    assert len(str(error.value)) <= 300


@pytest.mark.parametrize(("name", "text", "message"), OTHERS)
def test_other_bad_input(read, name, text, message):
    with pytest.raises(ValueError, match=message):
        read(text, name)
