"""Networks of other libraries, known by the names of their arrays."""

import re
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from ..models import WEIGHTS
from ._chain import chain
from ._dense import dense_layers
from ._flax import flax_layers
from ._haiku import haiku_layers
from ._keras import keras_layers
from ._keras_settings import settings_of
from ._leaky import by_names, neurogym, psychrnn
from ._network import TrainedNetwork
from ._torch import torch_layers

# What the state of a random generator is called in NNX and Keras.
_RANDOM = re.compile(r"(^|\.)(rngs|seed_generator)\.")
# Each finds the recurrent layers of its library.
_LIBRARIES = (torch_layers, keras_layers, flax_layers, haiku_layers)


def trained_network(
    state: Any,
    *,
    names: Mapping[str, str] | None = None,
    activation: str | None = None,
    leak: float | None = None,
    leak_form: str | None = None,
) -> TrainedNetwork:
    """A network of another library, by the names of its arrays.

    Known are recurrent layers with one fully connected readout, and fully connected layers alone:
    of PyTorch (`RNN`, `GRU`, `LSTM`, their cells, `Linear`), Keras 2 and 3 (`SimpleRNN`, `GRU` with
    either `reset_after`, `LSTM`, `Dense`), Flax linen and NNX (`SimpleCell`, `GRUCell`, `LSTMCell`,
    `OptimizedLSTMCell`, `Dense`, `Linear`), Haiku (`VanillaRNN`, `GRU`, `LSTM`, `Linear`) and
    Equinox (`GRUCell`, `LSTMCell`, `Linear`, `MLP`). Known as well are the leaky networks of the
    NeuroGym tutorials and of PsychRNN, and our own. Any other vanilla network is told by `names`.

    Args:
        state: arrays by name, as `read_state` and a `state_dict` of PyTorch give them, or any
            pytree of arrays: nested parameters of Flax or Haiku, a module of Equinox. Names of
            what is nested are joined by dots. Arrays are copied.
        names: for "input", "recurrent", "readout", and where there are any "bias", "readout_bias"
            and "initial_state", the names of their arrays. A row holds what a unit receives; a name
            that ends with ".T" is of an array that is stored the other way round, and one such as
            "b_in + b_rec" of a sum.
        activation: between layers or of the units of a vanilla network: "relu", "tanh" and, where
            the library has them, "linear", "sigmoid", "softplus", "elu", "silu", "gelu" and
            "gelu_tanh". A file does not say it, and fully connected layers need it. None stands for
            the library's own default in a vanilla network, and for relu in leaky ones.
        leak: the share that a unit keeps in one step, 1 - dt / tau. A file does not say it either:
            leaky networks need it. 0 where there is none.
        leak_form: as in `rnn_activity`. None stands for that of the library.

    Raises:
        ValueError: the arrays are of no network that is known, there are others beside them, their
            shapes do not fit, or an argument is not as described above.

    Source: the equations in the documentation of `torch.nn.RNN`, `GRU` and `LSTM`, and in the code
    of Keras 3.15, Flax 0.12, Haiku 0.0.17 and Equinox 0.13; G. R. Yang and X.-J. Wang (2020),
    "Artificial neural networks for neuroscientists: a primer", for the NeuroGym network; D. B.
    Ehrlich et al. (2021), "PsychRNN: an accessible and flexible Python package for training
    recurrent neural network models on cognitive tasks".
    """
    arrays = _arrays(state)
    stated: dict[str, Any] = {"activation": activation, "leak": leak, "leak_form": leak_form}
    said = getattr(state, "said", ())
    model = getattr(state, "model", None)
    settings = None if model is None or names is not None else settings_of(model)
    if settings is not None:
        if settings.activation not in (None, activation or settings.activation):
            raise ValueError(
                f"activation is {activation!r}; allowed is {settings.activation!r}, as the file "
                "says it."
            )
        if settings.activation is not None:
            stated |= {"activation": settings.activation, "how": "as the file says"}
        said = (*said, *settings.said)
    network = _recognized(arrays, names, stated)
    return network._replace(said=(*network.said, *said))


def _recognized(
    arrays: Mapping[str, np.ndarray], names: Mapping[str, str] | None, stated: Mapping[str, Any]
) -> TrainedNetwork:
    if names is not None:
        return by_names(arrays, names, stated)
    for leaky in (psychrnn, neurogym):
        if (network := leaky(arrays, stated)) is not None:
            return network
    if {"input", "recurrent", "readout"} <= set(arrays):
        own = {name: name for name in WEIGHTS if name in arrays}
        return by_names(arrays, own, stated)
    recurrent = [layer for library in _LIBRARIES for layer in library(arrays)]
    used = {name for layer in recurrent for name in layer.arrays.values()}
    layers = [*recurrent, *dense_layers({n: a for n, a in arrays.items() if n not in used})]
    if not layers:
        raise ValueError(
            f"state has the arrays {', '.join(sorted(arrays))}, which are of no network that is "
            "known; allowed is to name them, such as names={'input': ..., 'recurrent': ..., "
            "'readout': ...}."
        )
    return chain(arrays, layers, stated)


def _arrays(state: Any) -> dict[str, np.ndarray]:
    """The arrays of a pytree by name, without functions and the state of random generators."""
    # JAX takes a subclass of dict for a single leaf.
    state = dict(state) if isinstance(state, Mapping) else state
    found = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(state):
        # Older versions of NNX keep each array as the value of a variable.
        name = jax.tree_util.keystr(path, simple=True, separator=".").removesuffix(".value")
        if hasattr(leaf, "detach"):
            leaf = leaf.detach().cpu().numpy()
        if hasattr(leaf, "shape") and hasattr(leaf, "dtype") and not _RANDOM.search(name):
            found[name] = np.asarray(leaf)
    return found
