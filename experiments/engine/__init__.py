"""The engine: experiments in grids, run and kept in studies that grow. It knows no network.

How a specification becomes a study:

- `_scalars.py`, `_fields.py`: what the fields of an experiment may be, said once for all.
- `_parts.py`: starts, tasks and other objects by name and parameters; `_own.py` finds those of a
  user's own.
- `_experiment.py`: what an experiment is.
- `_grid.py`: a grid, and its cells in a documented order.
- `_tree.py`, `_mappings.py`, `_part_entries.py`, `_read.py`: a grid from YAML, checked whole before
  anything runs, with all faults in one error (`_errors.py`). `_write.py`: and back.
- `_cell.py`: one cell, claimed, computed as far as it is missing, and kept.
- `_run.py`: cells one after the other. `_distributed.py`: on dask workers; `_dask.py` is all that
  touches dask.
- `_collect.py`: finished cells side by side.
- `_counts.py`: how much work, memory and time a study takes.
"""

from ._cell import CHECKPOINT_EVERY, CellDone, StudyError, attributes, run_cell
from ._collect import (
    finished,
    starts_of_whole,
    starts_side_by_side,
    study_datasets,
    whole_study,
)
from ._counts import counts, pace
from ._distributed import run_distributed
from ._errors import Fault, SpecError
from ._experiment import USUAL, Cost, Experiment, How, Training, record_of
from ._fields import Field, FieldError, checked, field, fields_of
from ._grid import MOST_CELLS, Grid, cells, grid
from ._parts import (
    REQUIRED,
    Blamed,
    Files,
    Kind,
    Parameter,
    Part,
    Parts,
    blame,
    described,
    parameters_of,
)
from ._read import read_spec, spec_grids, spec_text
from ._run import run_study
from ._scalars import (
    BELOW_1,
    POSITIVE,
    REFUSED,
    Scalar,
    choice,
    flag,
    number,
    optional,
    text,
    whole,
)
from ._write import as_yaml, to_yaml

__all__ = [
    "BELOW_1",
    "CHECKPOINT_EVERY",
    "MOST_CELLS",
    "POSITIVE",
    "REFUSED",
    "REQUIRED",
    "USUAL",
    "Blamed",
    "CellDone",
    "Cost",
    "Experiment",
    "Fault",
    "Field",
    "FieldError",
    "Files",
    "Grid",
    "How",
    "Kind",
    "Parameter",
    "Part",
    "Parts",
    "Scalar",
    "SpecError",
    "StudyError",
    "Training",
    "as_yaml",
    "attributes",
    "blame",
    "cells",
    "checked",
    "choice",
    "counts",
    "described",
    "field",
    "fields_of",
    "finished",
    "flag",
    "grid",
    "number",
    "optional",
    "pace",
    "parameters_of",
    "read_spec",
    "record_of",
    "run_cell",
    "run_distributed",
    "run_study",
    "spec_grids",
    "spec_text",
    "starts_of_whole",
    "starts_side_by_side",
    "study_datasets",
    "text",
    "to_yaml",
    "whole",
    "whole_study",
]
