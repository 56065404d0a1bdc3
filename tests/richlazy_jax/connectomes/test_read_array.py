"""Saved matrices, and files that only look like them."""

import io
import zipfile

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from richlazy_jax.connectomes import read_connectome

W = np.array([[0.0, 2.0, 0.0], [1.0, 0.5, -5.0], [0.0, 0.0, 0.0]])
NAMES = ["a", "b", "c"]


def npy(array, **settings):
    file = io.BytesIO()
    np.save(file, array, **settings)
    return file.getvalue()


def npz(save=np.savez, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def sparse(matrix, **settings):
    file = io.BytesIO()
    scipy.sparse.save_npz(file, matrix, **settings)
    return file.getvalue()


@pytest.fixture
def read(tmp_path):
    def written(content, name, **settings):
        (tmp_path / name).write_bytes(content)
        return read_connectome(tmp_path / name, **settings)

    return written


GOOD = [
    ("w.npy", npy(W), {}, "012"),
    ("w.NPY", npy(np.asfortranarray(W)), {}, "012"),
    ("w.npy", npy(W), {"nodes": ["z", "x", "y"]}, "zxy"),
    ("w.npz", npz(weights=W), {}, "012"),
    ("w.npz", npz(weights=W, other=W + 1), {}, "012"),
    ("w.npz", npz(other=W + 1, mine=W), {"weight": "mine"}, "012"),
    ("w.npz", npz(adjacency=W, names=np.array(NAMES)), {}, "abc"),
    ("w.npz", npz(np.savez_compressed, weights=W, names=np.array(NAMES)), {}, "abc"),
    ("w.npz", sparse(scipy.sparse.csr_matrix(W)), {}, "012"),
    ("w.npz", sparse(scipy.sparse.csc_array(W), compressed=False), {}, "012"),
    ("w.npz", sparse(scipy.sparse.coo_array(W)), {"nodes": NAMES}, "abc"),
    ("w.npz", sparse(scipy.sparse.bsr_array(W, blocksize=(3, 1))), {}, "012"),
    ("w.npz", sparse(scipy.sparse.dia_array(W)), {}, "012"),
]


@pytest.mark.parametrize(("name", "content", "settings", "names"), GOOD)
def test_entry_i_j_is_from_j_to_i(read, name, content, settings, names):
    c = read(content, name, **settings)
    assert c.names == tuple(names)
    np.testing.assert_array_equal(c.weights, W)


def test_nodes_reorder_an_array_with_names(read):
    c = read(npz(weights=W, names=np.array(NAMES)), "w.npz", nodes=["c", "x", "a", "b"])
    assert c.names == ("c", "x", "a", "b")
    for to, i in (("a", 0), ("b", 1), ("c", 2)):
        for sender, j in (("a", 0), ("b", 1), ("c", 2)):
            assert c.weights[c.names.index(to), c.names.index(sender)] == W[i, j]
    assert not c.weights[1].any()
    assert not c.weights[:, 1].any()


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, np.float32, np.longdouble, bool, ">i4"])
def test_real_dtypes_become_float64(read, dtype):
    given = np.abs(W).astype(dtype)
    weights = read(npy(given), "w.npy").weights
    assert weights.dtype == np.float64
    np.testing.assert_array_equal(weights, given.astype(float))


def at(value, dtype=float):
    w = W.astype(dtype)
    w[1, 2] = value
    return w


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


TWICE = scipy.sparse.coo_array(([1.0, 2.0], ([1, 1], [2, 2])), shape=(3, 3))
WHOLE = npz(weights=W)
TEXT = b"pre,post\nA,B\n"
NAMED = npz(weights=W, names=np.array(NAMES))
CSR = {"format": b"csr", "shape": [3, 3], "data": [1.0, 2.0], "indices": [1, 2]}
BAD = [
    ("w.npy", npy(W[:2]), {}, r"w\.npy: weights has shape \(2, 3\); .*\(n, n\)"),
    ("w.npy", npy(W[0]), {}, r"weights has shape \(3,\)"),
    ("w.npy", npy(np.zeros((2, 2, 2))), {}, r"weights has shape \(2, 2, 2\)"),
    ("w.npy", npy(np.float64(3)), {}, r"weights has shape \(\)"),
    ("w.npy", npy(np.zeros((0, 0))), {}, r"nodes are 0"),
    ("w.npy", npy(W * 0), {}, r"zero everywhere"),
    ("w.npy", npy(at(np.nan)), {}, r"w\.npy: weights\[1, 2\] is nan; .*finite"),
    ("w.npy", npy(at(np.inf, np.float16)), {}, r"weights\[1, 2\] is inf; .*finite"),  # pyright: ignore[reportArgumentType]
    ("w.npy", npy(W + 0j), {}, r"weights has dtype complex128; .*real"),
    ("w.npy", npy(W.astype(str)), {}, r"weights has dtype <U32; .*real"),
    ("w.npy", npy(W.astype("m8[s]")), {}, r"weights has dtype timedelta64\[s\]; .*real"),
    ("w.npy", npy(W.astype(object), allow_pickle=True), {}, r"cannot be read.*without pickled"),
    ("w.npy", npy(W), {"weight": "weights"}, r"weight is 'weights'; allowed is None"),
    ("w.npy", npy(W), {"nodes": ["a", "b"]}, r"nodes has 2 names; allowed are 3"),
    ("w.npy", b"", {}, r"w\.npy cannot be read as \.npy: "),
    ("w.npy", TEXT, {}, r"cannot be read as \.npy: .*magic"),
    ("w.npy", WHOLE, {}, r"cannot be read as \.npy: .*magic"),
    ("w.npy", npy(W)[:-9], {}, r"cannot be read as \.npy: "),
    ("w.npy", npy(W)[:40], {}, r"cannot be read as \.npy: "),
    ("w.npz", b"", {}, r"cannot be read as \.npz: .*whole zip archive"),
    ("w.npz", TEXT, {}, r"cannot be read as \.npz: .*whole zip archive"),
    ("w.npz", npy(W), {}, r"cannot be read as \.npz: .*whole zip archive"),
    ("w.npz", WHOLE[:-30], {}, r"cannot be read as \.npz: "),
    ("w.npz", WHOLE.replace(W.tobytes(), W.tobytes()[::-1]), {}, r"cannot be read.*CRC"),
    ("w.npz", npz(a=W, b=W), {}, r"any of \['a', 'b'\]; .*named by weight="),
    ("w.npz", npz(names=np.array(NAMES)), {}, r"holds no array of weights; .*'weights'"),
    ("w.npz", zipped(), {}, r"holds no array of weights"),
    ("w.npz", zipped(weights=b"1 2\n3 4\n"), {}, r"weights has dtype \|S8; .*real"),
    ("w.npz", npz(weights=W), {"weight": "weight"}, r"weight is 'weight'; .*'weights'"),
    ("w.npz", npz(weights=W.astype(object)), {}, r"cannot be read.*without pickled"),
    ("w.npz", npz(weights=W, names=[1, 2, 3]), {}, r"names has dtype int64.*allowed are strings"),
    ("w.npz", npz(weights=W, names=["a", "b"]), {}, r"names .*shape \(2,\).*of shape \(3,\)"),
    ("w.npz", npz(weights=W, names=["a", "b", "a"]), {}, r"w\.npz: names\[2\] is 'a', as is names"),
    ("w.npz", npz(weights=W, names=["a", "", "b"]), {}, r"names\[1\] is ''"),
    ("w.npz", NAMED, {"nodes": ["a", "c", "bb"]}, r"names\[1\]: 'b' is not known; .*'bb'"),
    ("w.npz", sparse(TWICE), {}, r"weights\[1, 2\] is there twice; .*once"),
    ("w.npz", sparse(scipy.sparse.csr_array(W[:2])), {}, r"weights has shape \(2, 3\)"),
    ("w.npz", sparse(scipy.sparse.csr_array(at(np.nan))), {}, r"weights\[1, 2\] is nan"),
    ("w.npz", sparse(scipy.sparse.csr_array(W)), {"weight": "data"}, r"weight is 'data'; .*None"),
    ("w.npz", npz(**CSR, indptr=[0, 9, 2, 2]), {}, r"cannot be read as \.npz: "),
    ("w.npz", npz(**{**CSR, "indices": [1, 7]}, indptr=[0, 1, 2, 2]), {}, r"cannot be read"),
    ("w.npz", npz(format=b"what", shape=[3, 3], data=W), {}, r"cannot be read as \.npz: "),
]


@pytest.mark.parametrize(("name", "content", "settings", "message"), BAD)
def test_bad_input(no_shape_checks, read, name, content, settings, message):
    with pytest.raises(ValueError, match=message):
        read(content, name, **settings)


@given(st.sampled_from(["w.npy", "w.npz"]), st.data())
def test_any_damage_is_a_value_error_or_harmless(read, name, data):
    whole = {"w.npy": npy(W), "w.npz": sparse(scipy.sparse.csr_array(W))}[name]
    for _ in range(20):
        damaged = bytearray(whole)
        damaged[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        try:
            read(bytes(damaged), name)
        except ValueError as error:
            assert name in str(error)  # noqa: PT017
