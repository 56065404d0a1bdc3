"""Alignment of kernels with targets beside explicit centring, in both layouts."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj


def expected(kernel, y):
    centre = np.eye(len(y)) - 1 / len(y)
    k, t = (centre @ a @ centre for a in (kernel, y @ y.T))
    return np.trace(k @ t) / np.linalg.norm(k) / np.linalg.norm(t)


@given(st.integers(2, 7), st.integers(1, 3), st.integers(1, 3), st.integers(0, 99))
def test_is_the_cosine_of_centred_kernels_summed_over_equal_outputs(x64, n, steps, outputs, seed):
    rng = np.random.default_rng(seed)
    j = rng.standard_normal((n, steps, outputs, 5))
    y = rng.standard_normal((n, steps, outputs))
    # In the layout of `empirical_ntk`: examples, then steps, then outputs, each twice.
    kernel = np.einsum("iap,jbp->ijab", j.reshape(n, -1, 5), j.reshape(n, -1, 5))
    kernel = kernel.reshape(n, n, steps, outputs, steps, outputs).transpose(0, 1, 2, 4, 3, 5)
    summed = sum(j[:, t, k] @ j[:, t, k].T for t in range(steps) for k in range(outputs))
    wanted = expected(summed, y.reshape(n, -1))
    for each in (kernel, summed):
        found = rj.kernel_target_alignment(jnp.asarray(each), jnp.asarray(y))
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


def test_the_kernel_of_the_targets_is_aligned_whatever_is_common():
    y = jnp.asarray(np.eye(3)[[0, 1, 2, 2, 1]], jnp.float32)
    np.testing.assert_allclose(rj.kernel_target_alignment(y @ y.T + 5.0, y - 2.0), 1, rtol=1e-5)
    assert np.isnan(rj.kernel_target_alignment(y @ y.T, jnp.ones(5)))


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_size_does_not_matter(scale):
    rng = np.random.default_rng(1)
    a, y = (jnp.asarray(rng.standard_normal(shape), jnp.float32) for shape in ((6, 4), (6, 2)))
    usual = rj.kernel_target_alignment(a @ a.T, y)
    found = rj.kernel_target_alignment(scale * (a @ a.T), y / scale)
    np.testing.assert_allclose(found, usual, rtol=1e-5)


BAD = [
    (np.ones((3, 4)), np.ones(3), r"kernel has shape \(3, 4\); allowed are axes in pairs"),
    (np.ones((3, 3, 2)), np.ones(3), r"kernel has shape \(3, 3, 2\)"),
    (np.ones((3, 3)), np.ones(4), r"targets has shape \(4,\); allowed are 3 rows"),
]


@pytest.mark.parametrize(("kernel", "targets", "message"), BAD)
def test_bad_input(no_shape_checks, kernel, targets, message):
    with pytest.raises(ValueError, match=message):
        rj.kernel_target_alignment(jnp.asarray(kernel), jnp.asarray(targets))
