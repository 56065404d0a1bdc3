"""What each network's kernel, weights and loss did through training."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..engine import starts_of_whole, whole_study
from ..kinds.recurrent import Setting


class Courses(NamedTuple):
    """Networks of one task, start by start in the order of rank, seed by seed and look by look.

    - `task`: its name.
    - `updates`: of the looks.
    - `ranks`: of the starts.
    - `alignment`: of the kernel with that of the start.
    - `towards`: of the kernel with the targets, and `first_towards`, that of the start.
    - `change`: the norm of the weights' change.
    - `loss`: on held trials.
    """

    task: str
    updates: list[int]
    ranks: list[int]
    alignment: Float[np.ndarray, "seeds starts looks"]
    towards: Float[np.ndarray, "seeds starts looks"]
    first_towards: Float[np.ndarray, "seeds starts"]
    change: Float[np.ndarray, "seeds starts looks"]
    loss: Float[np.ndarray, "seeds starts looks"]


def courses_of(study: Path | str) -> list[Courses]:
    """The networks of a finished study, task by task.

    A seed with a network that diverged is left out.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study of this kind, or a cell is not finished.
    """
    found = []
    for dataset in starts_of_whole(whole_study(study, Setting.KIND)):
        missing = {"kernel_alignment_through", "kernel_target_alignment_after_through"} - set(
            dataset.data_vars
        )
        if missing or "rank" not in dataset.coords:
            raise ValueError(
                f"{study} is a study without ranks or without looks at the kernel's alignments; "
                "allowed are those of experiments/phases/specs."
            )
        dataset = dataset.sortby("rank").transpose("seed", "start", "update", ...)
        whole = ~np.asarray(dataset["diverged"]).any(axis=1)
        kept = dataset.isel(seed=np.flatnonzero(whole))

        def through(name: str, kept=kept) -> np.ndarray:
            return np.asarray(kept[f"{name}_through"], np.float64)

        found.append(
            Courses(
                str(dataset.attrs["task"]),
                [int(u) for u in dataset["update"].values],
                [int(r) for r in dataset["rank"].values],
                through("kernel_alignment"),
                through("kernel_target_alignment_after"),
                np.asarray(kept["kernel_target_alignment_before"], np.float64),
                through("weight_change_norm"),
                through("loss"),
            )
        )
    return found
