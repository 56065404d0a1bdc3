"""Blocks of trials of a recurrent network, run forward and back from every output."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..models import Recurrence, rates_of, states_and_nets, through
from ._powers import OF_ZERO, exponent_of, times_power


class Options(NamedTuple):
    """What a compiled kernel depends on besides its arrays, all of it hashable."""

    wrt: tuple[str, ...]
    outputs: str
    form: Recurrence
    block: int | None
    start_given: bool = False


class Batch(NamedTuple):
    """Trials, all arrays with an axis of them before all others.

    - `x`: inputs.
    - `noise`: what is added to the net input; None for nothing.
    - `start`: the state before the first step, where it is given; None for that of the parameters,
      or for 0.
    - `real`: 1 for a trial, 0 for what fills the last block.
    """

    x: Float[Array, "n t n_in"]
    noise: Float[Array, "n t N"] | None
    start: Float[Array, "n N"] | None
    real: Float[Array, " n"]


class Pieces(NamedTuple):
    """Ranges of steps that are handled together, and how many steps are read out (all, or 1)."""

    ranges: tuple[tuple[int, int], ...]
    n_steps: int


class Block(NamedTuple):
    """A block of trials, run forward and back.

    `factors` (s, b, m) holds what multiplies each weight's delta in the gradient, `deltas` one
    array (s, t, k, b, N) for each piece of source steps s, `by_start` (t, k, b, N) the derivatives
    by a trained initial state, and `hidden` (t, b, N) the rates read out. A gradient is
    2^`gradient_exponent` times the sum of deltas by factors, and likewise for the other two, so
    that all are at most 1.
    """

    factors: Array
    deltas: tuple[Array, ...]
    gradient_exponent: Array | int
    by_start: Array | None
    start_exponent: Array | int
    hidden: Array
    hidden_exponent: Array
    real: Array


def first_source(params: dict[str, Array], given_start: bool, wrt: tuple[str, ...]) -> int:
    """The first step at which a weight meets something other than 0.

    From rest, the first step gives the recurrent weights no gradient.
    """
    started = given_start or "initial_state" in params
    return 0 if started or {"input", "bias"} & set(wrt) else 1


def in_blocks(batch: Batch, n_blocks: int, size: int) -> Batch:
    """Trials in blocks, the last of which is filled up with what counts as none."""

    def cut(array: Array) -> Array:
        missing = [(0, n_blocks * size - len(array)), *[(0, 0)] * (array.ndim - 1)]
        return jnp.pad(array, missing).reshape(n_blocks, size, *array.shape[1:])

    return jax.tree.map(cut, batch)


def run_block(params: dict[str, Array], batch: Batch, options: Options, pieces: Pieces) -> Block:
    """Run a block of trials forward, and back from every output."""
    form, wrt = options.form, options.wrt
    x, real = batch.x.swapaxes(0, 1), batch.real[:, None]
    # One product for all steps, ahead of the loop.
    drive = through(x, params["input"], "highest")
    if "bias" in params:
        drive = drive + real * params["bias"]
    if batch.noise is not None:
        drive = drive + batch.noise.swapaxes(0, 1)
    start = batch.start
    if start is None:
        start = jnp.zeros_like(drive[0])
        if "initial_state" in params:
            start = start + real * params["initial_state"]
    after, nets = states_and_nets(form, params["recurrent"], drive, start)
    before = jnp.concatenate([start[None], after[:-1]])

    hidden = rates_of(form, after[-pieces.n_steps :])
    hidden_exponent = exponent_of(hidden)
    hidden = times_power(hidden, -hidden_exponent)
    used = [x] if "input" in wrt else []
    used += [rates_of(form, before)] if "recurrent" in wrt else []
    used += [jnp.broadcast_to(real, (*x.shape[:2], 1))] if "bias" in wrt else []
    empty = Block(before[:0], (), OF_ZERO, None, OF_ZERO, hidden, hidden_exponent, batch.real)
    if not pieces.ranges:
        return empty
    # Derivatives are linear in the readout.
    readout_exponent = exponent_of(params["readout"])
    readout = times_power(params["readout"], -readout_exponent)
    deltas, by_start = _deltas(
        params["recurrent"], readout, _slopes(form, before, nets, after), options, pieces
    )
    found = empty
    if used:
        factors = (1 - form.leak) * jnp.concatenate(used, axis=-1)[pieces.ranges[0][0] :]
        factors, deltas, exponent = _balanced(factors, deltas, pieces)
        exponent = exponent + readout_exponent
        found = found._replace(factors=factors, deltas=deltas, gradient_exponent=exponent)
    if "initial_state" in wrt:
        by_start = by_start * real
        exponent = exponent_of(by_start)
        found = found._replace(
            by_start=times_power(by_start, -exponent), start_exponent=exponent + readout_exponent
        )
    return found


class _Slopes(NamedTuple):
    """How a step's arguments act on: (t, b, N) each, and None where that is by 1.

    - `by_net`: the derivative of the new state by $(1 - \\rho)$ times the net input.
    - `by_rate`: the derivative of a state's rates by the state.
    """

    by_net: Array | None
    by_rate: Array | None
    by_rate_after: Array | None


def _slopes(form: Recurrence, before: Array, nets: Array, after: Array) -> _Slopes:
    slope = _SLOPES[form.activation]
    if form.leak_form == "current":
        return _Slopes(None, slope(before), slope(after))
    if form.leak_form == "rate":
        return _Slopes(slope(nets), None, None)
    argument = form.leak * before + (1 - form.leak) * nets if form.leak else nets
    return _Slopes(slope(argument), None, None)


def _relu_slope(argument: Array) -> Array:
    # An argument out of range has lost its sign, which must not pass for that of a silent unit.
    return jnp.where(jnp.isfinite(argument), (argument > 0).astype(argument.dtype), jnp.nan)


def _tanh_slope(argument: Array) -> Array:
    # 1 - tanh(a)^2 would lose its digits where tanh saturates.
    decay = jnp.exp(-2 * jnp.abs(argument))
    return 4 * decay / (1 + decay) ** 2


_SLOPES: dict[str, Callable] = {"relu": _relu_slope, "tanh": _tanh_slope}


def _balanced(
    factors: Array, deltas: tuple[Array, ...], pieces: Pieces
) -> tuple[Array, tuple[Array, ...], Array]:
    """Factors of size 1, deltas that share one power of two, and the exponent of that power.

    What the factors of a step and trial lose goes into the deltas beside them. So only what is
    small in a gradient can vanish, however differently states and derivatives grow over steps.
    """
    of_factors = exponent_of(factors, -1)
    of_deltas = jnp.concatenate([exponent_of(delta, (1, 2, 4)) for delta in deltas])
    exponent = jnp.max(of_factors + of_deltas)
    first = pieces.ranges[0][0]
    shifts = [of_factors[low - first : high - first] - exponent for low, high in pieces.ranges]
    return (
        times_power(factors, -of_factors[..., None]),
        tuple(
            times_power(delta, shift[:, None, None, :, None])
            for delta, shift in zip(deltas, shifts, strict=True)
        ),
        exponent,
    )


def _deltas(
    recurrent: Array, readout: Array, slopes: _Slopes, options: Options, pieces: Pieces
) -> tuple[tuple[Array, ...], Array]:
    r"""Derivatives of each output by $(1 - \rho)$ times each step's net input, and by the start.

    A piece from step low to high is an array (high - low, t, k, b, N), whose outputs t run from
    low on, or are the last alone. Steps s > t hold zeros. The derivatives by the start, (t, k, b,
    N), are by the state before the first step of the first piece.
    """
    form, every_step = options.form, options.outputs == "all"
    example = slopes.by_net if slopes.by_net is not None else slopes.by_rate_after
    n_out, width = readout.shape

    def of_output(step: Array | int) -> Array:
        """The derivative of the outputs of a step by the state they are read from."""
        rows = readout[:, None]
        if slopes.by_rate_after is not None:
            return rows * slopes.by_rate_after[step]
        return jnp.broadcast_to(rows, (n_out, example.shape[1], width))

    def by_net(by_state: Array, step: Array | int) -> Array:
        return by_state if slopes.by_net is None else slopes.by_net[step] * by_state

    def onward(by_state: Array, delta: Array, step: Array | int) -> Array:
        """The derivative by the state before a step, from that by the state after it."""
        passed = (1 - form.leak) * jnp.matmul(delta, recurrent, precision="highest")
        if slopes.by_rate is not None:
            passed = slopes.by_rate[step] * passed
        if form.leak:
            passed = passed + form.leak * (delta if form.leak_form == "paper" else by_state)
        return passed

    found = []
    by_state = None
    for low, high in reversed(pieces.ranges):
        own = jnp.zeros((high - low if every_step else 1, n_out, *example.shape[1:]), readout.dtype)
        if every_step or by_state is None:
            own = own.at[-1].set(of_output(high - 1))
            by_state = own if by_state is None else jnp.concatenate([own, by_state])

        def back(by_state: Array, step: Array, low: int = low) -> tuple[Array, Array]:
            # From the state after step + 1 to the state after step.
            by_state = onward(by_state, by_net(by_state, step + 1), step + 1)
            if every_step:
                by_state = by_state.at[step - low].set(of_output(step))
            return by_state, by_net(by_state, step)

        last = by_net(by_state, high - 1)
        by_state, earlier = jax.lax.scan(back, by_state, jnp.arange(low, high - 1), reverse=True)
        found.append(jnp.concatenate([earlier, last[None]]))
        by_state = onward(by_state, by_net(by_state, low), low)
    return tuple(reversed(found)), by_state
