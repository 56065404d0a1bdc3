"""A sweep as YAML."""

from typing import Any

import yaml

from ..recurrent import NEW_FIELDS
from ._spec import SweepSpec, axes_of, known_fields


def to_yaml(spec: SweepSpec) -> str:
    """YAML that `sweep_spec` reads as an equal sweep, wherever it stands.

    Every field that means something is written, defaults as well, so that it means the same when
    defaults change. Paths are full. Only fields that came later are left out where they are as all
    was before, so that a study of before there was a choice is of the same text.

    Args:
        spec: the sweep.
    """
    fields: dict[str, Any] = {}
    for field in axes_of(spec):
        values = list(getattr(spec, field))
        if field in NEW_FIELDS and values == [NEW_FIELDS[field]]:
            continue
        if field == "start":
            values = [_entry(start.kind, start.written) for start in values]
        fields[field] = values if len(values) > 1 or field == "start" else values[0]
    fields["seeds"] = spec.seeds
    if "measures" in known_fields(spec.task):
        fields["measures"] = list(spec.measures)
    if spec.images is not None:
        fields["images"] = spec.images
    return yaml.safe_dump(
        fields, sort_keys=False, default_flow_style=None, allow_unicode=True, width=100
    )


def _entry(kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"kind": None if kind == "null" else kind} | parameters
