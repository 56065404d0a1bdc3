"""Which of several arrays is the matrix, and which say names and signs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ._asked import Asked
from ._connectome import nearest
from ._conventions import BCT
from ._files import File
from ._matrices import Weights, weights_of_matrix
from ._transmitters import signs_of
from ._words import refusal, shown, some

# What an array of names is called where nobody says.
_NAMES = ("names", "labels", "node_names", "nodes", "ids", "node_ids", "root_ids")


def weights_of_arrays(file: File, arrays: dict[str, Any], asked: Asked) -> Weights:
    """Of several arrays the one that is meant, and those that say names and signs."""
    square = [
        key
        for key, each in arrays.items()
        if each.ndim == 2 and each.shape[0] == each.shape[1] and each.dtype.kind in "biuf"
    ]
    square = [key for key in square if key not in (asked.sign, asked.names)]
    key = _which(file, square, arrays, asked)
    matrix, said = arrays[key], [f"{key!r} is the matrix."]
    n = matrix.shape[0] if matrix.ndim else 0
    names_key = asked.names if asked.names in arrays else None
    if asked.names is None:
        there = {each.lower(): each for each in arrays if each != key}
        names_key = "names" if "names" in arrays else None
        if names_key is None:
            found = [there[each] for each in _NAMES if each in there]
            # Only what tells all apart is taken without being asked for.
            found = [each for each in found if arrays[each].size == n > 0]
            found = [each for each in found if arrays[each].dtype.kind in "USO"]
            names_key = found[0] if found else None
    names = None
    if names_key is not None:
        names = _names_of(file, names_key, arrays[names_key], n)
        said.append(f"Nodes are called as {names_key!r} says.")
    signs = None
    if asked.sign is not None:
        if asked.sign not in arrays:
            raise refusal(
                file.at, f"sign is {shown(asked.sign)}", f"allowed are the arrays {some(arrays)}"
            )
        texts = _texts(arrays[asked.sign])
        values = list(dict.fromkeys(texts))
        of_value, taken = signs_of(file.at, asked.sign, values, asked.transmitters, fly=False)
        signs = of_value[[values.index(text) for text in texts]]
        said.append(taken)
    unused = [each for each in arrays if each not in (key, names_key, asked.sign)]
    if unused:
        vectors = [each for each in unused if arrays[each].size == n]
        use = f"; names= and sign= may use {some(vectors, 60)}" if vectors else ""
        said.append(f"Arrays not used: {', '.join(unused)}{use}.")
    rows, because = "receive", ""
    if BCT.match(key):
        rows, because = "send", f"{key!r} is what the Brain Connectivity Toolbox calls its matrices"
    return weights_of_matrix(
        file, matrix, names, asked, said, signs=signs, rows=rows, because=because
    )


def _which(file: File, square: list[str], arrays: Mapping[str, Any], asked: Asked) -> str:
    if isinstance(asked.weight, str):
        if asked.weight not in arrays:
            best = nearest(asked.weight, list(arrays))
            raise refusal(
                file.at,
                f"weight is {shown(asked.weight)}",
                f"allowed are the arrays {some(arrays)}; the nearest is {shown(best, 30)}",
            )
        return asked.weight
    if asked.weight is not None:
        raise refusal(file.at, "weight is 1", f"allowed are the arrays {some(arrays)}")
    if "weights" in arrays:
        return "weights"
    # What is no square is refused with its shape, where there is nothing else.
    candidates = square or [key for key in arrays if key.lower() not in _NAMES]
    if not candidates:
        raise refusal(file.at, "it holds no array of weights", "allowed is one called 'weights'")
    if len(candidates) > 1:
        raise refusal(
            file.at,
            f"the weights may be any of {some(candidates)}",
            f"weight={shown(candidates[0], 30)} takes the first",
        )
    return candidates[0]


def _names_of(file: File, key: str, array: Any, n: int) -> list[str]:
    names = _texts(array)
    if names is None or len(names) != n:
        raise refusal(
            file.at,
            f"{key} has dtype {array.dtype} and shape {array.shape}",
            f"allowed for names are {n} texts or whole numbers, one for each row",
        )
    seen: dict[str, int] = {}
    for k, name in enumerate(names):
        if not name:
            raise refusal(
                f"{file.at}, {key}[{k}]", "the name is empty", "names= names another array"
            )
        if name in seen:
            raise refusal(
                f"{file.at}, {key}[{k}]",
                f"it is {shown(name)}, as is {key}[{seen[name]}]",
                "allowed are names that differ; names= names another array",
            )
        seen[name] = k
    return names


def _texts(array: Any) -> Any:
    """An array of texts, whole numbers or cells as texts; None where it is none."""
    if array.dtype.kind == "U" and array.ndim == 2 and 1 not in array.shape:
        return None
    flat = array.ravel()
    if array.dtype.kind in "iub":
        return [str(int(each)) for each in flat]
    if array.dtype.kind == "f":
        whole = np.isfinite(flat).all() and (flat == np.round(flat)).all()
        return [str(int(each)) for each in flat] if whole and (abs(flat) < 2**53).all() else None
    if array.dtype.kind == "U":
        return [str(each).strip() for each in flat]
    if array.dtype.kind == "S":
        return [each.decode("latin-1").strip() for each in flat]
    if array.dtype.kind != "O":
        return None
    found = []
    for each in flat:
        inside = np.asarray(each).ravel()
        if inside.size != 1 or inside.dtype.kind not in "Uiu":
            return None
        found.append(str(inside[0]).strip())
    return found
