"""Saved matrices of every format, and files that only look like them."""

import io
import zipfile

import h5py
import numpy as np
import pytest
import scipy.io
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


def mat(**how):
    file = io.BytesIO()
    arrays = how.pop("arrays")
    scipy.io.savemat(file, arrays, **how)
    return file.getvalue()


def mtx(matrix, **how):
    file = io.BytesIO()
    scipy.io.mmwrite(file, matrix, **how)
    return file.getvalue()


def mat_7_3():
    """As MATLAB writes it: HDF5, in which arrays stand turned, and names in cells."""
    file = io.BytesIO()
    with h5py.File(file, "w") as opened:
        opened["W"] = W.T
        opened["W"].attrs["MATLAB_class"] = b"double"
        cells = []
        for k, name in enumerate(NAMES):
            opened[f"#refs#/{k}"] = np.array([[ord(letter)] for letter in name], np.uint16)
            opened[f"#refs#/{k}"].attrs["MATLAB_class"] = np.bytes_(b"char")
            cells.append([opened[f"#refs#/{k}"].ref])
        opened.create_dataset("names", data=cells, dtype=h5py.ref_dtype)
        opened["names"].attrs["MATLAB_class"] = b"cell"
    return file.getvalue()


def sparse_mat_7_3():
    file = io.BytesIO()
    columns = scipy.sparse.csc_array(W)
    with h5py.File(file, "w") as opened:
        group = opened.create_group("S")
        group.attrs["MATLAB_sparse"] = np.uint64(3)
        group["data"], group["ir"] = columns.data, columns.indices.astype(np.uint64)
        group["jc"] = columns.indptr.astype(np.uint64)
    return file.getvalue()


def said(c):
    return " ".join(c.said)


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
    ("w.npz", npz(W=W, signs=np.ones(3), node_ids=np.arange(7, 10)), {}, "012"),
    ("w.npz", npz(W=W, ids=np.arange(7, 10)), {"names": "ids"}, "789"),
    ("w.npz", npz(W=W, labels=np.array([b"a", b"b", b"c"])), {}, "abc"),
    ("w.mat", mat(arrays={"W": W}), {}, "012"),
    ("w.mat", mat(arrays={"W": W}, format="4"), {}, "012"),
    ("w.mat", mat(arrays={"W": W, "D": W + 1}, do_compression=True), {"weight": "W"}, "012"),
    ("w.mat", mat(arrays={"W": W, "names": np.array(NAMES, object)}), {}, "abc"),
    ("w.mat", mat(arrays={"W": W, "names": NAMES}), {}, "abc"),
    ("w.mat", mat(arrays={"W": scipy.sparse.csc_array(W)}), {}, "012"),
    ("w.mat", mat_7_3(), {}, "abc"),
    ("w.mat", sparse_mat_7_3(), {}, "012"),
    ("w.mtx", mtx(scipy.sparse.coo_array(W)), {}, "012"),
    ("w.mtx", mtx(W), {"nodes": ["z", "x", "y"]}, "zxy"),
]


@pytest.mark.parametrize(("name", "content", "settings", "names"), GOOD)
def test_entry_i_j_is_from_j_to_i(read, name, content, settings, names):
    c = read(content, name, **settings)
    assert c.names == tuple(names)
    np.testing.assert_array_equal(c.weights, W)
    assert "Rows are assumed to receive" in said(c)
    turned = read(content, name, rows="send", **settings)
    np.testing.assert_array_equal(turned.weights, W.T)


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


OTHER_SIGNS = {"gaba": 1, "ach": -1}
TWICE = scipy.sparse.coo_array(([1.0, 2.0], ([1, 1], [2, 2])), shape=(3, 3))


def test_ids_are_whole_numbers_or_text(read):
    ids = np.array([720575940600000001, 720575940600000002, 720575940600000003])
    for names in (ids, ids.astype(np.uint64), ids.astype(str), ids.astype("S"), ids.astype(object)):
        archive = npz(weights=W, names=names) if names.dtype != object else None
        content = archive or mat(arrays={"W": W, "names": ids.astype(str).astype(object)})
        c = read(content, "w.npz" if archive else "w.mat")
        assert c.names == tuple(map(str, ids))


def test_names_are_the_lines_of_a_file(read, tmp_path):
    (tmp_path / "names.txt").write_text("a\nb\n\nc\n")
    c = read(npy(W), "w.npy", names=str(tmp_path / "names.txt"))
    assert c.names == ("a", "b", "c")
    assert "Names are from 'names.txt'." in c.said
    with pytest.raises(ValueError, match=r"names is 'none\.txt', which is no array.*name in each"):
        read(npy(W), "w.npy", names="none.txt")


def test_signs_and_names_of_an_archive(read):
    positive = np.abs(W)
    arrays = {"W": positive, "signs": np.array([1, -1, 1], np.int8), "nt": ["ACH", "GABA", "ach"]}
    c = read(npz(**arrays), "w.npz")
    assert "Arrays not used: signs, nt; names= and sign= may use 'signs', 'nt'." in c.said
    for key in ("signs", "nt"):
        c = read(npz(**arrays), "w.npz", sign=key)
        np.testing.assert_array_equal(c.weights, positive * [1, -1, 1])
    other = read(
        npz(**arrays), "w.npz", sign="nt", rows="send", transmitters={"gaba": 1, "ach": -1}
    )
    np.testing.assert_array_equal(other.weights, positive.T * [-1, 1, -1])


def test_rows_of_the_brain_connectivity_toolbox_send(read):
    c = read(mat(arrays={"CIJ": W, "Names": np.array(NAMES)}), "macaque.mat")
    np.testing.assert_array_equal(c.weights, W.T)
    assert c.names == tuple(NAMES)
    assert "Rows send: 'CIJ' is what the Brain Connectivity Toolbox calls its matrices." in c.said
    received = read(mat(arrays={"CIJ": W}), "macaque.mat", rows="receive")
    np.testing.assert_array_equal(received.weights, W)


@pytest.mark.parametrize("turned", [False, True])
def test_signs_show_which_way_round_a_matrix_is(read, turned):
    rng = np.random.default_rng(0)
    columns_of_one_sign = rng.random((6, 6)) * [1, 1, -1, 1, -1, 1]
    words = "Each row has one sign and columns have both: it looks as if rows send"
    given = columns_of_one_sign.T if turned else columns_of_one_sign
    assert (words in said(read(npy(given), "w.npy"))) == turned
    assert words not in said(read(npy(given), "w.npy", rows="send" if turned else "receive"))


def test_matrix_market_of_every_kind(read):
    symmetric = W + W.T
    c = read(mtx(scipy.sparse.coo_array(symmetric), symmetry="symmetric"), "w.mtx")
    np.testing.assert_array_equal(c.weights, symmetric)
    assert "The matrix is symmetric: each entry stands for two." in c.said
    c = read(mtx(scipy.sparse.coo_array(W), field="pattern"), "w.mtx")
    np.testing.assert_array_equal(c.weights, W != 0)
    assert "It holds places alone: every weight is 1." in c.said
    again = mtx(TWICE)
    with pytest.raises(ValueError, match=r"entry \[1, 2\].*duplicates='sum'"):
        read(again, "w.mtx")
    assert read(again, "w.mtx", duplicates="sum").weights[1, 2] == 3


def test_a_small_file_of_a_large_matrix_is_read_as_what_it_is(read):
    """A million nodes and two connections: under a kilobyte, and 8 TB as a dense array."""
    large = scipy.sparse.coo_array(([1.0, 2.0], ([5, 7], [9, 999_999])), shape=(10**6, 10**6))
    content = sparse(large)
    assert len(content) < 2000
    c = read(content, "w.npz")
    assert (len(c.names), c.sparse.nnz) == (10**6, 2)
    assert c.sparse[7, 999_999] == 2
    c = read(mtx(large), "w.mtx")
    assert (len(c.names), c.sparse.nnz) == (10**6, 2)


def header_of(shape, rest=b""):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f8", "fortran_order": False, "shape": shape}
    )
    return file.getvalue() + rest


def hdf5_of_nothing(n):
    file = io.BytesIO()
    with h5py.File(file, "w") as opened:
        opened.create_dataset("W", (n, n), "f8", chunks=(100, 100), fillvalue=0.0)
    return file.getvalue()


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


CLAIMS = [
    ("w.npy", header_of((10**6, 10**6)), r"cut off"),
    ("w.npz", zipped(**{"weights.npy": header_of((10**6, 10**6))}), r"cut off"),
    ("w.mtx", b"%%MatrixMarket matrix array real general\n900000 900000\n1\n", r"too short"),
    (
        "w.mtx",
        b"%%MatrixMarket matrix coordinate real general\n9 9 99999999999\n1 1 1\n",
        r"too short",
    ),
    (
        "w.mtx",
        b"%%MatrixMarket matrix coordinate real general\n99999999999 99999999999 1\n1 1 1\n",
        r"nodes are 99,999,999,999; allowed are up to",
    ),
    ("w.mat", hdf5_of_nothing(100_000), r"an array would take 74\.5 GiB; .*most_bytes="),
    ("w.npz", sparse(scipy.sparse.coo_array(([1.0], ([5], [7])), shape=(10**9, 10**9))), r"nodes"),
]


@pytest.mark.parametrize(("name", "content", "message"), CLAIMS)
def test_what_a_file_claims_is_not_believed(read, name, content, message):
    with pytest.raises(ValueError, match=message):
        read(content, name)


def test_what_unpacks_to_too_much_is_refused(read):
    with pytest.raises(ValueError, match=r"its arrays would take .*most_bytes=1000"):
        read(npz(np.savez_compressed, weights=np.ones((50, 50))), "w.npz", most_bytes=1000)
    with pytest.raises(ValueError, match=r"unpack to more than most_bytes= allows"):
        read(mat(arrays={"W": np.ones((50, 50))}, do_compression=True), "w.mat", most_bytes=1000)


def at(value, dtype=float):
    w = W.astype(dtype)
    w[1, 2] = value
    return w


WHOLE = npz(weights=W)
TEXT = b"pre,post\nA,B\n"
NAMED = npz(weights=W, names=np.array(NAMES))
CSR = {"format": b"csr", "shape": [3, 3], "data": [1.0, 2.0], "indices": [1, 2]}
BAD = [
    ("w.npy", npy(W[:2]), {}, r"w\.npy: weights has shape \(2, 3\); .*\(n, n\)"),
    ("w.npy", npy(W[0]), {}, r"weights has shape \(3,\)"),
    ("w.npy", npy(np.zeros((2, 2, 2))), {}, r"weights has shape \(2, 2, 2\)"),
    ("w.npy", npy(np.float64(3)), {}, r"weights has shape \(\)"),
    ("w.npy", npy(np.zeros((0, 0))), {}, r"it has 0 nodes; allowed are at least 2"),
    ("w.npy", npy(W * 0), {}, r"all weights are zero; weight="),
    ("w.npy", npy(at(np.nan)), {}, r"w\.npy, entry \[1, 2\]: the weight is nan; .*finite"),
    ("w.npy", npy(at(np.inf, np.float16)), {}, r"entry \[1, 2\]: the weight is inf; .*finite"),  # pyright: ignore[reportArgumentType]
    ("w.npy", npy(W + 0j), {}, r"weights has dtype complex128; .*real"),
    ("w.npy", npy(W.astype(str)), {}, r"weights has dtype <U32; .*real"),
    ("w.npy", npy(W.astype("m8[s]")), {}, r"weights has dtype timedelta64\[s\]; .*real"),
    ("w.npy", npy(W.astype(object), allow_pickle=True), {}, r"cannot be read.*without pickled"),
    ("w.npy", npy(W), {"weight": "weights"}, r"weight is 'weights'; allowed is None"),
    ("w.npy", npy(W), {"nodes": ["a", "b"]}, r"nodes has 2 entries; allowed are 3"),
    ("w.npy", npy(W), {"pre": "a"}, r"pre is 'a'; allowed is None, as the file holds a matrix"),
    ("w.npy", npy(W), {"where": {"a": "b"}}, r"where is .*; allowed is None"),
    ("w.npy", b"", {}, r"w\.npy: it cannot be read as \.npy "),
    ("w.npy", TEXT, {}, r"cannot be read as \.npy .*magic"),
    ("w.npy", WHOLE, {}, r"cannot be read as \.npy .*magic"),
    ("w.npy", npy(W)[:-9], {}, r"cannot be read as \.npy "),
    ("w.npy", npy(W)[:40], {}, r"cannot be read as \.npy "),
    ("w.npz", b"", {}, r"cannot be read as \.npz .*whole zip archive"),
    ("w.npz", TEXT, {}, r"cannot be read as \.npz .*whole zip archive"),
    ("w.npz", npy(W), {}, r"cannot be read as \.npz .*whole zip archive"),
    ("w.npz", WHOLE[:-30], {}, r"cannot be read as \.npz "),
    ("w.npz", WHOLE.replace(W.tobytes(), W.tobytes()[::-1]), {}, r"cannot be read.*CRC"),
    ("w.npz", npz(a=W, b=W), {}, r"any of 'a', 'b'; weight='a'"),
    ("w.npz", npz(names=np.array(NAMES)), {}, r"holds no array of weights; .*'weights'"),
    ("w.npz", zipped(), {}, r"holds no array of weights"),
    ("w.npz", zipped(weights=b"1 2\n3 4\n"), {}, r"holds no array of weights"),
    ("w.npz", npz(weights=W), {"weight": "weight"}, r"weight is 'weight'; .*'weights'"),
    ("w.npz", npz(weights=W), {"sign": "s"}, r"sign is 's'; allowed are the arrays 'weights'"),
    ("w.npz", npz(weights=W, s=np.ones(3)), {"sign": "s"}, r"weights are negative already"),
    ("w.npz", npz(weights=abs(W), s=np.ones(2)), {"sign": "s"}, r"sign has 2 entries; .*3"),
    ("w.npz", npz(weights=W.astype(object)), {}, r"cannot be read.*pickled"),
    ("w.npz", npz(weights=W, names=[1.5, 2, 3]), {}, r"names has dtype float64.*texts or whole"),
    ("w.npz", npz(weights=W, names=["a", "b"]), {}, r"names .*shape \(2,\); .*3 texts"),
    (
        "w.npz",
        npz(weights=W, names=["a", "b", "a"]),
        {},
        r"names\[2\]: it is 'a', as is names\[0\]",
    ),
    ("w.npz", npz(weights=W, names=["a", "", "b"]), {}, r"names\[1\]: the name is empty"),
    ("w.npz", NAMED, {"nodes": ["a", "c", "bb"]}, r"'b' is not known; .*'bb'"),
    ("w.npz", sparse(TWICE), {}, r"entry \[1, 2\].*there already.*duplicates='sum'"),
    ("w.npz", sparse(scipy.sparse.csr_array(W[:2])), {}, r"weights has shape \(2, 3\)"),
    ("w.npz", sparse(scipy.sparse.csr_array(at(np.nan))), {}, r"entry \[1, 2\]: the weight is nan"),
    ("w.npz", sparse(scipy.sparse.csr_array(W)), {"weight": "data"}, r"weight is 'data'; .*None"),
    ("w.npz", npz(**CSR, indptr=[0, 9, 2, 2]), {}, r"cannot be read as \.npz "),
    ("w.npz", npz(**{**CSR, "indices": [1, 7]}, indptr=[0, 1, 2, 2]), {}, r"cannot be read"),
    ("w.npz", npz(format=b"what", shape=[3, 3], data=W), {}, r"cannot be read as \.npz "),
    ("w.mat", b"", {}, r"w\.mat: it cannot be read as \.mat"),
    ("w.mat", TEXT * 50, {}, r"w\.mat: it cannot be read as \.mat"),
    ("w.mat", mat(arrays={"a": W, "b": W}), {}, r"any of 'a', 'b'; weight='a'"),
    ("w.mat", mat(arrays={"a": W[:2]}), {}, r"weights has shape \(2, 3\)"),
    ("w.mtx", TEXT, {}, r"w\.mtx: it cannot be read as \.mtx"),
    ("w.mtx", mtx(W + 0j), {}, r"weights has dtype complex128"),
]


@pytest.mark.parametrize(("name", "content", "settings", "message"), BAD)
def test_bad_input(no_shape_checks, read, name, content, settings, message):
    with pytest.raises(ValueError, match=message) as error:
        read(content, name, **settings)
    assert len(str(error.value)) <= 300
    assert str(error.value).startswith(name)


@given(
    st.integers(2, 20),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["npy", "npz", "sparse", "mat", "sparse mat", "mtx", "dense mtx"]),
)
def test_random_matrices_come_back(read, n, seed, kind):
    rng = np.random.default_rng(seed)
    w = np.where(rng.random((n, n)) < 0.3, rng.standard_normal((n, n)), 0)
    w[1, 0] = 1.0
    columns = scipy.sparse.csc_array(w)
    content = {
        "npy": lambda: npy(w),
        "npz": lambda: npz(np.savez_compressed, w=w),
        "sparse": lambda: sparse(columns),
        "mat": lambda: mat(arrays={"w": w}, do_compression=bool(seed % 2)),
        "sparse mat": lambda: mat(arrays={"w": columns}),
        "mtx": lambda: mtx(columns.tocoo(), precision=17),
        "dense mtx": lambda: mtx(w, precision=17),
    }[kind]()
    c = read(content, f"w.{'npz' if kind == 'sparse' else kind.split()[-1]}")
    np.testing.assert_array_equal(c.weights, w)
