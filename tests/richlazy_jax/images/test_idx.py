"""IDX files written by hand, and where exactly they are wrong."""

import gzip
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from richlazy_jax.images import image_set, mnist_folder, read_idx


def images_file(pixels, magic=2051):
    return struct.pack(">4I", magic, *pixels.shape) + pixels.astype(np.uint8).tobytes()


def labels_file(labels, magic=2049):
    return struct.pack(">2I", magic, len(labels)) + bytes(labels)


PIXELS = np.arange(2 * 3 * 5).reshape(2, 3, 5)
IMAGES, LABELS = images_file(PIXELS), labels_file([7, 0, 9])


@pytest.fixture
def read(tmp_path):
    def written(content, name="some-file"):
        (tmp_path / name).write_bytes(content)
        return read_idx(tmp_path / name)

    return written


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
# The name says nothing: what is called .gz may have been unpacked in place.
@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "some.gz"])
@pytest.mark.parametrize(("content", "expected"), [(IMAGES, PIXELS), (LABELS, [7, 0, 9])])
def test_what_is_written_is_read(read, pack, name, content, expected):
    array = read(pack(content), name)
    assert array.dtype == np.uint8
    np.testing.assert_array_equal(array, expected)


def test_a_path_may_be_a_string(tmp_path, read):
    read(LABELS)
    np.testing.assert_array_equal(read_idx(str(tmp_path / "some-file")), [7, 0, 9])


def test_lengths_above_two_bytes(read):
    labels = np.arange(70_000) % 10
    np.testing.assert_array_equal(read(labels_file(labels.tolist())), labels)


PACKED = gzip.compress(IMAGES, mtime=0)
BAD = [
    (images_file(PIXELS, 2052), "has the magic number 2052; allowed are 2051 for images and 2049"),
    (images_file(PIXELS, 2050), "has the magic number 2050; allowed are 2051 for images and 2049"),
    (labels_file([1], 2048), "has the magic number 2048; allowed"),
    (IMAGES[::-1], "has the magic number 488381210; allowed"),
    (b"PK\3\4 a zip", "has the magic number 1347093252; allowed"),
    # Little-endian, as a careless copy would be.
    (struct.pack("<2I", 2049, 1) + b"1", "has the magic number 17301504; allowed"),
    (
        images_file(PIXELS, 0x0D03),
        "has the type code 0x0d in its magic number 3331; allowed is 0x08",
    ),
    (b"", "has 0 bytes and is truncated; needed are 4, for a magic number"),
    (IMAGES[:3], "has 3 bytes and is truncated; needed are 4, for a magic number"),
    (IMAGES[:12], "has 12 bytes and is truncated; needed are 16, for its header"),
    (LABELS[:5], "has 5 bytes and is truncated; needed are 8, for its header"),
    (IMAGES[:-1], "has 45 bytes and is truncated; needed are 46, for the dimensions (2, 3, 5)"),
    (LABELS[:-3], "has 8 bytes and is truncated; needed are 11, for the dimensions (3,)"),
    (
        struct.pack(">4I", 2051, *[2**32 - 1] * 3) + b"1",
        f"has 17 bytes and is truncated; needed are {16 + (2**32 - 1) ** 3}",
    ),
    (gzip.compress(IMAGES[:-1], mtime=0), "has 45 bytes and is truncated; needed are 46"),
    (
        IMAGES + b"12",
        "has 48 bytes, 2 of them trailing; allowed are 46, for the dimensions (2, 3, 5)",
    ),
    (gzip.compress(LABELS + b"1", mtime=0), "has 12 bytes, 1 of them trailing; allowed are 11"),
    (images_file(PIXELS[:0]), "has the dimensions (0, 3, 5); allowed are dimensions of at least 1"),
    (images_file(PIXELS[:, :, :0]), "has the dimensions (2, 3, 0); allowed"),
    (labels_file([]), "has the dimensions (0,); allowed"),
    (PACKED[:-8] + bytes(4) + PACKED[-4:], "is a damaged gzip: CRC check failed"),
    (PACKED[:-4] + bytes(4), "is a damaged gzip: Incorrect length"),
    (PACKED[:-12], "is a damaged gzip: Compressed file ended before"),
    (PACKED[:5], "is a damaged gzip: "),
    (PACKED + b"more", "is a damaged gzip: Not a gzipped file"),
    (PACKED[:10] + b"\xff" * 9 + PACKED[19:], "is a damaged gzip: Error -3"),
]


@pytest.mark.parametrize(("content", "message"), BAD)
def test_bad_files(read, content, message):
    with pytest.raises(ValueError, match=rf"some-file {re.escape(message)}"):
        read(content)


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing does not exist; allowed is the path of"):
        read_idx(tmp_path / "nothing")
    with pytest.raises(ValueError, match=r"is not a file; allowed is the path of an IDX file"):
        read_idx(tmp_path)


@given(st.sampled_from([IMAGES, LABELS, PACKED]), st.data())
def test_any_damage_is_a_value_error_or_harmless(read, whole, data):
    for _ in range(20):
        damaged = bytearray(whole)
        damaged[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        try:
            read(bytes(damaged))
        except ValueError as error:
            assert "some-file" in str(error)  # noqa: PT017


SPELLINGS = [
    "{}-{}-idx{}-ubyte",
    "{}-{}-idx{}-ubyte.gz",
    "{}-{}.idx{}-ubyte",
    "{}-{}.idx{}-ubyte.gz",
]
SIZES = {"train": 6, "t10k": 4}


def drawn(part):
    rng = np.random.default_rng(SIZES[part])
    n = SIZES[part]
    return rng.integers(0, 256, (n, 28, 28)), rng.integers(0, 10, n).tolist()


def write_mnist(folder, spelling=SPELLINGS[0], **changed):
    """The four files; `changed` has other contents by "train_labels" and so on."""
    pack = gzip.compress if spelling.endswith(".gz") else bytes
    for part in SIZES:
        pixels, labels = drawn(part)
        for kind, dimensions, content in (
            ("images", 3, images_file(pixels)),
            ("labels", 1, labels_file(labels)),
        ):
            content = changed.get(f"{part}_{kind}", content)
            if content is not None:
                (folder / spelling.format(part, kind, dimensions)).write_bytes(pack(content))


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("load", [mnist_folder, image_set, lambda folder: image_set(str(folder))])
def test_a_folder(tmp_path, spelling, load):
    write_mnist(tmp_path, spelling)
    images = load(tmp_path)
    # Fewer than MNIST has, which the name says.
    assert (images.name, images.classes) == ("MNIST-10", 10)
    for part, mine in (("train", "train"), ("t10k", "test")):
        pixels, labels = drawn(part)
        kept = getattr(images, f"{mine}_images")
        # Half a unit in the last place of single precision, at 1.
        np.testing.assert_allclose(kept, pixels / 255, rtol=0, atol=2**-24)
        np.testing.assert_array_equal(getattr(images, f"{mine}_labels"), labels)
    assert images.train_images.max() <= 1


def test_as_many_images_as_mnist_has_are_called_mnist(tmp_path):
    counts = {"train": 60_000, "t10k": 10_000}
    files = {}
    for part, n in counts.items():
        files[f"{part}_images"] = struct.pack(">4I", 2051, n, 28, 28) + bytes(n * 784)
        files[f"{part}_labels"] = labels_file(bytes(n))
    write_mnist(tmp_path, **files)
    images = mnist_folder(tmp_path)
    assert images.name == "MNIST"
    assert (len(images.train_images), len(images.test_labels)) == (60_000, 10_000)


SMALL = images_file(np.zeros((6, 8, 28)))
BAD_FOLDERS = [
    ({"train_labels": labels_file([1] * 5)}, "train-labels.* has 5 labels; allowed are 6, one for"),
    ({"t10k_labels": labels_file([1] * 5)}, "t10k-labels.* has 5 labels; allowed are 4, one for"),
    (
        {"t10k_labels": labels_file([0, 9, 10, 11])},
        "t10k-labels.*: the label at index 2 is 10; allow",
    ),
    ({"train_images": SMALL}, "train-images.* has images of 8 by 28 pixels; allowed is 28 by 28"),
    (
        {"train_images": labels_file([1] * 6)},
        "train-images.* number 2049; allowed is 2051, for images",
    ),
    (
        {"train_labels": images_file(PIXELS)},
        "train-labels.* number 2051; allowed is 2049, for labels",
    ),
    ({"train_images": SMALL[:-1]}, "train-images.* truncated"),
]


@pytest.mark.parametrize(("changed", "message"), BAD_FOLDERS)
def test_bad_folders(tmp_path, changed, message):
    write_mnist(tmp_path, **changed)
    with pytest.raises(ValueError, match=message):
        mnist_folder(tmp_path)


@pytest.mark.parametrize("file", ["train_images", "train_labels", "t10k_images", "t10k_labels"])
def test_a_file_is_missing(tmp_path, file):
    write_mnist(tmp_path, **{file: None})  # pyright: ignore[reportArgumentType]
    part, kind = file.split("_")
    name = f"{part}-{kind}-idx{3 if kind == 'images' else 1}-ubyte"
    other = f"{part}-{kind}.idx{3 if kind == 'images' else 1}-ubyte"
    with pytest.raises(
        FileNotFoundError, match=f"has no {name}; allowed.*called {other}, each with"
    ):
        mnist_folder(tmp_path)


def test_a_folder_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere does not exist; allowed is a folder"):
        mnist_folder(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="does not exist; allowed is a folder"):
        image_set(Path("mnist-5k"))
    (tmp_path / "file").write_bytes(LABELS)
    with pytest.raises(ValueError, match="file is not a folder; allowed is a folder"):
        image_set(str(tmp_path / "file"))
