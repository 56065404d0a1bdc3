"""Labelled images, split into what is trained on and what is held out."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Float32, Int32

from .._checks import require_whole


# Compared by identity, because arrays do not compare to a single truth value.
@dataclasses.dataclass(frozen=True, eq=False)
class ImageSet:
    """Images of one size with their labels, in a training and a test part.

    Numbers of other types are converted. The arrays are copies that cannot be written to.

    Attributes:
        name: what the set is called in every result and figure. It begins every message.
        train_images: pixels from 0 to 1, one image after the other, as rows of pixels.
        train_labels: the class of each training image, from 0 to `classes - 1`.
        test_images: pixels of the images held out.
        test_labels: the class of each image held out.
        classes: how many classes there are, at least 2.

    Raises:
        ValueError: the name is empty; a part has no image, images of another size than the other
            part, or not one label for each; pixels or labels are not numbers of their range.
    """

    name: str
    train_images: Float32[np.ndarray, "n_train height width"] = dataclasses.field(repr=False)
    train_labels: Int32[np.ndarray, " n_train"] = dataclasses.field(repr=False)
    test_images: Float32[np.ndarray, "n_test height width"] = dataclasses.field(repr=False)
    test_labels: Int32[np.ndarray, " n_test"] = dataclasses.field(repr=False)
    classes: int

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"name is {self.name!r}; allowed is a string that is not empty.")
        self._settle("classes", require_whole(f"{self.name}: classes", self.classes, least=2))
        for part in ("train", "test"):
            images = self._pixels(f"{part}_images")
            labels = self._classes(f"{part}_labels")
            if len(labels) != len(images):
                raise ValueError(
                    f"{self.name}: {part}_labels has {len(labels)} labels; allowed are "
                    f"{len(images)}, one for each of the {part}_images."
                )
        size, other = self.train_images.shape[1:], self.test_images.shape[1:]
        if other != size:
            raise ValueError(
                f"{self.name}: test_images are of {other[0]} by {other[1]} pixels; allowed is "
                f"{size[0]} by {size[1]}, as train_images are."
            )

    def _pixels(self, field: str) -> np.ndarray:
        given = np.asarray(getattr(self, field))
        if given.dtype.kind not in "uif":
            raise ValueError(
                f"{self.name}: {field} has dtype {given.dtype}; allowed are real numbers."
            )
        if given.ndim != 3 or 0 in given.shape:
            raise ValueError(
                f"{self.name}: {field} has shape {given.shape}; allowed is (n, height, width), "
                "with at least one image and one pixel."
            )
        # Before the conversion, and so written that nan is refused as well.
        right = (given >= 0) & (given <= 1)
        if not right.all():
            at = np.argwhere(~right)[0]
            raise ValueError(
                f"{self.name}: {field}[{', '.join(map(str, at))}] is {given[tuple(at)]}; allowed "
                "are pixels from 0 to 1."
            )
        return self._settle(field, np.array(given, np.float32))

    def _classes(self, field: str) -> np.ndarray:
        given = np.asarray(getattr(self, field))
        if given.dtype.kind not in "ui" or given.ndim != 1:
            raise ValueError(
                f"{self.name}: {field} has dtype {given.dtype} and shape {given.shape}; allowed "
                "are whole numbers of shape (n,)."
            )
        wrong = np.flatnonzero((given < 0) | (given >= self.classes))
        if wrong.size:
            raise ValueError(
                f"{self.name}: {field}[{wrong[0]}] is {given[wrong[0]]}; allowed are 0 to "
                f"{self.classes - 1}."
            )
        return self._settle(field, np.array(given, np.int32))

    def _settle(self, field: str, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        # The one way to store a checked value in a frozen dataclass.
        object.__setattr__(self, field, value)
        return value
