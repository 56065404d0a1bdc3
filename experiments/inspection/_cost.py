"""What an inspection will take in time and memory, told before it begins."""

from typing import NamedTuple

import numpy as np

import richlazy_jax as rj
from richlazy_jax.spectra import product_multiplications

# Up to so many nodes every matrix is dense and its spectrum known whole, with eigenvalues.
WHOLE = 500
LARGEST = 1_000_000
# Of more nodes a sample is trained.
LARGEST_TRAINED = 1000
# Of stochastic Lanczos quadrature, for the matrix and for each shuffled one.
PROBES, STEPS = 10, 100
PROBES_OF_DRAWS, STEPS_OF_DRAWS = 2, 60
# Of all shuffled matrices of a large connectome together, and of those at least so many.
_SHUFFLED_CONNECTIONS, _FEWEST_SHUFFLED = 16_000_000, 6
# Measured on one core, so that at 1,000 to 139,000 nodes twice or half of it is told at most.
_SECONDS_PER_CUBE = 3e-9
_SECONDS_PER_MULTIPLICATION = 1.2e-9
_SECONDS_PER_ENTRY = 1e-9
_SECONDS_PER_NUMBER = 3e-10
_SECONDS_PER_DRAWN, _SECONDS_PER_GAUSSIAN = 1.2e-7, 5e-6
# Of all nulls of the ladder together, for each connection of a draw.
_SECONDS_PER_RUNG = 1e-5
_GIB = 2.0**30


class Cost(NamedTuple):
    """About what an inspection takes.

    - `seconds`: on one core of a usual machine.
    - `memory`: in GiB, beside the connectome itself.
    """

    seconds: float
    memory: float

    def __str__(self) -> str:
        minutes = self.seconds / 60
        time = f"{minutes:.0f} minutes" if minutes > 2 else f"{self.seconds:.0f} seconds"
        return f"about {time} and {self.memory:.1f} GiB"


def inspection_cost(connectome: rj.Connectome, draws: int) -> Cost:
    """What `inspect_connectome` will take.

    Args:
        connectome: only its size and degrees are looked at.
        draws: how many random matrices of each kind.
    """
    w = connectome.sparse
    n, m = float(len(w.indptr) - 1), float(w.nnz)
    if n <= WHOLE:
        return Cost((2 * draws + 1) * n**3 * _SECONDS_PER_CUBE, 60 * n**2 * 8 / _GIB)
    gaussian, draws = draws, shuffled_drawn(w.nnz, draws)
    products = product_multiplications(w) + draws * (m * m / n + m)
    # Each step multiplies by the matrix and by its transpose, and then by all vectors before it.
    steps, lengths = PROBES * STEPS, PROBES * STEPS**2 * n
    steps += draws * PROBES_OF_DRAWS * STEPS_OF_DRAWS
    lengths += draws * PROBES_OF_DRAWS * STEPS_OF_DRAWS**2 * n
    # ARPACK needs about as many as the quadrature of a matrix.
    steps += STEPS * (2 + draws)
    lengths += 20 * STEPS * (2 + draws) * n
    seconds = products * _SECONDS_PER_MULTIPLICATION
    seconds += 2 * steps * (m + n) * _SECONDS_PER_ENTRY + 2 * lengths * _SECONDS_PER_NUMBER
    seconds += draws * m * _SECONDS_PER_DRAWN + gaussian * n * _SECONDS_PER_GAUSSIAN
    memory = 100 * m + 8 * n * (STEPS + 60)
    return Cost(seconds, memory / _GIB)


def ladder_seconds(connections: int, draws: int) -> float:
    """About what so many draws of each null of `ladder` will take, on one core."""
    return draws * connections * _SECONDS_PER_RUNG


def shuffled_drawn(connections: int, draws: int) -> int:
    """How many shuffled matrices are drawn of a large connectome: `draws`, or fewer, at least 6."""
    return min(draws, max(_FEWEST_SHUFFLED, _SHUFFLED_CONNECTIONS // max(1, connections)))


def require_affordable(connectome: rj.Connectome, cost: Cost, memory: float) -> None:
    """Refuse what would not end, or not fit.

    Raises:
        ValueError: there are too many nodes, or `memory` (GiB) is too little.
    """
    if not np.isfinite(memory) or memory <= 0:
        raise ValueError(f"memory is {memory}; allowed are numbers of GiB above 0.")
    n = len(connectome.names)
    if n > LARGEST:
        raise ValueError(
            f"{connectome.source} has {n:,} nodes; allowed are up to {LARGEST:,}. Inspect a "
            "part of it, such as one region."
        )
    if cost.memory > memory:
        raise ValueError(
            f"memory is {memory:g} GiB, and {connectome.source} takes about {cost.memory:.1f} GiB; "
            "allowed is at least that."
        )
