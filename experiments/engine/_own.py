"""Starts and tasks of a user's own: classes found by the name of their module, and their code."""

import functools
import hashlib
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

_NAME = re.compile(r"(?P<module>[A-Za-z_]\w*(\.[A-Za-z_]\w*)*):(?P<name>[A-Za-z_]\w*)")
_DIGITS = 16
# What was loaded from beside a specification, for other processes to load as well.
_loaded: dict[str, Path] = {}


def is_own(name: str) -> bool:
    """Whether a name is that of a class in a module, such as "mystarts:SmallWorld"."""
    return _NAME.fullmatch(name) is not None


def own_class(name: str, folder: Path) -> type:
    """The class that a name such as "mystarts:SmallWorld" stands for.

    The module is looked for in the folder first and then where Python finds modules.

    Args:
        name: as `is_own` allows it.
        folder: that of the specification.

    Raises:
        ValueError: there is no such module, it cannot be imported, or has no such class.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"{name!r} is no name of a class; allowed are names such as module:Class")
    module = _module(match["module"], folder)
    found = getattr(module, match["name"], None)
    if not isinstance(found, type):
        classes = sorted(n for n, each in vars(module).items() if _defined_in(each, module))
        among = f"; it defines {', '.join(classes)}" if classes else ""
        raise ValueError(f"{module.__name__} has no class {match['name']}{among}")
    return found


@functools.cache
def entry_points(group: str) -> dict[str, metadata.EntryPoint]:
    """What installed packages offer under a group, such as "richlazy.starts", by name."""
    return {entry.name: entry for entry in metadata.entry_points(group=group)}


@functools.cache
def code_digest(kind: type) -> str:
    """The digest of the file that a class stands in, or of the class alone where there is no file.

    It is read once: what runs is the class as it was loaded, whatever becomes of the file later.

    Raises:
        ValueError: its source cannot be found, as in a bare interpreter.
    """
    try:
        file = inspect.getsourcefile(kind)
        if file is not None and Path(file).is_file():
            return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:_DIGITS]
        return hashlib.sha256(inspect.getsource(kind).encode()).hexdigest()[:_DIGITS]
    except (OSError, TypeError) as error:
        raise ValueError(
            f"the source of {kind.__name__} cannot be found, and a study is known by it; allowed "
            "are classes in a file that can be imported."
        ) from error


def loaded_modules() -> dict[str, Path]:
    """The modules that were loaded from beside specifications, with their files."""
    return dict(_loaded)


def load_modules(modules: Mapping[str, Path]) -> None:
    """Load modules that another process has, so that what it pickled can be read."""
    for name, file in modules.items():
        if name not in sys.modules:
            _load(name, file)


def _module(name: str, folder: Path) -> Any:
    first = name.partition(".")[0]
    beside = [folder / f"{first}.py", folder / first / "__init__.py"]
    here = next((path for path in beside if path.is_file()), None)
    known = sys.modules.get(first)
    if here is not None and known is not None and not _is_of(known, here):
        raise ValueError(
            f"{here.name} has the name of a module that is loaded from another place; allowed is "
            "another name"
        )
    try:
        if here is not None and known is None:
            # Under its name, so that what is pickled of it can be found again.
            _load(first, here)
        return importlib.import_module(name)
    # A user's code may raise anything.
    except Exception as error:
        raise ValueError(
            f"module {name} cannot be imported ({type(error).__name__}: {error}); allowed are "
            f"modules in {folder} and installed ones"
        ) from error


def _load(name: str, file: Path) -> None:
    inside = [str(file.parent)] if file.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=inside)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    _loaded[name] = file.resolve()


def _is_of(module: Any, file: Path) -> bool:
    found = getattr(module, "__file__", None)
    return found is not None and Path(found).resolve() == file.resolve()


def _defined_in(each: Any, module: Any) -> bool:
    return isinstance(each, type) and each.__module__ == module.__name__
