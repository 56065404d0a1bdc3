"""What was run, and what is missing, failed or broken."""

from collections.abc import Mapping, Sequence
from typing import Any

from richlazy_jax.studies import Failure

from ..findings import (
    clean,
    counted,
    fields_of_columns,
    fields_text,
    flat_fields,
    start_record,
    task_of,
    varying_fields,
    words,
)
from ._markup import definitions, escaped
from ._study import Study

# Of cells that are listed; a study may ask for thousands.
MOST_LISTED, MOST_UNFOLDED = 50, 8
_NOT_ASKED_FOR = "<p>They were asked for before. They are in figures and table all the same.</p>"


def counts_line(study: Study) -> str:
    """How many cells are finished, missing and failed, in one line of text."""
    finished, failed = len(study.cells) - len(study.lacking), len(study.failed)
    asked = len(study.wanted)
    among = finished - len(study.not_asked_for)
    more = f", {len(study.not_asked_for)} not asked for" if study.not_asked_for else ""
    begun = sum(hash in study.begun for hash in study.missing)
    missing = f"{len(study.missing)} missing{f' ({begun} begun)' if begun else ''}"
    return f"{among} of {asked} cells finished, {missing}, {failed} failed{more}"


def problems(study: Study) -> str:
    """All that is not as it should be, as HTML; empty where nothing is."""
    parts = []
    parts += [f'<p class="warning">{escaped(each)}</p>' for each in study.wrong]
    names = _names(study)
    if study.failed:
        items = [_failure(hash, names, failure) for hash, failure in study.failed.items()]
        parts.append(_listed("failed", items, ""))
    if study.missing:
        items = [_missing(hash, names[hash], study.begun.get(hash)) for hash in study.missing]
        parts.append(_listed("missing", items, ""))
    if study.not_asked_for:
        items = [f"<li><code>{hash}</code></li>" for hash in study.not_asked_for]
        parts.append(_listed("that spec.yaml does not ask for", items, _NOT_ASKED_FOR))
    return "".join(parts)


def what_was_run(study: Study) -> str:
    """Fields that all cells share, the starts, the spec and the environment, as HTML."""
    return "".join(
        [
            _shared(study),
            _starts(study),
            f"<details open><summary>spec.yaml</summary><pre>{escaped(study.spec)}</pre></details>",
            _environment(study.environment),
        ]
    )


def _shared(study: Study) -> str:
    varying = set(fields_of_columns(study.cells))
    fields = {name: value for cell in study.cells for name, value in cell.fields.items()}
    same = [(words(name), value) for name, value in fields.items() if name not in varying]
    if not same:
        return ""
    return f"<h3>The same in all finished cells that have it</h3>{definitions(sorted(same))}"


def _starts(study: Study) -> str:
    records = zip(study.cells, study.records, strict=True)
    named = {cell.start: start_record(record) for cell, record in records}
    rows = ((name, text) for name, text in sorted(named.items()) if name != text)
    if not named:
        return ""
    return f"<details><summary>Starts in full</summary>{definitions(rows)}</details>"


def _environment(environment: Any) -> str:
    if not isinstance(environment, Mapping):
        return "<p>What it was computed with is not known.</p>"
    pairs = list(_flat(environment))
    return f"<details><summary>Versions, devices and commit</summary>{definitions(pairs)}</details>"


def _flat(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from _flat(each, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list) and value:
        for i, each in enumerate(value):
            yield from _flat(each, f"{name} {i + 1}")
    else:
        yield clean(name), value


def _names(study: Study) -> dict[str, str]:
    """What each cell of the grid is called: its start, its task and what varies."""
    flat = {hash: flat_fields(wanted.record) for hash, wanted in study.wanted.items()}
    varying = varying_fields(list(flat.values()))
    known = {
        start_record(record): cell.start
        for cell, record in zip(study.cells, study.records, strict=True)
    }
    names = {}
    for hash, wanted in study.wanted.items():
        record = wanted.record
        start = start_record(record)
        fields = {name: flat[hash][name] for name in varying if name in flat[hash]}
        parts = [task_of(record), known.get(start, start), fields_text(fields)]
        names[hash] = ", ".join(part for part in parts if part)
    return names


def _missing(hash: str, name: str, updates: int | None) -> str:
    begun = "" if updates is None else f", begun: {counted(updates, 'update')} done"
    return f"<li>{escaped(name)} <code>{hash}</code>{begun}</li>"


def _failure(hash: str, names: Mapping[str, str], failure: Failure) -> str:
    return (
        f"<li>{escaped(names.get(hash, 'a cell that is not known'))} <code>{hash}</code>: "
        f"<b>{escaped(failure.type)}</b>: {escaped(failure.message)} "
        f"(attempt {escaped(failure.attempts)}, {escaped(failure.time)})"
        f"<details><summary>Traceback</summary><pre>{escaped(failure.traceback)}</pre></details>"
        "</li>"
    )


def _listed(what: str, items: Sequence[str], note: str) -> str:
    """Cells in a list, which is folded where it is long."""
    more = len(items) - MOST_LISTED
    shown_items = [*items[:MOST_LISTED], *([f"<li>and {more} more</li>"] if more > 0 else [])]
    heading = f"{counted(len(items), 'cell')} {what}"
    unfolded = " open" if len(items) <= MOST_UNFOLDED else ""
    return (
        f"<details{unfolded}><summary>{heading}</summary>{note}<ul>{''.join(shown_items)}</ul>"
        "</details>"
    )
