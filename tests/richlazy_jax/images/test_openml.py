"""MNIST over the network, without one."""

import sys
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest

from richlazy_jax.images import image_set, mnist_openml


@pytest.fixture
def answer(monkeypatch):
    """`answer(what)` puts in place of scikit-learn a fetcher that returns or raises it."""

    def put(what):
        asked = []

        def fetch_openml(*names, **settings):
            asked.append((names, settings))
            if isinstance(what, Exception):
                raise what
            return what

        module = SimpleNamespace(fetch_openml=fetch_openml)
        monkeypatch.setitem(sys.modules, "sklearn", SimpleNamespace(datasets=module))
        monkeypatch.setitem(sys.modules, "sklearn.datasets", module)
        return asked

    return put


def whole():
    """As OpenML sends it: pixels as numbers, labels as text; each image is of one grey level."""
    level = np.arange(70_000) % 256
    labels = (np.arange(70_000) % 10).astype(str).astype(object)
    pixels = np.broadcast_to(level[:, None].astype(np.uint8), (70_000, 784))
    return SimpleNamespace(data=pixels, target=labels)


def test_the_first_60_000_are_the_training_set(answer, tmp_path):
    asked = answer(whole())
    images = mnist_openml(tmp_path)
    assert asked == [(("mnist_784",), {"version": 1, "as_frame": False, "data_home": tmp_path})]
    assert (images.name, images.classes) == ("MNIST", 10)
    assert images.train_images.shape == (60_000, 28, 28)
    assert images.test_images.shape == (10_000, 28, 28)
    level = np.concatenate([images.train_images[:, 27, 3], images.test_images[:, 0, 20]])
    np.testing.assert_allclose(level * 255, np.arange(70_000) % 256, atol=1e-4)
    labels = np.concatenate([images.train_labels, images.test_labels])
    np.testing.assert_array_equal(labels, np.arange(70_000) % 10)


WAYS = r"folder with its four IDX files.*OpenML.*scikit-learn.*network.*'mnist-5k' and 'digits'"


@pytest.mark.parametrize(
    "error", [URLError("Name or service not known"), TimeoutError("slow"), ValueError("bad md5")]
)
@pytest.mark.parametrize("load", [mnist_openml, lambda: image_set("openml")])
def test_what_to_do_without_a_network(answer, error, load):
    answer(error)
    with pytest.raises(RuntimeError, match=rf"{type(error).__name__}: .*{WAYS}") as raised:
        load()
    assert raised.value.__cause__ is error


def test_what_to_do_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.delitem(sys.modules, "sklearn.datasets", raising=False)
    with pytest.raises(RuntimeError, match=rf"sklearn.*{WAYS}"):
        mnist_openml()


@pytest.mark.parametrize("field", ["data", "target"])
def test_what_comes_must_be_as_large_as_mnist(answer, field):
    sent = whole()
    setattr(sent, field, getattr(sent, field)[1:])
    answer(sent)
    with pytest.raises(RuntimeError, match=r"OpenML sent .*69999.*; allowed are \(70000, 784\)"):
        mnist_openml()
