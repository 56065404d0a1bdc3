"""The vanilla recurrent network of the paper, without biases."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from .._checks import require_axes, require_choice, require_whole
from ..connectivity import gaussian_weights
from ._functional import Network, functional
from ._through import require_precision, through

RNN_ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh}
OUTPUTS = ("all", "last")


def rnn_activity(
    params: Mapping[str, Float[Array, "_ _"]],
    x: Float[Array, "n t n_in"],
    *,
    activation: str = "relu",
    leak: float | int = 0.0,
    precision: str = "highest",
) -> Float[Array, "n t N"]:
    r"""The hidden activity of a recurrent network over a batch of trials.

    $$h_0 = 0, \quad h_{t+1} = \phi(\rho h_t + (1 - \rho)(W_h h_t + W_x x_t))$$

    Args:
        params: "input" is $W_x$ (N, n_in), "recurrent" is $W_h$ (N, N), and "readout" is not used.
        x: the inputs of each trial and step.
        activation: $\phi$, "relu" or "tanh".
        leak: $\rho$, which is $1 - \Delta t / \tau$.
        precision: of its matrix products and of their gradients, "highest" or "default". At
            "default" they are rounded as JAX has it on the device, which on GPUs and TPUs may keep
            ten or seven bits of their factors.

    Returns:
        $h_1$ to $h_T$: what each step's output is read from.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, its recurrent network.
    """
    phi = RNN_ACTIVATIONS[require_choice("activation", activation, tuple(RNN_ACTIVATIONS))]
    require_precision(precision)
    x = require_axes("x", x, "n", "t", "n_in")
    n_in = params["input"].shape[1]
    if x.shape[2] != n_in:
        raise ValueError(f"x has shape {x.shape}; allowed is (n, t, {n_in}).")
    width = params["recurrent"].shape[0]
    if params["recurrent"].shape != (width, width) or len(params["input"]) != width:
        raise ValueError(
            f"params['recurrent'] has shape {params['recurrent'].shape} and params['input'] "
            f"{params['input'].shape}; allowed are (N, N) and (N, n_in)."
        )
    # All steps in one product, which is several times faster than one for each.
    drive = through(x, params["input"], precision)
    hidden = jnp.zeros_like(drive[:, 0])
    states = []
    # Unrolled, because implementation 3 of neural-tangents knows no loops.
    for step in range(x.shape[1]):
        current = drive[:, step]
        # The first step starts from rest, where the recurrent product is zero.
        if step > 0:
            current = current + through(hidden, params["recurrent"], precision)
        if leak:
            current = leak * hidden + (1 - leak) * current
        hidden = phi(current)
        states.append(hidden)
    return jnp.stack(states, axis=1)


def rnn_apply(
    params: Mapping[str, Float[Array, "_ _"]],
    x: Float[Array, "n t n_in"],
    *,
    outputs: str = "all",
    activation: str = "relu",
    leak: float | int = 0.0,
    precision: str = "highest",
) -> Float[Array, "n *out"]:
    r"""The outputs $y_t = W_o h_{t+1}$ of a recurrent network over a batch of trials.

    Args:
        params: "input" is $W_x$ (N, n_in), "recurrent" is $W_h$ (N, N) and "readout" is $W_o$
            (k, N).
        x: the inputs of each trial and step.
        outputs: "all" steps or the "last" one.
        activation: "relu" or "tanh".
        leak: $\rho$.
        precision: of the matrix products, "highest" or "default", as in `rnn_activity`.

    Returns:
        The outputs, (n, t, k) for "all" and (n, k) for "last".

    Raises:
        ValueError: an argument is not as described above.

    Source: as `rnn_activity`.
    """
    require_choice("outputs", outputs, OUTPUTS)
    hidden = rnn_activity(params, x, activation=activation, leak=leak, precision=precision)
    read = hidden if outputs == "all" else hidden[:, -1]
    return through(read, params["readout"], precision)


class RNN(nnx.Module):
    r"""`rnn_apply` as a Flax module that draws its own weights.

    Its parameters are "input" (N, n_in) and "readout" (k, N), uniform in
    $\pm 1 / \sqrt{\text{fan-in}}$, and "recurrent" (N, N), Gaussian with standard deviation
    $g / \sqrt N$. A row holds what one unit receives, a column what it sends.

    Args:
        n_inputs: input channels.
        n_hidden: N.
        n_outputs: k.
        activation: "relu" or "tanh".
        leak: $\rho$, at least 0 and below 1.
        gain: $g$.
        precision: of the matrix products, "highest" or "default", as in `rnn_activity`.
        rngs: the random streams; "params" is used.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, with its gain of 1.25.
    """

    def __init__(
        self,
        n_inputs: int,
        n_hidden: int,
        n_outputs: int,
        *,
        activation: str = "relu",
        leak: float | int = 0.0,
        gain: float | int = 1.25,
        precision: str = "highest",
        rngs: nnx.Rngs,
    ):
        n_inputs = require_whole("n_inputs", n_inputs)
        n_hidden = require_whole("n_hidden", n_hidden)
        n_outputs = require_whole("n_outputs", n_outputs)
        self.activation = require_choice("activation", activation, tuple(RNN_ACTIVATIONS))
        if not 0 <= leak < 1:
            raise ValueError(f"leak is {leak!r}; allowed is at least 0 and below 1.")
        self.leak = leak
        self.precision = require_precision(precision)

        def uniform(rows: int, columns: int) -> nnx.Param:
            bound = columns**-0.5
            shape = (rows, columns)
            return nnx.Param(jax.random.uniform(rngs.params(), shape, minval=-bound, maxval=bound))

        self.input = uniform(n_hidden, n_inputs)
        self.recurrent = nnx.Param(gaussian_weights(rngs.params(), n_hidden, gain))
        self.readout = uniform(n_outputs, n_hidden)

    def __call__(self, x: Float[Array, "n t n_in"]) -> Float[Array, "n t k"]:
        """The outputs of every trial and step."""
        params = {name: getattr(self, name)[...] for name in ("input", "recurrent", "readout")}
        return rnn_apply(
            params, x, activation=self.activation, leak=self.leak, precision=self.precision
        )


def rnn(
    n_inputs: int,
    n_hidden: int,
    n_outputs: int,
    *,
    activation: str = "relu",
    leak: float | int = 0.0,
    gain: float | int = 1.25,
    precision: str = "highest",
) -> Network:
    """`RNN` as a pair of pure functions, with params of keys "input", "recurrent", "readout".

    Args and errors are those of `RNN`.
    """
    return functional(
        lambda rngs: RNN(
            n_inputs,
            n_hidden,
            n_outputs,
            activation=activation,
            leak=leak,
            gain=gain,
            precision=precision,
            rngs=rngs,
        )
    )
