"""Many linear networks drawn, trained and measured in one compiled program."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Key

import richlazy_jax as rj
import theory

# How many networks train at once; it bounds memory and changes no number.
CHUNK = 400
# How many updates one compiled program makes; longer training calls it again.
STEPS = 500
SIGMA = 1e-3
N_INPUTS, N_HIDDEN = 20, 30
# A network counts as trained when its loss fell to this share of the loss of a network that says 0.
LEARNED = 1e-6
# What "within rounding" means for a start of scale 1e-3 in float32: ten times its square.
ROUNDING = 1e-5
# How far a mean over networks may be from theory where one statement is told by itself.
STANDARD_ERRORS = 3.0


class Problem(NamedTuple):
    """One network and what it has to learn.

    - `weights`: W_1 to W_L, each of shape (out, in).
    - `x`, `y`: the data.
    - `facts`: what a prediction needs to know of this draw.
    """

    weights: list[Array]
    x: Float[Array, "m d"]
    y: Float[Array, "m k"]
    facts: dict[str, Any]


class Learned(NamedTuple):
    """What one network did.

    - `alignment`: kernel alignment of start and end, by empirical kernels.
    - `loss`: the loss at the end, as a share of that of a network that says 0.
    - `start`, `end`: both kernels.
    - `facts`: those of the problem.
    """

    alignment: Float[Array, " runs"]
    loss: Float[Array, " runs"]
    start: Float[Array, "runs m m k k"]
    end: Float[Array, "runs m m k k"]
    facts: dict[str, Any]


def learn_many(
    draw: Callable[..., Problem],
    key: Key[Array, ""],
    runs: int,
    *settings: Any,
    steps: int = STEPS,
    learning_rate: float = 0.1,
    batch_runs: int | None = None,
    first_run: int = 0,
) -> Learned:
    """Draw `runs` problems, train a network on each by gradient descent, measure.

    The i-th run depends on `key`, i and `settings` alone, not on how runs are batched or how many
    devices there are. Training and measuring are compiled once for all problems of one shape.

    Args:
        draw: called as `draw(key, *settings)`.
        key: a JAX random key.
        runs: how many.
        settings: arrays that tell one row from another, such as singular values.
        steps: updates on the full batch.
        learning_rate: their step.
        batch_runs: how many networks a device trains at once; None stands for its share of `CHUNK`.
        first_run: the number of the first.
    """
    devices = np.array(jax.local_devices())
    most = CHUNK if batch_runs is None else batch_runs * len(devices)
    chunk = -(-min(runs, most) // len(devices)) * len(devices)
    sharding = jax.sharding.NamedSharding(
        jax.sharding.Mesh(devices, ("runs",)), jax.sharding.PartitionSpec("runs")
    )
    settings = tuple(map(_plain, settings))
    parts = []
    for first in range(first_run, first_run + runs, chunk):
        keys = jax.vmap(functools.partial(jax.random.fold_in, key))(first + jnp.arange(chunk))
        # Not compiled as one, since its pieces are shared between draws and compile far sooner.
        drawn = jax.vmap(lambda k: draw(k, *settings))(jax.device_put(keys, sharding))
        problem = jax.tree.map(_plain, drawn)
        weights = problem.weights
        for done in range(0, steps, STEPS):
            piece = min(STEPS, steps - done)
            weights = _trained(weights, problem.x, problem.y, learning_rate, piece)
        parts.append(jax.device_get(_measured(problem, weights)))
    return jax.tree.map(lambda *p: np.concatenate(p)[:runs], *parts)


def extrapolated(
    draw: Callable[..., Problem], key: Key[Array, ""], runs: int, *settings: Any
) -> Learned:
    """Gradient flow, from gradient descent at three step sizes, by Richardson's extrapolation.

    Where data are not white gradient descent conserves the balance only up to terms linear and
    quadratic in its step, which this removes. The loss is the greatest of the three.
    """
    levels = [
        learn_many(draw, key, runs, *settings, steps=STEPS * n, learning_rate=0.1 / n)
        for n in (1, 2, 4)
    ]

    def limit(coarse: Any, middle: Any, fine: Any) -> Any:
        return (coarse - 6 * middle + 8 * fine) / 3

    return Learned(
        alignment=limit(*(level.alignment for level in levels)),
        loss=jnp.max(jnp.stack([level.loss for level in levels]), axis=0),
        start=levels[0].start,
        end=limit(*(level.end for level in levels)),
        facts=levels[0].facts,
    )


def _plain(number: Any) -> Array:
    # JAX compiles anew for a number whose type is only weakly known.
    return jnp.asarray(number, jnp.result_type(float))


def _network(weights: list[Array]) -> rj.Network:
    return rj.mlp([weights[0].shape[1], *(w.shape[0] for w in weights)])


def _named(weights: list[Array]) -> dict[str, Array]:
    return {f"w{i}": w for i, w in enumerate(weights, 1)}


@functools.partial(jax.jit, static_argnames="steps")
def _trained(
    weights: list[Array], x: Array, y: Array, learning_rate: Any, steps: int
) -> list[Array]:
    def of_one(weights: list[Array], x: Array, y: Array) -> list[Array]:
        loss = rj.half_squared_error(_network(weights).apply)
        batch, unused = rj.full_batch(x, y), jax.random.key(0)
        end = rj.train(loss, _named(weights), optax.sgd(learning_rate), batch, unused, steps).params
        return [end[name] for name in _named(weights)]

    return jax.vmap(of_one)(weights, x, y)


@jax.jit
@jax.vmap
def _measured(problem: Problem, end: list[Array]) -> Learned:
    apply = _network(end).apply
    kernel = functools.partial(rj.empirical_ntk, apply, x=problem.x, implementation=1, vmap_axes=0)
    before, after = kernel(_named(problem.weights)), kernel(_named(end))
    left = rj.half_squared_error(apply)(_named(end), (problem.x, problem.y))
    share = left / (0.5 * jnp.sum(problem.y**2))
    return Learned(rj.kernel_alignment(before, after), share, before, after, problem.facts)


def white_inputs(key: Key[Array, ""], d: int = N_INPUTS) -> Float[Array, "d d"]:
    """As many inputs as dimensions, random and orthonormal."""
    return rj.haar_orthonormal(key, d, d)


def white_problem(key: Key[Array, ""], w1: Array, w2: Array, beta: Array) -> Problem:
    """A start and the task `beta` of one output, on white inputs."""
    x = white_inputs(key, len(beta))
    y = jnp.matmul(x, beta[:, None], precision="highest")
    return Problem([w1, w2], x, y, {"factor": theory.kernel_factor(w1, w2), "beta": beta})


def readout_of_norm(key: Key[Array, ""], h: int, norm: Any) -> Float[Array, "1 h"]:
    """A readout in a random direction."""
    return norm * rj.haar_orthonormal(key, h, 1).T
