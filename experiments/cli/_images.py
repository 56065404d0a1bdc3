"""What the commands that learn images share."""

from typing import Any

import richlazy_jax as rj

SEQUENTIAL = "sMNIST"
IMAGES_HELP = "mnist-5k, digits, openml, or a folder of IDX files; auto takes what is installed"
BATCH = 200
HELD = 200


def image_fields(source: str, batch: int | None) -> dict[str, Any]:
    """The fields of `Setting` that sMNIST has of its own, as the paper has them.

    Raises:
        ValueError: there are no such images.
    """
    return {
        "images": images_of(source),
        "batch": BATCH if batch is None else batch,
        "kernel_trials": HELD,
        "activity_trials": HELD,
    }


def images_of(source: str) -> rj.ImageSet:
    """The images of that name.

    Raises:
        ValueError: there are none.
    """
    try:
        return rj.image_set(source)
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def batch_fields(batch: int | None) -> dict[str, Any]:
    """The field of a batch that was asked for."""
    return {} if batch is None else {"batch": batch}
