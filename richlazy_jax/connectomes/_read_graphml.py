"""A connectome from a GraphML file."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ElementTree

import numpy as np

from ._connectome import require_known
from ._edges import Edge, require_number, weight_name, weights_of_edges


def read_graphml(
    path: Path, weight: str | None, nodes: Sequence[str] | None
) -> tuple[Sequence[str], np.ndarray]:
    """Names and weights of a graph, as `read_connectome` describes it."""
    graph = _graph(path)
    names = _names(graph)
    for node, name in names.items():
        if nodes is not None:
            require_known(f"{path}, node {node!r}", name, nodes)
    _refuse_parallel(path, graph, names)
    default = graph.graph.get("edge_default", {})
    attributes = {name for *_, data in graph.edges(data=True) for name in data} | default.keys()
    # What a file numbers its edges by is no weight.
    present = sorted(attributes - ({"id"} if weight != "id" else set()))
    name = weight_name(str(path), present, weight)
    edges = []
    for sender, receiver, data in graph.edges(data=True):
        start, end = names[sender], names[receiver]
        where = f"{path}, edge {start!r} -> {end!r}"
        value = 1.0
        if name is not None:
            value = require_number(where, name, data.get(name, default.get(name)))
        edges.append(Edge(where, start, end, value))
        if not graph.is_directed() and start != end:
            edges.append(Edge(where, end, start, value))
    if not edges:
        raise ValueError(f"{path} has no edges; allowed is at least one.")
    chosen = list(names.values()) if nodes is None else nodes
    return chosen, weights_of_edges(edges, chosen)


def _graph(path: Path) -> Any:
    # Imported here, because it is slow to import and only this format needs it.
    import networkx

    try:
        _require_whole_graph(ElementTree(file=path))
        return networkx.read_graphml(path)
    # A broken file makes the parser and NetworkX raise nearly anything.
    except Exception as error:
        raise ValueError(
            f"{path} cannot be read as .graphml: {error}; allowed is GraphML, one graph without "
            "hyperedges."
        ) from error


def _require_whole_graph(tree: Any) -> None:
    """Refuse what NetworkX passes over in silence."""
    graphs = len(tree.findall("{*}graph"))
    if graphs != 1:
        raise ValueError(f"it has {graphs} graphs")
    ids = Counter(node.get("id") for node in tree.iterfind(".//{*}node"))
    for each, times in ids.items():
        if each is None or times > 1:
            raise ValueError(f"a node has the id {each!r}, which is not its own")
    for edge in tree.iterfind(".//{*}edge"):
        for end in (edge.get("source"), edge.get("target")):
            if end not in ids:
                raise ValueError(f"an edge names the node {end!r}, which is not there")


def _names(graph: Any) -> dict[str, str]:
    """The name of each node: an attribute that tells all apart, or the id."""
    for attribute in ("name", "label"):
        values = [str(value).strip() for _, value in graph.nodes(data=attribute, default="")]
        if all(values) and len(set(values)) == len(values):
            return dict(zip(graph.nodes, values, strict=True))
    return {node: node for node in graph.nodes}


def _refuse_parallel(path: Path, graph: Any, names: dict[str, str]) -> None:
    if not graph.is_multigraph():
        return
    pairs = [ends for ends in graph.edges() if graph.number_of_edges(*ends) > 1]
    which = f"{names[pairs[0][0]]!r} -> {names[pairs[0][1]]!r}" if pairs else "between two nodes"
    raise ValueError(f"{path}: the edge {which} is there twice; allowed is each edge once.")
