"""Which panels of a figure are asked for."""

from collections.abc import Sequence


def chosen_panels(asked: Sequence[str] | None, allowed: Sequence[str]) -> list[str]:
    """The panels asked for, all where none is.

    Raises:
        ValueError: there is no such panel.
    """
    for panel in asked or ():
        if panel not in allowed:
            raise ValueError(f"--panel is {panel!r}; allowed are {' and '.join(allowed)}.")
    return list(asked or allowed)


def require_networks(networks: int, option: str = "--networks") -> None:
    """Refuse a number of networks that has no standard error."""
    if networks < 2:
        raise ValueError(f"{option} is {networks}; allowed are whole numbers from 2.")
