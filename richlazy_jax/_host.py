"""What is computed on the host in float64: sparse matrices, random numbers, compiled loops."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Key
from scipy.sparse import csr_array, issparse


def as_square_sparse(name: str, value: Any, least: int = 1) -> csr_array:
    """`value`, sparse or dense, as a square matrix in float64 that holds no zero and no duplicate.

    A dense matrix becomes sparse, a sparse one never becomes dense. What is given stays as it is.
    """
    given = value if issparse(value) else np.asarray(value)
    if given.dtype.kind not in "biuf":
        raise ValueError(f"{name} has dtype {given.dtype}; allowed are real numbers.")
    if given.ndim != 2 or given.shape[0] != given.shape[1] or given.shape[0] < least:
        raise ValueError(
            f"{name} has shape {given.shape}; allowed is (n, n) with n at least {least}."
        )
    matrix = csr_array(given, dtype=np.float64)
    if max(matrix.nnz, len(matrix.indptr)) < 2**31:
        # Half the memory to read, which products take most of their time for.
        indices, indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
        matrix = csr_array((matrix.data, indices, indptr), matrix.shape)
    if not np.isfinite(matrix.data).all():
        wrong = matrix.data[~np.isfinite(matrix.data)][0]
        raise ValueError(f"{name} holds {wrong}; allowed are finite numbers.")
    if not matrix.has_canonical_format or not matrix.data.all():
        matrix = matrix.copy()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    return matrix


def host_keys(seed: int, stream: int, count: int) -> list[Key[Array, ""]]:
    """Independent keys of JAX that a seed and the number of a stream fix, for work on the host.

    `jax.random.split` would compile a program, which takes longer than some of that work.
    """
    words = np.random.SeedSequence((seed, stream)).generate_state(2 * count).reshape(count, 2)
    return [jax.random.wrap_key_data(two, impl="threefry2x32") for two in words]  # pyright: ignore[reportArgumentType]


def host_generator(key: Key[Array, ""]) -> np.random.Generator:
    """NumPy's random numbers, all of which follow from a key of JAX."""
    return np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel())


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A loop compiled by numba, kept on disk so that each installation compiles it once.

    It lies beside the module, or where that cannot be written in the user's folder of caches, or in
    NUMBA_CACHE_DIR. Where nothing can be written, each process compiles it anew.
    """
    from numba import njit

    try:
        return njit(cache=True)(function)
    except RuntimeError:
        return njit(function)
