"""GraphML files, written by hand and by NetworkX."""

import networkx as nx
import numpy as np
import pytest

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


@pytest.mark.parametrize("name", ["weight", "synapses", "Count", "area"])
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


def test_what_networkx_writes_comes_back(tmp_path):
    w = np.random.default_rng(0).integers(0, 3, (6, 6))
    # Rows send there.
    nx.write_graphml(nx.from_numpy_array(w.T, create_using=nx.DiGraph), tmp_path / "g.graphml")
    c = read_connectome(tmp_path / "g.graphml", weight="weight")
    assert c.names == tuple("012345")
    np.testing.assert_array_equal(c.weights, w)


TWO = key("weight") + key("count", code="v")
BAD = [
    ("", {}, r"g\.graphml cannot be read as \.graphml: no element found"),
    ("pre,post\nA,B\n", {}, r"cannot be read as \.graphml: syntax error"),
    (graph(EDGES, keys=key("weight"))[:-20], {}, r"cannot be read as \.graphml: .*line"),
    ("<html></html>", {}, r"it has 0 graphs; .*one graph"),
    (graph(EDGES, keys=key("w")).replace("</graphml>", "<graph/></graphml>"), {}, r"it has 2 gra"),
    (graph("n0 n1"), {"weight": "w"}, r"weight is 'w'; allowed are \[\]"),
    (graph(EDGES, keys=key("wt")), {"weight": "weight"}, r"weight is 'weight'; .*nearest.*'wt'"),
    (graph("n0 n1 1 "), {}, r"cannot be read.*no key w"),
    (graph("n0 n1 x", keys=key("weight")), {}, r"cannot be read.*'x'"),
    (graph("n0 n1 x", keys=key("weight", "string")), {}, r"'n0' -> 'n1': weight is 'x'; .*finite"),
    (graph("n0 n1 NaN", keys=key("weight")), {}, r"edge 'n0' -> 'n1': weight is nan; .*finite"),
    (graph("n0 n1 INF", keys=key("weight")), {}, r"edge 'n0' -> 'n1': weight is inf"),
    (graph("n0 n1 1\nn2 n1", keys=key("weight")), {}, r"edge 'n2' -> 'n1': weight is None"),
    (
        graph("n0 n1 1", keys=TWO).replace("</edge>", '<data key="v">1</data></edge>'),
        {},
        r"any of \['count', 'weight'\]; .*weight=",
    ),
    (graph("n0 n1\nn0 n1"), {}, r"the edge 'n0' -> 'n1' is there twice; .*once"),
    (graph("n0 n1\nn1 n0", kind="undirected"), {}, r"the edge 'n.' -> 'n.' is there twice"),
    (
        graph("n0 n1\nn0 n1").replace("<edge", '<edge id="e"'),
        {},
        r"the edge between two nodes is there twice",
    ),
    (graph("n0 n1\nn0 n7"), {}, r"an edge names the node 'n7', which is not there"),
    (graph("n0 n1", nodes=("n0", "n1", "n0")), {}, r"a node has the id 'n0', which is not its own"),
    (
        graph("n0 n1").replace("<edge", '<edge directed="false"'),
        {},
        r"cannot be read.*directed=false",
    ),
    (graph("n0 n1").replace("<edge", "<hyperedge/><edge"), {}, r"hyperedges"),
    (graph(), {}, r"g\.graphml has no edges; .*at least one"),
    (graph("n0 n0 0", keys=key("weight")), {}, r"g\.graphml: weights is zero everywhere"),
    (graph("n0 n1"), {"nodes": ["n0", "n1", "m2"]}, r"node 'n2': 'n2' is not known; .*3 names"),
]


@pytest.mark.parametrize(("text", "settings", "message"), BAD)
def test_bad_input(read, text, settings, message):
    with pytest.raises(ValueError, match=message):
        read(text, **settings)
