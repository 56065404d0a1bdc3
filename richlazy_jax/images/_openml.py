"""MNIST over the network."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from ._image_set import ImageSet

_SHAPE = (70_000, 784)
_TRAIN = 60_000
_WAYS = (
    "MNIST comes from a folder with its four IDX files, image_set('path/of/the/folder'), or from "
    "OpenML, which needs scikit-learn (pip install 'richlazy-jax[mnist]') and a network. Without "
    "either there are the smaller sets 'mnist-5k' and 'digits', which packages ship."
)


def mnist_openml(cache: str | Path | None = None) -> ImageSet:
    """MNIST from OpenML, by scikit-learn, which keeps a copy of what it fetched.

    The first 60,000 images are the training set and the other 10,000 the test set, in the order of
    the original files.

    Args:
        cache: the folder of the copy. None stands for scikit-learn's own in the home directory.

    Raises:
        RuntimeError: scikit-learn cannot be imported, or MNIST cannot be fetched, or what comes is
            not MNIST. The message says what else can be done.

    Source: OpenML data set "mnist_784", version 1; Y. LeCun, L. Bottou, Y. Bengio and P. Haffner
    (1998), "Gradient-based learning applied to document recognition", Proc. IEEE 86:2278.
    """
    try:
        fetched = importlib.import_module("sklearn.datasets").fetch_openml(
            "mnist_784", version=1, as_frame=False, data_home=cache
        )
    # Networks, proxies, disks, parsers and damaged copies make it raise nearly anything.
    except Exception as error:
        cause = f"{type(error).__name__}: {error}"
        raise RuntimeError(f"MNIST cannot be had from OpenML ({cause}). {_WAYS}") from error
    pixels, labels = _as_numbers(fetched.data, fetched.target)
    parts = slice(None, _TRAIN), slice(_TRAIN, None)
    (train_images, train_labels), (test_images, test_labels) = (
        (pixels[part].reshape(-1, 28, 28) / np.float32(255), labels[part]) for part in parts
    )
    return ImageSet("MNIST", train_images, train_labels, test_images, test_labels, 10)


def _as_numbers(pixels: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    pixels, labels = np.asarray(pixels), np.asarray(labels)
    if pixels.shape != _SHAPE or labels.shape != _SHAPE[:1]:
        raise RuntimeError(
            f"OpenML sent pixels of shape {pixels.shape} and labels of shape {labels.shape}; "
            f"allowed are {_SHAPE} and {_SHAPE[:1]}. {_WAYS}"
        )
    # The labels come as text.
    return pixels.astype(np.float32), labels.astype(np.int32)
