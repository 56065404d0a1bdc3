"""The cells that the spec of a study asks for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from richlazy_jax.studies import cell_hash

from ..sweep import cells, read_spec


class Grid(NamedTuple):
    """What is asked for.

    - `records`: of all cells, by hash; empty where there is a problem.
    - `problem`: why the grid is not known, empty where it is.
    """

    records: dict[str, Mapping[str, Any]]
    problem: str


def grid_of(spec: Path) -> Grid:
    """The grid of the spec that a study keeps.

    A study keeps the text alone. Files that it names by relative paths may not be found from here,
    and images that come over the network are not fetched for a report.
    """
    try:
        if _over_the_network(spec):
            return Grid({}, "its images come over the network, and a report does not fetch them")
        records = [setting.record() for setting in cells(read_spec(spec))]
        return Grid({cell_hash(record): record for record in records}, "")
    # The text may be that of another version, or no sweep at all; the page says so and goes on.
    except Exception as error:
        return Grid({}, str(error).strip() or type(error).__name__)


def _over_the_network(spec: Path) -> bool:
    try:
        fields = yaml.safe_load(spec.read_bytes())
    except yaml.YAMLError:
        return False
    return isinstance(fields, Mapping) and fields.get("images") == "openml"
