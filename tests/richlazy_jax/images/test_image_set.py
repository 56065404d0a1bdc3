"""What an image set holds, and what it refuses."""

import dataclasses

import numpy as np
import pytest

from richlazy_jax.images import ImageSet


def fields(**changed):
    pixels = np.linspace(0, 1, 5 * 3 * 2, dtype=np.float32).reshape(5, 3, 2)
    labels = np.array([0, 1, 2, 1, 0], np.int32)
    whole = {
        "name": "squares",
        "train_images": pixels,
        "train_labels": labels,
        "test_images": pixels[3:].copy(),
        "test_labels": labels[3:].copy(),
        "classes": 3,
    }
    return whole | changed


def test_what_is_given_is_kept_as_copies():
    given = fields()
    images = ImageSet(**given)
    assert (images.name, images.classes) == ("squares", 3)
    for field in ("train_images", "train_labels", "test_images", "test_labels"):
        kept = getattr(images, field)
        np.testing.assert_array_equal(kept, given[field])
        assert not kept.flags.writeable
        given[field][...] = 0
        assert kept.any()
    with pytest.raises(dataclasses.FrozenInstanceError):
        images.name = "circles"  # pyright: ignore[reportAttributeAccessIssue]
    assert repr(images) == "ImageSet(name='squares', classes=3)"
    # A set can be a static argument of a compiled function.
    assert hash(images) != hash(dataclasses.replace(images))


def test_other_types_are_converted(no_shape_checks):
    images = ImageSet(**fields(train_images=np.ones((5, 3, 2), np.uint8), train_labels=[2] * 5))
    assert (images.train_images.dtype, images.train_labels.dtype) == (np.float32, np.int32)
    assert (images.train_images == 1).all()
    assert (images.train_labels == 2).all()


def at(value):
    pixels = np.zeros((5, 3, 2))
    pixels[4, 2, 1] = value
    return pixels


BAD = [
    ("name", "", r"^name is ''; allowed is a string that is not empty"),
    ("name", 5, r"^name is 5; allowed"),
    ("classes", 1, r"^squares: classes is 1; allowed is a whole number >= 2"),
    ("classes", 2, r"^squares: train_labels\[2\] is 2; allowed are 0 to 1"),
    ("train_images", np.full((5, 3, 2), "x"), r"^squares: .*<U1"),
    ("train_images", np.zeros((5, 6)), r"^squares: train_images has shape \(5, 6\); allowed is \("),
    ("train_images", np.zeros((0, 3, 2)), r"^squares: train_images has shape \(0, 3, 2\)"),
    ("test_images", np.zeros((2, 3, 0)), r"^squares: test_images has shape \(2, 3, 0\)"),
    ("train_images", at(1.5), r"^squares: train_images\[4, 2, 1\] is 1.5; allowed are pixels from"),
    ("train_images", at(-0.1), r"^squares: train_images\[4, 2, 1\] is -0.1"),
    ("train_images", at(np.nan), r"^squares: train_images\[4, 2, 1\] is nan"),
    ("train_images", at(1e300), r"^squares: train_images\[4, 2, 1\] is 1e\+300"),
    ("train_images", at(255).astype(np.uint8), r"^squares: train_images\[4, 2, 1\] is 255"),
    ("train_labels", np.zeros(5), r"^squares: train_labels has dtype float64 and shape \(5,\)"),
    ("train_labels", np.zeros((5, 1), int), r"^squares: train_labels has .* shape \(5, 1\)"),
    (
        "train_labels",
        np.array([0, 1, 3, 0, 0]),
        r"^squares: train_labels\[2\] is 3; allowed are 0 to",
    ),
    ("test_labels", np.array([0, -1]), r"^squares: test_labels\[1\] is -1; allowed are 0 to 2"),
    ("train_labels", np.zeros(4, int), r"^squares: train_labels has 4 labels; allowed are 5, one"),
    ("test_labels", np.zeros(3, int), r"^squares: test_labels has 3 labels; allowed are 2, one"),
    ("test_images", np.zeros((2, 2, 3)), r"^squares: test_images are of 2 by 3 pixels; .* 3 by 2"),
]


@pytest.mark.parametrize(("field", "value", "message"), BAD)
def test_bad_input(no_shape_checks, field, value, message):
    with pytest.raises(ValueError, match=message):
        ImageSet(**fields(**{field: value}))
