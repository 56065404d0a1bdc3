"""A connectome: named nodes, the weights between them, and where they come from."""

import dataclasses
import difflib
import functools
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import scipy.sparse
from jaxtyping import Float, Real

# A dense matrix of so many nodes takes 3.2 GB.
MOST_DENSE = 20_000
# Beyond these, looking for the name that was meant would take seconds.
_MOST_COMPARED = 5_000


# Compared by identity, because arrays do not compare to a single truth value.
@dataclasses.dataclass(frozen=True, eq=False, init=False)
class Connectome:
    """Nodes and the weights of their connections; rows receive, columns send.

    Args:
        names: one for each node, no two the same.
        weights: `weights[i, j]` is the weight from node j to node i; 0 means that there is no
            connection. A dense array, or a sparse one of SciPy, whose entries must differ in place.
        source: a citation, or the path of the file. It begins every message.
        said: what was read, assumed and left out.

    Attributes:
        names: as given.
        sparse: the weights as a `scipy.sparse.csr_array` in float64: sorted, without zeros that are
            written out, and with numbers that cannot be written to. It takes memory by connections
            and not by nodes squared.
        source: as given.
        said: as given, one sentence each. Empty where nobody read a file.

    Raises:
        ValueError: the weights are not a square of at least two nodes, hold what is not a finite
            real number, hold an entry twice, or are zero everywhere; or the names are empty, not
            unique, or not as many as the nodes.
    """

    names: tuple[str, ...]
    sparse: scipy.sparse.csr_array
    source: str
    said: tuple[str, ...]

    def __init__(
        self, names: Sequence[str], weights: Any, source: str, said: Sequence[str] = ()
    ) -> None:
        sparse = sparse_weights(source, weights)
        names = require_names(source, "names", names)
        n = sparse.shape[0]
        if n != len(names):
            raise ValueError(
                f"{source}: names has {len(names)} entries; allowed are {n}, as many as the "
                "weights have nodes."
            )
        if n < 2:
            raise ValueError(f"{source}: nodes are {n}; allowed are at least 2.")
        if not sparse.nnz:
            raise ValueError(
                f"{source}: weights is zero everywhere; allowed is at least one number other "
                "than 0."
            )
        for part in (sparse.data, sparse.indices, sparse.indptr):
            part.flags.writeable = False
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "sparse", sparse)
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "said", tuple(said))

    @functools.cached_property
    def weights(self) -> Float[np.ndarray, "n n"]:
        """The weights as a dense array that cannot be written to, for up to 20,000 nodes.

        Raises:
            ValueError: there are more nodes; use `sparse`.
        """
        n = len(self.names)
        if n > MOST_DENSE:
            raise ValueError(
                f"{self.source}: weights would be a dense array of {n:,} nodes and take "
                f"{8e-9 * n * n:,.0f} GB; allowed are up to {MOST_DENSE:,} nodes. The attribute "
                "sparse holds the same numbers at any size."
            )
        dense = self.sparse.toarray()
        dense.flags.writeable = False
        return dense

    def without(self, *names: str) -> "Connectome":
        """The same connectome with some nodes and all their connections taken out.

        Args:
            names: the nodes to take out.

        Raises:
            ValueError: a name is not known, or what is left is no connectome.
        """
        known = set(self.names)
        for name in names:
            require_known(self.source, name, known)
        out = set(names)
        kept = [i for i, name in enumerate(self.names) if name not in out]
        said = (f"Taken out: {', '.join(map(repr, names))}.",) if names else ()
        return Connectome(
            [self.names[i] for i in kept],
            self.sparse[kept][:, kept],
            self.source,
            (*self.said, *said),
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
        other = np.flatnonzero((signs != 1) & (signs != -1))
        if other.size:
            raise ValueError(
                f"signs holds {signs[other[0]]} for {self.names[other[0]]!r}; allowed are +1 and "
                "-1."
            )
        w = self.sparse
        negative = np.flatnonzero(w.data < 0)
        if negative.size:
            k = negative[0]
            i, j = int(np.searchsorted(w.indptr, k, "right")) - 1, int(w.indices[k])
            raise ValueError(
                f"{self.source}: weights[{i}, {j}] is {w.data[k]}, negative already; "
                "allowed are weights of at least 0, since the signs would otherwise be given twice."
            )
        data = w.data * signs[w.indices].astype(np.float64)
        said = f"Signs were given to what nodes send: {int((signs < 0).sum())} nodes inhibit."
        return Connectome(
            self.names,
            scipy.sparse.csr_array((data, w.indices, w.indptr), shape=w.shape),
            self.source,
            (*self.said, said),
        )


def sparse_weights(source: str, weights: Any) -> scipy.sparse.csr_array:
    """A copy of `weights` as a canonical CSR array in float64, if it is square, real and finite.

    Raises:
        ValueError: it is not, or an entry is there twice.
    """
    if not scipy.sparse.issparse(weights):
        return scipy.sparse.csr_array(require_square_weights(source, weights))
    _require_real(source, weights.dtype)
    _require_square(source, weights.shape)
    placed = weights.tocoo()
    rows, columns = placed.coords
    with np.errstate(over="ignore"):
        data = np.array(placed.data, np.float64)
    wrong = np.flatnonzero(~np.isfinite(data))
    if wrong.size:
        k = wrong[0]
        raise _not_finite(source, rows[k], columns[k], data[k])
    made = scipy.sparse.csr_array((data, (rows, columns)), shape=weights.shape)
    # SciPy added up what is there twice.
    if made.nnz < len(data):
        i, j = _first_twice(rows, columns, weights.shape[0])
        raise ValueError(f"{source}: weights[{i}, {j}] is there twice; allowed is each entry once.")
    made.eliminate_zeros()
    made.sort_indices()
    return made


def require_square_weights(source: str, weights: Any) -> np.ndarray:
    """A copy of `weights` in float64, if it is a square matrix of finite real numbers."""
    given = np.asarray(weights)
    _require_real(source, given.dtype)
    _require_square(source, given.shape)
    # Wider floats may overflow here, which the next check reports.
    with np.errstate(over="ignore"):
        array = np.array(given, np.float64)
    if not np.isfinite(array).all():
        i, j = np.argwhere(~np.isfinite(array))[0]
        raise _not_finite(source, i, j, array[i, j])
    return array


def _require_real(source: str, dtype: np.dtype) -> None:
    if dtype.kind not in "biuf":
        raise ValueError(f"{source}: weights has dtype {dtype}; allowed are real numbers.")


def _require_square(source: str, shape: tuple[int, ...]) -> None:
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ValueError(
            f"{source}: weights has shape {shape}; allowed is (n, n), a square matrix whose "
            "rows receive and whose columns send."
        )


def _not_finite(source: str, i: Any, j: Any, value: Any) -> ValueError:
    return ValueError(f"{source}: weights[{i}, {j}] is {value}; allowed are finite numbers.")


def _first_twice(rows: np.ndarray, columns: np.ndarray, n: int) -> tuple[int, int]:
    places = rows.astype(np.int64) * n + columns
    order = np.argsort(places, kind="stable")
    again = np.flatnonzero(np.diff(places[order]) == 0)
    k = order[again[0]]
    return int(rows[k]), int(columns[k])


def require_names(source: str, argument: str, names: Sequence[str]) -> tuple[str, ...]:
    """`names` as a tuple of strings, none empty and no two the same."""
    if isinstance(names, str):
        raise ValueError(f"{source}: {argument} is {names!r}; allowed is a sequence of names.")
    for i, name in enumerate(names):
        if not isinstance(name, str) or not name:
            raise ValueError(
                f"{source}: {argument}[{i}] is {name!r}; allowed are strings that are not empty."
            )
    if len(set(names)) < len(names):
        seen: dict[str, int] = {}
        for i, name in enumerate(names):
            if name in seen:
                raise ValueError(
                    f"{source}: {argument}[{i}] is {name!r}, as is {argument}[{seen[name]}]; "
                    "allowed are names that differ."
                )
            seen[name] = i
    return tuple(map(str, names))


def nearest(name: str, allowed: Collection[str]) -> str | None:
    """The one of `allowed` that is most like `name`, upper and lower case alike.

    None where there is none, or where there are too many to look at each.
    """
    if not 0 < len(allowed) <= _MOST_COMPARED:
        return None
    spellings = {each.lower(): each for each in allowed}
    (best,) = difflib.get_close_matches(name.lower(), sorted(spellings), n=1, cutoff=0.0)
    return spellings[best]


def require_known(where: str, name: str, allowed: Collection[str]) -> str:
    """`name`, if it is one of `allowed`; `where` begins the message otherwise."""
    if name not in allowed:
        best = nearest(name, allowed)
        meant = "" if best is None else f", and the nearest of them is {best!r}"
        raise ValueError(
            f"{where}: {name!r} is not known; allowed are {len(allowed)} names{meant}."
        )
    return name
