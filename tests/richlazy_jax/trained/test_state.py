"""Files of other libraries: what is in them, and what is refused."""

import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

import richlazy_jax as rj

STORED = Path(__file__).parents[2] / "data" / "trained"
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


def test_structs_of_matlab_have_names_with_dots(tmp_path):
    from scipy.io import savemat

    savemat(tmp_path / "a.mat", {"net": {"w": W, "deep": {"b": W[0]}}, "said": "text"})
    found = rj.read_state(tmp_path / "a.mat")
    assert set(found) == {"net.w", "net.deep.b"}
    np.testing.assert_array_equal(found["net.w"], W)
    assert found.said == ("Left out, as they are no arrays of real numbers: said.",)


def matlab_73(path, **datasets):
    """A file as MATLAB writes version 7.3: HDF5 after a block of 512 bytes, arrays turned."""
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        for name, (kind, array) in datasets.items():
            item = file.create_dataset(name.replace("__", "/"), data=array.T)
            item.attrs["MATLAB_class"] = np.bytes_(kind)
        file.create_dataset("#refs#/a", data=np.ones(3)).attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


def test_matlab_of_version_73_is_turned(tmp_path):
    text = np.frombuffer(b"ab", np.uint8).astype(np.uint16)[None]
    matlab_73(tmp_path / "a.mat", w=("single", W), net__b=("double", W[:1]), said=("char", text))
    found = rj.read_state(tmp_path / "a.mat")
    assert set(found) == {"w", "net.b"}
    np.testing.assert_array_equal(found["w"], W)
    np.testing.assert_array_equal(found["net.b"], W[:1])
    assert any("stores arrays turned" in said for said in found.said)


def test_sparse_matrices_of_matlab_73_are_refused(tmp_path):
    import h5py

    matlab_73(tmp_path / "a.mat", w=("single", W))
    with h5py.File(tmp_path / "a.mat", "r+") as file:
        file.create_group("j").attrs["MATLAB_sparse"] = 3
    with pytest.raises(ValueError, match="j is sparse; full"):
        rj.read_state(tmp_path / "a.mat")


@pytest.mark.parametrize("name", ["gru_after.weights.h5", "gru.h5", "gru.keras"])
def test_files_of_keras_itself(name):
    """One network in three files, beside the state of an optimizer, which is left out."""
    state = rj.read_state(STORED / name)
    assert any("of training and not of the network: optimizer" in said for said in state.said)
    network = rj.trained_network(state)
    assert network.said[0].startswith("Recognized: a Keras GRU (reset_after=True) of 1 layer and 5")
    assert set(state.said) <= set(network.said)
    with np.load(STORED / "keras.npz", allow_pickle=False) as kept:
        outputs = network.apply(network.params, kept["x"])
        np.testing.assert_allclose(outputs, kept["gru.outputs"], rtol=0, atol=1e-5)


def test_flax_msgpack(tmp_path):
    from flax.serialization import msgpack_serialize

    tree = {"params": {"core": {"w": W}}, "opt_state": {"0": {"mu": W}}, "step": 3}
    (tmp_path / "a.msgpack").write_bytes(msgpack_serialize(tree))
    found = rj.read_state(tmp_path / "a.msgpack")
    assert list(found) == ["params.core.w"]
    np.testing.assert_array_equal(found["params.core.w"], W)
    assert found.said == (
        "Left out, as they are of training and not of the network: opt_state, step.",
    )


def test_checkpoints_of_orbax(tmp_path):
    import jax.numpy as jnp
    import orbax.checkpoint as ocp

    tree = {"params": {"w": W, "half": jnp.ones(2, jnp.bfloat16)}, "opt_state": [W, None]}
    with ocp.StandardCheckpointer() as writer:
        writer.save(tmp_path / "one", tree)
    with ocp.CheckpointManager(tmp_path / "many") as manager:
        manager.save(7, args=ocp.args.StandardSave(tree))
    for folder in ("one", "many/7"):
        found = rj.read_state(tmp_path / folder)
        assert set(found) == {"params.w", "params.half"}
        np.testing.assert_array_equal(found["params.w"], W)
        np.testing.assert_array_equal(found["params.half"], [1, 1])
        assert any("opt_state" in said for said in found.said)
    with pytest.raises(ValueError, match="no folder of one checkpoint; its checkpoints are 7/"):
        rj.read_state(tmp_path / "many")


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
        said = "Of the checkpoint state_dict was read, and not epoch."
        assert (said in found.said) == ("epoch" in kept)


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


def test_small_files_of_large_arrays_are_not_unpacked(tmp_path):
    """Their declared sizes are too large, whatever is really in them."""
    import h5py
    from scipy.io import savemat

    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w.npy", b"0" * 1000)
    packed = (tmp_path / "a.npz").read_bytes()
    # The size of an entry, in the directory at the end of the archive.
    at = packed.index(b"PK\x01\x02") + 24
    claimed = packed[:at] + (2**31).to_bytes(4, "little") + packed[at + 4 :]
    (tmp_path / "a.npz").write_bytes(claimed)
    (tmp_path / "a.keras").write_bytes(claimed)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("w", (2**29,), np.float32, compression="gzip", chunks=(2**20,))
    savemat(tmp_path / "a.mat", {"w": np.zeros(2**20)}, do_compression=True)
    for name in ("a.npz", "a.keras", "a.h5"):
        with pytest.raises(ValueError, match="arrays of 2147483648 bytes; allowed are fewer"):
            rj.read_state(tmp_path / name)
    assert rj.read_state(tmp_path / "a.mat")["w"].shape == (1, 2**20)


def test_a_folder_is_as_large_as_its_files(tmp_path):
    for name in "ab":
        with (tmp_path / name).open("wb") as file:
            file.truncate(2**30)
    with pytest.raises(ValueError, match="has 2147483648 bytes; allowed are fewer"):
        rj.read_state(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npz", b"", "cannot be read"),
        ("a.npz", b"PK\x03\x04 and no more", "cannot be read"),
        ("a.mat", b"not of MATLAB", "cannot be read"),
        ("a.mat", b"MATLAB 7.3 MAT-file and no more", "cannot be read"),
        ("a.h5", b"not of HDF5", "cannot be read"),
        ("a.keras", b"no archive", "cannot be read"),
        ("a.msgpack", b"\xc1", "cannot be read"),
        ("a.eqx", b"\x93NUMPY", "allowed are files that end with .npz, .safetensors, .pt"),
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
