"""What the values of a grid do not allow, each by itself and beside each other."""

import math
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

import richlazy_jax as rj

from ..recurrent import Null, Setting
from ._cells import MOST_CELLS, combinations, setting_of
from ._errors import Faults
from ._fields import Value, read_one
from ._kinds import Files
from ._scalars import REFUSED, text
from ._spec import SweepSpec, known_fields, setting_class

IMAGES = ("auto", "mnist-5k", "digits", "openml")
_IMAGES = text(f"{', '.join(IMAGES)} and the path of a folder with MNIST's files")


class Images(NamedTuple):
    """Images and what the specification calls them."""

    name: str
    value: rj.ImageSet


def check_values(axes: Mapping[str, list[Value]], tasks: Collection[str], faults: Faults) -> None:
    """Note each value that `Setting` or `LinearSetting` refuses by itself."""
    made = setting_class(tasks)
    for field, values in axes.items():
        # Tasks are known by name, and images beside them are another matter.
        if field == "task" or field not in known_fields(tasks):
            continue
        for value in values:
            try:
                made(starts=(Null(),), **{field: value.value})
            except ValueError as error:
                faults.add(value.node, field, str(error))


def read_images(node: yaml.Node | None, files: Files, faults: Faults) -> Images | None:
    """The images that are asked for, or None where there are none or they cannot be had."""
    if node is None or (name := read_one(node, _IMAGES, "images", faults)) is REFUSED:
        return None
    source: str | Path = name
    if name not in IMAGES:
        try:
            source = Path(files.path(name))
        except ValueError as error:
            faults.add(node, "images", f"images is {error}")
            return None
        if not os.path.isdir(source):
            message = f"images is {name!r}, which is no folder; allowed are {_IMAGES.allowed}."
            faults.add(node, "images", message)
            return None
    try:
        return Images(str(source), rj.image_set(source))
    except (ValueError, OSError, RuntimeError) as error:
        faults.add(node, "images", f"images is {name!r}: {error}")
        return None


def check_images(
    fields: Mapping[str, yaml.Node],
    axes: Mapping[str, list[Value]],
    images: Images | None,
    root: yaml.Node,
    faults: Faults,
) -> None:
    """Note images without their task, the task without images, and more trials than images."""
    tasks = axes.get("task", [Value(Setting.task, root)])
    learning = [task for task in tasks if task.value == "sMNIST"]
    if learning and "images" not in fields:
        message = "task is 'sMNIST' and images is missing; allowed are both or none."
        faults.add(learning[0].node, "task", message)
    # A task that was refused may have been meant for it.
    if "images" in fields and not learning and not faults.holds("task"):
        names = ", ".join(repr(task.value) for task in tasks)
        message = f"images is given and task is {names}; allowed are images with 'sMNIST'."
        faults.add(fields["images"], "images", message)
    if not learning or images is None:
        return
    most = len(images.value.test_labels)
    for field in ("kernel_trials", "activity_trials"):
        default = [Value(getattr(Setting, field), fields["images"])]
        for value in axes.get(field, default):
            if value.value > most:
                message = (
                    f"{field} is {value.value} with 'sMNIST', and {images.value.name} holds {most} "
                    f"images back; allowed are at most {most}."
                )
                faults.add(value.node, field, message)


def check_number_of_cells(
    starts: Iterable[int],
    axes: Mapping[str, list[Value]],
    root: yaml.Node,
    faults: Faults,
) -> bool:
    """Whether the grid is small enough to be multiplied out; a fault is noted otherwise."""
    number = sum(starts) * math.prod(max(1, len(values)) for values in axes.values())
    if number > MOST_CELLS:
        message = f"the grid has {number} cells; allowed are at most {MOST_CELLS}."
        faults.add(root, "grid", message)
    return number <= MOST_CELLS


def check_grid(
    spec: SweepSpec, axes: Mapping[str, list[Value]], root: yaml.Node, faults: Faults
) -> None:
    """Note what settings refuse of whole cells, at the place of the field that it names."""
    places = {(field, v.value): v.node for field, values in axes.items() for v in values}
    for cell in combinations(spec):
        try:
            setting_of(spec, cell)
        except ValueError as error:
            named = str(error).partition(" ")[0]
            field = {"starts": "start"}.get(named, named)
            at = places.get((field, cell[field]), root) if field in cell else root
            faults.add(at, field, str(error))
