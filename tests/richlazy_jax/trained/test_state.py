"""Files of other libraries: what is in them, and what is refused."""

import os
import pickle

import numpy as np
import pytest

import richlazy_jax as rj

W = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_numpy(tmp_path):
    np.savez(tmp_path / "a.npz", w=W, name=np.array("text"))
    found = rj.read_state(tmp_path / "a.npz")
    assert list(found) == ["w"]
    np.testing.assert_array_equal(found["w"], W)


def test_hdf5_has_names_with_dots(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.weights.h5", "w") as file:
        file["layers/rnn/vars/0"] = W
    np.testing.assert_array_equal(rj.read_state(tmp_path / "a.weights.h5")["layers.rnn.vars.0"], W)


def test_matlab(tmp_path):
    from scipy.io import savemat

    savemat(tmp_path / "a.mat", {"w": W})
    np.testing.assert_array_equal(rj.read_state(tmp_path / "a.mat")["w"], W)


def test_pytorch(tmp_path):
    torch = pytest.importorskip("torch", reason="PyTorch is not a dependency")
    inner = {"core.weight": torch.from_numpy(W)}
    for kept in (
        inner,
        {"state_dict": inner, "epoch": 3},
        {"core": {"weight": inner["core.weight"]}},
    ):
        torch.save(kept, tmp_path / "a.pt")
        found = rj.read_state(tmp_path / "a.pt")
        np.testing.assert_array_equal(found["core.weight"], W)


def test_safetensors(tmp_path):
    save_file = pytest.importorskip("safetensors.numpy").save_file
    save_file({"w": W}, tmp_path / "a.safetensors")
    np.testing.assert_array_equal(rj.read_state(tmp_path / "a.safetensors")["w"], W)


class Harmful:
    def __reduce__(self):
        return os.mkdir, ("harm",)


@pytest.mark.parametrize("name", ["a.pt", "a.npz"])
def test_nothing_is_unpickled(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    if name == "a.pt":
        pytest.importorskip("torch", reason="PyTorch is not a dependency")
        (tmp_path / name).write_bytes(pickle.dumps({"w": Harmful()}))
    else:
        np.savez(tmp_path / name, w=np.array([Harmful()], dtype=object))
    with pytest.raises(ValueError, match="cannot be read"):
        rj.read_state(tmp_path / name)
    assert not (tmp_path / "harm").exists()


def test_a_file_that_is_too_large_is_not_opened(tmp_path):
    with (tmp_path / "a.npz").open("wb") as file:
        file.truncate(2**31)
    with pytest.raises(ValueError, match="has 2147483648 bytes; allowed are fewer than 2147483648"):
        rj.read_state(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npz", b"", "cannot be read"),
        ("a.npz", b"PK\x03\x04 and no more", "cannot be read"),
        ("a.mat", b"not of MATLAB", "cannot be read"),
        ("a.txt", b"1 2 3", "allowed are files that end with .npz, .safetensors, .pt"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        rj.read_state(tmp_path / name)


def test_files_without_numbers_and_files_that_are_not_there(tmp_path):
    np.savez(tmp_path / "a.npz", name=np.array("text"))
    with pytest.raises(ValueError, match="holds no arrays of numbers"):
        rj.read_state(tmp_path / "a.npz")
    with pytest.raises(FileNotFoundError):
        rj.read_state(tmp_path / "b.npz")
