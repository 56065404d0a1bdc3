"""The size at which weights of one structure start in the regime of others."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from .._checks import require_choice
from ..models import Recurrence, rates_of, recurrence
from ._lyapunov import states_and_growth
from ._regime import activity_of, exponent_of, require_quarters

MATCHED = ("lyapunov_exponent", "mean_activity")
# Factors from a thousandth to a thousand are tried, 1.26 times as large each; where the number is
# passed they are halved until float32 has no digits left between them.
_WIDEST, _TRIED, _HALVINGS = 1e3, 61, 25
# How far from what was asked for a match may end: per step, or as a share of the activity.
_NEAR = {"lyapunov_exponent": 0.01, "mean_activity": 0.01}


def matched_scale(
    params: Mapping[str, Float[Array, "..."]],
    reference: Mapping[str, Float[Array, "..."]],
    x: Float[Array, "n t n_in"],
    *,
    key: Key[Array, ""],
    of: str = "lyapunov_exponent",
    activation: str = "relu",
    leak: float | int = 0.0,
    leak_form: str = "paper",
) -> Float[Array, ""]:
    r"""The factor of recurrent weights at which a network starts in the regime of another one.

    The smallest $a$ at which the network with recurrent weights $a W$ has the number of the
    reference, under the same inputs, found among factors from small to large and by bisection of
    $\ln a$ between two of them:

    - "lyapunov_exponent": the largest Lyapunov exponent, as `regime` gives it;
    - "mean_activity": the mean magnitude of the activity, as `regime` gives it.

    With starts of equal norm a difference in learning may be one of rank or one of regime. Starts
    that are matched so differ in rank, and not in that number.

    Args:
        params: as `rnn_activity` takes them.
        reference: the network whose regime is taken over.
        x: the inputs of each trial and step, at least 4 steps.
        key: draws the vectors of the exponent, the same for both networks.
        of: which number, "lyapunov_exponent" or "mean_activity".
        activation, leak, leak_form: as in `rnn_activity`, of both networks.

    Returns:
        The factor, between 0.001 and 1,000. NaN where none is found that comes within 0.01 of the
        exponent a step, or within 1 % of the activity: a start may have no such size, and the
        number may jump over it.

    Raises:
        ValueError: an argument is not as described above.
    """
    x = require_quarters(x)
    require_choice("of", of, MATCHED)
    form = recurrence(activation, leak, leak_form)
    wanted = _number(form, reference, x, key, of)

    def at(log: Array) -> Array:
        scaled = {**params, "recurrent": jnp.exp(log) * params["recurrent"]}
        return _number(form, scaled, x, key, of)

    def below(log: Array) -> Array:
        # Activity that is not finite any more is too large, and compares as neither.
        return at(log) < wanted

    def narrowed(_: Any, between: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = between
        middle = (low + high) / 2
        under = below(middle)
        return jnp.where(under, middle, low), jnp.where(under, high, middle)

    widest = jnp.log(jnp.asarray(_WIDEST, params["recurrent"].dtype))
    logs = jnp.linspace(-widest, widest, _TRIED)
    # Units that saturate lose at large sizes what they gained: the first factor that is not below.
    first = jnp.argmin(jax.lax.map(below, logs))
    low, _ = jax.lax.fori_loop(0, _HALVINGS, narrowed, (logs[first - 1], logs[first]))
    size = 1.0 if of == "lyapunov_exponent" else wanted
    near = jnp.abs(at(low) - wanted) <= _NEAR[of] * size
    return jnp.where(near, jnp.exp(low), jnp.nan)


def _number(
    form: Recurrence, params: Mapping[str, Array], x: Array, key: Array, of: str
) -> Float[Array, ""]:
    """What `regime` gives of that name."""
    states, grown = states_and_growth(form, params, x, key)
    return exponent_of(grown) if of == MATCHED[0] else activity_of(rates_of(form, states))
