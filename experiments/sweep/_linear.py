"""What sweeps of linear networks do not share with the others: fields and starts."""

from collections.abc import Iterable, Mapping

import yaml

from ..linear import LinearSetting
from ..recurrent import Setting
from ._errors import Faults
from ._fields import Value
from ._spec import known_fields
from ._starts import Entry

STARTS = ("null", "low_rank")


def check_tasks(
    fields: Mapping[str, yaml.Node], axes: Mapping[str, list[Value]], faults: Faults
) -> list[str]:
    """Note "linear" beside other tasks, and fields that mean nothing to the tasks.

    Returns:
        "linear" where it stands alone, and the other tasks where there are any.
    """
    named = axes.get("task", [])
    tasks = [task.value for task in named] or [Setting.task]
    others = [task for task in tasks if task != LinearSetting.task]
    for task in named:
        if others and task.value == LinearSetting.task:
            message = (
                f"task is 'linear' beside {_listed(others)}; allowed is 'linear' alone, as its "
                "fields and starts are others."
            )
            faults.add(task.node, "task", message)
    # Fields may belong to a task that was refused, or to one of those that do not go together.
    if not faults.holds("task"):
        known = known_fields(tasks)
        for field, node in fields.items():
            # Images have a check of their own, with all tasks.
            if field not in known and field != "images":
                faults.add(node, field, _not_known(field, tasks))
    return others or tasks


def allowed_entries(entries: Iterable[Entry], tasks: Iterable[str], faults: Faults) -> list[Entry]:
    """The entries of `start`, without those that linear networks do not have."""
    entries = list(entries)
    if LinearSetting.task not in tasks:
        return entries
    for entry in entries:
        if entry.kind not in STARTS:
            message = (
                f"start.kind is {entry.kind!r} and task is 'linear'; allowed with it are "
                f"{', '.join(STARTS)}."
            )
            faults.add(entry.kind_node, "start.kind", message)
    return [entry for entry in entries if entry.kind in STARTS]


def _not_known(field: str, tasks: list[str]) -> str:
    if LinearSetting.task in tasks:
        allowed = f"allowed with it are {', '.join(known_fields(tasks))}"
    else:
        allowed = f"allowed is {field} with 'linear'"
    return f"{field} is given and task is {_listed(tasks)}; {allowed}."


def _listed(tasks: Iterable[str]) -> str:
    return ", ".join(map(repr, tasks))
