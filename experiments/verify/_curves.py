"""Networks measured many times while they learn, extrapolated to gradient flow."""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.experimental
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

import richlazy_jax as rj

from ._row import Row

# Times at which a network is measured, the start among them, and updates between two of them at the
# coarsest of three steps.
POINTS, STEPS = 31, 50


def in_float64(check: Callable[..., Iterator[Row]]) -> Callable[..., Iterator[Row]]:
    """A check whose rows are all computed in float64, whatever the user has enabled.

    In float32 a start that is badly conditioned leaves its curve by up to a few percent.
    """

    @functools.wraps(check)
    def checked(*arguments: Any) -> Iterator[Row]:
        # An attribute of jax since 0.8.
        enable = getattr(jax, "enable_x64", None)
        if enable is None:
            from jax.experimental import enable_x64 as enable  # pyright: ignore[reportAttributeAccessIssue]
        # A list, since a generator that waits would leave the switch on for its caller.
        with enable(True):
            return iter(list(check(*arguments)))

    return checked


class Curves(NamedTuple):
    """What networks did over time.

    - `times`: updates times their learning rate.
    - `alignment`: kernel alignment with the start, by empirical kernels.
    - `departure`: 1 less the alignment, as half the squared distance of the two kernels at norm 1,
      which keeps its digits where it is small.
    - `loss`: the loss as a share of that of the start.
    """

    times: Float[Array, " t"]
    alignment: Float[Array, "runs t"]
    departure: Float[Array, "runs t"]
    loss: Float[Array, "runs t"]


def learned_curves(w1: Array, w2: Array, x: Array, y: Array, end: float) -> Curves:
    """Two-layer linear networks under gradient flow, from gradient descent at three step sizes.

    Gradient descent on the full batch is off by terms linear and quadratic in its step, which
    Richardson's extrapolation over steps of 1, 1/2 and 1/4 removes.

    Args:
        w1, w2: the starts, runs first.
        x, y: the data of each.
        end: the last time.
    """
    between = end / (POINTS - 1)
    levels = [
        _learned(w1, w2, x, y, jnp.asarray(between / (STEPS * n), w1.dtype), STEPS * n)
        for n in (1, 2, 4)
    ]
    found = jax.tree.map(to_limit, *levels)
    return Curves(jnp.linspace(0, end, POINTS), *jax.device_get(found))


def predictions(
    predict: Callable[[Any, Any, float], Any], starts: Sequence[Any], times: Any
) -> list[list[Any]]:
    """What is predicted, then the same from weights, and from times, that are off by 1 %.

    Args:
        predict: of a start, times and a factor of its weights; several curves.
        starts: taken one by one: two batched decompositions in one program can hang on a CPU of two
            cores.
        times: those of the curves.

    Returns:
        Three times the curves of all starts, each (runs, times).
    """
    ways = ((times, 1.0), (times, 1.01), (1.01 * times, 1.0))
    return [
        [np.stack(each) for each in zip(*(predict(s, *way) for s in starts), strict=True)]
        for way in ways
    ]


def to_limit(coarse: Any, middle: Any, fine: Any) -> Any:
    """The limit of what has terms linear and quadratic in a number, from three halvings of it."""
    return (coarse - 6 * middle + 8 * fine) / 3


@functools.partial(jax.jit, static_argnames="steps")
def _learned(w1: Array, w2: Array, x: Array, y: Array, step: Any, steps: int) -> Any:
    return jax.vmap(functools.partial(_of_one, step=step, steps=steps))(w1, w2, x, y)


def _of_one(w1: Array, w2: Array, x: Array, y: Array, step: Any, steps: int) -> Any:
    apply = rj.mlp([w1.shape[1], w1.shape[0], w2.shape[0]]).apply
    loss, batch = rj.half_squared_error(apply), rj.full_batch(x, y)
    start = {"w1": w1, "w2": w2}
    first = rj.empirical_ntk(apply, start, x, implementation=1, vmap_axes=0)

    def piece(params: Any, _: Any) -> tuple[Any, tuple[Array, Array, Array]]:
        kernel = rj.empirical_ntk(apply, params, x, implementation=1, vmap_axes=0)
        apart = kernel / jnp.linalg.norm(kernel) - first / jnp.linalg.norm(first)
        alignment = rj.kernel_alignment(first, kernel)
        now = alignment, jnp.sum(apart**2) / 2, loss(params, (x, y))
        learned = rj.train(loss, params, optax.sgd(step), batch, jax.random.key(0), steps)
        return learned.params, now

    _, (alignment, departure, losses) = jax.lax.scan(piece, start, None, POINTS)
    return alignment, departure, losses / losses[0]
