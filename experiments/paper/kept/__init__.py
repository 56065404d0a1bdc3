"""What keeping zeros and signs, or training gains alone, does on the structures of figure 2.

- `spec.yaml`: the study, made by `richlazy sweep experiments/paper/kept/spec.yaml --out STUDY`.
- `_table.py`: each structure with each constraint beside the same structure without.
- `__main__.py`: the table of a finished study, by `python -m experiments.paper.kept STUDY`.
"""

from ._table import FREE, GAINS, by_structure, table

__all__ = ["FREE", "GAINS", "by_structure", "table"]
