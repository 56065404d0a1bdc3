"""Vanilla networks of other libraries, which `rnn_apply` runs once their arrays are named."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ..models import WEIGHTS, recurrence, rnn_activity, rnn_apply
from ._network import TrainedNetwork, floats, refuse_others

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
_VECTORS = ("bias", "readout_bias", "initial_state")


def _vanilla(
    arrays: Mapping[str, np.ndarray],
    convert: Callable[[Params], Params],
    used: set[str],
    stated: Mapping[str, Any],
    usual: Mapping[str, Any],
    said: list[str],
) -> TrainedNetwork:
    """A network that is `rnn_apply` of converted arrays."""
    params = floats(arrays, used)
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
    without = [name.replace("_", " ") for name in ("bias", "readout_bias") if name not in weights]
    if without:
        said.append(f"No {' and no '.join(without)}.")
    unused = sorted(set(arrays) - used)
    if unused:
        said.append(f"Not used: {', '.join(unused)}.")
    return TrainedNetwork(
        params,
        lambda p, x: rnn_apply(convert(p), jnp.asarray(x), **options),
        lambda p, x: rnn_activity(convert(p), jnp.asarray(x), **options),
        tuple(said),
    )


def by_names(
    arrays: Mapping[str, np.ndarray], names: Mapping[str, str], stated: Mapping[str, Any]
) -> TrainedNetwork:
    """A vanilla network whose arrays are told."""
    if not {"input", "recurrent", "readout"} <= set(names) <= set(WEIGHTS):
        raise ValueError(
            f"names is for {', '.join(sorted(names))}; allowed are input, recurrent, readout, and "
            f"beside them any of {', '.join(WEIGHTS)}."
        )
    parts = {ours: _parts(name, arrays) for ours, name in names.items()}
    for ours, found in parts.items():
        for name, _ in found:
            if name not in arrays:
                raise ValueError(
                    f"names has {name!r} for {ours}; allowed are {', '.join(sorted(arrays))}."
                )

    def convert(params: Params) -> Params:
        sums = {
            ours: functools.reduce(
                jnp.add, [params[n].T if turned else params[n] for n, turned in found]
            )
            for ours, found in parts.items()
        }
        # MATLAB has no vectors, but matrices of one row or column.
        return {
            ours: jnp.ravel(each) if ours in _VECTORS and 1 in each.shape else each
            for ours, each in sums.items()
        }

    used = {name for found in parts.values() for name, _ in found}
    said = ["Arrays were named; rows of each hold what a unit receives."]
    usual = {"activation": "relu", "leak": 0.0, "leak_form": "paper"}
    if stated["leak"] and stated["leak_form"] is None:
        raise ValueError(
            "leak_form is None; allowed with a leak are 'paper', 'rate' and 'current', as they are "
            "different networks."
        )
    return _vanilla(arrays, convert, used, stated, usual, said)


def _parts(name: str, arrays: Mapping[str, np.ndarray]) -> list[tuple[str, bool]]:
    """The arrays whose sum a name stands for, each with whether it is turned."""
    words = [name] if name in arrays else [word.strip() for word in name.split("+")]
    return [
        (word, False) if word in arrays else (word.removesuffix(".T"), word.endswith(".T"))
        for word in words
    ]


def neurogym(arrays: Mapping[str, np.ndarray], stated: Mapping[str, Any]) -> TrainedNetwork | None:
    """A leaky network of the NeuroGym tutorials, if the arrays are of one."""
    if not any(name.endswith(_NEUROGYM["input"]) for name in arrays):
        return None
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
    refuse_others(arrays, used, "a leaky network as in the NeuroGym tutorials")
    return _vanilla(arrays, convert, used, stated, usual, said)


def psychrnn(arrays: Mapping[str, np.ndarray], stated: Mapping[str, Any]) -> TrainedNetwork | None:
    """A network of PsychRNN, if the arrays are of one."""
    if not {"W_in", "W_rec", "W_out"} <= set(arrays):
        return None
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
    refuse_others(arrays, known, "a network of PsychRNN")
    kept = {name: array for name, array in arrays.items() if name in used}
    return _vanilla(kept, convert, used, stated, usual, said)


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
