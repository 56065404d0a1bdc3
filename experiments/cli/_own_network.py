"""A network of the user's own, as files and options say it."""

from collections.abc import Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np


def names_of(pairs: Sequence[str]) -> dict[str, str] | None:
    names = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise ValueError(f"--map is {pair!r}; allowed is such as recurrent=h2h.weight.")
        names[ours] = theirs
    return names or None


def array_of(option: str, path: Path) -> np.ndarray:
    try:
        # Opened here, because NumPy leaves an archive open.
        with path.open("rb") as opened:
            found = np.load(opened, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{option} is {path}, which is no .npy file of numbers.") from error
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiub":
        raise ValueError(f"{option} is {path}; allowed is one array of numbers, as .npy.")
    return found


def inputs_of(path: Path) -> jax.Array:
    x = array_of("--inputs", path)
    if x.ndim != 3:
        raise ValueError(
            f"--inputs has shape {x.shape}; allowed is (trials, steps, inputs), trials first."
        )
    return jnp.asarray(x, jnp.result_type(float))
