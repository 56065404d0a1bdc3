"""Rows as JSON, with what they were made on, and as a table."""

import dataclasses
import json
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from .._whole import write_text
from ._row import Row

PACKAGES = ("richlazy-jax", "jax", "jaxlib", "flax", "optax", "neural-tangents", "numpy")


def record(rows: Sequence[Row], complete: bool, **settings: Any) -> dict[str, Any]:
    """Rows, settings and the machine, as what `json` can write.

    Args:
        rows: those that are finished.
        complete: whether no row is still to come.
        settings: what the run was asked for.
    """
    return {
        "complete": complete,
        "all_hold": complete and all(row.holds for row in rows),
        "settings": settings,
        "environment": {
            "python": platform.python_version(),
            "devices": [str(device) for device in jax.local_devices()],
            "float64": jnp.result_type(float) == jnp.float64,
            "versions": {name: _version(name) for name in PACKAGES},
        },
        "rows": [
            {
                **dataclasses.asdict(row),
                "z": row.z,
                "detects": row.detects,
                "holds": row.holds,
                "undecided": row.undecided,
                "failure": row.failure,
            }
            for row in rows
        ],
    }


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write as JSON, whole or not at all.

    A number that is not finite is written as null, since JSON has no other word for it.
    """
    write_text(path, json.dumps(_finite(content), indent=2, allow_nan=False) + "\n")


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    if isinstance(content, float) and content - content != 0:
        return None
    return content


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def markdown(rows: Sequence[Row]) -> str:
    """Rows as a table in Markdown."""
    lines = [
        "| statement | setting | quantity | predicted | measured | std. error | z | detects | n "
        "| numerical | holds |",
        "| --- | --- | --- | --: | --: | --: | --: | --: | --: | --- | --- |",
    ]
    for row in rows:
        cells = [
            *(row.statement, row.setting, row.quantity),
            *(f"{row.predicted:.5g}", f"{row.measured:.5g}", row.error_shown),
            *("" if row.z is None else f"{row.z:+.2f}", row.detects_shown, str(row.runs)),
            row.numerical,
            row.verdict if row.holds else f"{row.verdict}: {row.failure}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
