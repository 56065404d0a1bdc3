"""Random graphs that look like whole brains: unequal degrees and weights, and reciprocity."""

import jax
import numpy as np
from scipy.sparse import csr_array

# Nodes, connections, of published diagrams: larva of the fly (Winding et al. 2023), and FlyWire at
# five synapses or more (Dorkenwald et al. 2024).
LARVA = (3_016, 110_000)
FLYWIRE = (139_255, 2_700_000)


def whole_brain(
    key: jax.Array, nodes: int, connections: int, reciprocal: float = 0.15, inhibitory: float = 0.4
) -> csr_array:
    """Weights of a sparse graph; rows receive and columns send.

    Nodes send and receive in proportion to two lognormal numbers that correlate, so that the
    largest degrees are hundreds of times the median. Weights are counts of 5 or more with a
    lognormal tail, larger where degrees are.

    Args:
        key: a JAX random key.
        nodes: how many.
        connections: about how many; a few fall on the same place and are dropped.
        reciprocal: the share of connections that are answered.
        inhibitory: the share of nodes that send negative weights.
    """
    rng = np.random.default_rng(np.asarray(jax.random.key_data(key)))
    shared = rng.standard_normal(nodes)
    receives, sends = (
        np.exp(1.1 * (0.7 * shared + 0.7 * rng.standard_normal(nodes))) for _ in range(2)
    )
    asked = round(connections / (1 + reciprocal) * 1.02)
    rows = rng.choice(nodes, asked, p=receives / receives.sum())
    columns = rng.choice(nodes, asked, p=sends / sends.sum())
    answered = rng.random(asked) < reciprocal
    rows, columns = np.append(rows, columns[answered]), np.append(columns, rows[answered])
    places = np.unique((rows * nodes + columns)[rows != columns])
    rows, columns = np.divmod(places, nodes)
    size = rng.lognormal(1.5, 1.1, len(places)) * (receives[rows] * sends[columns]) ** 0.1
    signs = np.where(rng.random(nodes) < inhibitory, -1.0, 1.0)
    weights = (5 + np.floor(size)) * signs[columns]
    return csr_array((weights, (rows, columns)), (nodes, nodes))
