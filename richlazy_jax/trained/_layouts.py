"""Recurrent networks of other libraries, known by the names of their arrays."""

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._products import product
from ..models import WEIGHTS, recurrence, rnn_activity, rnn_apply
from ._gated import run_layer

Params = dict[str, Array]
# What the leaky networks of the NeuroGym tutorials and of PsychRNN call their arrays.
_NEUROGYM = {"input": "input2h.weight", "recurrent": "h2h.weight"}
_NEUROGYM_BIASES = ("input2h.bias", "h2h.bias")
_NEUROGYM_READOUT = {"readout": "fc.weight", "readout_bias": "fc.bias"}
_PSYCHRNN = {
    "input": "W_in",
    "recurrent": "W_rec",
    "readout": "W_out",
    "bias": "b_rec",
    "readout_bias": "b_out",
    "initial_state": "init_state",
}
_MASKS = {
    "W_in": "input_connectivity",
    "W_rec": "rec_connectivity",
    "W_out": "output_connectivity",
}
_LAYER = re.compile(r"(?P<prefix>.*?)weight_(?P<side>ih|hh)_l(?P<layer>\d+)(?P<reverse>_reverse)?")


class TrainedNetwork(NamedTuple):
    """A network of another library as pure functions of its own arrays.

    - `params`: its arrays, under their own names.
    - `apply(params, x)`: its outputs (n, t, k) for inputs (n, t, n_in).
    - `activity(params, x)`: the activity of its recurrent units (n, t, N), of the last layer.
    - `said`: what was recognized, and what was taken for granted.
    """

    params: dict[str, Float[Array, "..."]]
    apply: Callable[[Any, Any], Any]
    activity: Callable[[Any, Any], Any]
    said: tuple[str, ...]


def trained_network(
    state: Mapping[str, Any],
    *,
    names: Mapping[str, str] | None = None,
    activation: str | None = None,
    leak: float | None = None,
    leak_form: str | None = None,
) -> TrainedNetwork:
    """A recurrent network of another library, by the names of its arrays.

    Known are `torch.nn.RNN`, `GRU` and `LSTM` of any number of layers with a `Linear` readout, the
    leaky networks of the NeuroGym tutorials and of PsychRNN, and our own. Any other vanilla network
    is told by `names`.

    Args:
        state: arrays by name, as `read_state` gives them.
        names: for "input", "recurrent", "readout", and where there are any "bias", "readout_bias"
            and "initial_state", the names of their arrays. A row holds what a unit receives; a name
            that ends with ".T" is of an array that is stored the other way round.
        activation: "relu" or "tanh". A file does not say it. None stands for tanh in a
            `torch.nn.RNN`, as PyTorch's own default, and for relu elsewhere.
        leak: the share that a unit keeps in one step, 1 - dt / tau. A file does not say it either:
            leaky networks need it. 0 where there is none.
        leak_form: as in `rnn_activity`. None stands for that of the library.

    Raises:
        ValueError: the arrays are of no network that is known, there are others beside them, their
            shapes do not fit, or an argument is not as described above.

    Source: the equations in PyTorch's documentation of `RNN`, `GRU` and `LSTM`; G. R. Yang and
    X.-J. Wang (2020), "Artificial neural networks for neuroscientists: a primer", for the NeuroGym
    network; D. B. Ehrlich et al. (2021), "PsychRNN: an accessible and flexible Python package for
    training recurrent neural network models on cognitive tasks".
    """
    arrays = {name: np.asarray(array) for name, array in state.items()}
    stated = {"activation": activation, "leak": leak, "leak_form": leak_form}
    if names is not None:
        return _by_names(arrays, names, stated)
    if set(_PSYCHRNN.values()) & set(arrays) >= {"W_in", "W_rec", "W_out"}:
        return _psychrnn(arrays, stated)
    if any(name.endswith(_NEUROGYM["input"]) for name in arrays):
        return _neurogym(arrays, stated)
    if {"input", "recurrent", "readout"} <= set(arrays):
        own = {name: name for name in WEIGHTS if name in arrays}
        return _by_names(arrays, own, stated)
    if any(_LAYER.fullmatch(name) for name in arrays):
        return _torch(arrays, stated)
    raise ValueError(
        f"state has the arrays {', '.join(sorted(arrays))}, which are of no network that is known; "
        "allowed is to name them, such as names={'input': ..., 'recurrent': ..., 'readout': ...}."
    )


def _vanilla(
    arrays: Mapping[str, np.ndarray],
    convert: Callable[[Params], Params],
    used: set[str],
    stated: Mapping[str, Any],
    usual: Mapping[str, Any],
    said: list[str],
) -> TrainedNetwork:
    """A network that is `rnn_apply` of converted arrays."""
    params = _floats(arrays, used)
    given = {name: value for name, value in stated.items() if value is not None}
    options = {**usual, **given}
    if options.get("leak") is None:
        raise ValueError(
            "leak is None; allowed for this network is the share that a unit keeps in one step, "
            "1 - dt / tau, or 0."
        )
    recurrence(options["activation"], options["leak"], options["leak_form"])
    weights = jax.eval_shape(convert, params)
    _require_shapes(weights)
    for name in ("activation", "leak", "leak_form"):
        how = "as stated" if name in given else "as is usual there; the file does not say it"
        if name != "leak_form" or options["leak"]:
            said.append(f"The {name.replace('_', ' ')} is {options[name]}, {how}.")
    unused = sorted(set(arrays) - used)
    if unused:
        said.append(f"Not used: {', '.join(unused)}.")
    return TrainedNetwork(
        params,
        lambda p, x: rnn_apply(convert(p), jnp.asarray(x), **options),
        lambda p, x: rnn_activity(convert(p), jnp.asarray(x), **options),
        tuple(said),
    )


def _by_names(
    arrays: Mapping[str, np.ndarray], names: Mapping[str, str], stated: Mapping[str, Any]
) -> TrainedNetwork:
    if not {"input", "recurrent", "readout"} <= set(names) <= set(WEIGHTS):
        raise ValueError(
            f"names is for {', '.join(sorted(names))}; allowed are input, recurrent, readout, and "
            f"beside them any of {', '.join(WEIGHTS)}."
        )
    plain = {ours: name.removesuffix(".T") for ours, name in names.items()}
    for ours, name in plain.items():
        if name not in arrays:
            raise ValueError(
                f"names has {name!r} for {ours}; allowed are {', '.join(sorted(arrays))}."
            )

    def convert(params: Params) -> Params:
        return {
            ours: params[plain[ours]].T if name.endswith(".T") else params[plain[ours]]
            for ours, name in names.items()
        }

    said = ["Arrays were named; rows of each hold what a unit receives."]
    usual = {"activation": "relu", "leak": 0.0, "leak_form": "paper"}
    if stated["leak"] and stated["leak_form"] is None:
        raise ValueError(
            "leak_form is None; allowed with a leak are 'paper', 'rate' and 'current', as they are "
            "different networks."
        )
    return _vanilla(arrays, convert, set(plain.values()), stated, usual, said)


def _neurogym(arrays: Mapping[str, np.ndarray], stated: Mapping[str, Any]) -> TrainedNetwork:
    first = next(name for name in arrays if name.endswith(_NEUROGYM["input"]))
    prefix = first.removesuffix(_NEUROGYM["input"])
    biases = [prefix + name for name in _NEUROGYM_BIASES if prefix + name in arrays]
    names = {ours: prefix + name for ours, name in _NEUROGYM.items()} | _NEUROGYM_READOUT
    names = {ours: name for ours, name in names.items() if name in arrays}
    if not {"recurrent", "readout"} <= set(names):
        raise ValueError(
            f"state has {first} and not {prefix}{_NEUROGYM['recurrent']} and fc.weight; allowed "
            "are all three, or all that the network is made of by names."
        )

    def convert(params: Params) -> Params:
        found = {ours: params[name] for ours, name in names.items()}
        parts = [params[name] for name in biases]
        return found | ({"bias": functools.reduce(jnp.add, parts)} if parts else {})

    used = {*names.values(), *biases}
    said = ["Recognized: a leaky network as in the NeuroGym tutorials."]
    usual = {"activation": "relu", "leak": None, "leak_form": "rate"}
    _refuse_others(arrays, used, "a leaky network as in the NeuroGym tutorials")
    return _vanilla(arrays, convert, used, stated, usual, said)


def _psychrnn(arrays: Mapping[str, np.ndarray], stated: Mapping[str, Any]) -> TrainedNetwork:
    names = {ours: name for ours, name in _PSYCHRNN.items() if name in arrays}
    masks = {name: mask for name, mask in _MASKS.items() if mask in arrays}
    if np.size(arrays.get("dale_ratio", ())) and np.any(arrays["dale_ratio"]):
        raise ValueError(
            "state has a dale_ratio, whose signs are not applied here; allowed is to give the "
            "weights as they act, by names."
        )

    def convert(params: Params) -> Params:
        found = {ours: params[name] for ours, name in names.items()}
        for ours, name in names.items():
            if name in masks:
                found[ours] = found[ours] * jnp.asarray(arrays[masks[name]], found[ours].dtype)
        if "initial_state" in found:
            # The one state of all trials, and the library's states are before the activation.
            found["initial_state"] = jnp.ravel(found["initial_state"])
        return found

    used = set(names.values())
    said = ["Recognized: a network of PsychRNN, whose output reads the activation of its state."]
    usual = {"activation": "relu", "leak": None, "leak_form": "current"}
    known = {*used, *masks.values(), "dale_ratio", "Dale_rec", "Dale_out", "Dale_in"}
    _refuse_others(arrays, known, "a network of PsychRNN")
    kept = {name: array for name, array in arrays.items() if name in used}
    return _vanilla(kept, convert, used, stated, usual, said)


def _torch(arrays: Mapping[str, np.ndarray], stated: Mapping[str, Any]) -> TrainedNetwork:
    found = [(name, match) for name in arrays if (match := _LAYER.fullmatch(name))]
    prefixes = {match["prefix"] for _, match in found}
    if len(prefixes) > 1 or any(match["reverse"] for _, match in found):
        raise ValueError(
            f"state has the recurrent arrays {', '.join(name for name, _ in found)}; allowed are "
            "those of one network that runs forward in time."
        )
    (prefix,) = prefixes
    layers = 1 + max(int(match["layer"]) for _, match in found)
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    core = {f"{prefix}{kind}_l{i}" for i in range(layers) for kind in kinds} & set(arrays)
    width = arrays[f"{prefix}weight_hh_l0"].shape[1]
    gates = arrays[f"{prefix}weight_hh_l0"].shape[0] // width
    cell = {1: "RNN", 3: "GRU", 4: "LSTM"}.get(gates)
    if cell is None:
        raise ValueError(
            f"{prefix}weight_hh_l0 has shape {arrays[f'{prefix}weight_hh_l0'].shape}; allowed are "
            "1, 3 or 4 times as many rows as columns, of RNN, GRU and LSTM."
        )
    readouts = [
        n for n, a in arrays.items() if n not in core and a.ndim == 2 and a.shape[1] == width
    ]
    if len(readouts) != 1:
        others = ", ".join(sorted(set(arrays) - core)) or "none"
        raise ValueError(
            f"beside the recurrent arrays state has {others}; allowed is one readout, a weight of "
            f"{width} columns with its bias."
        )
    (readout,) = readouts
    bias = re.sub(r"weight$", "bias", readout)
    used = {*core, readout, *({bias} & set(arrays))}
    _refuse_others(arrays, used, f"a torch.nn.{cell} with a readout")
    if cell != "RNN" and any(value is not None for value in stated.values()):
        raise ValueError(f"activation and leak are stated; allowed for a {cell} is neither.")
    if cell == "RNN" and (stated["leak"] or stated["leak_form"]):
        raise ValueError("leak is stated; allowed for a torch.nn.RNN, which has none, is 0.")
    activation = stated["activation"] or "tanh"
    recurrence(activation, 0.0, "paper")
    params = _floats(arrays, used)
    for i in range(layers):
        given = arrays[f"{prefix}weight_hh_l{i}"].shape
        if given != (gates * width, width):
            raise ValueError(
                f"{prefix}weight_hh_l{i} has shape {given}; allowed is {(gates * width, width)}."
            )

    def activity(params: Params, x: Any) -> Array:
        x = jnp.asarray(x)
        for i in range(layers):
            layer = {
                kind: params[f"{prefix}{kind}_l{i}"]
                for kind in kinds
                if f"{prefix}{kind}_l{i}" in params
            }
            x = run_layer(cell, activation, layer, x)
        return x

    def apply(params: Params, x: Any) -> Array:
        outputs = product(activity(params, x), params[readout].T)
        return outputs + params[bias] if bias in params else outputs

    said = [
        f"Recognized: a torch.nn.{cell} of {layers} layer{'s' * (layers > 1)} and {width} units, "
        f"read out by {readout}. Inputs are (trials, steps, inputs), as with batch_first=True, and "
        "states begin at 0."
    ]
    if cell == "RNN":
        how = "as stated" if stated["activation"] else "PyTorch's default; the file does not say it"
        said.append(f"The activation is {activation}, {how}.")
    return TrainedNetwork(params, apply, activity, tuple(said))


def _floats(arrays: Mapping[str, np.ndarray], used: set[str]) -> dict[str, Array]:
    params = {}
    for name in sorted(used):
        if arrays[name].dtype.kind != "f":
            raise ValueError(
                f"state[{name!r}] has dtype {arrays[name].dtype}; allowed are floating point "
                "numbers."
            )
        if not np.isfinite(arrays[name]).all():
            raise ValueError(
                f"state[{name!r}] has numbers that are not finite; allowed are finite numbers."
            )
        params[name] = jnp.asarray(arrays[name], jnp.result_type(float))
    return params


def _refuse_others(arrays: Mapping[str, np.ndarray], used: set[str], network: str) -> None:
    others = sorted(set(arrays) - used)
    if others:
        raise ValueError(
            f"state has {', '.join(others)} beside the arrays of {network}; allowed are these "
            "alone, or all that the network is made of by names."
        )


def _require_shapes(weights: Mapping[str, Any]) -> None:
    width = weights["recurrent"].shape[0]
    wanted = {
        "input": (width, None),
        "recurrent": (width, width),
        "readout": (None, width),
        "bias": (width,),
        "readout_bias": (weights["readout"].shape[0],),
        "initial_state": (width,),
    }
    for name, array in weights.items():
        fits = len(array.shape) == len(wanted[name]) and all(
            size is None or size == got for size, got in zip(wanted[name], array.shape, strict=True)
        )
        if not fits:
            words = ", ".join("any" if size is None else str(size) for size in wanted[name])
            raise ValueError(
                f"the {name.replace('_', ' ')} has shape {array.shape}; allowed is ({words}). A "
                "row holds what a unit receives: name it with .T where it is stored the other way."
            )
