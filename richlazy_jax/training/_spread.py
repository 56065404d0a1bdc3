"""Stacks of runs on many devices, of one process or several."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec


def mesh_of(devices: Sequence[Any]) -> Mesh:
    """The devices, side by side."""
    return Mesh(np.array(devices), ("runs",))


def spread_out(tree: Any, runs: int, mesh: Mesh) -> Any:
    """A stack of `runs` on the devices, each with its share.

    It is filled up with repeats of the last run, so that all devices have equally many.
    """
    share = -(-runs // mesh.size)
    padded = np.minimum(np.arange(share * mesh.size), runs - 1)
    sharding = NamedSharding(mesh, PartitionSpec("runs"))

    def put(leaf: Any) -> Any:
        if not mesh.is_multi_process:
            return jax.device_put(leaf[padded], sharding)
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.wrap_key_data(
                put(jax.random.key_data(leaf)), impl=jax.random.key_impl(leaf)
            )
        # Every process has the whole stack and gives its own devices their part.
        whole = np.asarray(leaf)[padded]
        return jax.make_array_from_callback(whole.shape, sharding, lambda index: whole[index])

    return jax.tree.map(put, tree)


def gathered(tree: Any, runs: int, mesh: Mesh) -> Any:
    """The stack of `runs` that was spread out, on the host; no leaf is a stack of keys."""
    if mesh.is_multi_process:
        from jax.experimental import multihost_utils

        whole = multihost_utils.process_allgather(tree, tiled=True)
    else:
        whole = jax.device_get(tree)
    return jax.tree.map(lambda leaf: leaf[:runs], whole)


def on_each_device(local: Callable, mesh: Mesh) -> Callable:
    """`local` on each device's share of runs, with nothing passed between devices."""
    spec = PartitionSpec("runs")
    # JAX has moved it out of its experimental part, and renamed an argument on the way.
    if hasattr(jax, "shard_map"):
        return jax.shard_map(local, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False)
    from jax.experimental.shard_map import shard_map

    return shard_map(local, mesh=mesh, in_specs=spec, out_specs=spec, check_rep=False)
