"""The recurrent kernel and its alignment at any size of readout, states and inputs."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj

NAMES = ("input", "recurrent", "readout")
SUBSETS = [s for size in (1, 2, 3) for s in itertools.combinations(NAMES, size)]
# How far a power of ten may go in float32, where states grow and shrink over steps as well.
MOST, OF_STATES = 30, 28


def jacobian(params, trial, wrt, outputs, activation, leak):
    """The derivatives of the outputs of one trial, carried forward in float64."""
    w, v, readout = (np.asarray(params[name], float) for name in ("recurrent", "input", "readout"))
    width, n_out = len(w), len(readout)
    hidden, slopes, rows = np.zeros(width), {}, []
    for x in np.asarray(trial, float):
        a = leak * hidden + (1 - leak) * (w @ hidden + v @ x)
        slope = (a > 0) * 1.0 if activation == "relu" else 1 / np.cosh(a) ** 2
        for name, factor in (("input", x), ("recurrent", hidden)):
            own = np.kron(np.eye(width), factor)
            by_state = slopes.get(name, np.zeros_like(own))
            through = leak * by_state + (1 - leak) * (w @ by_state + own)
            slopes[name] = slope[:, None] * through
        hidden = np.maximum(a, 0) if activation == "relu" else np.tanh(a)
        found = {name: readout @ slopes[name] for name in slopes}
        found["readout"] = np.kron(np.eye(n_out), hidden)
        rows.append(np.concatenate([found[name] for name in wrt], axis=1))
    return np.concatenate(rows if outputs == "all" else rows[-1:])


def kernel_of(params, x, x2=None, **options):
    first, second = (
        [jacobian(params, trial, **options) for trial in np.asarray(trials)]
        for trials in (x, x if x2 is None else x2)
    )
    return np.array([[a @ b.T for b in second] for a in first])


def drawn(rng, activation, width, n_in, n_out, of_inputs):
    """A network of random size, whose states stay within range and whose tanh does not saturate."""
    highest = OF_STATES if activation == "relu" else 0
    of_states = rng.integers(
        max(-OF_STATES, of_inputs - MOST), min(highest, of_inputs + MOST), endpoint=True
    )
    powers = {"input": of_states - of_inputs, "recurrent": 0, "readout": rng.integers(-MOST, MOST)}
    shapes = {"input": (width, n_in), "recurrent": (width, width), "readout": (n_out, width)}
    params = {
        name: jnp.asarray(
            rng.normal(size=shape) / shape[1] ** 0.5 * 10.0 ** powers[name], jnp.float32
        )
        for name, shape in shapes.items()
    }
    return params, of_states


@given(
    seed=st.integers(0, 2**31),
    sizes=st.tuples(st.integers(1, 4), *[st.integers(1, 3)] * 2),
    width=st.integers(3, 7),
    n_steps=st.integers(2, 9),
    n_second=st.none() | st.integers(1, 3),
    wrt=st.sampled_from(SUBSETS),
    outputs=st.sampled_from(["all", "last"]),
    activation=st.sampled_from(["relu", "tanh"]),
    leak=st.sampled_from([0.0, 0.3]),
    block=st.none() | st.integers(1, 3),
)
@pytest.mark.slow
def test_right_at_any_size(
    seed, sizes, width, n_steps, n_second, wrt, outputs, activation, leak, block
):
    n, n_in, n_out = sizes
    options = {"wrt": wrt, "outputs": outputs, "activation": activation, "leak": leak}
    aligned = jax.jit(functools.partial(rj.recurrent_kernel_alignment, block=block, **options))
    kernel = jax.jit(functools.partial(rj.recurrent_ntk, block=block, **options))
    rng = np.random.default_rng(seed)
    # Compiling takes most of the time, so each program is used for several sizes.
    for _ in range(5):
        of_inputs = rng.integers(-MOST, MOST, endpoint=True)
        # Trials of unlike sizes too, some of which vanish beside others.
        smaller = 10.0 ** -rng.choice([0, 0, 3, 20], size=(n + (n_second or 0), 1, 1))
        smaller = smaller if of_inputs > 0 else 1
        both = rng.normal(size=(n + (n_second or 0), n_steps, n_in)) * 10.0**of_inputs * smaller
        x, x2 = jnp.asarray(both[:n], jnp.float32), jnp.asarray(both[n:], jnp.float32)
        x2 = None if n_second is None else x2
        shape = width, n_in, n_out, of_inputs
        (before, of_states), (after, _) = (drawn(rng, activation, *shape) for _ in range(2))

        first, second = (kernel_of(params, x, x2, **options) for params in (before, after))
        with np.errstate(invalid="ignore"):
            cosine = np.sum(first * second) / np.linalg.norm(first) / np.linalg.norm(second)
        # Where a kernel vanishes, which all units silent can bring about, both are nan.
        np.testing.assert_allclose(aligned(before, after, x, x2=x2), cosine, rtol=1e-5, atol=1e-5)

        # A readout that brings the kernel back into range.
        power = 10.0 ** -np.clip(of_states, -MOST, MOST)
        fitting = {**before, "readout": after["readout"] / jnp.max(abs(after["readout"])) * power}
        wanted = kernel_of(fitting, x, x2, **options)
        largest = np.abs(wanted).max()
        if largest == 0 or 1e-30 < largest < 1e37:
            found = np.asarray(kernel(fitting, x, x2=x2), float)
            if outputs == "all":
                found = found.transpose(0, 1, 2, 4, 3, 5).reshape(wanted.shape)
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * largest)


def small_networks(n_out=2):
    rng = np.random.default_rng(1)
    return [drawn(rng, "tanh", 6, 2, n_out, 0)[0] for _ in range(2)], jnp.asarray(
        rng.normal(size=(5, 6, 2)), jnp.float32
    )


@pytest.mark.slow
def test_powers_of_two_change_nothing_and_gradients_follow_them():
    (before, after), x = small_networks()
    measure = jax.jit(
        jax.vmap(
            jax.value_and_grad(
                lambda one, other: rj.recurrent_kernel_alignment(one, other, x, block=2)
            )
        )
    )
    readout = before["readout"] / jnp.max(abs(before["readout"]))
    powers = 2.0 ** jnp.arange(-96.0, 97.0, 48.0)
    many = {name: jnp.stack([leaf] * len(powers)) for name, leaf in before.items()}
    many["readout"] = readout * powers[:, None, None]
    others = {name: jnp.stack([leaf] * len(powers)) for name, leaf in after.items()}
    others["readout"] = others["readout"] * powers[::-1, None, None]
    values, slopes = measure(many, others)
    np.testing.assert_array_equal(values, values[2])
    assert np.abs(slopes["readout"][2]).max() > 1e-3
    for slope, power in zip(slopes["readout"], powers, strict=True):
        np.testing.assert_array_equal(slope * power, slopes["readout"][2])
    for slope in slopes["recurrent"]:
        np.testing.assert_array_equal(slope, slopes["recurrent"][2])


@pytest.mark.parametrize("n_steps", [3, 12])
def test_states_that_outgrow_floats_give_no_number(n_steps):
    (before, _), x = small_networks()
    before["recurrent"] = before["recurrent"] * 1e30
    x = jnp.concatenate([x, x], axis=1)[:, :n_steps]
    assert np.isnan(rj.recurrent_kernel_alignment(before, before, 1e9 * x))


def test_saturated_units_keep_their_digits():
    """Arguments of 6 to 9, at which 1 - tanh^2 in float32 is off by up to its own size."""
    width = 4
    params = {
        "input": jnp.linspace(6.0, 9.0, width)[:, None],
        "recurrent": jnp.eye(width) / 8,
        "readout": jnp.ones((1, width)),
    }
    x = jnp.asarray([[[1.0], [-1.0], [0.97]], [[1.02], [1.0], [-1.0]]])
    options = {"wrt": ("input",), "outputs": "all", "activation": "tanh", "leak": 0.0}
    wanted = kernel_of(params, x, **options)
    found = np.asarray(rj.recurrent_ntk(params, x, **options))[..., 0, 0]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
