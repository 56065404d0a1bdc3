"""`python -m richlazy_jax`: the command `richlazy`, as it is installed beside this package."""

import sys
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

# Packages that come with this one. Their names are such that other folders may have them as well.
_BESIDE = ("theory", "experiments")


def main() -> None:
    """Run the command, or say in one sentence why it cannot be run."""
    for name in _BESIDE:
        _require_own(name)
    try:
        points = distribution("richlazy-jax").entry_points
    except PackageNotFoundError:
        sys.exit("richlazy-jax is not installed; install it with pip, and its command is there.")
    # This package does not know the commands: what was installed says where they are.
    (command,) = points.select(group="richlazy_jax.program") or [None]
    if command is None:
        sys.exit("richlazy-jax was installed from another version; install it again with pip.")
    sys.argv[0] = "richlazy"
    command.load()()


def _require_own(name: str) -> None:
    """End if a package of this name is another one's, or missing."""
    own = Path(__file__).resolve().parents[1] / name
    spec = find_spec(name)
    places = [] if spec is None else [spec.origin, *(spec.submodule_search_locations or ())]
    found = next((Path(place).resolve() for place in places if place not in (None, "")), None)
    if found is None:
        sys.exit(f"The package {name} of richlazy-jax is not there; install it again with pip.")
    if own not in (found, found.parent):
        shown = found.parent if found.name == "__init__.py" else found
        sys.exit(
            f"Python found {name} in {shown} and not in {own}: rename that one, or leave its "
            "folder out of PYTHONPATH and do not start in it."
        )


if __name__ == "__main__":
    main()
