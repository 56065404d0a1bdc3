"""One cell of a study: claimed, computed, and kept beside what was there of it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.studies import (
    Wanted,
    cell_hash,
    checkpoint_folder,
    claim_cell,
    read_cell,
    record_failure,
    write_cell,
)

from .._signals import after_this
from .._whole import naming
from ._experiment import Experiment, How

# A cell at its default size makes ten times as many updates, in minutes.
CHECKPOINT_EVERY = 1000
# Of networks that were trained again for more measures: that they are the same ones.
_TOLERANCE = 1e-3


class CellDone(NamedTuple):
    """What became of one cell.

    - `hash`: its name in the study.
    - `experiment`: what it is.
    - `status`: "run" now; "found", as it was there; "elsewhere", as another process has it; or
      "failed".
    - `error`: the first line of what went wrong, empty if nothing did.
    """

    hash: str
    experiment: Experiment
    status: str
    error: str


class StudyError(OSError):
    """A study cannot be written, or a cell not be read. A disk that is full is full for all."""


def run_cell(
    study: Path,
    experiment: Experiment,
    *,
    batch_runs: int | None = None,
    checkpoint_every: int = CHECKPOINT_EVERY,
    piece: int = 200,
    on_piece: Callable[[rj.Progress], None] = lambda progress: None,
) -> CellDone:
    """Compute what a cell lacks and keep it, unless it has all or another process has it in hand.

    A cell that fails is recorded in the study. Training that was cut off goes on from its last
    checkpoint in the study and gives the numbers that it would have given.

    Args:
        study: the folder.
        experiment: what the cell is.
        batch_runs: as in `richlazy_jax.train_runs`.
        checkpoint_every: updates between two checkpoints. A cell with fewer has none.
        piece: updates between two reports; checkpoints are made at the end of one.
        on_piece: called with the progress of training.

    Raises:
        StudyError: the study cannot be written.
    """
    wanted = experiment.wanted()
    name = wanted.hash
    # A checkpoint is made at the end of a piece, so that a piece may be no longer than asked for.
    how = How(batch_runs, min(piece, checkpoint_every), None, on_piece)

    def compute(part: Experiment, first_seed: int) -> xr.Dataset:
        folder = checkpoint_folder(study, name) / _called(part, first_seed)
        return part.run(
            first_seed, how._replace(checkpoints=rj.Checkpoints(folder, checkpoint_every))
        )

    try:
        there = read_cell(study, name)
        if there is not None and not wanted.lacks(there):
            return CellDone(name, experiment, "found", "")
        with claim_cell(study, wanted) as mine:
            if not mine:
                return CellDone(name, experiment, "elsewhere", "")
            there = read_cell(study, name)
            try:
                dataset = _grown(there, experiment, wanted, compute)
            except rj.CheckpointError:
                # Written like a cell.
                raise
            # Of any other kind: a cell that fails must not take the others with it.
            except Exception as error:
                return failed_cell(study, name, experiment, error)
            with after_this(), naming(study):
                write_cell(study, wanted.record, dataset)
    except OSError as error:
        # Of the arguments of an error that names a file, the name is none.
        named = () if error.filename is None else (str(error.filename),)
        raise StudyError(*error.args, *named) from error
    return CellDone(name, experiment, "run", "")


def failed_cell(study: Path, name: str, experiment: Experiment, error: Exception) -> CellDone:
    """A cell that failed, recorded in the study by its name there."""
    record_failure(study, name, error)
    return CellDone(name, experiment, "failed", f"{type(error).__name__}: {error}".splitlines()[0])


def _called(part: Experiment, first_seed: int) -> str:
    """The folder for the checkpoints of some seeds: another one where other updates are looked at,
    as training that goes on does not come again to what lies before."""
    wanted = part.wanted()
    seeds = f"{first_seed}-{first_seed + part.seeds}"
    looked_at = {n: list(v) for n, v in wanted.coordinates.items() if n != "seed"}
    if not looked_at:
        return seeds
    return f"{seeds}-{cell_hash({'variables': list(wanted.variables), **looked_at})}"


def _grown(
    there: xr.Dataset | None,
    experiment: Experiment,
    wanted: Wanted,
    compute: Callable[[Experiment, int], xr.Dataset],
) -> xr.Dataset:
    """All that is wanted of a cell, what is there of it kept."""
    if there is None:
        return compute(experiment, 0)
    # What the study itself says of the cell is said anew.
    kept = {n: v for n, v in there.attrs.items() if not str(n).startswith("study_")}
    there = there.drop_attrs(deep=False).assign_attrs(kept)
    missing = dict(wanted.lacks(there))
    missing.pop("seed", None)
    seeds = there.sizes["seed"]
    if missing:
        # Networks are not kept, so that they are trained again for what was not measured.
        again = compute(experiment.only(seeds, _with_all_else(missing, _has(there))), 0)
        there = _measured_more(there, again)
    if experiment.seeds <= seeds:
        return there
    # The new ones have all that the old ones have.
    has = _has(there)
    return _side_by_side(there, compute(experiment.only(experiment.seeds - seeds, has), seeds))


def _has(there: xr.Dataset) -> dict[str, list[Any]]:
    grown = [str(name) for name in there.indexes if str(name) != "seed"]
    values = {name: np.asarray(there.variables[name].values).tolist() for name in grown}
    return {"variables": [str(name) for name in there.data_vars], **values}


def _with_all_else(
    missing: Mapping[str, Sequence[Any]], has: Mapping[str, Sequence[Any]]
) -> dict[str, Sequence[Any]]:
    """What must be measured so that every variable is there at every value of every dimension."""
    if len(missing) == 1:
        return {**has, **missing}
    return {n: [*has.get(n, ()), *missing.get(n, ())] for n in {**has, **missing}}


def _measured_more(there: xr.Dataset, again: xr.Dataset) -> xr.Dataset:
    """A dataset with what was measured of the same networks, trained again.

    Raises:
        ValueError: they are not the same, as after a change of JAX or of the machine.
    """
    for name in ("loss", "first_loss"):
        if name in there and name in again:
            old, new = there[name].values, again[name].values
            if not np.allclose(old, new, rtol=_TOLERANCE, atol=0, equal_nan=True):
                raise ValueError(
                    f"{name} of networks that were trained again is not what it was (by up to "
                    f"{np.nanmax(np.abs(new / old - 1)):.1e} of it), so that measures of the two "
                    "must not be mixed; allowed is another folder."
                )
    # What is there stays as it is, and what is not comes from the others.
    return there.combine_first(again)


def _side_by_side(there: xr.Dataset, new: xr.Dataset) -> xr.Dataset:
    """The seeds of two datasets that have the same variables."""
    whole = xr.concat(
        [there, new], "seed", join="exact", data_vars="minimal", coords="minimal", compat="equals"
    )
    return whole.assign_attrs(seeds=whole.sizes["seed"])


def attributes(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record as attributes of a dataset, which hold strings, numbers and lists of one kind.

    What is within a field is called `outer.inner`; booleans are 0 and 1, and None is left out.
    """
    found: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{inner}": each for inner, each in attributes(value).items()}
        elif isinstance(value, bool):
            found[name] = int(value)
        elif isinstance(value, list | tuple):
            found[name] = [str(each) if isinstance(each, Mapping) else each for each in value]
        elif value is not None:
            found[name] = value
    return found
