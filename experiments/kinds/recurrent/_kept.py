"""What of a network stays as it is while it learns, and what trains in its place."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

import richlazy_jax as rj
from richlazy_jax.models import WEIGHTS

from ...engine import REFUSED, Scalar

NOTHING = "nothing"
# What the recurrent weights may keep of their start.
KEPT_OF_WEIGHTS = (NOTHING, "zeros", "signs", "zeros+signs")
# A factor for each unit's recurrent input: in parameters, beside the weights that it multiplies.
GAINS = "gains"


class Trains(NamedTuple):
    """What of a network can change, hashable, so that a compiled program can depend on it.

    - `zeros`, `signs`: whether the recurrent weights keep those of their start.
    - `frozen`: parameters that stay as they are.
    - `gains`: whether the recurrent weights change by one factor for each unit alone.
    - `inputs`, `outputs`: units with input weights and with readout weights; None stands for all.
    """

    zeros: bool = False
    signs: bool = False
    frozen: tuple[str, ...] = ()
    gains: bool = False
    inputs: tuple[int, ...] | None = None
    outputs: tuple[int, ...] | None = None


FREE = Trains()


def frozen_names() -> Scalar:
    """Names of parameters joined by +, in one order, or "nothing"."""

    def accept(value: Any) -> Any:
        if not isinstance(value, str) or value == NOTHING:
            return value if value == NOTHING else REFUSED
        names = value.split("+")
        if len(set(names)) < len(names) or not set(names) <= set(WEIGHTS):
            return REFUSED
        return "+".join(name for name in WEIGHTS if name in names)

    return Scalar(f"{NOTHING}, and some of {', '.join(WEIGHTS)} with + between", accept)


def started(trains: Trains, params: Mapping[str, Any]) -> dict[str, Any]:
    r"""Drawn weights as training starts from them; axes of networks may stand before all others.

    Units without input or readout have weights of 0. The readout of m of N units is larger by the
    root of N / m, as if drawn for m units, so that outputs are about as large as those of all.
    """
    found = dict(params)
    width = params["recurrent"].shape[-1]
    if trains.inputs is not None:
        found["input"] = found["input"] * among(trains.inputs, width)[:, None]
    if trains.outputs is not None:
        scale = (width / len(trains.outputs)) ** 0.5
        found["readout"] = found["readout"] * (scale * among(trains.outputs, width))
    if trains.gains:
        found[GAINS] = jnp.ones_like(params["recurrent"][..., 0])
    return found


def as_network(params: Mapping[str, Any]) -> dict[str, Any]:
    r"""The weights that the network has, $W = \operatorname{diag}(g)\, W_0$ where it has gains."""
    found = dict(params)
    if GAINS in found:
        found["recurrent"] = found.pop(GAINS)[..., None] * found["recurrent"]
    return found


def held(trains: Trains, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters, of which those that are frozen have no gradient."""
    fixed = (*trains.frozen, "recurrent") if trains.gains else trains.frozen
    return {n: jax.lax.stop_gradient(leaf) if n in fixed else leaf for n, leaf in params.items()}


def constrained(
    optimizer: optax.GradientTransformation, trains: Trains
) -> optax.GradientTransformation:
    """The optimizer, with a projection after each update where there is something to keep.

    Frozen parameters need none, as a gradient of 0 moves nothing in SGD or Adam.
    """
    of_weights = trains.zeros or trains.signs
    if not of_weights and trains.inputs is None and trains.outputs is None:
        return optimizer

    def keep(params: Mapping[str, Any]) -> dict[str, rj.Bounds]:
        found = {}
        width = params["recurrent"].shape[-1]
        if trains.gains and trains.signs:
            gains = params[GAINS]
            found[GAINS] = rj.Bounds(jnp.zeros_like(gains), jnp.full_like(gains, jnp.inf))
        elif of_weights and not trains.gains and "recurrent" not in trains.frozen:
            found["recurrent"] = rj.weight_bounds(
                params["recurrent"], zeros=trains.zeros, signs=trains.signs
            )
        for name, units in (("input", trains.inputs), ("readout", trains.outputs)):
            if units is not None and name not in trains.frozen:
                chosen = among(units, width)[:, None] if name == "input" else among(units, width)
                most = jnp.broadcast_to(jnp.where(chosen, jnp.inf, 0.0), params[name].shape)
                most = most.astype(params[name].dtype)
                found[name] = rj.Bounds(-most, most)
        return found

    def project(params: Mapping[str, Any], bounds: Mapping[str, rj.Bounds]) -> dict[str, Any]:
        box = optax.projections.projection_box
        return {**params, **{name: box(params[name], *kept) for name, kept in bounds.items()}}

    return rj.projected(optimizer, project, keep)


def trained_names(trains: Trains, names: tuple[str, ...]) -> tuple[str, ...]:
    """Which parameters train, of weights by name: gains stand for the recurrent weights."""
    free = (name for name in names if name not in trains.frozen)
    return tuple(GAINS if trains.gains and name == "recurrent" else name for name in free)


def masks_of(
    trains: Trains, start: Mapping[str, Any], names: tuple[str, ...]
) -> dict[str, jax.Array]:
    """Which entries of the named parameters of one network can change, where not all can."""
    found: dict[str, jax.Array] = {}
    width = start["recurrent"].shape[-1]
    if trains.zeros and "recurrent" in names:
        found["recurrent"] = start["recurrent"] != 0
    for name, units in (("input", trains.inputs), ("readout", trains.outputs)):
        if units is not None and name in names:
            chosen = among(units, width)[:, None] if name == "input" else among(units, width)
            found[name] = jnp.broadcast_to(chosen, start[name].shape)
    return found


def among(units: tuple[int, ...], width: int) -> jax.Array:
    """Whether each of `width` units is one of those."""
    return jnp.asarray(np.isin(np.arange(width), units))
