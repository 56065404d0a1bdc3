"""Networks measured many times while they learn, in one compiled program."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

import richlazy_jax as rj

# Times at which a network is measured, the start among them, and updates between two of them. The
# step is 1 / 6000 of the whole, which leaves gradient descent within 0.3 % of its flow here.
POINTS, STEPS = 31, 200


class Curves(NamedTuple):
    """What networks did over time.

    - `times`: updates times their learning rate.
    - `alignment`: kernel alignment with the start, by empirical kernels.
    - `loss`: the loss as a share of that of the start.
    """

    times: Float[Array, " t"]
    alignment: Float[Array, "runs t"]
    loss: Float[Array, "runs t"]


def learned_curves(w1: Array, w2: Array, x: Array, y: Array, end: float) -> Curves:
    """Train two-layer linear networks by gradient descent on the full batch, and measure often.

    Args:
        w1, w2: the starts, runs first.
        x, y: the data of each.
        end: the last time.
    """
    between = end / (POINTS - 1)
    found = _learned(w1, w2, x, y, jnp.asarray(between / STEPS, w1.dtype))
    return Curves(jnp.linspace(0, end, POINTS), *jax.device_get(found))


@jax.jit
@functools.partial(jax.vmap, in_axes=(0, 0, 0, 0, None))
def _learned(w1: Array, w2: Array, x: Array, y: Array, step: Any) -> tuple[Array, Array]:
    apply = rj.mlp([w1.shape[1], w1.shape[0], w2.shape[0]]).apply
    loss, batch = rj.half_squared_error(apply), rj.full_batch(x, y)
    start = {"w1": w1, "w2": w2}
    first = rj.empirical_ntk(apply, start, x, vmap_axes=0)

    def piece(params: Any, _: Any) -> tuple[Any, tuple[Array, Array]]:
        kernel = rj.empirical_ntk(apply, params, x, vmap_axes=0)
        now = rj.kernel_alignment(first, kernel), loss(params, (x, y))
        learned = rj.train(loss, params, optax.sgd(step), batch, jax.random.key(0), STEPS)
        return learned.params, now

    _, (alignment, losses) = jax.lax.scan(piece, start, None, POINTS)
    return alignment, losses / losses[0]
