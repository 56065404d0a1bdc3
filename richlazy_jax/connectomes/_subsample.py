"""Fewer nodes of a connectome, with all that it says of them."""

from collections.abc import Mapping

import jax
import numpy as np
from jaxtyping import Array, Key

from .._checks import require_whole
from ._connectome import Connectome


def subsampled_connectome(
    key: Key[Array, ""],
    connectome: Connectome,
    size: int,
    classes: Mapping[str, str] | None = None,
) -> Connectome:
    r"""Some nodes of a connectome and the weights between them, as they are.

    Zeros, signs and names stay, unlike in `resampled_weights`; what goes is the other nodes. With
    n nodes in the order of their degree, which is how many connections they have both ways, the
    $i$-th that is kept is at

    $$\lfloor (i + u)\, n / m \rfloor, \qquad i = 0, \dots, m - 1,$$

    for the size m and one u that is uniform between 0 and 1: systematic sampling. Each node is kept
    with the same probability, m / n, and the degrees that the kept nodes had are distributed as
    those of all to within 1 / m. Nodes of one degree come in random order. With classes, nodes are
    first in the order of their class, so that each class keeps its share of nodes to within one,
    and the degrees within it.

    A node keeps about m / n of its connections, so that the density stays about the same. The
    spectrum is that of a part of the matrix, and not that of the whole at a smaller size.

    Args:
        key: a JAX random key.
        connectome: it stays as it is.
        size: m, at least 2 and at most the number of nodes.
        classes: the class of each node, as `read_classes` gives it. It may hold more nodes.

    Returns:
        The nodes that are kept, in the order that they had.

    Raises:
        ValueError: an argument is not as described above, a node has no class, or no connection is
            left.

    Source: W. G. Madow and L. H. Madow (1944), "On the theory of systematic sampling", Annals of
    Mathematical Statistics 15:1.
    """
    names = connectome.names
    size = require_whole("size", size, least=2, most=len(names))
    of_class = np.zeros(len(names), int)
    if classes is not None:
        lacking = [name for name in names if name not in classes]
        if lacking:
            raise ValueError(
                f"classes has no class for {lacking[0]!r}, and misses {len(lacking)} of "
                f"{len(names)} nodes; allowed is a class for every node."
            )
        of_class = np.unique([classes[name] for name in names], return_inverse=True)[1]
    start_key, ties_key = jax.random.split(key)
    connected = connectome.weights != 0
    degrees = connected.sum(axis=0) + connected.sum(axis=1)
    ties = np.asarray(jax.random.permutation(ties_key, len(names)))
    order = np.lexsort((ties, degrees, of_class))
    u = float(jax.random.uniform(start_key))
    places = np.floor((np.arange(size) + u) * (len(names) / size)).astype(int)
    # Rounding may lead one past the last.
    kept = set(order[np.minimum(places, len(names) - 1)].tolist())
    return connectome.without(*(name for i, name in enumerate(names) if i not in kept))
