"""A network of the user's own, as files and options say it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import typer

from .._whole import write_text

ENDS = ".npz, .safetensors, .pt, .keras, .h5, .mat, .msgpack or a folder of orbax"
INPUTS = typer.Option(
    help="Inputs as .npy, of shape (trials, steps, inputs), or (trials, inputs) without recurrence."
)
MAP = typer.Option(
    help="Which array is which, such as recurrent=h2h.weight or input=W_in.T; may repeat."
)
ACTIVATION = typer.Option(
    help="relu, tanh, or between fully connected layers gelu, silu, sigmoid and others."
)
LEAK = typer.Option(help="What a unit keeps in one step, 1 - dt / tau.")
LEAK_FORM = typer.Option(help="paper, rate or current.")
STEPS = typer.Option(help="Which outputs count: all, last, or steps such as 4,5,6.")
BALANCED = typer.Option("--balanced", help="Let each class of the targets count alike.")
HTML = typer.Option(help="Write one page that says all of it to this .html file.")
WRT = typer.Option(help="An array that the kernel is of, by its name; may repeat. Default all.")

# What the pages of both commands explain.
WORDS = {
    "tangent kernel": "which outputs of the network change together when its weights are moved a "
    "little by gradient descent.",
    "kernel alignment": "how alike the tangent kernels before and after training are, from 0 to 1. "
    "Near 1 learning was lazy: the network kept the features with which it began. A low alignment "
    "is rich: it learned features of its own.",
    "target alignment": "how alike the kernel and the wanted outputs are. Where it grew, the "
    "features that were learned are those of the task.",
    "representation alignment": "how alike trials are beside one another in the activity of the "
    "units before and after training, from 0 to 1.",
    "sign agreement": "the share of units and trials whose activity at the decision step has the "
    "same sign before and after training; over all steps it is a number of its own.",
    "participation ratio": "over how many directions activity, or a matrix, is spread.",
}


def names_of(pairs: Sequence[str]) -> dict[str, str] | None:
    """Which array is which, by what `--map` gave."""
    names = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise ValueError(f"--map is {pair!r}; allowed is such as recurrent=h2h.weight.")
        names[ours] = theirs
    return names or None


def array_of(option: str, path: Path) -> np.ndarray:
    """The numbers of a .npy file; the option is for messages."""
    try:
        # Opened here, because NumPy leaves an archive open.
        with path.open("rb") as opened:
            found = np.load(opened, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{option} is {path}, which is no .npy file of numbers.") from error
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiub":
        raise ValueError(f"{option} is {path}; allowed is one array of numbers, as .npy.")
    return found


def inputs_of(path: Path) -> jax.Array:
    """Inputs of trials, and of steps where there are any."""
    x = array_of("--inputs", path)
    if x.ndim not in (2, 3):
        raise ValueError(
            f"--inputs has shape {x.shape}; allowed are (trials, steps, inputs), trials first, and "
            "(trials, inputs) without recurrence."
        )
    return jnp.asarray(x, jnp.result_type(float))


def write_page(
    path: Path,
    name: str,
    question: str,
    answer: Any,
    said: Sequence[str],
    figures: Mapping[str, Callable[[], Any]] | None = None,
) -> None:
    """One page of an answer and all that it rests on, as `report.answer_report` has it."""
    # matplotlib takes a second to import, which `richlazy --help` need not wait for.
    from ..report import answer_report

    page = answer_report(name, question, answer, said=tuple(said), figures=figures, explained=WORDS)
    write_text(path, page)
