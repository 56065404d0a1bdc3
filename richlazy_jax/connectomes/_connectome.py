"""A connectome: named nodes, the weights between them, and where they come from."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Real

from ._nearest import require_known


# Compared by identity, because arrays do not compare to a single truth value.
@dataclasses.dataclass(frozen=True, eq=False)
class Connectome:
    """Nodes and the weights of their connections; rows receive, columns send.

    Attributes:
        names: one for each node, no two the same.
        weights: `weights[i, j]` is the weight from node j to node i, in float64; 0 means that there
            is no connection. It is a copy that cannot be written to.
        source: a citation, or the path of the file. It begins every message.

    Raises:
        ValueError: the weights are not a square of at least two nodes, hold what is not a finite
            real number, or are zero everywhere; or the names are empty, not unique, or not as many
            as the nodes.
    """

    names: tuple[str, ...]
    weights: Float[np.ndarray, "n n"]
    source: str

    def __post_init__(self):
        weights = require_square_weights(self.source, self.weights)
        object.__setattr__(self, "names", require_names(self.source, "names", self.names))
        if len(weights) != len(self.names):
            raise ValueError(
                f"{self.source}: names has {len(self.names)} entries; allowed are {len(weights)}, "
                "as many as the weights have nodes."
            )
        if len(weights) < 2:
            raise ValueError(f"{self.source}: nodes are {len(weights)}; allowed are at least 2.")
        if not weights.any():
            raise ValueError(
                f"{self.source}: weights is zero everywhere; allowed is at least one number other "
                "than 0."
            )
        weights.flags.writeable = False
        object.__setattr__(self, "weights", weights)

    def without(self, *names: str) -> "Connectome":
        """The same connectome with some nodes and all their connections taken out.

        Args:
            names: the nodes to take out.

        Raises:
            ValueError: a name is not known, or what is left is no connectome.
        """
        for name in names:
            require_known(self.source, name, self.names)
        kept = [i for i, name in enumerate(self.names) if name not in names]
        return Connectome(
            tuple(self.names[i] for i in kept), self.weights[np.ix_(kept, kept)], self.source
        )

    def signed(self, signs: Real[np.ndarray, " n"]) -> "Connectome":
        r"""The same connectome with a sign for all that a node sends, $W_{ij} \mapsto W_{ij} c_j$.

        Args:
            signs: c, +1 for a node that excites and -1 for one that inhibits.

        Raises:
            ValueError: there is not one sign for each node, a sign is another number, or a weight
                is negative already.
        """
        signs = np.asarray(signs)
        if signs.shape != (len(self.names),):
            raise ValueError(
                f"signs has shape {signs.shape}; allowed is ({len(self.names)},), one for each "
                "node."
            )
        for name, sign in zip(self.names, signs, strict=True):
            if sign not in (1, -1):
                raise ValueError(f"signs holds {sign} for {name!r}; allowed are +1 and -1.")
        if (self.weights < 0).any():
            i, j = np.argwhere(self.weights < 0)[0]
            raise ValueError(
                f"{self.source}: weights[{i}, {j}] is {self.weights[i, j]}, negative already; "
                "allowed are weights of at least 0, since the signs would otherwise be given twice."
            )
        return dataclasses.replace(self, weights=self.weights * signs)


def require_square_weights(source: str, weights: Any) -> np.ndarray:
    """A copy of `weights` in float64, if it is a square matrix of finite real numbers."""
    given = np.asarray(weights)
    if given.dtype.kind not in "biuf":
        raise ValueError(f"{source}: weights has dtype {given.dtype}; allowed are real numbers.")
    if given.ndim != 2 or given.shape[0] != given.shape[1]:
        raise ValueError(
            f"{source}: weights has shape {given.shape}; allowed is (n, n), a square matrix whose "
            "rows receive and whose columns send."
        )
    # Wider floats may overflow here, which the next check reports.
    with np.errstate(over="ignore"):
        array = np.array(given, np.float64)
    if not np.isfinite(array).all():
        i, j = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(
            f"{source}: weights[{i}, {j}] is {array[i, j]}; allowed are finite numbers."
        )
    return array


def require_names(source: str, argument: str, names: Sequence[str]) -> tuple[str, ...]:
    """`names` as a tuple of strings, none empty and no two the same."""
    if isinstance(names, str):
        raise ValueError(f"{source}: {argument} is {names!r}; allowed is a sequence of names.")
    for i, name in enumerate(names):
        if not isinstance(name, str) or not name:
            raise ValueError(
                f"{source}: {argument}[{i}] is {name!r}; allowed are strings that are not empty."
            )
    name, times = Counter(names).most_common(1)[0] if len(names) else ("", 0)
    if times > 1:
        first, second = [i for i, each in enumerate(names) if each == name][:2]
        raise ValueError(
            f"{source}: {argument}[{second}] is {name!r}, as is {argument}[{first}]; allowed are "
            "names that differ."
        )
    return tuple(map(str, names))
