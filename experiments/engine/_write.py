"""Grids as YAML."""

from collections.abc import Sequence
from typing import Any

import yaml

from ._grid import Grid
from ._parts import Part
from ._read import EXPERIMENT


def to_yaml(grids: Sequence[Grid]) -> str:
    """YAML that `spec_grids` reads as equal grids, wherever it stands.

    Every field is written, defaults as well, so that it means the same when defaults change. Paths
    are full. A start or a task of a user's own is written by the name of its class, which must be
    found again.

    Args:
        grids: one or more.

    Raises:
        ValueError: a value is an object that has no name in a specification.
    """
    written = [_fields(of) for of in grids]
    return as_yaml(written[0] if len(written) == 1 else written)


def as_yaml(value: Any) -> str:
    """Plain data as YAML that `spec_grids` can read: without aliases, and in the order given."""
    how = {"sort_keys": False, "default_flow_style": None, "allow_unicode": True, "width": 100}
    return yaml.dump(value, Dumper=_WithoutAliases, **how)


class _WithoutAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """What stands twice is written twice."""
        return True


def _fields(of: Grid) -> dict[str, Any]:
    fields: dict[str, Any] = {EXPERIMENT: of.experiment.KIND}
    for name, values in of.axes.items():
        if values == (None,):
            continue
        written = [_written(name, value, of) for value in values]
        fields[name] = written if len(written) > 1 or name == "start" else written[0]
    for name, value in of.common.items():
        if value is None or value == ():
            continue
        fields[name] = list(value) if isinstance(value, tuple) else _written(name, value, of)
    return fields


def _written(name: str, value: Any, of: Grid) -> Any:
    if not isinstance(value, Part):
        return value
    bare = of.experiment.PARTS[name].bare and not value.written
    if bare:
        return value.kind
    return {"kind": None if value.kind == "null" else value.kind} | value.written
