"""Studies: a sweep in a folder, one netCDF file for each finished cell.

A cell is one setting of a sweep. Its record is all that decides its numbers, and the hash of the
record is its name. Nothing here knows how a cell is computed; it is a dataset that the caller made.
A process may be killed at any moment, and many may work on one study; what is there is whole.

    create_study(path, spec_text, environment_record(), wanted)
    for one in wanted:
        with claim_cell(path, one) as mine:
            if mine:
                write_cell(path, one.record, computed(one))
    dataset = open_study(path)

In the folder are `spec.yaml`, `environment.json`, `wanted.json`, `cells/HASH.nc`,
`locks/HASH.lock`, `failed/HASH.json` and `unfinished/HASH/`, the `checkpoint_folder` of a cell
(`folder.py`).

- `cell_hash` (`_hash.py`): the name of a cell; `_plain.py` says what a record may hold.
- `create_study`, `study_changes` (`_create.py`): the folder, made or grown to what is asked for.
- `Wanted`, `wanted_cells` (`_wanted.py`): a cell that is asked for, and what it must hold.
- `environment_record` (`_environment.py`): versions, devices and commit, and nothing private.
- `write_cell`, `read_cell` (`_cells.py`): whole or not at all. `_encode.py` makes the bytes of a
  file, `_durable.py` writes them so that they stay, and `_decode.py` checks and reads them.
- `BrokenCellWarning` (`_broken.py`): a file that is no cell was put aside.
- `claim_cell` (`_claim.py`): one process for each cell; `_lock.py` holds the locks.
- `record_failure`, `failures`, `Failure` (`_failures.py`): the last error of a cell.
- `read_values` (`_values.py`): a cell without attributes, in a twentieth of the time.
- `open_study` (`_open.py`): all cells as one dataset. `_fields.py` makes coordinates of records and
  `_stack.py` one array of many.
- `missing_cells` (`_missing.py`): what is still to be computed.
"""

from ._broken import BrokenCellWarning
from ._cells import read_cell, write_cell
from ._claim import claim_cell
from ._create import create_study, study_changes
from ._environment import environment_record
from ._failures import Failure, failures, record_failure
from ._hash import cell_hash
from ._missing import missing_cells
from ._open import open_study
from ._values import read_values
from ._wanted import Wanted, wanted_cells
from .folder import checkpoint_folder

__all__ = [
    "BrokenCellWarning",
    "Failure",
    "Wanted",
    "cell_hash",
    "checkpoint_folder",
    "claim_cell",
    "create_study",
    "environment_record",
    "failures",
    "missing_cells",
    "open_study",
    "read_cell",
    "read_values",
    "record_failure",
    "study_changes",
    "wanted_cells",
    "write_cell",
]
