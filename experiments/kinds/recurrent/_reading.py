"""What a specification or a command says of a connectome's file, as texts, and what it means."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...engine import Parameter, Scalar, optional, text, whole

_WEIGHT = "the name of a column, attribute or array, and 1 for all alike"


def _weight_or_1() -> Scalar:
    named = text(_WEIGHT)
    return Scalar(
        _WEIGHT, lambda value: 1 if value == 1 and value is not True else named.accept(value)
    )


def _texts(words: str) -> Parameter:
    return Parameter(optional(text(words)), None)


# The arguments of `richlazy_jax.read_connectome`. What has several values has commas between them,
# as a list in a specification means several starts.
READING: dict[str, Parameter] = {
    "pre": _texts("the name of a column"),
    "post": _texts("the name of a column"),
    "weight": Parameter(optional(_weight_or_1()), None),
    "sign": _texts("the name of a column, attribute or array"),
    "transmitters": _texts("such as glutamate=-1, dopamine=1"),
    "where": _texts("such as type=chemical"),
    "duplicates": _texts("error, sum, mean, max"),
    "rows": _texts("receive, send"),
    "ignore": _texts("names with commas between, such as NA, 0; a comma alone for none"),
    "names": _texts("the name of an attribute or array, and the path of a text file"),
    "nodes": _texts("the path of a text file with a name in each line"),
    "sheet": _texts("the name of a sheet"),
    "delimiter": _texts("a character, tab, space, comma, semicolon"),
    "header": Parameter(optional(whole(0)), None),
}


def reading_arguments(given: Mapping[str, Any], path: Callable[[str], str] = str) -> dict[str, Any]:
    """What was given of `READING`, as arguments of `richlazy_jax.read_connectome`.

    Args:
        given: by name; None counts as not given.
        path: the full path of what may be one.

    Raises:
        ValueError: a text is not as it must be; the message begins with its name.
        OSError: there is no file of names.
    """
    found = {name: given[name] for name in READING if given.get(name) is not None}
    if "transmitters" in found:
        pairs = _pairs("transmitters", found["transmitters"], "glutamate=-1")
        found["transmitters"] = {name: _sign(values[-1]) for name, values in pairs.items()}
    if "where" in found:
        found["where"] = _pairs("where", found["where"], "type=chemical")
    if "ignore" in found:
        found["ignore"] = tuple(_split(found["ignore"]))
    if "names" in found and Path(path(found["names"])).is_file():
        found["names"] = path(found["names"])
    if "nodes" in found:
        where = Path(path(found["nodes"]))
        if not where.is_file():
            raise ValueError(f"nodes is {str(where)!r}; allowed is the path of a text file.")
        lines = where.read_text(encoding="utf-8-sig").splitlines()
        found["nodes"] = [line.strip() for line in lines if line.strip()]
    return found


def _split(texts: str) -> list[str]:
    return [each.strip() for each in texts.split(",") if each.strip()]


def _pairs(name: str, texts: str, such: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in _split(texts):
        key, equals, value = each.partition("=")
        if not (key.strip() and equals):
            raise ValueError(f"{name} is {texts!r}; allowed is such as {such}.")
        found.setdefault(key.strip(), []).append(value.strip())
    if not found:
        raise ValueError(f"{name} is {texts!r}; allowed is such as {such}.")
    return found


def _sign(value: str) -> int:
    if value not in ("1", "+1", "-1"):
        raise ValueError(f"transmitters gives {value!r}; allowed are +1 and -1.")
    return int(value)
