"""Blocks of trials of a recurrent network: run forward, back from every output, and compared."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._powers import OF_ZERO, exponent_of, times_power
from ..models import Recurrence, rates_of, relaxed, states_and_nets, through
from ._pairs import Blocks
from ._sums import Arrangement, Sizes, Uses, arrange, sum_of_uses


class Options(NamedTuple):
    """What a compiled kernel depends on besides its arrays, all of it hashable."""

    wrt: tuple[str, ...]
    outputs: str
    form: Recurrence
    block: int | None
    start_given: bool = False
    masked: bool = False


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


class Plan(NamedTuple):
    """How the kernel of all weights is put together.

    - `arrangement`: of the weights that act on the units; None where none of them is asked for.
    - `first`: the first step at which such a weight meets something other than 0.
    - `n_steps`: how many steps are read out, all or 1.
    """

    arrangement: Arrangement | None
    first: int
    n_steps: int
    n_out: int
    blocks: Blocks

    @property
    def tile_shape(self) -> tuple[int, ...]:
        sizes = self.blocks.left_size, self.blocks.right_size
        return (*sizes, self.n_steps, self.n_steps, self.n_out, self.n_out)

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """Ranges of steps that are handled together."""
        ranges = () if self.arrangement is None else self.arrangement.ranges
        return tuple((low + self.first, high + self.first) for low, high in ranges)


class Block(NamedTuple):
    """A block of trials, run forward and back.

    `uses` are those of the weights that act on the units, `by_start` (t, k, b, N) the derivatives
    by a trained initial state, and `hidden` (t, b, N) the rates read out. A gradient is
    2^`gradient_exponent` times the sum of deltas by factors, and likewise for the other two, so
    that all are at most 1.
    """

    uses: Uses | None
    gradient_exponent: Array | int
    by_start: Array | None
    start_exponent: Array | int
    hidden: Array
    hidden_exponent: Array
    real: Array


def plan_kernel(params: dict[str, Array], x: Array, x2: Array | None, options: Options) -> Plan:
    """The arrangement that takes least, and blocks of trials that fit into memory."""
    n_out, width = params["readout"].shape
    read = x.shape[1] if options.outputs == "all" else 1
    wrt = options.wrt
    # From rest, the first step gives the recurrent weights no gradient.
    rested = not (options.start_given or "initial_state" in params or {"input", "bias"} & set(wrt))
    columns = {"input": x.shape[2], "recurrent": width, "bias": 1}
    sizes = Sizes(
        steps=x.shape[1] - rested,
        read=read,
        outputs=n_out,
        width=width,
        factors=sum(columns.get(name, 0) for name in wrt),
        left=len(x),
        right=len(x if x2 is None else x2),
        symmetric=x2 is None,
        width_bytes=x.dtype.itemsize,
    )
    acted = sizes.steps > 0 and set(wrt) - {"readout", "readout_bias"}
    # Only rows of the Jacobian have an entry for each weight, of which some may be left out.
    ways = {"among": ("rows",)} if options.masked and acted else {}
    found = arrange(sizes if acted else sizes._replace(steps=1, read=1), options.block, **ways)
    return Plan(found if acted else None, int(rested), read, n_out, found.blocks)


def run_block(params: dict[str, Array], batch: Batch, options: Options, plan: Plan) -> Block:
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

    hidden = rates_of(form, after[-plan.n_steps :])
    hidden_exponent = exponent_of(hidden)
    hidden = times_power(hidden, -hidden_exponent)
    used = [x] if "input" in wrt else []
    used += [rates_of(form, before)] if "recurrent" in wrt else []
    used += [jnp.broadcast_to(real, (*x.shape[:2], 1))] if "bias" in wrt else []
    found = Block(None, OF_ZERO, None, OF_ZERO, hidden, hidden_exponent, batch.real)
    if plan.arrangement is None:
        return found
    # Derivatives are linear in the readout.
    readout_exponent = exponent_of(params["readout"])
    readout = times_power(params["readout"], -readout_exponent)
    deltas, by_start = _deltas(
        params["recurrent"], readout, _slopes(form, before, nets, after), options, plan
    )
    if used:
        factors = (1 - form.leak) * jnp.concatenate(used, axis=-1)[plan.first :]
        uses, exponent = _balanced(Uses(factors, deltas), plan)
        found = found._replace(uses=uses, gradient_exponent=exponent + readout_exponent)
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
    return _Slopes(slope(relaxed(form, before, nets)), None, None)


def _relu_slope(argument: Array) -> Array:
    # An argument out of range has lost its sign, which must not pass for that of a silent unit.
    return jnp.where(jnp.isfinite(argument), (argument > 0).astype(argument.dtype), jnp.nan)


def _tanh_slope(argument: Array) -> Array:
    # 1 - tanh(a)^2 would lose its digits where tanh saturates.
    decay = jnp.exp(-2 * jnp.abs(argument))
    return 4 * decay / (1 + decay) ** 2


_SLOPES: dict[str, Callable] = {"relu": _relu_slope, "tanh": _tanh_slope}


def _balanced(uses: Uses, plan: Plan) -> tuple[Uses, Array]:
    """Factors of size 1, deltas that share one power of two, and the exponent of that power.

    What the factors of a step and trial lose goes into the deltas beside them. So only what is
    small in a gradient can vanish, however differently states and derivatives grow over steps.
    """
    assert plan.arrangement is not None
    of_factors = exponent_of(uses.factors, -1)
    of_deltas = jnp.concatenate([exponent_of(delta, (1, 2, 4)) for delta in uses.deltas])
    exponent = jnp.max(of_factors + of_deltas)
    shifts = [of_factors[low:high] - exponent for low, high in plan.arrangement.ranges]
    deltas = tuple(
        times_power(delta, shift[:, None, None, :, None])
        for delta, shift in zip(uses.deltas, shifts, strict=True)
    )
    return Uses(times_power(uses.factors, -of_factors[..., None]), deltas), exponent


def _deltas(
    recurrent: Array, readout: Array, slopes: _Slopes, options: Options, plan: Plan
) -> tuple[tuple[Array, ...], Array]:
    r"""Derivatives of each output by $(1 - \rho)$ times each step's net input, and by the start.

    A piece from step low to high is an array (high - low, t, k, b, N), whose outputs t run from
    low on, or are the last alone. Steps s > t hold zeros. The derivatives by the start, (t, k, b,
    N), are by the state before the first step of the first piece.
    """
    form, every_step = options.form, options.outputs == "all"
    n_trials = next(slope.shape[1] for slope in slopes if slope is not None)
    n_out, width = readout.shape

    def of_output(step: Array | int) -> Array:
        """The derivative of the outputs of a step by the state they are read from."""
        rows = readout[:, None]
        if slopes.by_rate_after is not None:
            return rows * slopes.by_rate_after[step]
        return jnp.broadcast_to(rows, (n_out, n_trials, width))

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
    by_state: Any = None
    for low, high in reversed(plan.ranges):
        shape = high - low if every_step else 1, n_out, n_trials, width
        own = jnp.zeros(shape, readout.dtype)
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


def tile(
    left: Block,
    right: Block,
    options: Options,
    plan: Plan,
    symmetric: bool,
    masks: Mapping[str, Array],
) -> tuple[Array, Array]:
    """The kernel (b, b', t, t', k, k') between two blocks, one and the same where symmetric.

    `masks` are 1 where an entry of the weights counts and 0 where it does not; without one all of
    them count. The kernel comes as an array and an exponent: it is the array times that power of
    two.
    """
    same = jnp.eye(plan.n_out, dtype=left.hidden.dtype)
    terms = []
    if left.uses is not None and right.uses is not None and plan.arrangement is not None:
        # The one object where both are one, so that its rows are formed once.
        other = left.uses if symmetric else right.uses
        mask = _mask_of_uses(left.uses, options, masks)
        term = sum_of_uses(left.uses, other, plan.arrangement, symmetric=symmetric, mask=mask)
        if options.outputs == "all":
            # Outputs before the first source step do not depend on the weights.
            early = (plan.first, 0)
            term = jnp.pad(term, ((0, 0), (0, 0), early, early, (0, 0), (0, 0)))
        terms.append((term, left.gradient_exponent + right.gradient_exponent))
    if left.by_start is not None:
        term = _product("tkbn,ulcn->bctukl", left.by_start, right.by_start)
        terms.append((term, left.start_exponent + right.start_exponent))
    if "readout" in options.wrt:
        if "readout" in masks:
            read = masks["readout"]
            overlaps = _product("kn,tbn,ucn->bctuk", read, left.hidden, right.hidden)
            term = overlaps[..., None] * same
        else:
            overlaps = _product("tbn,ucn->bctu", left.hidden, right.hidden)
            term = overlaps[..., None, None] * same
        terms.append((term, left.hidden_exponent + right.hidden_exponent))
    if "readout_bias" in options.wrt:
        both = (left.real[:, None] * right.real)[..., None, None, None, None]
        terms.append((jnp.broadcast_to(both * same, plan.tile_shape), 0))
    # No term where a single step meets the recurrent weights alone: they act on a state of 0.
    kernel = jnp.zeros(plan.tile_shape, left.hidden.dtype)
    exponent = jnp.max(jnp.stack([OF_ZERO, *(exponent for _, exponent in terms)]))
    for term, own in terms:
        kernel = kernel + times_power(term, own - exponent)
    return kernel, exponent


def _mask_of_uses(uses: Uses, options: Options, masks: Mapping[str, Array]) -> Array | None:
    """The masks of the weights that act on the units, side by side as their factors are."""
    if not {"input", "recurrent"} & set(masks):
        return None
    width, factors = uses.deltas[0].shape[-1], uses.factors.shape[-1]
    columns = {name: masks[name].shape[1] for name in ("input", "recurrent") if name in masks}
    if "bias" in options.wrt:
        columns["bias"] = 1
    # The columns of one without a mask are what the others leave over.
    rest = factors - sum(columns.values())
    found = [
        masks.get(name, jnp.ones((width, columns.get(name, rest)), uses.factors.dtype))
        for name in ("input", "recurrent", "bias")
        if name in options.wrt
    ]
    return jnp.concatenate(found, axis=1)


def _product(equation: str, *factors: Array | None) -> Array:
    return jnp.einsum(equation, *factors, precision="highest")
