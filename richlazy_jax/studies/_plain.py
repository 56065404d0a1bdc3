"""What a record may hold, as plain Python and as canonical text."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def plain(where: str, value: Any) -> Any:
    """`value` of strings, whole numbers, floats, booleans, None, lists and dictionaries alone.

    Tuples become lists, and numbers and arrays of NumPy those of Python.

    Args:
        where: what `value` is called in messages.
        value: what JSON can hold, or NumPy's own of the same.

    Raises:
        ValueError: a number is not finite, a value is of another type, or a name is no string, is
            empty or has a dot, which would be confused with one within another.
    """
    if value is None or isinstance(value, bool | np.bool_):
        return None if value is None else bool(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        if not math.isfinite(value):
            raise ValueError(f"{where} is {value}; allowed are finite numbers.")
        return float(value)
    if isinstance(value, np.ndarray):
        return plain(where, value.tolist())
    if isinstance(value, list | tuple):
        return [plain(f"{where}[{i}]", each) for i, each in enumerate(value)]
    if isinstance(value, Mapping):
        for name in value:
            if not isinstance(name, str) or not name or "." in name:
                raise ValueError(
                    f"{where} has the name {name!r}; allowed are strings that are not empty and "
                    "have no dot."
                )
        return {str(name): plain(f"{where}.{name}", each) for name, each in value.items()}
    raise ValueError(
        f"{where} is {value!r}, of type {type(value).__name__}; allowed are strings, numbers, "
        "booleans, None, and lists and mappings of these."
    )


def canonical_text(value: Any) -> str:
    """JSON that is the same for the same plain value, whatever the order of its names."""
    # Python writes the shortest digits that read back as the same float, on every platform.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
