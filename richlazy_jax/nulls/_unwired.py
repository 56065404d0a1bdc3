"""Nulls that do not ask who connects to whom: Gaussian weights, and random places."""

import numpy as np
from jaxtyping import Float

from ._connections import Connections

# A dense matrix of as many nodes takes 200 MB.
LARGEST_GAUSSIAN = 5_000


def gaussian(rng: np.random.Generator, of: Connections) -> Float[np.ndarray, "n n"]:
    """Independent Gaussian numbers everywhere, scaled to the Frobenius norm of the connections.

    Raises:
        ValueError: there are more nodes than a dense matrix should have.
    """
    if of.nodes > LARGEST_GAUSSIAN:
        raise ValueError(
            f"weights has {of.nodes} nodes while null is 'gaussian'; allowed are at most "
            f"{LARGEST_GAUSSIAN}, because that null is dense. Its participation ratio is near "
            "n^2 / (2 n + 1) for n nodes, without drawing."
        )
    drawn = rng.standard_normal((of.nodes, of.nodes))
    norm = np.sqrt(np.sum(of.weights**2) + np.sum(of.diagonal**2))
    return drawn * (norm / np.linalg.norm(drawn)) if norm else np.zeros_like(drawn)


def at_random_places(rng: np.random.Generator, of: Connections) -> Connections:
    """The same weights at places off the diagonal, which are uniformly random and all different."""
    n, m = of.nodes, len(of.weights)
    if not m:
        return of
    # In random order, so that any weight may come to lie anywhere.
    places = rng.choice(n * (n - 1), m, replace=False)
    senders, others = np.divmod(places, n - 1)
    # Receivers are counted without the sender.
    return of._replace(receivers=others + (others >= senders), senders=senders)
