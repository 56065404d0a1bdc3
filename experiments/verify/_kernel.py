"""Section 1: the two-layer kernel, and what gradient flow conserves."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import richlazy_jax as rj
import theory

from ..kinds.linear import N_HIDDEN, N_INPUTS
from ._row import Row, exact_row

OUTPUTS = 3


def check_kernel(key: Any, runs: int, quick: bool) -> Iterator[Row]:
    """The formula against every implementation of the empirical kernel, and the balance's rate."""
    # No training here, so a few draws say all that many would.
    keys = jax.random.split(key, min(runs, 20))
    network = rj.mlp((N_INPUTS, N_HIDDEN, OUTPUTS))
    x = jax.vmap(lambda k: jax.random.normal(k, (8, N_INPUTS)))(keys)
    params = jax.vmap(network.init)(keys)
    formula = jax.jit(jax.vmap(theory.two_layer_ntk))(params["w1"], params["w2"], x)
    for implementation in (1, 2, 3, "jacobian"):

        def kernel(p: Any, inputs: Any, implementation: Any = implementation) -> Any:
            return rj.empirical_ntk(network.apply, p, inputs, implementation=implementation)

        empirical = np.asarray(jax.jit(jax.vmap(kernel))(params, x))
        axes = (1, 2, 3, 4)
        off = np.abs(empirical - formula).max(axes) / np.abs(empirical).max(axes)
        yield exact_row(
            0.0,
            off,
            name=f"kernel-{implementation}",
            statement="Two-layer kernel",
            setting=f"{OUTPUTS} outputs, implementation {implementation}",
            quantity="relative error",
        )
    y = jax.vmap(lambda k: jax.random.normal(k, (8, OUTPUTS)))(keys)

    def rate(p: Any, inputs: Any, targets: Any) -> Any:
        flow = jax.grad(rj.half_squared_error(network.apply))(p, (inputs, targets))
        _, change = jax.jvp(theory.balance, (p["w1"], p["w2"]), (flow["w1"], flow["w2"]))
        still = jnp.zeros_like(p["w2"])
        _, half = jax.jvp(theory.balance, (p["w1"], p["w2"]), (flow["w1"], still))
        return jnp.linalg.norm(change) / jnp.linalg.norm(half)

    yield exact_row(
        0.0,
        jax.jit(jax.vmap(rate))(params, x, y),
        name="conservation",
        statement="Conserved balance",
        setting=f"{OUTPUTS} outputs, any data, along the gradient",
        quantity="relative rate",
    )
