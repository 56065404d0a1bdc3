"""The vanilla recurrent network: the paper's, and with what else people train."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Key

from .._checks import require_axes, require_choice, require_whole
from ..connectivity import gaussian_weights
from ._functional import Network, functional
from ._recurrence import (
    WEIGHTS,
    Recurrence,
    drive_of,
    rates_of,
    recurrence,
    run_states,
    starting_state,
)
from ._through import through

OUTPUTS = ("all", "last")
INITIAL_STATES = ("zero", "trained")
# Steps run in pieces whose states are so large, so that the way back finds them in cache.
_PIECE_BYTES = 2**20


def rnn_activity(
    params: Mapping[str, Float[Array, "..."]],
    x: Float[Array, "n t n_in"],
    *,
    activation: str = "relu",
    leak: float | int = 0.0,
    leak_form: str = "paper",
    initial_state: Float[Array, "*n N"] | None = None,
    noise: float | int = 0.0,
    key: Key[Array, ""] | None = None,
    precision: str = "highest",
    unrolled: bool = False,
) -> Float[Array, "n t N"]:
    r"""The hidden activity of a recurrent network over a batch of trials.

    With the net input $a_t = W_h h_t + W_x x_t + b + \sigma \xi_t$, a leaky unit has one of three
    forms. With `leak_form` "paper", the default, it is that of Liu et al. (2024):

    $$h_{t+1} = \phi(\rho h_t + (1 - \rho) a_t).$$

    With "rate", the activity itself relaxes, and with "current" the input current $z$ does, as in
    most of theory:

    $$h_{t+1} = \rho h_t + (1 - \rho) \phi(a_t) \qquad \text{or} \qquad
        z_{t+1} = \rho z_t + (1 - \rho) a_t, \quad h_t = \phi(z_t).$$

    All three are one network at $\rho = 0$, but for the initial state.

    Args:
        params: "input" is $W_x$ (N, n_in) and "recurrent" is $W_h$ (N, N). "bias", $b$ (N,), and
            "initial_state" (N,) may be there too; without them both are 0. "readout" and
            "readout_bias" are not used.
        x: the inputs of each trial and step.
        activation: $\phi$, "relu" or "tanh".
        leak: $\rho$, at least 0 and below 1. With steps of $\Delta t$ and the time constant $\tau$
            it is $1 - \Delta t / \tau$.
        leak_form: "paper", "rate" or "current".
        initial_state: $h_0$, or $z_0$ for "current": one for all trials (N,) or one for each
            (n, N). Not together with one in `params`.
        noise: $\sigma$, the standard deviation of what is added to each unit's net input at each
            step of each trial, independent Gaussian numbers.
        key: a JAX random key for the noise; needed where `noise` is not 0.
        precision: of its matrix products and of their gradients, "highest" or "default". At
            "default" they are rounded as JAX has it on the device, which on GPUs and TPUs may keep
            ten or seven bits of their factors.
        unrolled: the same program without a loop over steps, for tools that see into none. It
            takes much longer to compile, and with many steps longer to run.

    Returns:
        $h_1$ to $h_T$: what each step's output is read from.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, its recurrent network; for the other forms K. D.
    Miller and F. Fumarola (2012), "Mathematical equivalence of two common forms of firing rate
    models of neural networks".
    """
    form = recurrence(activation, leak, leak_form, precision)
    rates = _rates(form, params, x, initial_state, noise, key, unrolled)
    return rates.swapaxes(0, 1)


def rnn_apply(
    params: Mapping[str, Float[Array, "..."]],
    x: Float[Array, "n t n_in"],
    *,
    outputs: str = "all",
    activation: str = "relu",
    leak: float | int = 0.0,
    leak_form: str = "paper",
    initial_state: Float[Array, "*n N"] | None = None,
    noise: float | int = 0.0,
    key: Key[Array, ""] | None = None,
    precision: str = "highest",
    unrolled: bool = False,
) -> Float[Array, "n *out"]:
    r"""The outputs $y_t = W_o h_{t+1} + c$ of a recurrent network over a batch of trials.

    Args:
        params: as in `rnn_activity`; "readout" is $W_o$ (k, N), and "readout_bias" is $c$ (k,),
            which is 0 without it.
        x: the inputs of each trial and step.
        outputs: "all" steps or the "last" one.
        activation, leak, leak_form, initial_state, noise, key, precision, unrolled: as in
            `rnn_activity`.

    Returns:
        The outputs, (n, t, k) for "all" and (n, k) for "last".

    Raises:
        ValueError: an argument is not as described above.

    Source: as `rnn_activity`.
    """
    require_choice("outputs", outputs, OUTPUTS)
    form = recurrence(activation, leak, leak_form, precision)
    rates = _rates(form, params, x, initial_state, noise, key, unrolled)
    # Steps first, so that not all activity but its few outputs are copied in another order.
    read = through(rates if outputs == "all" else rates[-1], params["readout"], precision)
    read = read.swapaxes(0, 1) if outputs == "all" else read
    return read + params["readout_bias"] if "readout_bias" in params else read


def _rates(
    form: Recurrence,
    params: Mapping[str, Array],
    x: Float[Array, "n t n_in"],
    initial_state: Float[Array, "*n N"] | None,
    noise: float | int,
    key: Key[Array, ""] | None,
    unrolled: bool,
) -> Float[Array, "t n N"]:
    """What the readout sees after each step."""
    x = require_axes("x", x, "n", "t", "n_in")
    start = starting_state(params, x, initial_state)

    def states_of(x: Array, start: Array | None) -> Array:
        drive = drive_of(params, x, noise=noise, key=key, precision=form.precision)
        return run_states(form, params["recurrent"], drive, start, unrolled=unrolled)

    n, steps, n_in = x.shape
    of_step = n * len(params["recurrent"]) * params["recurrent"].dtype.itemsize
    pieces = max(-(-steps * of_step // _PIECE_BYTES), 1)
    length = max(steps // pieces, 1)
    if length == steps or unrolled or noise:
        return rates_of(form, states_of(x, start))
    # The first piece has what the others, which are alike, leave over.
    first = steps - (steps - 1) // length * length
    states = states_of(x[:, :first], start)

    def piece(state: Array, x: Array) -> tuple[Array, Array]:
        states = states_of(x, state)
        return states[-1], states

    others = x[:, first:].reshape(n, -1, length, n_in).swapaxes(0, 1)
    later = jax.lax.scan(piece, states[-1], others)[1]
    later = later.reshape(steps - first, *states.shape[1:])
    return rates_of(form, jnp.concatenate([states, later]))


class RNN(nnx.Module):
    r"""`rnn_apply` without noise, as a Flax module that draws its own weights.

    Its parameters are "input" (N, n_in) and "readout" (k, N), uniform in
    $\pm 1 / \sqrt{\text{fan-in}}$, and "recurrent" (N, N), Gaussian with standard deviation
    $g / \sqrt N$. A row holds what one unit receives, a column what it sends. With biases there are
    "bias" (N,) and "readout_bias" (k,), and with a trained initial state "initial_state" (N,); all
    three start at 0.

    Args:
        n_inputs: input channels.
        n_hidden: N.
        n_outputs: k.
        activation: "relu" or "tanh".
        leak: $\rho$, at least 0 and below 1.
        leak_form: "paper", "rate" or "current", as in `rnn_activity`.
        biases: whether the hidden units and the readout have biases.
        initial_state: "zero", or "trained" for a parameter that all trials share.
        gain: $g$.
        precision: of the matrix products, "highest" or "default", as in `rnn_activity`.
        rngs: the random streams; "params" is used.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, with its gain of 1.25 and without biases.
    """

    def __init__(
        self,
        n_inputs: int,
        n_hidden: int,
        n_outputs: int,
        *,
        activation: str = "relu",
        leak: float | int = 0.0,
        leak_form: str = "paper",
        biases: bool = False,
        initial_state: str = "zero",
        gain: float | int = 1.25,
        precision: str = "highest",
        rngs: nnx.Rngs,
    ):
        n_inputs = require_whole("n_inputs", n_inputs)
        n_hidden = require_whole("n_hidden", n_hidden)
        n_outputs = require_whole("n_outputs", n_outputs)
        self.form = recurrence(activation, leak, leak_form, precision)
        require_choice("initial_state", initial_state, INITIAL_STATES)

        def uniform(rows: int, columns: int) -> nnx.Param:
            bound = columns**-0.5
            shape = (rows, columns)
            return nnx.Param(jax.random.uniform(rngs.params(), shape, minval=-bound, maxval=bound))

        self.input = uniform(n_hidden, n_inputs)
        self.recurrent = nnx.Param(gaussian_weights(rngs.params(), n_hidden, gain))
        self.readout = uniform(n_outputs, n_hidden)
        if biases:
            self.bias = nnx.Param(jnp.zeros(n_hidden))
            self.readout_bias = nnx.Param(jnp.zeros(n_outputs))
        if initial_state == "trained":
            self.initial_state = nnx.Param(jnp.zeros(n_hidden))

    def __call__(self, x: Float[Array, "n t n_in"]) -> Float[Array, "n t k"]:
        """The outputs of every trial and step."""
        params = {name: getattr(self, name)[...] for name in WEIGHTS if hasattr(self, name)}
        return rnn_apply(params, x, **self.form._asdict())


def rnn(
    n_inputs: int,
    n_hidden: int,
    n_outputs: int,
    *,
    activation: str = "relu",
    leak: float | int = 0.0,
    leak_form: str = "paper",
    biases: bool = False,
    initial_state: str = "zero",
    gain: float | int = 1.25,
    precision: str = "highest",
) -> Network:
    """`RNN` as a pair of pure functions, with params of keys "input", "recurrent", "readout".

    Args, further keys of params and errors are those of `RNN`.
    """
    return functional(
        lambda rngs: RNN(
            n_inputs,
            n_hidden,
            n_outputs,
            activation=activation,
            leak=leak,
            leak_form=leak_form,
            biases=biases,
            initial_state=initial_state,
            gain=gain,
            precision=precision,
            rngs=rngs,
        )
    )
