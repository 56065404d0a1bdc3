"""Tables that are kept column by column, as pyarrow reads them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse

from ._asked import Asked
from ._files import File
from ._tables import SAMPLE, Column, Grid, Table, cell_text, said_of_blank
from ._text import is_header
from ._words import refusal, shown, told_if_broken


def read_columns(file: File, asked: Asked) -> Table | Grid:
    import pandas

    for name in ("sheet", "delimiter", "header"):
        if getattr(asked, name) is not None:
            raise refusal(file.at, f"{name} is {shown(getattr(asked, name))}", "allowed is None")
    frame = _frame(file)
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    columns = [str(name) for name in frame.columns]
    at = file.at
    numeric = [pandas.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]
    if not is_header(columns, asked) and asked.pre is None and asked.post is None:
        beside = len(columns) == len(frame) + 1 and all(numeric[1:])
        if beside or (len(columns) == len(frame) and all(numeric)):
            names = _strings(frame.iloc[:, 0]) if beside else None
            numbers = frame.iloc[:, int(beside) :].to_numpy(np.float64)
            empty = np.isnan(numbers)
            entries = scipy.sparse.csr_array(np.where(empty, 0, numbers))
            if names is None and isinstance(frame.index, pandas.Index):
                index = [str(each) for each in frame.index]
                names = index if set(index) == set(columns) else None
            return Grid(entries, names, columns[int(beside) :], said_of_blank(int(empty.sum())))

    def fields(places: Sequence[int]) -> dict[int, Column]:
        found = {}
        for k in places:
            codes, values = pandas.factorize(frame.iloc[:, k], use_na_sentinel=False)
            found[k] = Column(codes.astype(np.int64), [cell_text(_plain(v)) for v in values])
        return found

    sample = [[cell_text(_plain(v)) for v in row] for row in frame.head(SAMPLE).to_numpy(object)]
    if not sample:
        raise refusal(at, "it has no rows", "allowed is at least one")
    return Table(columns, True, sample, fields, lambda k: f"{at}, row {k + 1}", at, ".", ())


def _frame(file: File) -> Any:
    parquet = file.extension in (".parquet", ".pq")
    try:
        import pyarrow.feather
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{file.extension} files need pyarrow; install richlazy-jax[tables]."
        ) from error
    with told_if_broken(file.at, file.extension, "allowed is a whole table of columns"):
        if parquet:
            about = pyarrow.parquet.read_metadata(file.path)
            groups = [about.row_group(k) for k in range(about.num_row_groups)]
            size = sum(group.total_byte_size for group in groups)
            size = max(size, 8 * about.num_rows * about.num_columns)
            file.require_size(size, "the table")
            table = pyarrow.parquet.read_table(file.path)
        else:
            table = pyarrow.feather.read_table(file.path, memory_map=False)
        # What is damaged would otherwise be read past its end.
        table.validate(full=True)
        frame = table.to_pandas()
        # Damaged text is found when it is looked at.
        text = [k for k, kind in enumerate(frame.dtypes) if kind.kind in "OUT"]
        return frame.astype({frame.columns[k]: object for k in text})


def _plain(value: Any) -> Any:
    """None for all that pandas has for what is missing."""
    import pandas

    missing = value is None or value is pandas.NA or value is pandas.NaT
    return None if missing else value


def _strings(column: Any) -> list[str]:
    return [cell_text(_plain(value)) for value in column]
