"""The cells of a control, run and kept in studies."""

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import xarray as xr

import richlazy_jax as rj
from richlazy_jax.studies import cell_hash, create_study, environment_record, read_cell

from ..recurrent import Setting
from ..sweep import CellDone, SweepSpec, cells, run_sweep, to_yaml
from ..sweep._cell import kept_cell
from ._catalogue import THROUGH
from ._collect import stacked_starts
from ._through import train_through, updates_of


def run_control(
    name: str,
    specs: Mapping[str, SweepSpec],
    out: Path,
    *,
    on_piece: Callable[[rj.Progress], None] = lambda progress: None,
) -> Iterator[CellDone]:
    """Run what is missing of a control, a study in `out` for each variant.

    Args:
        name: of the control.
        specs: of its variants.
        out: the folder.
        on_piece: called with the progress of the cell in hand.

    Raises:
        ValueError: a folder of a variant is something else, or a study of another spec.
        OSError: it cannot be written.
    """
    if name == THROUGH:
        return itertools.chain.from_iterable(
            [_run_through(spec, out / variant, on_piece) for variant, spec in specs.items()]
        )
    # All studies are made before the first cell is run.
    return itertools.chain.from_iterable(
        [
            run_sweep(spec, to_yaml(spec), out / variant, on_piece=on_piece)
            for variant, spec in specs.items()
        ]
    )


def control_datasets(name: str, specs: Mapping[str, SweepSpec], out: Path) -> dict[str, xr.Dataset]:
    """What is finished of a control, by variant: dimensions start and seed, coordinate `rank`.

    Through training, each update after the first is a variant of its own; `through_dataset` has
    them as one. A variant of which fewer than two starts are finished is left out.
    """
    if name == THROUGH:
        dataset = through_dataset(specs, out)
        if dataset is None:
            return {}
        return {
            f"update {update}": dataset.sel(update=update)
            for update in dataset["update"].values.tolist()
            if update > 0
        }
    found = {v: _finished(spec, out / v, Setting.record) for v, spec in specs.items()}
    return {variant: stacked_starts(of) for variant, of in found.items() if len(of) > 1}


def through_dataset(specs: Mapping[str, SweepSpec], out: Path) -> xr.Dataset | None:
    """The starts of training that was looked at on the way; None where fewer than two are done."""
    ((variant, spec),) = specs.items()
    found = _finished(spec, out / variant, _through_record)
    return stacked_starts(found) if len(found) > 1 else None


def _finished(
    spec: SweepSpec, study: Path, record_of: Callable[[Setting], dict]
) -> dict[str, tuple[Setting, xr.Dataset]]:
    found = {}
    for setting in _settings(spec):
        dataset = read_cell(study, cell_hash(record_of(setting)))
        if dataset is not None:
            found[setting.starts[0].label] = (setting, dataset)
    return found


def _settings(spec: SweepSpec) -> list[Setting]:
    # Controls are of recurrent networks.
    return [setting for setting in cells(spec) if isinstance(setting, Setting)]


def _through_record(setting: Setting) -> dict:
    return setting.record() | {"updates": list(updates_of(setting.iterations))}


def _run_through(
    spec: SweepSpec, study: Path, on_piece: Callable[[rj.Progress], None]
) -> Iterator[CellDone]:
    grid = _settings(spec)
    create_study(study, to_yaml(spec), environment_record())
    return (
        kept_cell(
            study,
            setting,
            _through_record(setting),
            functools.partial(train_through, setting, on_piece=on_piece),
        )
        for setting in grid
    )
