"""Which nodes of a connectome are meant: by name, by class, or by a file."""

import os
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool

from .._table import column_of, read_table
from ._connectome import nearest, require_names
from ._files import require_file


def chosen_nodes(
    names: Sequence[str],
    chosen: Sequence[str],
    classes: Mapping[str, str] | None = None,
) -> Bool[np.ndarray, " n"]:
    """Which of some nodes are chosen, such as those that receive input or those that are read out.

    Args:
        names: all nodes, in the order of the result.
        chosen: names of nodes, and names of classes where there are any. A class stands for all of
            its nodes.
        classes: the class of each node, as `read_classes` gives it. It may hold more nodes than
            there are, as a table of a whole animal does.

    Returns:
        True for each node that is chosen, at least one.

    Raises:
        ValueError: nothing is chosen; an entry is neither a node nor a class; a class has none of
            the nodes; a name stands for a node and for a class of others; or a node has no class.
    """
    names = require_names("chosen_nodes", "names", names)
    wanted = require_names("chosen_nodes", "chosen", chosen)
    if not wanted:
        raise ValueError("chosen is empty; allowed is at least one name.")
    classes = {} if classes is None else classes
    if classes and (lacking := [name for name in names if name not in classes]):
        raise ValueError(
            f"classes has no class for {lacking[0]!r}, and misses {len(lacking)} of {len(names)} "
            "nodes; allowed is a class for every node."
        )
    of_class = {each: [n for n in names if classes.get(n) == each] for each in classes.values()}
    found: set[str] = set()
    for entry in wanted:
        own = [entry] if entry in names else []
        if own and entry in of_class and of_class[entry] != own:
            raise ValueError(
                f"chosen holds {entry!r}, which is a node and also a class of "
                f"{len(of_class[entry])} nodes; allowed are names that stand for one of the two."
            )
        members = own or of_class.get(entry)
        if members is None:
            every = [*names, *of_class]
            words = f"{len(names)} nodes" + (f" and {len(of_class)} classes" if of_class else "")
            raise ValueError(
                f"chosen holds {entry!r}, which is not known; allowed are {words}, and the nearest "
                f"of them is {nearest(entry, every)!r}."
            )
        if not members:
            raise ValueError(
                f"chosen holds the class {entry!r}, of which none of the {len(names)} nodes is; "
                "allowed are classes with at least one of them."
            )
        found.update(members)
    return np.array([name in found for name in names])


def read_names(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """The names in a text file, one a line. Blank lines, and spaces around names, are left out.

    Args:
        path: the file, in UTF-8, with or without a byte order mark.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no text, has no name, or one twice. The message names the file.
    """
    path = require_file(path)
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8; allowed is one name a line.") from error
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise ValueError(f"{path} has no names; allowed is one name a line, and at least one.")
    return require_names(str(path), "names", names)


def read_classes(path: str | os.PathLike[str]) -> dict[str, str]:
    """The class of each node, from a CSV file with the columns `name` and `class`.

    Args:
        path: the file. It may hold more nodes than a connectome has.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a name is empty or there twice, or a class is empty. The message names the line.
    """
    path = require_file(path)
    columns, rows = read_table(path)
    name_column = column_of(path, columns, "name", ("name",))
    class_column = column_of(path, columns, "class", ("class", "type"))
    classes: dict[str, str] = {}
    seen: dict[str, str] = {}
    for where, fields, _ in rows:
        name, of = fields[name_column], fields[class_column]
        for what, value in (("name", name), ("class", of)):
            if not value:
                raise ValueError(f"{where}: the {what} is empty; allowed are texts.")
        if name in classes:
            raise ValueError(
                f"{where}: {name!r} is there already, in {seen[name]}; allowed is each name once."
            )
        classes[name], seen[name] = of, where
    if not classes:
        raise ValueError(f"{path} has no rows below its header; allowed is one for each node.")
    return classes
