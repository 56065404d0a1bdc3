"""Training in which every update ends within what is allowed, such as zeros and signs."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Real

from .._checks import require_axes


class Bounds(NamedTuple):
    """Between which numbers each entry of some weights has to stay, both allowed."""

    lower: Float[Array, "..."]
    upper: Float[Array, "..."]


class Projected(NamedTuple):
    """The state of an optimizer with a projection.

    - `inner`: that of the optimizer.
    - `kept`: what is kept of the start.
    """

    inner: Any
    kept: Any


def projected(
    optimizer: optax.GradientTransformation,
    project: Callable[[Any, Any], Any],
    keep: Callable[[Any], Any] = lambda start: None,
) -> optax.GradientTransformation:
    r"""An optimizer whose every update ends with a projection onto what is allowed.

    $$\theta_{k+1} = P(\theta_k + u_k; s), \qquad s = s(\theta_0),$$

    with the update $u_k$ that the optimizer would make and what is kept of the start, s. That is in
    the state of the optimizer, so that networks that are trained side by side, as by `train_runs`,
    each keep what was theirs. With plain gradient descent this is projected gradient descent.
    Momentum and other averages of gradients are the optimizer's own and are not projected: an entry
    that is held at 0 may have gathered speed, and takes some updates to turn around.

    Args:
        optimizer: any of optax.
        project: called as `project(params, kept)` with the parameters after an update; gives those
            that are allowed, in the same shapes. `optax.projections` has many.
        keep: called as `keep(params)` with the parameters at the start; what it gives, a pytree of
            arrays, is passed to `project`. The default keeps nothing.

    Raises:
        ValueError: in an update, no params are given. `train` and `train_runs` give them.

    Source: D. P. Bertsekas (1976), "On the Goldstein-Levitin-Polyak gradient projection method",
    IEEE Transactions on Automatic Control 21:174.
    """

    def init(params: Any) -> Any:
        return Projected(optimizer.init(params), keep(params))

    def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        if params is None:
            raise ValueError(
                "params is None; allowed are the parameters that the update is made to."
            )
        updates, inner = optimizer.update(updates, state.inner, params)
        allowed = project(optax.apply_updates(params, updates), state.kept)
        return jax.tree.map(jnp.subtract, allowed, params), state._replace(inner=inner)

    return optax.GradientTransformation(init, update)


def weight_bounds(w: Real[Array, "n m"], *, zeros: bool = False, signs: bool = False) -> Bounds:
    r"""The bounds of weights that are to keep what they have at the start.

    `optax.projections.projection_box(w, *bounds)` is the projection onto them: it brings each entry
    to the nearest number that is allowed, so that what would cross 0 stops there.

    Entries that are not 0 keep their own sign, which in a matrix that follows Dale's law is that of
    their column. An entry that is 0 has none: it takes the sign of its column, if all others there
    have one, and is free if the column has both signs or no weight at all. With `zeros` as well it
    stays at 0.

    Args:
        w: the weights at the start. Rows receive, columns send. They may be traced or batched.
        zeros: whether entries that are 0 stay so.
        signs: whether no entry may take the opposite sign. It may come to 0, and go back.

    Returns:
        Lower and upper bounds, 0 or infinite.

    Raises:
        ValueError: w is no matrix.
    """
    w = require_axes("w", w, "n", "m")
    lower, upper = jnp.full_like(w, -jnp.inf), jnp.full_like(w, jnp.inf)
    if signs:
        excites, inhibits = (w > 0).any(axis=0), (w < 0).any(axis=0)
        positive = (w > 0) | ((w == 0) & excites & ~inhibits)
        negative = (w < 0) | ((w == 0) & inhibits & ~excites)
        lower, upper = jnp.where(positive, 0, lower), jnp.where(negative, 0, upper)
    if zeros:
        lower, upper = (jnp.where(w == 0, 0, bound) for bound in (lower, upper))
    return Bounds(lower, upper)
