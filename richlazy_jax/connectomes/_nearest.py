"""A name that is not known, refused with the one that was perhaps meant."""

import difflib
from collections.abc import Iterable


def nearest(name: str, allowed: Iterable[str]) -> str:
    """The one of `allowed` that is most like `name`, upper and lower case alike."""
    spellings = {each.lower(): each for each in allowed}
    (best,) = difflib.get_close_matches(name.lower(), list(spellings), n=1, cutoff=0.0)
    return spellings[best]


def require_known(where: str, name: str, allowed: Iterable[str]) -> str:
    """`name`, if it is one of `allowed`; `where` begins the message otherwise."""
    allowed = list(allowed)
    if name not in allowed:
        meant = f", and the nearest of them is {nearest(name, allowed)!r}" if allowed else ""
        raise ValueError(
            f"{where}: {name!r} is not known; allowed are {len(allowed)} names{meant}."
        )
    return name
