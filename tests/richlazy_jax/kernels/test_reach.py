"""What a program's outputs depend on, against its own Jacobian."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from richlazy_jax.kernels._reach import reached

MATRIX = np.arange(1.0, 13).reshape(3, 4)


def loop(reverse):
    def run(x):
        def step(total, part):
            return total + part, 2 * total + part

        return jax.lax.scan(step, jnp.zeros(4), x, reverse=reverse)[1]

    return run


@pytest.mark.parametrize(
    "function",
    [
        loop(reverse=False),
        loop(reverse=True),
        lambda x: jnp.cumsum(x, 0),
        lambda x: (x @ MATRIX.T).T[:, ::-1],
        lambda x: jnp.stack([x[0], x[0] + x[2]], 1).reshape(2, 4),
        lambda x: jnp.pad(x[1:, ::2], ((1, 0), (0, 2))) + x.sum(1, keepdims=True),
        lambda x: jnp.concatenate([x[None, 1:], x[None, :1]], 1).squeeze(0),
        lambda x: jnp.einsum("ij,ij->i", x, MATRIX),
        lambda x: jnp.split(x, 2, axis=1)[1],
    ],
)
def test_marks_are_where_the_jacobian_is_not_zero(function):
    x = jnp.ones((3, 4))
    marks = np.int64(1) << np.arange(12).reshape(3, 4)
    (found,) = reached(jax.make_jaxpr(function)(x).jaxpr, [marks])
    jacobian = np.asarray(jax.jacrev(function)(x)).reshape(*found.shape, 12) != 0
    np.testing.assert_array_equal(found, (jacobian << np.arange(12)).sum(-1))


def test_an_operation_without_a_rule_hands_on_all_marks():
    marks = np.int64(1) << np.arange(3)
    (found,) = reached(jax.make_jaxpr(jnp.sort)(jnp.ones(3)).jaxpr, [marks])
    assert found.tolist() == [7, 7, 7]
