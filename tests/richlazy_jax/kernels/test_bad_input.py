"""Every rejected argument is named, with its value and with what is allowed."""

import jax.numpy as jnp
import pytest

from richlazy_jax.kernels import empirical_ntk

pytestmark = pytest.mark.usefixtures("no_shape_checks")


def linear(params, x):
    return x @ params


GOOD = {"apply": linear, "params": jnp.ones((3, 2)), "x": jnp.ones((4, 3))}


def rejects(pattern, **changes):
    arguments = GOOD | changes
    with pytest.raises(ValueError, match=f"^{pattern}$"):
        empirical_ntk(
            arguments.pop("apply"), arguments.pop("params"), arguments.pop("x"), **arguments
        )


def test_the_arguments_that_are_changed_below_are_good():
    assert empirical_ntk(*GOOD.values()).shape == (4, 4, 2, 2)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (4, "4"),
        ("ntk", "'ntk'"),
        (True, "True"),
        (1.0, r"1\.0"),
        (None, "None"),
        ([1], r"\[1\]"),
    ],
)
def test_implementation(value, shown):
    rejects(
        rf"implementation is {shown}; allowed are 'auto', 'factors', 1, 2, 3 and 'jacobian'\.",
        implementation=value,
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1, "1"), (-1, "-1"), (False, "False"), (0.0, r"0\.0"), ((0, 0), r"\(0, 0\)"), ("0", "'0'")],
)
def test_vmap_axes(value, shown):
    rejects(rf"vmap_axes is {shown}; allowed are None and 0\.", vmap_axes=value)


def test_params_without_leaves():
    rejects(
        r"params has no leaves; allowed is a pytree with at least one array\.",
        params={"empty": None},
    )


@pytest.mark.parametrize("dtype", ["int32", "bool", "complex64"])
def test_params_that_are_not_real(dtype):
    rejects(
        rf"params\[1\] has dtype {dtype}; allowed are floating point dtypes\.",
        params=[jnp.ones((3, 2)), jnp.ones(2, dtype)],
    )


@pytest.mark.parametrize("name", ["x", "x2"])
def test_inputs_without_an_axis(name):
    rejects(
        rf"{name} has shape \(\); allowed is an array with at least one axis, the examples first\.",
        **{name: jnp.float32(1)},
    )


@pytest.mark.parametrize("name", ["x", "x2"])
@pytest.mark.parametrize("dtype", ["int32", "complex64"])
def test_inputs_that_are_not_real(name, dtype):
    rejects(
        rf"{name} has dtype {dtype}; allowed are floating point dtypes\.",
        **{name: jnp.ones((4, 3), dtype)},
    )


@pytest.mark.parametrize(("shape", "shown"), [((4, 2), r"\(2,\)"), ((4,), r"\(\)")])
def test_x2_of_another_trailing_shape(shape, shown):
    rejects(rf"x2 has trailing shape {shown}; allowed is that of x, \(3,\)\.", x2=jnp.ones(shape))


ALLOWED = "allowed is one floating point array whose first axis has length 4"


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (jnp.sum, r"shape \(\) and dtype float32"),
        (lambda y: y[1:], r"shape \(3, 2\) and dtype float32"),
        (jnp.transpose, r"shape \(2, 4\) and dtype float32"),
        (lambda y: y > 0, r"shape \(4, 2\) and dtype bool"),
    ],
)
def test_apply_with_an_array_of_another_kind(output, shown):
    rejects(
        rf"apply returns {shown} for x; {ALLOWED}, as x has\.",
        apply=lambda params, x: output(linear(params, x)),
    )


def test_apply_with_two_outputs():
    rejects(
        rf"apply returns \(.*shape=\(4, 2\).*,.*shape=\(4, 2\).*\) for x; {ALLOWED}\.",
        apply=lambda params, x: (linear(params, x), linear(params, x)),
    )


def test_apply_that_fits_x_alone():
    rejects(
        rf"apply returns shape \(5, 2\) and dtype float32 for x2; {ALLOWED}, as x2 has\.",
        apply=lambda params, x: jnp.ones((5, 2)) * params[0],
        x=jnp.ones((5, 3)),
        x2=jnp.ones((4, 3)),
    )
