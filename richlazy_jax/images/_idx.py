"""MNIST from the files in which it is distributed."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ._image_set import ImageSet

_UNSIGNED_BYTE = 8
# Two bytes of zero, the type code and the number of dimensions.
_IMAGES, _LABELS = 0x0803, 0x0801
_MAGIC = f"{_IMAGES} for images and {_LABELS} for labels"
_SIZE = (28, 28)
_CLASSES = 10
_WHOLE = (60_000, 10_000)


def read_idx(path: str | Path) -> UInt8[np.ndarray, "n ..."]:
    """The images or labels in an IDX file of unsigned bytes, gzipped or not.

    Such a file is a magic number, the dimensions as big-endian words of 4 bytes, and the bytes of
    the array, the last axis fastest. Whether it is gzipped is seen from its first bytes, not from
    its name.

    Args:
        path: the file.

    Returns:
        Images of shape `(n, rows, columns)`, 0 to 255, or labels of shape `(n,)`; they cannot be
        written to.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a file; or it has another magic number, fewer or more bytes than its
            dimensions need, a type of numbers other than unsigned bytes, or a dimension of 0; or
            the gzip is damaged. The message names the file.

    Source: Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits",
    which describes the format.
    """
    path = Path(path)
    raw = _content(path)
    _require_bytes(path, raw, 4, "a magic number")
    magic = int.from_bytes(raw[:4], "big")
    zeros, code, dimensions = magic >> 16, magic >> 8 & 0xFF, magic & 0xFF
    if zeros or dimensions not in (1, 3):
        raise ValueError(f"{path} has the magic number {magic}; allowed are {_MAGIC}.")
    if code != _UNSIGNED_BYTE:
        raise ValueError(
            f"{path} has the type code {code:#04x} in its magic number {magic}; allowed is "
            f"{_UNSIGNED_BYTE:#04x}, unsigned bytes: {_MAGIC}."
        )
    start = 4 + 4 * dimensions
    _require_bytes(path, raw, start, "its header")
    shape = tuple(int.from_bytes(raw[i : i + 4], "big") for i in range(4, start, 4))
    if 0 in shape:
        raise ValueError(
            f"{path} has the dimensions {shape}; allowed are dimensions of at least 1."
        )
    needed = start + math.prod(shape)
    _require_bytes(path, raw, needed, f"the dimensions {shape}")
    if len(raw) > needed:
        raise ValueError(
            f"{path} has {len(raw)} bytes, {len(raw) - needed} of them trailing; allowed are "
            f"{needed}, for the dimensions {shape}."
        )
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def mnist_folder(folder: str | Path) -> ImageSet:
    """MNIST from a folder with its four files.

    They are called `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`
    and `t10k-labels-idx1-ubyte`, or with a dot as in `train-images.idx3-ubyte`, and each perhaps
    with `.gz` after it. Of several spellings of one file the first in this order is taken.

    The set is called "MNIST" if it has 60,000 and 10,000 images. Otherwise its name tells how many
    there are in all, as "MNIST-700". Other sets in the same form, such as Fashion-MNIST, cannot be
    told apart and would be called the same.

    Args:
        folder: where the files are.

    Raises:
        FileNotFoundError: there is no such folder, or a file is not in it.
        ValueError: a file is not as `read_idx` wants it, images are not of 28 by 28 pixels, labels
            are not from 0 to 9, or there is not one label for each image. The message names the
            file.

    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), "Gradient-based learning applied
    to document recognition", Proc. IEEE 86:2278.
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"{folder} does not exist; allowed is a folder with MNIST's files.")
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; allowed is a folder with MNIST's files.")
    # All four looked for first: reading one takes a while.
    found = {
        (part, kind): _find(folder, f"{part}-{kind}", f"idx{dimensions}-ubyte")
        for part in ("train", "t10k")
        for kind, dimensions in (("images", 3), ("labels", 1))
    }
    (train_images, train_labels), (test_images, test_labels) = (
        _part(found[part, "images"], found[part, "labels"]) for part in ("train", "t10k")
    )
    sizes = (len(train_images), len(test_images))
    name = "MNIST" if sizes == _WHOLE else f"MNIST-{sum(sizes)}"
    return ImageSet(
        name,
        train_images / np.float32(255),
        train_labels.astype(np.int32),
        test_images / np.float32(255),
        test_labels.astype(np.int32),
        _CLASSES,
    )


def _find(folder: Path, stem: str, extension: str) -> Path:
    for joined in "-.":
        for packed in ("", ".gz"):
            path = folder / f"{stem}{joined}{extension}{packed}"
            if path.is_file():
                return path
    raise FileNotFoundError(
        f"{folder} has no {stem}-{extension}; allowed is a file of this name or called "
        f"{stem}.{extension}, each with .gz after it or not."
    )


def _part(images_path: Path, labels_path: Path) -> tuple[np.ndarray, np.ndarray]:
    images = _of_kind(images_path, _IMAGES, "images")
    labels = _of_kind(labels_path, _LABELS, "labels")
    if images.shape[1:] != _SIZE:
        raise ValueError(
            f"{images_path} has images of {images.shape[1]} by {images.shape[2]} pixels; allowed "
            f"is {_SIZE[0]} by {_SIZE[1]}."
        )
    if len(labels) != len(images):
        raise ValueError(
            f"{labels_path} has {len(labels)} labels; allowed are {len(images)}, one for each "
            f"image of {images_path.name}."
        )
    wrong = np.flatnonzero(labels >= _CLASSES)
    if wrong.size:
        raise ValueError(
            f"{labels_path}: the label at index {wrong[0]} is {labels[wrong[0]]}; allowed are 0 to "
            f"{_CLASSES - 1}."
        )
    return images, labels


def _of_kind(path: Path, magic: int, kind: str) -> np.ndarray:
    array = read_idx(path)
    found = {3: _IMAGES, 1: _LABELS}[array.ndim]
    if found != magic:
        raise ValueError(f"{path} has the magic number {found}; allowed is {magic}, for {kind}.")
    return array


def _content(path: Path) -> bytes:
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; allowed is the path of an IDX file.")
    if not path.is_file():
        raise ValueError(f"{path} is not a file; allowed is the path of an IDX file.")
    raw = path.read_bytes()
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path} is a damaged gzip: {error}; allowed is an IDX file, whole, gzipped or not."
        ) from error


def _require_bytes(path: Path, raw: bytes, needed: int, what: str) -> None:
    if len(raw) < needed:
        raise ValueError(
            f"{path} has {len(raw)} bytes and is truncated; needed are {needed}, for {what}."
        )
