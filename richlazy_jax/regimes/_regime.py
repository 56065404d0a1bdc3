"""The regime of a recurrent network under the inputs of its task, in numbers and in a word."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from .._checks import require_axes
from ..models import drive_of, one_step, rates_of, recurrence
from ._lyapunov import states_and_growth

# By the number in `Regime.word`.
REGIMES = ("silent", "stable", "unstable", "chaotic")
# Fewer active units than this share of all are silence, and a unit is active where its activity is
# more than so much of the root mean square of what comes to the units from outside.
SILENT_SHARE, ACTIVE = 0.05, 1e-3
# Activity that becomes so many times as large from the first to the last quarter of the steps has
# no bound, and an exponent above so much a step is chaos where there is one.
UNSTABLE_GROWTH, CHAOTIC_EXPONENT = 3.0, 0.01


class Regime(NamedTuple):
    """What `regime` finds.

    - `full_slope_radius`: the spectral radius of the one-step Jacobian where every unit has the
      slope 1, which is that of $\\rho I + (1 - \\rho) W$.
    - `spectral_radius`: that of the one-step Jacobian on the trajectory, at the last step; the
      median over trials.
    - `lyapunov_exponent`: the largest, per step; the median over trials of `lyapunov_exponents`.
    - `mean_activity`: the mean of the activity's magnitude over trials, later steps and units.
    - `active_share`: the share of these that are active.
    - `growth`: how many times as large the root mean square of the activity is in the last quarter
      of the steps as in the first.
    - `word`: the place of its word in `REGIMES`.
    """

    full_slope_radius: Float[Array, ""]
    spectral_radius: Float[Array, ""]
    lyapunov_exponent: Float[Array, ""]
    mean_activity: Float[Array, ""]
    active_share: Float[Array, ""]
    growth: Float[Array, ""]
    word: Int[Array, ""]


def regime(
    params: Mapping[str, Float[Array, "..."]],
    x: Float[Array, "n t n_in"],
    *,
    key: Key[Array, ""],
    activation: str = "relu",
    leak: float | int = 0.0,
    leak_form: str = "paper",
) -> Regime:
    r"""In which regime a recurrent network is under some inputs.

    The words, the first that holds:

    - *unstable*: the activity is not finite, or its root mean square in the last quarter of the
      steps is more than 3 times that in the first quarter.
    - *silent*: fewer than 5 % of the units' activities are larger than a thousandth of the root
      mean square of the drive $W_x x + b$.
    - *chaotic*: the largest Lyapunov exponent is above 0.01 a step.
    - *stable*: all others.

    The thresholds are ours. They are made for inputs of 100 steps or more, in which an exponent of
    0.01 shows; with shorter ones growth may stay unseen. The first quarter of the steps counts for
    the growth alone.

    Args:
        params: as `rnn_activity` takes them.
        x: the inputs of each trial and step, at least 4 steps.
        key: draws the vectors of the exponent.
        activation, leak, leak_form: as in `rnn_activity`.

    Raises:
        ValueError: an argument is not as described above.

    Source: H. Sompolinsky, A. Crisanti and H. J. Sommers (1988), "Chaos in random neural networks",
    for the onset of chaos; `lyapunov_exponents` for the exponent.
    """
    x = require_quarters(x)
    form = recurrence(activation, leak, leak_form)
    states, grown = states_and_growth(form, params, x, key)
    quarter = x.shape[1] // 4
    rates = rates_of(form, states)
    drive = drive_of(params, x)

    def root_mean_square(values: Array) -> Array:
        return jnp.sqrt(jnp.mean(values**2))

    growth = root_mean_square(rates[-quarter:]) / root_mean_square(rates[:quarter])
    exponent = exponent_of(grown)
    active = jnp.mean(jnp.abs(rates[quarter:]) > ACTIVE * root_mean_square(drive))
    radii = _radii(form, params, states[-2], drive[-1])
    finite = jnp.all(jnp.isfinite(rates))
    word = jnp.select(
        [
            ~finite | (growth > UNSTABLE_GROWTH),
            active < SILENT_SHARE,
            exponent > CHAOTIC_EXPONENT,
        ],
        [REGIMES.index(name) for name in ("unstable", "silent", "chaotic")],
        REGIMES.index("stable"),
    )
    return Regime(
        full_slope_radius=radii[0],
        spectral_radius=jnp.median(radii[1:]),
        lyapunov_exponent=exponent,
        mean_activity=activity_of(rates),
        active_share=active.astype(rates.dtype),
        growth=growth,
        word=word,
    )


def require_quarters(x: Float[Array, "n t n_in"]) -> Float[Array, "n t n_in"]:
    """The inputs, where there are as many steps as make four quarters; a ValueError otherwise."""
    x = require_axes("x", x, "n", "t", "n_in")
    if x.shape[1] < 4:
        raise ValueError(f"x has {x.shape[1]} steps; allowed are at least 4.")
    return x


def exponent_of(grown: Float[Array, "t n"]) -> Float[Array, ""]:
    """The median over trials of the mean growth in a step, the first quarter left out."""
    return jnp.median(jnp.mean(grown[len(grown) // 4 :], axis=0))


def activity_of(rates: Float[Array, "t n N"]) -> Float[Array, ""]:
    """The mean magnitude of the activity, the first quarter of the steps left out."""
    return jnp.mean(jnp.abs(rates[len(rates) // 4 :]))


def _radii(form, params, states: Float[Array, "n N"], drive: Float[Array, "n N"]) -> Array:
    """The spectral radius at full slope, then that of the Jacobian of each trial."""
    w = params["recurrent"]
    full = form.leak * jnp.eye(len(w), dtype=w.dtype) + (1 - form.leak) * w
    jacobian = jax.vmap(jax.jacfwd(lambda z, u: one_step(form, w, z, u)))(states, drive)
    every = jnp.concatenate([full[None], jacobian])
    # Numbers that LAPACK cannot take would make it wait for ever.
    every = jnp.where(jnp.isfinite(every), every, 0.0)
    # All in one call of LAPACK, since two at once can block each other on a CPU of two cores.
    return jnp.max(jnp.abs(jnp.linalg.eigvals(every)), axis=1)
