"""Networks trained by other libraries, against those libraries' own outputs and gradients."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj

STORED = Path(__file__).parents[2] / "data" / "trained"
N, STEPS, INPUTS, UNITS, OUTPUTS = 6, 5, 3, 5, 2
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, STEPS, INPUTS)).astype(np.float32)
# The activation that a file does not say.
STORED_NETWORKS = {
    ("keras", "simple_rnn"): None,
    ("keras", "gru"): None,
    ("keras", "gru_before"): None,
    ("keras", "lstm"): None,
    ("keras", "two"): None,
    ("keras", "dense"): "relu",
    ("haiku", "vanilla_rnn"): None,
    ("haiku", "gru"): None,
    ("haiku", "lstm"): None,
    ("haiku", "mlp"): "tanh",
}


def stored(library, network):
    """Arrays before and after, inputs, outputs and the alignment of kernels, as `make.py` has them."""
    with np.load(STORED / f"{library}.npz", allow_pickle=False) as file:
        kept = {name: file[name] for name in file.files}
    states = []
    for end in ("before", "after"):
        start = f"{network}.{end}."
        states.append({n.removeprefix(start): a for n, a in kept.items() if n.startswith(start)})
    outputs = kept[f"{network}.outputs"]
    x = kept["x"] if outputs.ndim == 3 else kept["x"][:, 0]
    return states, x, outputs, float(kept[f"{network}.alignment"])


def assert_is(states, x, outputs, alignment, **stated):
    """These states are the network that gave these outputs and whose kernels align so."""
    first, last = (rj.trained_network(state, **stated) for state in states)
    np.testing.assert_allclose(last.apply(last.params, x), outputs, rtol=0, atol=1e-5)
    found = rj.laziness(
        last.apply,
        first.params,
        last.params,
        jnp.asarray(x),
        activity=last.activity,
        known_outputs=outputs,
    )
    np.testing.assert_allclose(found.kernel_alignment.alignment, alignment, rtol=0, atol=1e-5)
    return last, found


@pytest.mark.parametrize(("library", "name"), STORED_NETWORKS)
def test_networks_of_keras_and_haiku(library, name):
    stated = {"activation": STORED_NETWORKS[library, name]}
    assert_is(*stored(library, name), **stated)


def kernel_alignment(rows_before, rows_after):
    """From gradients of every output, one a row."""
    a, b = (np.asarray(r, np.float64) @ np.asarray(r, np.float64).T for r in (rows_before, rows_after))
    return np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b)
