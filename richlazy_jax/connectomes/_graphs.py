"""Graphs, as NetworkX reads them: GraphML, GEXF, GML and node-link JSON."""

import json
import math
import re
import warnings
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import numpy as np
import scipy.sparse

from ._asked import GRAPHS, Asked
from ._connectome import nearest
from ._conventions import KINDS, LABELS, TRANSMITTERS, WEIGHTS, is_one_of
from ._edge_tables import refuse_mixed_kinds
from ._edges import Edges, weights_of
from ._files import File
from ._transmitters import signs_of
from ._words import counted, refusal, shown, some, told_if_broken

_GRAPHML = "http://graphml.graphdrawing.org/xmlns"
_WAYS = {
    ".graphml": "allowed is GraphML, one graph without hyperedges",
    ".gexf": "allowed is GEXF",
    ".gml": "allowed is GML",
    ".json": "allowed is the node-link JSON of NetworkX",
}


def read_graph(
    file: File, asked: Asked
) -> tuple[tuple[str, ...], scipy.sparse.csr_array, list[str]]:
    """Names, weights and what there is to say of a graph.

    Raises:
        ValueError: it cannot be read, or it is not clear what it says.
    """
    at = file.at
    asked.refuse_others(at, GRAPHS)
    said: list[str] = []
    graph = _graph(file, said)
    names = _names(at, graph, asked, said)
    labels = list(dict.fromkeys(names.values()))
    if len(labels) < len(names):
        raise refusal(at, f"two nodes are called {_twice(names)}", "names= takes another attribute")
    ends, attributes = _edges(at, graph, names, asked, said)
    if not ends:
        raise refusal(at, "it has no edges", "allowed is at least one; where= leaves some out")

    def place(k: int) -> str:
        if k < 0:
            return f"{at}, node {shown(labels[-1 - k], 30)}"
        return f"{at}, edge {shown(ends[k][0], 30)} -> {shown(ends[k][1], 30)}"

    value = _weights(at, attributes, asked, said, place)
    if asked.sign is not None:
        value = value * _signs(at, graph, names, ends, attributes, asked, said)
    index = {label: k for k, label in enumerate(labels)}
    pre = np.array([index[sender] for sender, _ in ends], np.int64)
    post = np.array([index[receiver] for _, receiver in ends], np.int64)
    if not graph.is_directed():
        turned = np.flatnonzero(pre != post)
        again = [(ends[k][1], ends[k][0]) for k in turned]
        pre, post = np.append(pre, post[turned]), np.append(post, pre[turned])
        value, ends = np.append(value, value[turned]), [*ends, *again]
        said.append("Its edges have no direction: each became two, one each way.")
    edges = Edges(labels, pre, post, value, place, "edge", ("the source", "the target"))
    found, w, more = weights_of(at, edges, asked, in_order=False)
    return found, w, [*said, *more]


def _graph(file: File, said: list[str]) -> Any:
    # Imported here, because it is slow to import and only graphs need it.
    import networkx

    way = _WAYS[file.extension]
    with told_if_broken(file.at, file.extension, way), warnings.catch_warnings():
        # NetworkX warns of attributes that it has no type for.
        warnings.simplefilter("ignore")
        if file.extension == ".graphml":
            return _graphml(file, said)
        if file.extension == ".gexf":
            _xml(file)
            return networkx.read_gexf(file.path)
        if file.extension == ".gml":
            return _gml(file)
        return _node_link(file)


def _xml(file: File) -> ElementTree.Element:
    """The tree, of a file that defines no words of its own, by which a small one grows large."""
    with file.path.open("rb") as opened:
        if b"<!ENTITY" in opened.read(2**16):
            raise ValueError("it defines entities")
    return ElementTree.parse(file.path).getroot()


def _graphml(file: File, said: list[str]) -> Any:
    """A GraphML file, without what NetworkX refuses or passes over in silence."""
    import networkx

    root = _xml(file)
    for each in root.iter():
        # Some programs write a prefix before elements and attributes, some no namespace at all.
        local = each.tag.rpartition("}")[2]
        ours = each.tag.startswith(f"{{{_GRAPHML}") or "}" not in each.tag
        each.tag = f"{{{_GRAPHML}}}{local}" if ours else each.tag
        for name in list(each.attrib):
            if "}" in name:
                each.attrib.setdefault(name.rpartition("}")[2], each.attrib.pop(name))
    graphs = root.findall(f"{{{_GRAPHML}}}graph")
    if len(graphs) != 1:
        raise ValueError(f"it has {len(graphs)} graphs")
    (graph,) = graphs
    seen = set()
    for node in graph.iter(f"{{{_GRAPHML}}}node"):
        if node.get("id") is None or node.get("id") in seen:
            raise ValueError(f"a node has the id {node.get('id')!r}, which is not its own")
        seen.add(node.get("id"))
    _all_directed(graph, seen, said)
    text = ElementTree.tostring(root)
    return networkx.parse_graphml(text.decode())


def _all_directed(graph: ElementTree.Element, nodes: set[Any], said: list[str]) -> None:
    """Edges of both kinds as directed ones, an undirected one as two."""
    edge_tag = f"{{{_GRAPHML}}}edge"
    edges = list(graph.iter(edge_tag))
    for edge in edges:
        # Of parallel edges with one id NetworkX keeps the last alone.
        edge.attrib.pop("id", None)
        for end in (edge.get("source"), edge.get("target")):
            if end not in nodes:
                raise ValueError(f"an edge names the node {end!r}, which is not there")
    usual = "false" if graph.get("edgedefault") == "undirected" else "true"
    ways = [edge.attrib.pop("directed", usual) for edge in edges]
    if len(set(ways)) < 2:
        if ways and ways[0] != usual:
            graph.set("edgedefault", "directed" if ways[0] == "true" else "undirected")
        return
    graph.set("edgedefault", "directed")
    turned = 0
    for edge, way in zip(edges, ways, strict=True):
        if way == "false" and edge.get("source") != edge.get("target"):
            back = ElementTree.fromstring(ElementTree.tostring(edge))
            back.set("source", edge.get("target", ""))
            back.set("target", edge.get("source", ""))
            graph.append(back)
            turned += 1
    said.append(f"{counted(turned, 'edge')} without direction became two each, one each way.")


def _gml(file: File) -> Any:
    import networkx

    try:
        return networkx.read_gml(file.path, label="label")
    except networkx.NetworkXError as error:
        if "label" not in str(error) and "duplicated" not in str(error):
            raise
        return networkx.read_gml(file.path, label="id")


def _node_link(file: File) -> Any:
    import networkx

    try:
        data = json.loads(file.path.read_bytes())
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    lists = isinstance(data, Mapping) and [key for key in ("edges", "links") if key in data]
    if not lists or not isinstance(data.get("nodes"), list):
        raise ValueError("it has no lists of nodes and of edges or links")
    if len(lists) > 1:
        raise ValueError("it has both edges and links")
    for edge in data[lists[0]]:
        for end in (edge["source"], edge["target"]):
            if isinstance(end, float | bool) or end is None:
                raise ValueError(f"an edge names the node {end!r}")
    known = {_hashed(node["id"]) for node in data["nodes"]}
    if len(known) < len(data["nodes"]):
        raise ValueError("two nodes have one id")
    for edge in data[lists[0]]:
        for end in (edge["source"], edge["target"]):
            if _hashed(end) not in known:
                raise ValueError(f"an edge names the node {end!r}, which is not there")
    return networkx.node_link_graph(data, edges=lists[0])


def _hashed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _names(at: str, graph: Any, asked: Asked, said: list[str]) -> dict[Any, str]:
    """The name of each node: an attribute that tells all apart, or the id."""
    ids = {node: _text(node) for node in graph.nodes}
    attributes = list(dict.fromkeys(key for _, data in graph.nodes(data=True) for key in data))
    telling = {}
    for attribute in attributes:
        texts = [_text(value) for _, value in graph.nodes(data=attribute, default="")]
        if all(texts) and len(set(texts)) == len(texts):
            telling[attribute] = dict(zip(graph.nodes, texts, strict=True))
    if asked.names is not None:
        if asked.names == "id" and "id" not in telling:
            said.append("Nodes are called by their ids.")
            return ids
        if asked.names not in telling:
            there = asked.names in attributes
            fault = "is missing for some nodes or the same for two" if there else "is not there"
            raise refusal(
                at,
                f"names is {shown(asked.names)}, an attribute of nodes that {fault}",
                f"allowed are {some(['id', *telling])}",
            )
        said.append(f"Nodes are called by their attribute {asked.names!r}.")
        return telling[asked.names]
    others = ""
    for attribute in ("name", "label"):
        if attribute in telling:
            rest = [key for key in telling if key != attribute]
            if rest:
                others = f"; names= may take {some(rest, 100)} as well"
            said.append(f"Nodes are called by their attribute {attribute!r}{others}.")
            return telling[attribute]
    if telling:
        others = f"; names= may take {some(telling, 100)}"
    said.append(f"Nodes are called by their ids{others}.")
    return ids


def _twice(names: dict[Any, str]) -> str:
    seen = set()
    for name in names.values():
        if name in seen:
            return shown(name)
        seen.add(name)
    return ""


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value).strip()


def _edges(
    at: str, graph: Any, names: dict[Any, str], asked: Asked, said: list[str]
) -> tuple[list[tuple[str, str]], list[dict[str, Any]]]:
    """The ends and the attributes of the edges that count."""
    default = graph.graph.get("edge_default", {})
    ends, attributes = [], []
    for sender, receiver, data in graph.edges(data=True):
        ends.append((names[sender], names[receiver]))
        attributes.append({**default, **data})
    for name, values in (asked.where or {}).items():
        key = _attribute(at, "where", name, attributes)
        kept = [k for k, data in enumerate(attributes) if _text(data.get(key, "")) in values]
        if not kept:
            found = dict.fromkeys(_text(data.get(key, "")) for data in attributes)
            raise refusal(
                at,
                f"where is {{{shown(name, 30)}: {some(values, 40)}}}, which no edge has",
                f"allowed are {some(found)}",
            )
        said.append(
            f"Only edges with {name} {' or '.join(values)}: {len(kept):,} of {len(ends):,}."
        )
        ends, attributes = [ends[k] for k in kept], [attributes[k] for k in kept]
    for key in sorted({key for data in attributes for key in data}):
        if is_one_of(key, KINDS) and key not in (asked.where or {}) and asked.duplicates is None:
            refuse_mixed_kinds(at, key, sorted({_text(data.get(key, "")) for data in attributes}))
    return ends, attributes


def _attribute(at: str, argument: str, name: str, attributes: list[dict[str, Any]]) -> str:
    present = sorted({key for data in attributes for key in data})
    found = [key for key in present if key == name] or [
        key for key in present if _local(key) == _local(name)
    ]
    if len(found) != 1:
        best = nearest(name, present)
        meant = f"; the nearest is {shown(best, 30)}" if best else ""
        raise refusal(
            at,
            f"{argument} is {shown(name)}",
            f"allowed are the attributes of edges {some(present)}{meant}",
        )
    return found[0]


def _local(name: str) -> str:
    """An attribute without what stands before a colon, a bar or a slash."""
    return re.split(r"[:|/]", name)[-1].strip().lower()


def _weights(
    at: str, attributes: list[dict[str, Any]], asked: Asked, said: list[str], place: Any
) -> np.ndarray:
    key = _weight_key(at, attributes, asked)
    present = sorted({name for data in attributes for name in data})
    unused = [name for name in present if name not in (key, asked.sign, *(asked.where or {}))]
    weighs = "Every edge weighs 1" if key is None else f"{key!r} is the weight"
    said.append(f"{weighs}; the source sends and the target receives.")
    if unused:
        said.append(f"Attributes of edges not used: {', '.join(unused)}.")
    if key is None:
        return np.ones(len(attributes))
    value = np.empty(len(attributes))
    for k, data in enumerate(attributes):
        number = _number(data.get(key))
        if not math.isfinite(number):
            raise refusal(
                place(k),
                f"{key} is {shown(data.get(key))}",
                "allowed are finite numbers; weight= names another attribute, weight=1 none",
            )
        value[k] = number
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool | int | float) or (isinstance(value, str) and "_" not in value):
        try:
            return float(value)
        except (ValueError, OverflowError):
            return math.nan
    return math.nan


def _weight_key(at: str, attributes: list[dict[str, Any]], asked: Asked) -> str | None:
    present = sorted({name for data in attributes for name in data})
    if isinstance(asked.weight, str):
        return _attribute(at, "weight", asked.weight, attributes)
    if asked.weight == 1:
        return None
    taken = (asked.sign, *(asked.where or {}))
    present = [name for name in present if name not in taken]
    usual = [name for name in present if is_one_of(_local(name), WEIGHTS)]
    if len(usual) == 1:
        return usual[0]
    # What a file numbers its edges by is no weight, and neither are words.
    maybe = usual or [
        name
        for name in present
        if not is_one_of(_local(name), (*LABELS, *KINDS, *TRANSMITTERS))
        and any(math.isfinite(_number(data.get(name))) for data in attributes)
    ]
    if maybe:
        raise refusal(
            at,
            f"the weight may be any of the attributes {some(maybe)}",
            f"weight={shown(maybe[0], 30)} takes it, weight=1 gives all edges 1",
        )
    return None


def _signs(
    at: str,
    graph: Any,
    names: dict[Any, str],
    ends: list[tuple[str, str]],
    attributes: list[dict[str, Any]],
    asked: Asked,
    said: list[str],
) -> np.ndarray:
    """The sign of each edge, by an attribute of its own or by one of its sender."""
    key = asked.sign
    assert key is not None
    if any(key in data for data in attributes):
        texts = [_text(data.get(key, "")) for data in attributes]
    else:
        of_node = {names[node]: data.get(key) for node, data in graph.nodes(data=True)}
        if all(value is None for value in of_node.values()):
            present = {name for data in attributes for name in data}
            present |= {name for _, data in graph.nodes(data=True) for name in data}
            raise refusal(
                at,
                f"sign is {shown(key)}",
                f"allowed are attributes of edges and nodes: {some(sorted(present))}",
            )
        texts = [_text(of_node[sender] or "") for sender, _ in ends]
    values = list(dict.fromkeys(texts))
    signs, taken = signs_of(at, key, values, asked.transmitters, fly=False)
    said.append(taken)
    index = {value: k for k, value in enumerate(values)}
    return signs[[index[text] for text in texts]]
