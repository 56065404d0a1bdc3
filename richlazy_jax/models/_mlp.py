"""Fully connected networks without biases."""

import itertools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from .._checks import require_axes, require_choice, require_whole
from ._functional import Network, functional
from ._through import require_precision, through

ACTIVATIONS = {"linear": lambda x: x, "relu": jax.nn.relu, "tanh": jnp.tanh}


class MLP(nnx.Module):
    r"""A fully connected network, $f(x) = W_L\, \phi(W_{L-1} \cdots \phi(W_1 x))$, without biases.

    Its parameters are `w1` to `wL`, each of shape (out, in), drawn uniformly from
    $\pm 1 / \sqrt{\mathrm{in}}$.

    Args:
        widths: inputs, hidden widths, outputs; two or more numbers.
        activation: $\phi$, "linear", "relu" or "tanh".
        precision: of its matrix products and of their gradients, "highest" or "default". At
            "default" they are rounded as JAX has it on the device, which on GPUs and TPUs may keep
            ten or seven bits of their factors.
        rngs: the random streams; "params" is used.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513: the two-layer linear network of its theorems and
    the ReLU network of its figure 4.
    """

    def __init__(
        self,
        widths: Sequence[int],
        *,
        activation: str = "linear",
        precision: str = "highest",
        rngs: nnx.Rngs,
    ):
        if len(widths) < 2:
            raise ValueError(f"widths is {tuple(widths)!r}; allowed are two or more numbers.")
        widths = [require_whole(f"widths[{i}]", w) for i, w in enumerate(widths)]
        self.activation = require_choice("activation", activation, tuple(ACTIVATIONS))
        self.precision = require_precision(precision)
        self.n_inputs = widths[0]
        self.depth = len(widths) - 1
        for layer, (inputs, outputs) in enumerate(itertools.pairwise(widths), 1):
            bound = inputs**-0.5
            drawn = jax.random.uniform(
                rngs.params(), (outputs, inputs), minval=-bound, maxval=bound
            )
            setattr(self, f"w{layer}", nnx.Param(drawn))

    def __call__(self, x: Float[Array, "n inputs"]) -> Float[Array, "n outputs"]:
        """The outputs for inputs in rows."""
        x = require_axes("x", x, "n", "inputs")
        if x.shape[1] != self.n_inputs:
            raise ValueError(f"x has shape {x.shape}; allowed is (n, {self.n_inputs}).")
        phi = ACTIVATIONS[self.activation]
        for layer in range(1, self.depth):
            x = phi(through(x, getattr(self, f"w{layer}")[...], self.precision))
        return through(x, getattr(self, f"w{self.depth}")[...], self.precision)


def mlp(
    widths: Sequence[int], activation: str = "linear", *, precision: str = "highest"
) -> Network:
    """`MLP` as a pair of pure functions; its parameters are `{"w1": ..., "w2": ...}`.

    Args:
        widths: inputs, hidden widths, outputs.
        activation: "linear", "relu" or "tanh".
        precision: of its matrix products, "highest" or "default".

    Raises:
        ValueError: an argument is not as `MLP` needs it.
    """
    return functional(
        lambda rngs: MLP(widths, activation=activation, precision=precision, rngs=rngs)
    )
