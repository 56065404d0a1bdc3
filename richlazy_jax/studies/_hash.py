"""The name of a cell, made of all that decides its numbers."""

import hashlib
from collections.abc import Mapping
from typing import Any

from ._plain import canonical_text, plain

# Of the hash and of the files. Another number gives every cell another name.
FORMAT = 2


def cell_hash(record: Mapping[str, Any]) -> str:
    """The hash of a record: the same in every process and on every machine.

    It is the beginning of the SHA-256 of the record's canonical JSON together with the number of
    this format. The order of names does not matter, nor whether a list is a tuple or an array. The
    whole number 1, the float 1.0 and True are three different values.

    Args:
        record: all that decides the numbers of a cell. Strings, finite numbers, booleans, None, and
            lists and mappings of these.

    Returns:
        16 hexadecimal digits.

    Raises:
        ValueError: a field holds anything else, such as NaN. The message names it.
    """
    text = canonical_text({"format": FORMAT, "record": plain("record", record)})
    return hashlib.sha256(text.encode()).hexdigest()[:16]
