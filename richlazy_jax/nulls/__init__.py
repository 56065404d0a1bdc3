"""Random connectomes that keep some of what a measured one has, and nothing else.

They form a ladder: each keeps what the one before it keeps, and something more. What a connectome
has beyond a rung of the ladder is not explained by what that rung keeps. Matrices are sparse, in
float64 and on the host; rows receive and columns send.

- `null_weights`, `NULLS` (`_null_weights.py`): every rung by its name.
- `_connections.py`: a matrix as a list of connections, and back.
- `_unwired.py`: the two rungs that do not ask who connects to whom.
- `_rewired.py`: those that keep degrees, by random swaps of connections.
- `_chain.py`: the swaps themselves, compiled by numba.
"""

from ._null_weights import DEFAULT_SWAPS, NULLS, null_weights
from ._unwired import LARGEST_GAUSSIAN

__all__ = ["DEFAULT_SWAPS", "LARGEST_GAUSSIAN", "NULLS", "null_weights"]
