"""How precise the numbers of a setting are, as its record says it."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

# A record names neither where they are these, so that a cell has the hash that it had before they
# could be anything else.
UNNAMED = {"precision": "highest", "dtype": "float32"}


def recorded(fields: Mapping[str, Any], unnamed: Mapping[str, Any] = UNNAMED) -> dict[str, Any]:
    """The fields of a setting and the type of float that JAX computes in, but for `unnamed`."""
    named = {**fields, "dtype": jnp.result_type(float).name}
    return {k: v for k, v in named.items() if k not in unnamed or v != unnamed[k]}
