"""Power sums, leading triplets and motifs of sparse matrices, against dense decompositions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

import richlazy_jax as rj
from richlazy_jax.spectra import (
    _power_sums,
    leading_singular_triplets,
    participation_ratio,
    power_sums,
    product_multiplications,
    whole_spectra,
)

SIZES, SEEDS = st.integers(3, 200), st.integers(0, 999)
DENSITIES = st.sampled_from([0.02, 0.1, 0.5, 1.0])


def graph(size, density, seed, scale=1.0):
    """A random sparse matrix with heavy-tailed weights of both signs, and at least one."""
    rng = np.random.default_rng(seed)
    w = random_array((size, size), density=density, rng=rng).tolil()
    w[1, 0] = 1.0
    w = csr_array(w)
    w.data = scale * rng.standard_t(3, len(w.data))
    return w


@given(SIZES, DENSITIES, SEEDS, st.sampled_from([1e-60, 1.0, 1e60]))
def test_power_sums_are_those_of_the_singular_values(size, density, seed, scale):
    w = graph(size, density, seed, scale)
    s = np.linalg.svd(w.toarray(), compute_uv=False)
    found = power_sums(w)
    np.testing.assert_allclose(found.first, np.sum(s**2), rtol=1e-12)
    np.testing.assert_allclose(found.second, np.sum(s**4), rtol=1e-12)
    ratio = np.sum(s**2) ** 2 / np.sum(s**4)
    np.testing.assert_allclose(found.participation_ratio, ratio, rtol=1e-12)
    # A dense matrix is the same matrix, and so is its transpose.
    assert power_sums(w.toarray()) == found
    np.testing.assert_allclose(power_sums(w.T).second, found.second, rtol=1e-12)


@given(st.integers(3, 60), DENSITIES, SEEDS)
def test_dense_and_sparse_products_agree(size, density, seed):
    w = graph(size, density, seed)
    s = np.linalg.svd(w.toarray(), compute_uv=False)
    for largest in (0, 60):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_power_sums, "LARGEST_DENSE", largest)
            patch.setattr(_power_sums, "DENSE_FASTER", np.inf)
            for each in (w, w.T):
                found = power_sums(each)
                np.testing.assert_allclose(found.second, np.sum(s**4), rtol=1e-12)


def test_multiplications_are_counted():
    w = graph(50, 0.1, 0)
    dense = (w.toarray() != 0).astype(float)
    counts = [np.sum((dense @ dense.T) * 1.0), np.sum((dense.T @ dense) * 1.0)]
    assert product_multiplications(w) == min(counts)


@given(st.integers(3, 60), SEEDS, st.sampled_from([1e-300, 1e-150, 1e150, 1e307]))
def test_a_ratio_has_no_scale(size, seed, scale):
    w = graph(size, 0.2, seed)
    w.data /= np.abs(w.data).max()
    np.testing.assert_allclose(participation_ratio(w * scale), participation_ratio(w), rtol=1e-9)


def test_what_has_no_ratio():
    assert participation_ratio(csr_array((4, 4))) == 0
    with pytest.raises(ValueError, match="fourth powers"):
        power_sums(np.eye(3) * 1e100)
    with pytest.raises(ValueError, match="fourth powers"):
        power_sums(np.eye(3) * 1e-100)


@pytest.mark.parametrize("size", [3, 60, 200, 230])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_leading_triplets(size, scale):
    count = min(5, size - 1)
    w = graph(size, 0.1, size, scale)
    u, s, vt = np.linalg.svd(w.toarray())
    found = leading_singular_triplets(w, count)
    np.testing.assert_allclose(found.values, s[:count], rtol=1e-8, atol=1e-12 * s[0])
    apart = np.flatnonzero(-np.diff(s)[:count] > 1e-3 * s[0])[:1]
    for i in apart[apart == 0]:
        assert abs(found.left[:, i] @ u[:, i]) == pytest.approx(1, abs=1e-6)
        assert abs(found.right[:, i] @ vt[i]) == pytest.approx(1, abs=1e-6)
    off = w.toarray() / scale @ found.right - found.left * found.values / scale
    assert (np.linalg.norm(off, axis=0) <= found.residuals / scale * (1 + 1e-6) + 1e-13).all()
    # A singular value lies as near as that.
    distance = np.abs(s[:, None] - found.values).min(axis=0)
    assert (distance <= found.residuals + 1e-12 * s[0]).all()
    again = leading_singular_triplets(w, count)
    np.testing.assert_array_equal(again.left, found.left)


@given(st.integers(3, 80), DENSITIES, SEEDS)
def test_motifs_of_sparse_matrices_are_those_of_dense_ones(x64, size, density, seed):
    w = graph(size, density, seed)
    if not (w.toarray() * (1 - np.eye(size))).any():
        return
    sparse, dense = rj.measured_motifs(w), rj.measured_motifs(w.toarray())
    np.testing.assert_allclose(np.array(sparse), np.array(dense), rtol=1e-12, atol=1e-12)


def test_stored_zeros_and_repeated_entries_are_read_as_what_they_are():
    data, rows, columns = [1.0, 2.0, 5.0, -5.0, 0.0], [0, 0, 1, 1, 2], [1, 1, 2, 2, 0]
    w = csr_array((data, columns, [0, 2, 4, 5]), (3, 3))
    assert list(np.repeat(range(3), np.diff(w.indptr))) == rows
    assert w.nnz == 5
    assert power_sums(w) == power_sums([[0, 3, 0], [0, 0, 0], [0, 0, 0]])
    assert w.nnz == 5
    assert rj.measured_motifs(w).probability == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("w", "message"),
    [
        (np.ones((2, 3)), r"w has shape \(2, 3\); allowed is \(n, n\)"),
        (np.ones(3), r"w has shape \(3,\)"),
        (np.array([[0, np.nan], [1, 0]]), "w holds nan; allowed are finite numbers"),
        (csr_array(np.array([[0, np.inf], [1, 0]])), "w holds inf"),
        (np.ones((2, 2)) * 1j, "w has dtype complex128; allowed are real numbers"),
    ],
)
def test_bad_matrices_are_refused(w, message):
    for function in (power_sums, participation_ratio, leading_singular_triplets):
        with pytest.raises(ValueError, match=message):
            function(w)


def test_bad_counts_are_refused():
    with pytest.raises(ValueError, match="count is 3; allowed is below n, which is 3"):
        leading_singular_triplets(np.eye(3), 3)
    with pytest.raises(ValueError, match="tolerance is -1"):
        leading_singular_triplets(np.eye(3), 1, -1.0)


def test_whole_spectra_of_a_matrix_without_eigenvalues():
    found = whole_spectra(np.triu(np.ones((1, 4, 4)), 1))
    assert np.isnan(found["eigenvalue_area"][0])
