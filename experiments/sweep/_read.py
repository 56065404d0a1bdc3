"""A sweep from YAML, checked whole before anything runs."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import yaml

from richlazy_jax.models import INITIAL_STATES, LEAK_FORMS, PRECISIONS

from ..recurrent import KERNEL_WEIGHTS, MEASURES, OPTIMIZERS
from ._check import check_grid, check_images, check_number_of_cells, check_values, read_images
from ._errors import Faults
from ._fields import Value, read_axis, read_mapping, read_one
from ._kinds import Files
from ._linear import allowed_entries, check_tasks
from ._scalars import REFUSED, choice, flag, number, whole
from ._spec import AXES, SweepSpec, defaults_of
from ._starts import make_starts, read_entries, sizes_of
from ._tree import read_tree, shown

TASKS = ("2AF", "DMS", "CXT", "sMNIST", "linear")
# Ranges of numbers that are not here are those of `Setting` and `LinearSetting`.
_SCALARS = {
    "task": choice(TASKS),
    # The recurrent weights of one network take 40 GB there; checks may allocate an array of it.
    "n_hidden": whole(most=100_000),
    "iterations": whole(),
    "batch": whole(),
    "optimizer": choice(OPTIMIZERS),
    "learning_rate": number(),
    "momentum": number(),
    "gain": number(),
    "activation": choice(("relu", "tanh")),
    "leak": number(),
    "leak_form": choice(LEAK_FORMS),
    "biases": flag(),
    "initial_state": choice(INITIAL_STATES),
    "noise": number(),
    "dt": number(),
    "kernel_weights": choice(tuple(KERNEL_WEIGHTS)),
    "kernel_trials": whole(),
    "activity_trials": whole(),
    # Inputs and kernels of one network take megabytes there.
    "n_inputs": whole(most=1000),
    "sigma": number(),
    "precision": choice(tuple(PRECISIONS)),
    # Beyond, they wrap around: JAX keeps 32 bits of them.
    "random_seed": whole(least=0, most=2**32 - 1),
}


def read_spec(path: str | os.PathLike[str]) -> SweepSpec:
    """The sweep in a YAML file. Paths in it are relative to its folder.

    Args:
        path: the file, in UTF-8.

    Raises:
        SpecError: as `sweep_spec`, every message beginning with the path.
        OSError: the file cannot be read.
    """
    path = Path(path)
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults = Faults(str(path))
        line = data.count(b"\n", 0, error.start)
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1)
        message = f"the byte is {data[error.start]:#04x}; allowed is text in UTF-8."
        faults.add_at(line, column, "", message)
        faults.refuse()
    return sweep_spec(text, str(path), path.parent)


def sweep_spec(
    text: str, name: str = "spec", folder: str | os.PathLike[str] | None = None
) -> SweepSpec:
    """The sweep that a YAML text describes.

    Its fields are those of `SweepSpec` but the last. All but `seeds`, `measures` and `images` may
    be lists, which multiply. Only `start` has no default: a mapping or a list of mappings, each
    with a `kind` and the parameters of that kind, whose lists multiply as well.

    Numbers are decimal, 1e-3 among them. Aliases, merge keys and tags of other than plain values
    are refused, and nothing is ever constructed from a tag.

    Args:
        text: the YAML.
        name: begins the message of each fault.
        folder: where relative paths begin; None stands for the current one.

    Raises:
        SpecError: the text, a value, or values beside each other are not as `Setting`,
            `LinearSetting` and their starts allow. It holds every fault, but for three cases: text
            that is not YAML has one, as has a grid that is too large, and of motif statistics,
            which limit each other, the first is named.
    """
    faults = Faults(name)
    root = read_tree(text, faults)
    names = [field.name for field in dataclasses.fields(SweepSpec) if field.name != "image_set"]
    fields = None if root is None else read_mapping(root, names, "", faults)
    if root is None or fields is None:
        faults.refuse()
    axes = {
        field: read_axis(fields[field], scalar, field, faults)
        for field, scalar in _SCALARS.items()
        if field in fields
    }
    single = _single_values(fields, faults)
    tasks = check_tasks(fields, axes, faults)
    check_values(axes, tasks, faults)
    files = Files(Path.cwd() if folder is None else Path(folder))
    images = read_images(fields.get("images"), files, faults)
    check_images(fields, axes, images, root, faults)
    if "start" in fields:
        entries = allowed_entries(read_entries(fields["start"], faults), tasks, faults)
        if not check_number_of_cells([e.number for e in entries], axes, root, faults):
            faults.refuse()
        axes["start"] = make_starts(entries, sizes_of(axes, tasks), files, faults)
    else:
        faults.add(root, "start", "start is missing; allowed are one or more kinds of start.")
    faults.refuse_any()
    given: dict[str, Any] = defaults_of(tasks) | {
        field: tuple(v.value for v in axes[field]) for field in AXES if field in axes
    }
    given |= {field: v.value for field, v in single.items()}
    if images is not None:
        given |= {"images": images.name, "image_set": images.value}
    spec = SweepSpec(**given)
    check_grid(spec, axes, root, faults)
    faults.refuse_any()
    return spec


def _single_values(fields: dict[str, yaml.Node], faults: Faults) -> dict[str, Value]:
    """The fields that all cells have in common, but the images."""
    found = {}
    if "seeds" in fields:
        node = fields["seeds"]
        if isinstance(node, yaml.SequenceNode):
            message = f"seeds is {shown(node)}; allowed is one number, the same for all cells."
            faults.add(node, "seeds", message)
        elif (value := read_one(node, whole(), "seeds", faults)) is not REFUSED:
            found["seeds"] = Value(value, node)
    if "measures" in fields:
        node = fields["measures"]
        measures = read_axis(node, choice(tuple(MEASURES)), "measures", faults)
        found["measures"] = Value(tuple(m.value for m in measures), node)
    return found
