"""Arrays of many cells as one."""

from collections.abc import Mapping, Sequence

import numpy as np

from ._decode import Values


def stacked(
    name: str, found: Sequence[Values | None], hashes: Sequence[str], sizes: Mapping[str, int]
) -> Values:
    """One array of those of all cells, with the cells as first axis.

    Where a cell has no value, because it is shorter or lacks the variable, there is NaN, or empty
    text. To hold NaN, whole numbers and booleans become float64.

    Args:
        name: of the variable.
        found: the values in each cell, None where it has none.
        hashes: of the cells, for messages.
        sizes: the length of each dimension.

    Raises:
        ValueError: the dimensions differ between two cells, or one has text and another numbers.
    """
    present = [each for each in found if each is not None]
    first = present[0]
    for hash, each in zip(hashes, found, strict=True):
        if each is not None and (each.dims != first.dims or _text(each) != _text(first)):
            other = hashes[next(i for i, one in enumerate(found) if one is first)]
            raise ValueError(
                f"{name!r} has dimensions {each.dims} and dtype {each.values.dtype} in cell {hash} "
                f"but {first.dims} and {first.values.dtype} in cell {other}; allowed are the same "
                "dimensions in all cells, and text in all or in none."
            )
    shape = (len(found), *(sizes[dim] for dim in first.dims))
    whole = len(present) == len(found) and all(e.values.shape == shape[1:] for e in present)
    out = _empty(shape, np.result_type(*{each.values.dtype for each in present}), whole)
    for i, each in enumerate(found):
        if each is not None:
            out[(i, *map(slice, each.values.shape))] = each.values
    return Values(("cell", *first.dims), out)


def common(
    found: Sequence[Values | None], has_dims: Sequence[bool], sizes: Mapping[str, int]
) -> Values | None:
    """The values themselves, if they are the same in all cells that have their dimensions.

    A shorter axis may be the beginning of a longer one.

    Args:
        found: the values in each cell, None where it has none.
        has_dims: whether each cell has the dimensions.
        sizes: the length of each dimension.
    """
    present = [each for each in found if each is not None]
    longest = max(present, key=lambda each: each.values.size)
    if longest.values.shape != tuple(sizes[dim] for dim in longest.dims):
        return None
    for each, has in zip(found, has_dims, strict=True):
        if each is None:
            if has:
                return None
        elif not _begins(longest, each):
            return None
    return longest


def _empty(shape: tuple[int, ...], dtype: np.dtype, whole: bool) -> np.ndarray:
    if dtype.kind == "U":
        return np.full(shape, "", dtype)
    if dtype.kind == "f" or not whole:
        return np.full(shape, np.nan, dtype if dtype.kind == "f" else np.float64)
    return np.zeros(shape, dtype)


def _text(each: Values) -> bool:
    return each.values.dtype.kind == "U"


def _begins(longest: Values, each: Values) -> bool:
    """Whether the one is the other up to its own lengths."""
    if each.dims != longest.dims or _text(each) != _text(longest):
        return False
    start = longest.values[tuple(map(slice, each.values.shape))]
    floats = start.dtype.kind == each.values.dtype.kind == "f"
    return np.array_equal(start, each.values, equal_nan=floats)
