"""Single nodes that decide the spectrum of a connectome, often because they are no neurons."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from .._checks import require_whole
from ..spectra import leading_singular_triplets, participation_ratio
from ._connectome import Connectome

# Of the squared leading singular vector, and of the participation ratio.
_SHARE = 0.5
_RAISE = 1.1


class Dominating(NamedTuple):
    """A node that holds the leading singular vector nearly alone.

    Attributes:
        name: which node.
        share: its part of the squared leading singular vector, above 1/2.
        ratio_with: the participation ratio with it, those found before it being out already.
        ratio_without: the same without it.
        side: "receives" if it is the left singular vector, "sends" if it is the right one.
    """

    name: str
    share: float
    ratio_with: float
    ratio_without: float
    side: str


def dominating_nodes(connectome: Connectome, most: int = 5) -> list[Dominating]:
    r"""Nodes that by themselves make the weights look low-rank.

    A node dominates if it holds more than half of the squared leading left (receiving) or right
    (sending) singular vector, and the participation ratio of the squared singular values,

    $$\mathrm{PR} = \frac{(\sum_i s_i^2)^2}{\sum_i s_i^4},$$

    is more than a tenth higher once its row and column are out. The node whose removal raises PR
    most is taken out, and the rest looked at again. Such a node is perhaps a muscle or a glial
    cell, or the result of an error in the table; which of these, no spectrum can tell.

    Args:
        connectome: it stays as it is.
        most: how many nodes are looked for, at least 1.

    Returns:
        The nodes in the order in which they were taken out; empty where none dominates.

    Raises:
        ValueError: `most` is not as described above.
    """
    most = require_whole("most", most)
    w, names, found = connectome.sparse, np.array(connectome.names), []
    while len(found) < most and w.nnz:
        candidates = []
        leading = leading_singular_triplets(w)
        for side, vector in (("receives", leading.left[:, 0]), ("sends", leading.right[:, 0])):
            i = int(np.argmax(vector**2))
            if vector[i] ** 2 <= _SHARE:
                continue
            ratio, without = participation_ratio(w), participation_ratio(_without(w, i))
            if without > _RAISE * ratio:
                node = Dominating(str(names[i]), float(vector[i] ** 2), ratio, without, side)
                candidates.append((without, node.share, i, node))
        if not candidates:
            break
        *_, i, node = max(candidates)
        found.append(node)
        w, names = _without(w, i), np.delete(names, i)
    return found


def receive_only(connectome: Connectome) -> tuple[str, ...]:
    """Nodes that receive but never send.

    Many are motor neurons, which send little or nothing to other neurons where muscles are left
    out, or neurons whose targets are not in the data. Where a file holds muscles and glia, those
    are among them too.
    """
    w = connectome.sparse
    sends = np.zeros(len(connectome.names), bool)
    sends[w.indices] = True
    only = np.flatnonzero((np.diff(w.indptr) > 0) & ~sends)
    return tuple(connectome.names[i] for i in only)


def _without(w: csr_array, i: int) -> csr_array:
    kept = np.delete(np.arange(len(w.indptr) - 1), i)
    return w[kept][:, kept]
