"""What a whole model of Keras says of its layers beside their arrays."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_RECURRENT = ("SimpleRNN", "GRU", "LSTM", "SimpleRNNCell", "GRUCell", "LSTMCell")
# Without arrays and without an effect once a network is trained.
_WITHOUT_EFFECT = ("InputLayer", "Dropout", "GaussianNoise", "GaussianDropout", "SpatialDropout1D")
# Layers that are an activation of the one before them, under the name of that.
_ACTIVATIONS = {"ReLU": "relu", "Softmax": "softmax", "ELU": "elu"}


class KerasSettings(NamedTuple):
    """What the file of a model says.

    - `activation`: of vanilla units, or between fully connected layers; None where there is none.
    - `said`: sentences.
    """

    activation: str | None
    said: tuple[str, ...]


def settings_of(model: Mapping[str, Any]) -> KerasSettings | None:
    """What is set in a model, or None where it is of a class of its author's own.

    Args:
        model: as Keras writes it to config.json.

    Raises:
        ValueError: it has a layer or a setting that is not known here.
    """
    config = model.get("config", {})
    # Early versions had the list of layers there.
    layers = config if isinstance(config, list) else config.get("layers")
    if layers is None or model.get("class_name") not in ("Sequential", "Functional", "Model"):
        return None
    named = [_unwrapped(layer) for layer in layers]
    recurrent, dense = [], []
    for name, config in named:
        if name in _RECURRENT:
            _require_usual(name, config)
            recurrent.append((name, config))
        elif name == "Dense":
            dense.append(config.get("activation"))
        elif name in ("Activation", *_ACTIVATIONS) and dense and dense[-1] == "linear":
            dense[-1] = _ACTIVATIONS.get(name, config.get("activation"))
        elif name not in _WITHOUT_EFFECT:
            raise ValueError(
                f"state is of a Keras model with a layer {name}; allowed are Dense, SimpleRNN, "
                "GRU, LSTM, activations after Dense, and Dropout."
            )
    said = []
    if dense and dense[-1] != "linear":
        said.append(
            f"The model ends with the activation {dense[-1]}; outputs here are those before it."
        )
    if recurrent and not recurrent[-1][1].get("return_sequences", True):
        said.append("The model reads out its last step alone: outputs='last' stands for that.")
    between = [config.get("activation") for name, config in recurrent if name.startswith("Simple")]
    return KerasSettings(_one([*between, *dense[:-1]]), tuple(said))


def _unwrapped(layer: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    name, config = layer["class_name"], layer["config"]
    inner = {"TimeDistributed": "layer", "RNN": "cell"}.get(name)
    if inner is None:
        return name, config
    found, settings = _unwrapped(config[inner])
    return found, {**config, **settings}


def _require_usual(name: str, config: Mapping[str, Any]) -> None:
    usual = {"go_backwards": False}
    if not name.startswith("Simple"):
        usual |= {"activation": "tanh", "recurrent_activation": "sigmoid"}
    for setting, wanted in usual.items():
        if (given := config.get(setting, wanted)) != wanted:
            raise ValueError(
                f"state is of a Keras model whose {name} has {setting}={given!r}; allowed is "
                f"{wanted!r}."
            )


def _one(activations: Sequence[Any]) -> str | None:
    found = set(map(str, activations))
    if len(found) > 1:
        raise ValueError(
            f"state is of a Keras model with the activations {', '.join(sorted(found))}; allowed "
            "is one for all layers but the last."
        )
    return found.pop() if found else None
