"""Sweeps: a grid of starts, tasks and training, written in one YAML file.

- `_spec.py`: what a sweep is.
- `_read.py`: a sweep from text or a file, checked whole before anything runs.
- `_write.py`: a sweep as YAML again.
- `_cells.py`: the grid, one setting for each cell, in a documented order.
- `_estimate.py`: how much work and memory a sweep takes.
- `_pace.py`: how fast a network trains.
- `_cell.py`: one cell, claimed, computed and kept in a study.
- `_run.py`: cells run one after the other.
- `_distributed.py`: cells run on dask workers; `_dask.py` is all that touches dask.
- `_errors.py`: all faults of a file in one error, each with its line and column.
- `_tree.py`: YAML text as a tree with places, where nothing is ever constructed from a tag.
- `_scalars.py`: what a single value may be.
- `_fields.py`: mappings and grids of values, read from the tree.
- `_kinds.py`: the kinds of start, with their parameters.
- `_starts.py`: the entries of `start`, multiplied out and made.
- `_linear.py`: what linear networks do not share with the others.
- `_check.py`: what the values of a grid do not allow each other.
"""

from ._cell import CHECKPOINT_EVERY, CellDone, run_cell
from ._cells import MOST_CELLS, cell_axes, cells
from ._distributed import run_distributed
from ._errors import Fault, SpecError
from ._estimate import counts
from ._pace import pace
from ._read import read_spec, sweep_spec
from ._run import run_sweep
from ._spec import StartSpec, SweepSpec
from ._write import to_yaml

__all__ = [
    "CHECKPOINT_EVERY",
    "MOST_CELLS",
    "CellDone",
    "Fault",
    "SpecError",
    "StartSpec",
    "SweepSpec",
    "cell_axes",
    "cells",
    "counts",
    "pace",
    "read_spec",
    "run_cell",
    "run_distributed",
    "run_sweep",
    "sweep_spec",
    "to_yaml",
]
