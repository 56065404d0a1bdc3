r"""The loop of a recurrent network over its steps, for three forms of a leaky unit.

In all of them a step first forms the net input of every unit and then a new state:

$$a_t = W_h r_t + u_t, \qquad r_t = r(z_t), \qquad z_{t+1} = A(z_t, a_t),$$

with the drive $u_t$ (inputs, bias and noise). `advance` is $A$ and `rates_of` is $r$. Both act unit
by unit, so that one rule of differentiation serves every form.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from .._checks import require_choice
from ._through import require_precision, through

RNN_ACTIVATIONS: dict[str, Callable] = {"relu": jax.nn.relu, "tanh": jnp.tanh}
# What may be in a network's parameters.
WEIGHTS = ("input", "recurrent", "readout", "bias", "readout_bias", "initial_state")
LEAK_FORMS = ("paper", "rate", "current")


class Recurrence(NamedTuple):
    r"""What a step does besides its weights: hashable, so that a compiled program can depend on it.

    - `activation`: $\phi$, "relu" or "tanh".
    - `leak`: $\rho$, at least 0 and below 1.
    - `leak_form`: where the leak acts, one of `LEAK_FORMS`.
    - `precision`: of the matrix products, "highest" or "default".
    """

    activation: str = "relu"
    leak: float = 0.0
    leak_form: str = "paper"
    precision: str = "highest"


def recurrence(
    activation: str, leak: float | int, leak_form: str, precision: str = "highest"
) -> Recurrence:
    """A `Recurrence`; a ValueError refuses what is none."""
    require_choice("activation", activation, tuple(RNN_ACTIVATIONS))
    require_choice("leak_form", leak_form, LEAK_FORMS)
    if not 0 <= leak < 1:
        raise ValueError(f"leak is {leak!r}; allowed is at least 0 and below 1.")
    return Recurrence(activation, float(leak), leak_form, require_precision(precision))


def advance(form: Recurrence, state: Float[Array, "*a N"], net: Float[Array, "*a N"]) -> Array:
    r"""The next state.

    $$A(z, a) = \begin{cases}
        \phi(\rho z + (1 - \rho) a) & \text{"paper"} \\
        \rho z + (1 - \rho)\, \phi(a) & \text{"rate"} \\
        \rho z + (1 - \rho)\, a & \text{"current"}
    \end{cases}$$
    """
    phi = RNN_ACTIVATIONS[form.activation]
    if form.leak_form == "rate":
        net = phi(net)
    mixed = relaxed(form, state, net)
    return phi(mixed) if form.leak_form == "paper" else mixed


def relaxed(form: Recurrence, state: Float[Array, "*a N"], net: Float[Array, "*a N"]) -> Array:
    r"""$\rho z + (1 - \rho) a$: what a leaky unit keeps of its state, and takes over."""
    return form.leak * state + (1 - form.leak) * net if form.leak else net


def rates_of(form: Recurrence, state: Float[Array, "*a N"]) -> Float[Array, "*a N"]:
    r"""What other units and the readout see: $\phi(z)$ in the form "current", else $z$ itself."""
    return RNN_ACTIVATIONS[form.activation](state) if form.leak_form == "current" else state


def drive_of(
    params: Mapping[str, Array],
    x: Float[Array, "n t n_in"],
    *,
    noise: float | int = 0.0,
    key: Key[Array, ""] | None = None,
    precision: str = "highest",
) -> Float[Array, "t n N"]:
    """What comes to each unit's net input from outside: inputs, bias and noise.

    All steps are one product, which is several times faster than one for each.
    """
    drive = through(x.swapaxes(0, 1), params["input"], precision)
    if "bias" in params:
        drive = drive + params["bias"]
    drawn = process_noise(noise, key, drive.shape, drive.dtype)
    return drive if drawn is None else drive + drawn


def process_noise(
    noise: float | int, key: Key[Array, ""] | None, shape: tuple[int, ...], dtype: Any
) -> Float[Array, "t n N"] | None:
    """What noise adds to the net inputs; None where it is 0."""
    if not 0 <= noise < float("inf"):
        raise ValueError(f"noise is {noise!r}; allowed is a finite number of at least 0.")
    if not noise:
        return None
    if key is None:
        raise ValueError(f"key is None; allowed with noise={noise} is a key of jax.random.")
    return noise * jax.random.normal(key, shape, dtype)


def starting_state(
    params: Mapping[str, Array],
    x: Float[Array, "n t n_in"],
    initial_state: Float[Array, "*n N"] | None = None,
) -> Float[Array, "n N"] | None:
    """The state before the first step for each trial, None for 0; and the check of all shapes."""
    width = params["recurrent"].shape[0]
    if x.shape[1] == 0:
        raise ValueError(f"x has shape {x.shape}; allowed is at least one step.")
    if x.shape[2] != params["input"].shape[1]:
        raise ValueError(f"x has shape {x.shape}; allowed is (n, t, {params['input'].shape[1]}).")
    if params["recurrent"].shape != (width, width) or len(params["input"]) != width:
        raise ValueError(
            f"params['recurrent'] has shape {params['recurrent'].shape} and params['input'] "
            f"{params['input'].shape}; allowed are (N, N) and (N, n_in)."
        )
    allowed: dict[str, tuple[int, ...]] = {"bias": (width,)}
    if "readout" in params:
        allowed["readout_bias"] = params["readout"].shape[:1]
    for name, shape in allowed.items():
        if name in params and params[name].shape != shape:
            raise ValueError(
                f"params[{name!r}] has shape {params[name].shape}; allowed is {shape}."
            )
    for name in params:
        # A misspelt bias would be left out without a word.
        if name not in WEIGHTS:
            raise ValueError(f"params has the key {name!r}; allowed are {', '.join(WEIGHTS)}.")
    name, start = "initial_state", initial_state
    if "initial_state" in params:
        if initial_state is not None:
            raise ValueError(
                "initial_state is given twice, in params and beside them; allowed is one of them."
            )
        name, start = "params['initial_state']", params["initial_state"]
    if start is None:
        return None
    start = jnp.asarray(start)
    if start.shape not in ((width,), (len(x), width)):
        raise ValueError(
            f"{name} has shape {start.shape}; allowed are ({width},) and ({len(x)}, {width})."
        )
    return jnp.broadcast_to(start, (len(x), width))


def one_step(
    form: Recurrence,
    weights: Float[Array, "N N"],
    state: Float[Array, "*a N"],
    drive: Float[Array, "*a N"],
) -> Float[Array, "*a N"]:
    """The state after this one."""
    net = through(rates_of(form, state), weights, form.precision) + drive
    return advance(form, state, net)


def run_states(
    form: Recurrence,
    weights: Float[Array, "N N"],
    drive: Float[Array, "t n N"],
    start: Float[Array, "n N"] | None = None,
    *,
    unrolled: bool = False,
) -> Float[Array, "t n N"]:
    """The states $z_1$ to $z_T$ from $z_0$, which is `start`; None stands for 0.

    Unrolled, it is the same program without a loop, for tools that see into none.
    """
    if start is None:
        # From rest, where phi is 0 as well, the first step needs no recurrent product.
        start = advance(form, jnp.zeros_like(drive[0]), drive[0])
        later = run_states(form, weights, drive[1:], start, unrolled=unrolled)
        return jnp.concatenate([start[None], later])
    if not unrolled:
        return _looped(form, weights, drive, start) if len(drive) else drive
    states = []
    for current in drive:
        start = one_step(form, weights, start, current)
        states.append(start)
    return jnp.stack(states) if states else drive


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def _looped(form: Recurrence, weights: Array, drive: Array, start: Array) -> Array:
    return states_and_nets(form, weights, drive, start)[0]


@_looped.defjvp
def _looped_jvp(
    form: Recurrence, primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """How states change with weights, drive and start.

    Plain derivatives of the loop add one small product to the weights' gradient at every step. Here
    the change of the weights meets the states of all steps in one product ahead of the loop, whose
    transpose, one large product, is what a gradient needs.
    """
    weights, drive, start = primals
    weights_dot, drive_dot, start_dot = tangents
    states, nets = states_and_nets(form, weights, drive, start)
    before = jnp.concatenate([start[None], states[:-1]])
    ones = jnp.ones_like(before)

    def slope(function: Callable, at: Array) -> Array:
        return jax.jvp(function, (at,), (ones,))[1]

    steps = {
        "net": slope(lambda a: advance(form, before, a), nets),
        "pushed": drive_dot + through(rates_of(form, before), weights_dot, form.precision),
    }
    # Left out where they are 0 and 1: fewer numbers are kept for the way back.
    if form.leak:
        steps["state"] = slope(lambda z: advance(form, z, nets), before)
    if form.leak_form == "current":
        steps["rate"] = slope(functools.partial(rates_of, form), before)

    def step(state_dot: Array, at: dict[str, Array]) -> tuple[Array, Array]:
        rate_dot = at["rate"] * state_dot if "rate" in at else state_dot
        net_dot = through(rate_dot, weights, form.precision) + at["pushed"]
        after = at["net"] * net_dot
        if "state" in at:
            after = after + at["state"] * state_dot
        return after, after

    return states, jax.lax.scan(step, start_dot, steps)[1]


def states_and_nets(
    form: Recurrence,
    weights: Float[Array, "N N"],
    drive: Float[Array, "t n N"],
    start: Float[Array, "n N"],
) -> tuple[Float[Array, "t n N"], Float[Array, "t n N"]]:
    """The states after each step and the net inputs of each, as a plain loop."""

    def step(state: Array, current: Array) -> tuple[Array, tuple[Array, Array]]:
        net = through(rates_of(form, state), weights, form.precision) + current
        after = advance(form, state, net)
        return after, (after, net)

    return jax.lax.scan(step, start, drive)[1]
