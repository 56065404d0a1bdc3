"""Whether a MATLAB file of version 5 is whole: SciPy ends the process at some that are not.

The file is a list of elements, each with its type and its length. A packed one holds an element,
and one of type 14 a variable: its flags, its shape, its name, and elements with its numbers, or
further variables (MathWorks, MAT-File Format, 2019).
"""

import struct
import zlib
from typing import Any

_MATRIX, _PACKED = 14, 15
_KNOWN = {1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14, 15, 16, 17, 18}
_CLASSES = range(1, 18)
_SPARSE = 5
_MOST_NESTED = 20


def require_whole(content: memoryview, most_bytes: int) -> None:
    """Refuse a file in which an element is of no known type or longer than what holds it.

    Args:
        content: of the file.
        most_bytes: how much may be unpacked.

    Raises:
        ValueError: it is not whole.
    """
    order = {b"IM": "<", b"MI": ">"}.get(bytes(content[126:128]))
    if order is None:
        raise ValueError("it does not say its order of bytes")
    at = 128
    while at < len(content):
        kind, data, at = _element(content, at, order, padded=False)
        if kind == _PACKED:
            unpacking = zlib.decompressobj()
            inside = memoryview(unpacking.decompress(data, most_bytes))
            most_bytes -= len(inside)
            if unpacking.unconsumed_tail:
                raise ValueError("its variables unpack to more than most_bytes= allows")
            if not unpacking.eof:
                raise ValueError("a packed variable is cut off")
            kind, data, _ = _element(inside, 0, order, padded=False)
        if kind != _MATRIX:
            raise ValueError(f"an element of type {kind} stands in place of a variable")
        _variable(data, order, 0)


def _element(content: memoryview, at: int, order: str, padded: bool) -> tuple[int, Any, int]:
    """The type and the data of an element, and where the next begins."""
    if at + 8 > len(content):
        raise ValueError("an element is cut off")
    kind, length = struct.unpack_from(f"{order}II", content, at)
    if kind >> 16:
        # Four bytes or fewer stand in place of the length of others.
        length, kind = kind >> 16, kind & 0xFFFF
        start, end = at + 4, at + 8
        if length > 4:
            raise ValueError("a small element is too long")
    else:
        start = at + 8
        end = start + length + (-length % 8 if padded else 0)
    # What fills up the last may be missing.
    if kind not in _KNOWN or start + length > len(content):
        raise ValueError(f"an element of type {kind} is of no known type or cut off")
    return kind, content[start : start + length], end


def _variable(content: memoryview, order: str, depth: int) -> None:
    """A variable and all that is within it."""
    if not len(content):
        # An empty cell.
        return
    if depth > _MOST_NESTED:
        raise ValueError("variables stand within each other too deeply")
    kind, flags, at = _element(content, 0, order, padded=True)
    if kind != 6 or len(flags) != 8:
        raise ValueError("a variable has no flags")
    of = struct.unpack_from(f"{order}I", flags)[0] & 0xFF
    if of not in _CLASSES:
        raise ValueError(f"a variable is of class {of}")
    kind, shape, at = _element(content, at, order, padded=True)
    if kind != 5 or len(shape) % 4 or len(shape) < 8:
        raise ValueError("a variable has no shape")
    sizes = struct.unpack(f"{order}{len(shape) // 4}i", shape)
    if min(sizes) < 0 or len(sizes) > 32:
        raise ValueError(f"a variable has shape {sizes}")
    number = 0
    while at < len(content):
        kind, data, at = _element(content, at, order, padded=True)
        number += 1
        if kind == _MATRIX:
            _variable(data, order, depth + 1)
        elif kind == _PACKED:
            raise ValueError("a packed variable stands within another")
        elif of == _SPARSE and number in (2, 3) and kind not in (5, 6):
            raise ValueError("a sparse variable has places that are no whole numbers")
