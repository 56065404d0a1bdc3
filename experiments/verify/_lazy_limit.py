r"""The approach to the lazy limit, which no network reaches: how it goes with the scale.

Weights of scale L, in pairs of units that cancel so that the function starts at 0, learn a task in
a time of order $1 / L^2$. In the limit the function F follows the fixed kernel of the start. By the
conserved balance the kernel's factor moves by

$$\Delta M = \int_0^t \left( F^\top E + E^\top F + 2 \operatorname{Tr}(E F^\top) I \right) dt',
    \qquad E = B - F,$$

which is of order $1 / L^2$ beside $M_0$ of order $L^2$. With $\Delta M_\perp$ the part that is
orthogonal to $M_0$ the kernel alignment leaves 1 as

$$1 - \mathrm{KA} \to \frac{\lVert \Delta M_\perp \rVert_F^2}{2\, \lVert M_0 \rVert_F^2}
    \propto L^{-8}.$$
"""

import itertools
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy import integrate

from theory import dynamics

from ._curves import in_float64, learned_curves, predictions, to_limit
from ._row import Row, curve_row, exact_row
from ._trajectories import FINER, N_INPUTS, Start, task_of_length

PAIRS, END = 10, 2.0
# The fourth powers of the scales: what the limit leaves out has terms linear and quadratic in their
# inverse, which the extrapolation removes.
POWERS = (64.0, 128.0, 256.0)
TOLERANCE = 1e-3
ORDER, ORDER_TOLERANCE = 8.0, 0.01
# The factor of the trace in the change of the kernel.
TRACE = 2.0
NETWORKS = 12


@in_float64
def check_lazy_limit(key: Any, runs: int, quick: bool) -> Iterator[Row]:
    """How 1 less the kernel alignment and the loss approach their limits; not in the quick form."""
    if quick:
        return
    starts = [_start(k) for k in jax.random.split(key, min(runs, NETWORKS))]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *starts)
    y = jnp.einsum("rmd,rkd->rmk", stacked.x, stacked.teacher, precision="highest")
    seen = [
        learned_curves(scale * stacked.w1, scale * stacked.w2, stacked.x, y, END / scale**2)
        for scale in (power**0.25 for power in POWERS)
    ]
    departures = [
        np.asarray(each.departure, np.float64) * power**2
        for each, power in zip(seen, POWERS, strict=True)
    ]
    losses = [np.asarray(each.loss, np.float64) for each in seen]
    times = np.linspace(0, END, FINER * (len(seen[-1].times) - 1) + 1)
    predicted, *shifted = predictions(_limit, starts, times)
    about: dict[str, Any] = {
        "statement": "Approach to the lazy limit",
        "setting": "weights of scale L, L to infinity",
    }
    for k, (name, quantity, measured) in enumerate(
        (
            ("alignment", "(1 - KA(t)) L^8", to_limit(*departures)),
            ("loss", "loss(t), share of the first", to_limit(*losses)),
        )
    ):
        yield curve_row(
            predicted[k],
            measured,
            [other[k] for other in shifted],
            times=times,
            tolerance=TOLERANCE,
            finer=FINER,
            name=f"trajectory-lazy-{name}",
            quantity=quantity,
            numerical="integrated numerically, scale and step to the limit",
            **about,
        )
    # The order between two scales, and its own limit: linear in the inverse power.
    orders = [ORDER + 4 * np.log2(a[:, -1] / b[:, -1]) for a, b in itertools.pairwise(departures)]
    yield exact_row(
        ORDER,
        2 * orders[1] - orders[0],
        name="lazy-order",
        quantity="order of 1 - KA in 1 / L",
        tolerance=ORDER_TOLERANCE,
        numerical="scale and step to the limit",
        **about,
    )


def _start(key: Any) -> Start:
    keys = jax.random.split(key)
    w1 = jax.random.normal(keys[0], (PAIRS, N_INPUTS)) / np.sqrt(2 * PAIRS)
    w2 = jnp.full((1, PAIRS), 1 / np.sqrt(2 * PAIRS))
    teacher, x = task_of_length(keys[1], 1)
    return Start(jnp.concatenate([w1, w1]), jnp.concatenate([w2, -w2], 1), teacher, x)


def _limit(start: Start, times: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """The limit of (1 - KA) L^8 and that of the loss as a share of the first."""
    w1, w2 = factor * start.w1, factor * start.w2
    said = dynamics.lazy_trajectory(w1, w2, start.teacher, jnp.asarray(times, w1.dtype))
    function = np.asarray(said.function, np.float64)[:, 0]
    error = np.asarray(start.teacher, np.float64) - function
    eye = np.eye(N_INPUTS)
    rate = function[:, :, None] * error[:, None]
    rate = rate + rate.swapaxes(1, 2) + TRACE * np.sum(function * error, 1)[:, None, None] * eye
    moved = integrate.cumulative_simpson(rate, x=times, axis=0, initial=0)
    w1, w2 = np.asarray(w1, np.float64), np.asarray(w2, np.float64)
    first = w1.T @ w1 + np.sum(w2**2) * eye
    unit = first / np.linalg.norm(first)
    across = moved - np.einsum("tij,ij->t", moved, unit)[:, None, None] * unit
    departure = np.sum(across**2, (1, 2)) / (2 * np.sum(first**2))
    loss = np.asarray(said.loss, np.float64)
    return departure, loss / loss[0]
