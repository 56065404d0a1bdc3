"""Networks that are a chain of layers: recurrent ones first, then fully connected ones."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from .._checks import require_choice
from .._products import product
from ._gated import ACTIVATIONS, run_layer
from ._layers import GATES, Layer
from ._network import TrainedNetwork, floats, refuse_others


def chain(
    arrays: Mapping[str, np.ndarray], found: Sequence[Layer], stated: Mapping[str, Any]
) -> TrainedNetwork:
    """The network that is made of all these layers.

    Args:
        arrays: the arrays of the network by name.
        found: its layers in any order.
        stated: "activation", "leak" and "leak_form" as in `trained_network`, and if it is not the
            user, "how" the activation is known.

    Raises:
        ValueError: there are other arrays, the layers do not follow each other in one order, or
            what is stated is not of such a network.
    """
    used = {name for layer in found for name in layer.arrays.values()}
    params = floats(arrays, used)
    widths = {layer.name: _widths(layer, params) for layer in found}
    recurrent = [layer for layer in found if layer.cell != "Dense"]
    dense = [layer for layer in found if layer.cell == "Dense"]
    what = _words(recurrent) if recurrent else "fully connected layers"
    if recurrent and len(dense) != 1:
        others = ", ".join(layer.arrays["weight"] for layer in dense) or "none"
        raise ValueError(
            f"beside the recurrent arrays state has the layers {others}; allowed is one readout, a "
            "weight for the units with its bias."
        )
    refuse_others(arrays, used, f"{what} with a readout" if recurrent else what)
    ordered, said = _in_order(recurrent, dense, widths)
    layers, readouts = ordered[: len(recurrent)], ordered[len(recurrent) :]
    activation = _activation(layers, readouts, stated)
    n_inputs = widths[(layers or readouts)[0].name][0]

    def activity(params: Mapping[str, Array], x: Any) -> Array:
        x = _inputs(x, n_inputs, 3 if layers else 2)
        for layer in layers:
            x = run_layer(layer.cell, activation, layer.of(params), x)
        for layer in readouts[:-1]:
            x = ACTIVATIONS[activation](_dense(layer, params, x))
        return x

    def apply(params: Mapping[str, Array], x: Any) -> Array:
        return _dense(readouts[-1], params, activity(params, x))

    return TrainedNetwork(
        params,
        apply,
        activity,
        (
            _recognized(layers, readouts, widths),
            *said,
            *_assumed(layers, readouts, activation, stated),
        ),
    )


def _widths(layer: Layer, params: Mapping[str, Array]) -> tuple[int, int]:
    """How many numbers a layer takes and gives; its arrays fit each other."""
    try:
        shapes = {name: each.shape for name, each in jax.eval_shape(layer.of, params).items()}
        outputs, inputs = (
            shapes["weight"]
            if layer.cell == "Dense"
            else (shapes["weight_hh"][1], shapes["weight_ih"][1])
        )
    except KeyError as error:
        raise ValueError(
            f"state has no {error.args[0]} of the {layer.kind} {layer.name}; allowed are "
            "whole ones."
        ) from error
    if layer.cell == "Dense":
        wanted = {"weight": (outputs, inputs), "bias": (outputs,)}
    else:
        rows = len(GATES[layer.cell]) * outputs
        wanted = {"weight_hh": (rows, outputs), "weight_ih": (rows, inputs)}
        wanted |= {"bias_ih": (rows,), "bias_hh": (rows,)}
    for role, shape in shapes.items():
        if shape != wanted[role]:
            names = ", ".join(f"{name} {params[name].shape}" for name in layer.arrays.values())
            raise ValueError(
                f"the arrays of the {layer.kind} {layer.name} have shapes that do not fit each "
                f"other: {names}; allowed are those of {outputs} units."
            )
    return inputs, outputs


def _in_order(
    recurrent: Sequence[Layer], dense: Sequence[Layer], widths: Mapping[str, tuple[int, int]]
) -> tuple[list[Layer], list[str]]:
    """Layers as they follow each other: each takes as many numbers as the one before it gives."""
    counted = [
        layer
        for group in (recurrent, dense)
        for layer in sorted(group, key=lambda layer: _natural(layer.name))
    ]
    number = len(recurrent)
    fitting = (
        [*first, *last]
        for first in _orders(counted[:number], widths, None)
        for last in _orders(counted[number:], widths, widths[first[-1].name][1] if first else None)
    )
    orders = list(itertools.islice(fitting, 2))
    names = ", ".join("{} ({} to {})".format(each.name, *widths[each.name]) for each in counted)
    if not orders:
        raise ValueError(
            f"state has the layers {names}, which do not follow each other; allowed are recurrent "
            "ones before others, each of which takes as many numbers as the one before it gives."
        )
    if len(orders) == 1:
        return orders[0], []
    stems = [{re.sub(r"_?\d+", "", each.name) for each in group} for group in (recurrent, dense)]
    if orders[0] != counted or any(len(each) > 1 for each in stems):
        raise ValueError(
            f"state has the layers {names}, which may follow each other in more than one order; "
            "allowed are names that count, such as layers.0 and layers.1."
        )
    return counted, ["Layers follow each other as their names count; another order would fit too."]


def _orders(
    layers: Sequence[Layer], widths: Mapping[str, tuple[int, int]], inputs: int | None
) -> Iterator[list[Layer]]:
    """Every order in which layers fit, that of the list first."""
    if not layers:
        yield []
    for i, first in enumerate(layers):
        takes, gives = widths[first.name]
        if inputs is None or takes == inputs:
            for rest in _orders([*layers[:i], *layers[i + 1 :]], widths, gives):
                yield [first, *rest]


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that has layer 10 after layer 9, and a name without a number before those with one."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _activation(
    layers: Sequence[Layer], readouts: Sequence[Layer], stated: Mapping[str, Any]
) -> str:
    what = _words(layers) if layers else "fully connected layers"
    activation = stated["activation"]
    vanilla = [layer for layer in layers if layer.cell == "RNN"]
    if layers and not vanilla and any(value is not None for value in stated.values()):
        raise ValueError(f"activation and leak are stated; allowed for {what} is neither.")
    if stated["leak"] or stated["leak_form"]:
        raise ValueError(f"leak is stated; allowed for {what}, which has none, is 0.")
    if not layers and len(readouts) == 1:
        return "linear"
    if activation is None:
        if not layers:
            raise ValueError(
                "activation is None; allowed for fully connected layers, of which a file does not "
                f"say it, is one of {', '.join(ACTIVATIONS)}."
            )
        usual = {layer.activation for layer in vanilla}
        return usual.pop() if usual else "tanh"
    allowed = [name for name in ACTIVATIONS if all(name in each.activations for each in vanilla)]
    return require_choice("activation", activation, allowed)


def _inputs(x: Any, n_inputs: int, axes: int) -> Array:
    x = jnp.asarray(x)
    if x.ndim != axes or x.shape[-1] != n_inputs:
        words = f"(trials, steps, {n_inputs})" if axes == 3 else f"(trials, {n_inputs})"
        more = "" if axes == 3 else "; name the arrays of a recurrent network by names"
        raise ValueError(f"x has shape {x.shape}; allowed for this network is {words}{more}.")
    return x


def _dense(layer: Layer, params: Mapping[str, Array], x: Array) -> Array:
    parts = layer.of(params)
    return product(x, parts["weight"].T) + parts.get("bias", 0.0)


def _words(layers: Sequence[Layer]) -> str:
    kinds = dict.fromkeys(layer.kind for layer in layers)
    return " and ".join(f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}" for kind in kinds)


def _recognized(
    layers: Sequence[Layer], readouts: Sequence[Layer], widths: Mapping[str, tuple[int, int]]
) -> str:
    if not layers:
        passed = ", ".join(
            "{} ({} to {})".format(each.name, *widths[each.name]) for each in readouts
        )
        return (
            f"Recognized: fully connected layers, {readouts[0].kind}, in this order: {passed}. "
            "Inputs are (trials, inputs)."
        )
    units = [str(widths[layer.name][1]) for layer in layers]
    each = units[0] if len(set(units)) == 1 else " and ".join(units)
    return (
        f"Recognized: {_words(layers)} of {len(layers)} layer{'s' * (len(layers) > 1)} and {each} "
        f"units, read out by {readouts[-1].arrays['weight']}. Inputs are (trials, steps, inputs), "
        "trials first, and states begin at 0."
    )


def _assumed(
    layers: Sequence[Layer],
    readouts: Sequence[Layer],
    activation: str,
    stated: Mapping[str, Any],
) -> Iterator[str]:
    vanilla = [layer for layer in layers if layer.cell == "RNN"]
    if vanilla or len(readouts) > 1:
        library = vanilla[0].kind if vanilla else ""
        usual = f"the usual one of {library}; the file does not say it"
        if library.startswith("torch"):
            usual = "PyTorch's default; the file does not say it"
        how = stated.get("how", "as stated") if stated["activation"] is not None else usual
        yield f"The activation is {activation}, {how}."
    yield "The outputs are those of the last layer, without an activation of their own."
    yield from dict.fromkeys(said for layer in layers for said in layer.said)
    without = [
        layer.name
        for layer in (*layers, *readouts)
        if not any(role.startswith("b") or "bias" in role for role in layer.arrays)
    ]
    if without:
        yield f"No bias is there of {', '.join(without)}."
