"""`richlazy inspect --train`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

import richlazy_jax as rj

from ..engine import Grid, starts_side_by_side
from ..inspection import Inspection
from ..inspection.training import save_connectome, training_fields, training_lines
from ._kinds import grids_of
from ._study import run_grids


def grids_to_train(
    connectome: rj.Connectome,
    out: Path,
    classes: Path | None,
    chosen: Mapping[str, str | None],
    settings: Mapping[str, Any],
) -> Sequence[Grid]:
    """What is to be trained; the connectome is kept beside it, so that it can be made again.

    Args:
        connectome: with its signs.
        out: the folder.
        classes: the file of classes, by which nodes may be chosen.
        chosen: names of nodes with commas between or the path of a file, for `input_nodes` and
            `output_nodes`.
        settings: of networks.

    Raises:
        ValueError: something is not allowed.
        OSError: the connectome cannot be kept.
    """
    file = (out / "trained.npz").resolve()
    save_connectome(connectome, file)
    nodes = {}
    for name, given in chosen.items():
        if not given:
            continue
        which = "file" if Path(given).is_file() else "names"
        value = str(Path(given).resolve()) if which == "file" else given
        nodes[name] = {"kind": "named", which: value, "of": str(file)}
        if classes is not None:
            nodes[name]["classes"] = str(classes.resolve())
    return grids_of(training_fields(file, len(connectome.names), **settings, **nodes))


def train_and_say(grids: Sequence[Grid], found: Inspection, out: Path, console: Console) -> str:
    """Train what is missing, print what it says beside the prediction, and give it back."""
    study = run_grids(grids, out / "training", console, name="inspect")
    text = "\n".join(training_lines(found, starts_side_by_side(study)))
    console.print(Markdown(text))
    return text
