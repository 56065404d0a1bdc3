"""Networks that Keras and Haiku trained, with what those libraries compute of them.

    pip install keras dm-haiku jax h5py
    KERAS_BACKEND=jax python tests/data/trained/make.py

writes `keras.npz` and `haiku.npz` beside this file: of each network its arrays before and after
some steps of gradient descent, by the library's own names, its outputs for "x" after them, and the
alignment of its tangent kernels by the library's own gradients. `gru_before.weights.h5`,
`gru_after.weights.h5`, `gru.h5` and `gru.keras` are one of them as Keras writes files.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import haiku as hk  # pyright: ignore[reportMissingImports]
import jax
import jax.numpy as jnp
import keras  # pyright: ignore[reportMissingImports]
import numpy as np

HERE = Path(__file__).parent
TRIALS, STEPS, INPUTS, UNITS, OUTPUTS = 6, 5, 3, 5, 2
RNG = np.random.default_rng(0)
X = RNG.standard_normal((TRIALS, STEPS, INPUTS)).astype(np.float32)
Y = RNG.standard_normal((TRIALS, STEPS, OUTPUTS)).astype(np.float32)


def alignment(apply, before, after, x):
    """The cosine between the two tangent kernels over all outputs, from whole Jacobians."""
    kernels = []
    for params in (before, after):
        parts = jax.tree.leaves(jax.jacrev(apply)(params, x))
        size = apply(params, x).size
        rows = np.concatenate([np.asarray(p, np.float64).reshape(size, -1) for p in parts], 1)
        kernels.append(rows @ rows.T)
    a, b = kernels
    return np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b)


def of_keras():
    layers = keras.layers
    cores = {
        "simple_rnn": lambda: [layers.SimpleRNN(UNITS, return_sequences=True)],
        "gru": lambda: [layers.GRU(UNITS, return_sequences=True)],
        "gru_before": lambda: [layers.GRU(UNITS, return_sequences=True, reset_after=False)],
        "lstm": lambda: [layers.LSTM(UNITS, return_sequences=True)],
        "two": lambda: [
            layers.GRU(4, return_sequences=True),
            layers.LSTM(3, return_sequences=True),
        ],
        "dense": lambda: [layers.Dense(UNITS, "relu"), layers.Dense(4, "relu")],
    }
    kept: dict[str, Any] = {"x": X}
    for name, core in cores.items():
        keras.utils.set_random_seed(1)
        x, y = (X[:, 0], Y[:, 0]) if name == "dense" else (X, Y)
        model = keras.Sequential([keras.Input(x.shape[1:]), *core(), layers.Dense(OUTPUTS)])
        for weight in model.trainable_variables:  # biases of 0 would hide that they are dropped
            weight.assign(weight + 0.3 * keras.random.normal(weight.shape))
        before = [jnp.array(weight.numpy()) for weight in model.trainable_variables]
        state = model.non_trainable_variables
        if name == "gru":
            model.save_weights(HERE / "gru_before.weights.h5")
        keep_keras(kept, f"{name}.before", model)
        model.compile(keras.optimizers.SGD(0.3, momentum=0.5), "mse")
        model.fit(x, y, epochs=30, batch_size=TRIALS, verbose=0)
        keep_keras(kept, f"{name}.after", model)
        after = [jnp.array(weight.numpy()) for weight in model.trainable_variables]
        if name == "gru":
            model.save_weights(HERE / "gru_after.weights.h5")
            model.save(HERE / "gru.keras")
            model.save(HERE / "gru.h5")

        def apply(params, x, model=model, state=state):
            return model.stateless_call(params, state, x)[0]

        kept[f"{name}.outputs"] = np.asarray(model(x))
        kept[f"{name}.alignment"] = alignment(apply, before, after, jnp.asarray(x))
    kept["versions"] = np.array(
        f"keras {version('keras')}, jax {jax.__version__}, Python {sys.version.split()[0]}"
    )
    np.savez_compressed(HERE / "keras.npz", **kept)


def keep_keras(kept, place, model):
    """A model's arrays by the names that they have in a file of weights."""
    counts = {}
    for layer in model.layers:
        stem = keras.src.utils.naming.to_snake_case(type(layer).__name__)
        number = counts[stem] = counts.get(stem, -1) + 1
        name = f"layers.{stem}_{number}" if number else f"layers.{stem}"
        name = f"{name}.cell" if hasattr(layer, "cell") else name
        for i, weight in enumerate(layer.get_weights()):
            kept[f"{place}.{name}.vars.{i}"] = weight


def of_haiku():
    def recurrent(core):
        def network(x):
            cell = core(UNITS)
            states, _ = hk.dynamic_unroll(cell, x, cell.initial_state(len(x)), time_major=False)
            return hk.Linear(OUTPUTS)(states)

        return network

    networks = {
        "vanilla_rnn": recurrent(hk.VanillaRNN),
        "gru": recurrent(hk.GRU),
        "lstm": recurrent(hk.LSTM),
        "mlp": lambda x: hk.nets.MLP([UNITS, 4, OUTPUTS], activation=jnp.tanh)(x),
    }
    kept: dict[str, Any] = {"x": X}
    for number, (name, network) in enumerate(networks.items()):
        x, y = (X[:, 0], Y[:, 0]) if name == "mlp" else (X, Y)
        model = hk.without_apply_rng(hk.transform(network))
        params = model.init(jax.random.key(number), x)
        rng = np.random.default_rng(number)
        params = jax.tree.map(lambda w, rng=rng: w + 0.3 * rng.standard_normal(w.shape), params)
        params = jax.tree.map(lambda w: jnp.asarray(w, jnp.float32), params)
        before = params

        @jax.jit
        def step(params, apply=model.apply, x=x, y=y):
            gradient = jax.grad(lambda p: jnp.mean((apply(p, x) - y) ** 2))(params)
            return jax.tree.map(lambda w, g: w - 0.3 * g, params, gradient)

        for _ in range(30):
            params = step(params)
        for place, each in (("before", before), ("after", params)):
            for module, arrays in each.items():
                for leaf, array in arrays.items():
                    kept[f"{name}.{place}.{module}.{leaf}"] = np.asarray(array)
        kept[f"{name}.outputs"] = np.asarray(model.apply(params, x))
        kept[f"{name}.alignment"] = alignment(model.apply, before, params, x)
    kept["versions"] = np.array(
        f"dm-haiku {version('dm-haiku')}, jax {jax.__version__}, Python {sys.version.split()[0]}"
    )
    np.savez_compressed(HERE / "haiku.npz", **kept)


if __name__ == "__main__":
    of_keras()
    of_haiku()
