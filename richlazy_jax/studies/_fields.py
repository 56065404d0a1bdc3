"""The records of many cells as columns, one for each field."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._plain import canonical_text

_INT64 = np.iinfo(np.int64)


def columns(records: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """The fields of records, each an array with one entry for each record.

    A field within another is called by both names with a dot between them.

    Args:
        records: plain ones, as `plain` makes them.
    """
    flat = [_flat(record) for record in records]
    names = sorted({name for record in flat for name in record})
    return {name: _column([record.get(name) for record in flat]) for name in names}


def _flat(record: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    flat = {}
    for name, value in record.items():
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{within}{name}.")
        else:
            flat[f"{within}{name}"] = value
    return flat


def _column(values: list[Any]) -> np.ndarray:
    """Numbers, booleans or text; what is None becomes NaN or empty text."""
    present = [value for value in values if value is not None]
    whole = len(present) == len(values)
    kinds = {type(value) for value in present}
    if kinds == {bool} and whole:
        return np.array(values, bool)
    if kinds == {int} and whole and all(_fits(value) for value in values):
        return np.array(values, np.int64)
    if kinds == {bool} or (kinds and kinds <= {int, float} and all(map(_fits, present))):
        return np.array([np.nan if value is None else value for value in values], np.float64)
    if kinds <= {str}:
        return np.array(["" if value is None else value for value in values], str)
    return np.array(["" if value is None else canonical_text(value) for value in values], str)


def _fits(value: int | float) -> bool:
    return isinstance(value, float) or _INT64.min <= value <= _INT64.max
