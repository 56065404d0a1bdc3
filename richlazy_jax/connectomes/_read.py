"""A connectome from a file."""

import os
from collections.abc import Iterable, Mapping, Sequence

from ._asked import Asked, checked
from ._column_files import read_columns
from ._connectome import Connectome
from ._edge_tables import weights_of_table
from ._files import COLUMNS, GRAPHS, MATRICES, SHEETS, File, require_file, unpacked
from ._graphs import read_graph
from ._matrices import Weights, weights_of_grid
from ._matrix_files import read_matrix
from ._sheets import read_sheet
from ._tables import Grid
from ._text_tables import read_text


def read_connectome(
    path: str | os.PathLike[str],
    *,
    pre: str | None = None,
    post: str | None = None,
    weight: str | int | None = None,
    sign: str | None = None,
    transmitters: Mapping[str, int] | None = None,
    where: Mapping[str, str | Iterable[str]] | None = None,
    duplicates: str | None = None,
    rows: str | None = None,
    ignore: str | Sequence[str] | None = None,
    names: str | None = None,
    nodes: Sequence[str] | None = None,
    sheet: str | None = None,
    delimiter: str | None = None,
    header: int | None = None,
    most_bytes: int = 4 * 2**30,
) -> Connectome:
    """The connectome in a file, with an account of what was read in its attribute `said`.

    The extension says what the file is. Each may be packed as .gz, .bz2, .xz or .zip.

    - Tables: `.csv`, `.tsv`, `.txt` and the like, `.xlsx`, `.parquet`, `.feather`. A table has an
      edge in each row, or is a matrix with or without names above and beside it. Encoding,
      separators, a decimal comma and the header are found out. Headers of published connectomes
      are known, such as FlyWire's, neuPrint's or WormAtlas's; otherwise a column called `pre`,
      `source` or `from` has the sender and one called `post`, `target` or `to` the receiver. Nodes
      are sorted, by number where all are numbers.
    - Matrices: `.npy`, `.npz` (arrays, or what `scipy.sparse.save_npz` writes), `.mat` of any
      version, `.mtx`. Rows receive and columns send unless `rows` says otherwise.
    - Graphs: `.graphml`, `.gexf`, `.gml`, `.json` (node-link). The source sends. Undirected edges
      become two, one each way. Nodes are called by their attribute `name`, or else `label`, if it
      tells all of them apart, and otherwise by their ids.

    A weight of 0 is no connection, but its two ends are nodes. Weights may be negative. Names are
    texts, so that ids of 64 bits stay whole; 101 and 101.0 are one.

    Args:
        path: the file.
        pre: the column of the sender; in a table without a header "1", "2" and so on.
        post: the column of the receiver.
        weight: the column, edge attribute or array that holds the weights; 1 gives every edge the
            weight 1. None stands for one that is called as weights are, such as `weight`,
            `synapses` or `count`. Where there is none, weights are 1; but any other column of
            numbers is asked about.
        sign: a column, attribute or array with signs (+1, -1, excitatory, inhibitory, E, I) or with
            transmitters, by which the weights are multiplied.
        transmitters: what excites (+1) and what inhibits (-1), in addition to acetylcholine, GABA
            and glycine. Glutamate is not among them, as it inhibits in flies and excites in
            vertebrates; in tables of FlyWire and neuPrint it inhibits, and dopamine, serotonin and
            octopamine count as excitatory, unless this says otherwise.
        where: columns or edge attributes and the values that count, such as
            `{"type": "chemical"}` or `{"neuropil": ["AL_R", "AL_L"]}`.
        duplicates: what becomes of several edges from one node to another: "error" refuses them,
            "sum" adds them up, "mean" and "max" take their mean and the largest. None stands for
            "error", except where a convention says otherwise.
        rows: what the rows of a matrix do, "receive" or "send". None stands for "receive", except
            where a convention says otherwise.
        ignore: names that are no nodes; edges from or to them are left out. None refuses names
            that look like that, such as NA, unknown, or 0 among long ids; () takes them as nodes.
        names: the attribute of nodes that holds their names, or the array of an archive, or for a
            matrix a file with a name in each line.
        nodes: the names that are allowed, in the order of the result. A file with any other name is
            refused, which keeps out muscles, glia and misspellings; names that the file lacks are
            kept as nodes without connections. None allows all. For a matrix without names these
            are the names.
        sheet: of a workbook.
        delimiter: what separates fields, a character or "tab", "space", "comma", "semicolon".
        header: the line of the header, from 1, or 0 where there is none.
        most_bytes: how much may be unpacked from a file or made of it, 4 GiB if not said.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: an argument or the file is not as described above, or it is not clear what the
            file says. The message names the line, edge or entry, and the argument that would read
            the file, in at most 300 characters.
    """
    path = require_file(path)
    asked = checked(
        path.name,
        pre=pre,
        post=post,
        weight=weight,
        sign=sign,
        transmitters=transmitters,
        where=where,
        duplicates=duplicates,
        rows=rows,
        ignore=ignore,
        names=names,
        nodes=nodes,
        sheet=sheet,
        delimiter=delimiter,
        header=header,
        most_bytes=most_bytes,
    )
    with unpacked(path, asked.most_bytes) as file:
        found, weights, said = _weights(file, asked)
    return Connectome(found, weights, str(path), said)


def _weights(file: File, asked: Asked) -> Weights:
    if file.extension in MATRICES:
        return read_matrix(file, asked)
    if file.extension in GRAPHS:
        return read_graph(file, asked)
    read = {**dict.fromkeys(COLUMNS, read_columns), **dict.fromkeys(SHEETS, read_sheet)}
    table = read.get(file.extension, read_text)(file, asked)
    if isinstance(table, Grid):
        return weights_of_grid(file, table, asked)
    return weights_of_table(file.at, table, asked)
