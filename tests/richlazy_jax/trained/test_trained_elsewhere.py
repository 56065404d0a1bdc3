"""Networks trained by other libraries, against those libraries' own outputs and gradients."""

from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx

import richlazy_jax as rj

# `make.py` there says how these came to be.
STORED = Path(__file__).parents[2] / "data" / "trained"
N, STEPS, INPUTS, UNITS, OUTPUTS = 6, 5, 3, 5, 2
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


def trials(flat=False):
    rng = np.random.default_rng(0)
    shape = (N, INPUTS) if flat else (N, STEPS, INPUTS)
    x, y = rng.standard_normal(shape), rng.standard_normal((*shape[:-1], OUTPUTS))
    return x.astype(np.float32), y.astype(np.float32)


def stored(library, network):
    """Arrays before and after, inputs, outputs and the alignment of kernels."""
    with np.load(STORED / f"{library}.npz", allow_pickle=False) as file:
        kept = {name: file[name] for name in file.files}
    states = []
    for end in ("before", "after"):
        start = f"{network}.{end}."
        states.append({n.removeprefix(start): a for n, a in kept.items() if n.startswith(start)})
    outputs = kept[f"{network}.outputs"]
    x = kept["x"] if outputs.ndim == 3 else kept["x"][:, 0]
    return states, x, outputs, float(kept[f"{network}.alignment"])


def alignment_of(rows):
    """Of two kernels, each from the gradients of every output, one a row."""
    a, b = (each.astype(np.float64) @ each.astype(np.float64).T for each in rows)
    return np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b)


def assert_is(states, x, outputs, alignment, activation=None):
    """These states are the network that gave these outputs and whose kernels align so."""
    first, last = (rj.trained_network(state, activation=activation) for state in states)
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
    # Else nothing was learned, and any network would pass.
    assert alignment < 0.998
    return last


@pytest.mark.slow
@pytest.mark.parametrize(("library", "name"), STORED_NETWORKS)
def test_networks_of_keras_and_haiku(library, name):
    assert_is(*stored(library, name), activation=STORED_NETWORKS[library, name])


@pytest.mark.parametrize(("library", "name"), STORED_NETWORKS)
def test_outputs_of_keras_and_haiku(library, name):
    states, x, outputs, _ = stored(library, name)
    network = rj.trained_network(states[1], activation=STORED_NETWORKS[library, name])
    np.testing.assert_allclose(network.apply(network.params, x), outputs, rtol=0, atol=1e-5)


class Linen(linen.Module):
    cell: Any

    @linen.compact
    def __call__(self, x):
        states: Any = linen.RNN(self.cell(UNITS))(x)
        return linen.Dense(OUTPUTS)(states)


class NNX(nnx.Module):
    def __init__(self, cell, rngs):
        self.core = nnx.RNN(cell(INPUTS, UNITS, rngs=rngs))
        self.readout = nnx.Linear(UNITS, OUTPUTS, rngs=rngs)

    def __call__(self, x):
        states: Any = self.core(x)
        return self.readout(states)


class Equinox(eqx.Module):
    cell: Any
    readout: eqx.nn.Linear
    gated: bool

    def __init__(self, cell, key):
        self.cell = cell(INPUTS, UNITS, key=key)
        self.readout = eqx.nn.Linear(UNITS, OUTPUTS, key=key)
        self.gated = cell is eqx.nn.GRUCell

    def one(self, x):
        start = jnp.zeros(UNITS)

        def step(state, inputs):
            state = self.cell(inputs, state)
            return state, self.readout(state if self.gated else state[0])

        return jax.lax.scan(step, start if self.gated else (start, start), x)[1]

    def __call__(self, x):
        return jax.vmap(self.one)(x)


def of_linen(cell):
    model = Linen(cell)
    return model.init(jax.random.key(0), trials()[0]), model.apply


def of_nnx(cell):
    return rj.split_module(NNX(cell, nnx.Rngs(0)))


def of_equinox(cell):
    params, rest = eqx.partition(Equinox(cell, jax.random.key(0)), eqx.is_inexact_array)
    return params, lambda params, x: eqx.combine(params, rest)(x)


def of_equinox_mlp(_):
    model = eqx.nn.MLP(INPUTS, OUTPUTS, UNITS, 2, activation=jnp.tanh, key=jax.random.key(0))
    params, rest = eqx.partition(model, eqx.is_inexact_array)
    return params, lambda params, x: jax.vmap(eqx.combine(params, rest))(x)


def of_linen_mlp(_):
    model = linen.Sequential([linen.Dense(UNITS), linen.tanh, linen.Dense(OUTPUTS)])
    return model.init(jax.random.key(0), trials(flat=True)[0]), model.apply


def of_nnx_mlp(_):
    rngs = nnx.Rngs(0)
    layers = nnx.Linear(INPUTS, UNITS, rngs=rngs), nnx.tanh, nnx.Linear(UNITS, OUTPUTS, rngs=rngs)
    return rj.split_module(nnx.Sequential(*layers))


IN_JAX = [
    (of_linen, linen.SimpleCell),
    (of_linen, linen.GRUCell),
    (of_linen, linen.LSTMCell),
    (of_linen, linen.OptimizedLSTMCell),
    (of_nnx, nnx.SimpleCell),
    (of_nnx, nnx.GRUCell),
    (of_nnx, nnx.LSTMCell),
    (of_nnx, nnx.OptimizedLSTMCell),
    (of_equinox, eqx.nn.GRUCell),
    (of_equinox, eqx.nn.LSTMCell),
    (of_linen_mlp, None),
    (of_nnx_mlp, None),
    (of_equinox_mlp, None),
]


def trained_in_jax(make, cell, updates=100):
    """Parameters before and after, the module's own function, and inputs."""
    params, apply = make(cell)
    x, y = trials(flat=cell is None)
    rng = np.random.default_rng(1)
    # Biases of 0 would hide that one is dropped.
    before = jax.tree.map(lambda w: w + 0.3 * rng.standard_normal(w.shape), params)
    before = jax.tree.map(lambda w: jnp.asarray(w, jnp.float32), before)

    @jax.jit
    def trained(params):
        def step(params, _):
            slope = jax.grad(lambda p: jnp.mean((apply(p, x) - y) ** 2))(params)
            return jax.tree.map(lambda w, g: w - 0.3 * g, params, slope), None

        return jax.lax.scan(step, params, None, updates)[0]

    return before, trained(before), apply, x


@pytest.mark.slow
@pytest.mark.parametrize(("make", "cell"), IN_JAX)
def test_networks_of_flax_and_equinox(make, cell):
    before, after, apply, x = trained_in_jax(make, cell)
    outputs = np.asarray(apply(after, x))
    rows = []
    for params in (before, after):
        parts = jax.tree.leaves(jax.jit(jax.jacrev(apply))(params, x))
        rows.append(np.concatenate([np.asarray(p).reshape(outputs.size, -1) for p in parts], 1))
    assert_is((before, after), x, outputs, alignment_of(rows), None if cell else "tanh")


@pytest.mark.parametrize(("make", "cell"), IN_JAX)
def test_outputs_of_flax_and_equinox(make, cell):
    params, _, apply, x = trained_in_jax(make, cell, updates=0)
    network = rj.trained_network(params, activation=None if cell else "tanh")
    outputs = network.apply(network.params, x)
    np.testing.assert_allclose(outputs, apply(params, x), rtol=0, atol=1e-5)


def test_whole_modules_give_their_arrays():
    """Functions, settings and the state of random generators are no parameters."""
    model = eqx.nn.MLP(INPUTS, OUTPUTS, UNITS, 2, activation=jnp.tanh, key=jax.random.key(0))
    x = jnp.asarray(trials(flat=True)[0])
    network = rj.trained_network(model, activation="tanh")
    np.testing.assert_allclose(network.apply(network.params, x), jax.vmap(model)(x), atol=1e-6)
    module, x = NNX(nnx.GRUCell, nnx.Rngs(0)), jnp.asarray(trials()[0])
    network = rj.trained_network(nnx.state(module))
    np.testing.assert_allclose(network.apply(network.params, x), module(x), atol=1e-6)
