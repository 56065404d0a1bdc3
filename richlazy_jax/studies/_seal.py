"""What stands behind the netCDF part of a cell's file: what is where in it, and a seal.

Readers of netCDF pass over it. With it a study of thousands of cells opens in seconds, as no file
has to be walked through, and any byte that is not the one that was written is seen.
"""

import hashlib
import json
from typing import Any

# At the very end, behind the length of the text and the digest of all that stands before it.
_MARK = b"RICHLAZY"
_DIGEST_BYTES, _LENGTH_BYTES = 16, 8
_END_BYTES = _LENGTH_BYTES + _DIGEST_BYTES + len(_MARK)


class BrokenSeal(Exception):
    """The bytes are not those that were sealed."""


def sealed(content: bytes, said: Any) -> bytes:
    """The content with what is said of it, as JSON, and the seal of both."""
    text = json.dumps(said, separators=(",", ":"), allow_nan=False).encode()
    whole = content + text + len(text).to_bytes(_LENGTH_BYTES, "little")
    return whole + _digest(whole) + _MARK


def opened(content: bytes) -> Any:
    """What was said of the content.

    Raises:
        BrokenSeal: a byte is not the one that was written, or bytes are missing or too many.
    """
    if content[-len(_MARK) :] != _MARK or len(content) < _END_BYTES:
        raise BrokenSeal("its end is missing, so that it is cut off, added to or of another kind")
    whole = content[: -_DIGEST_BYTES - len(_MARK)]
    if _digest(whole) != content[len(whole) : -len(_MARK)]:
        raise BrokenSeal("its bytes are not those that were written")
    length = int.from_bytes(whole[-_LENGTH_BYTES:], "little")
    return json.loads(whole[-_LENGTH_BYTES - length : -_LENGTH_BYTES])


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
