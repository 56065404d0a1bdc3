"""All colours of all figures, told apart by readers with any colour vision.

Source: M. Okabe and K. Ito (2008), Color Universal Design. Their yellow is left out, which is too
pale for a line on white.
"""

from collections.abc import Iterable

BLUE = "#0072b2"
VERMILLION = "#d55e00"
GREEN = "#009e73"
PURPLE = "#cc79a7"
ORANGE = "#e69f00"
SKY_BLUE = "#56b4e9"
BLACK = "#000000"
# In the order in which things to tell apart take them.
COLOURS: tuple[str, ...] = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY_BLUE, BLACK)

# Of nulls, single networks and what else stands back.
GREY = "#8c8c8c"
# Of text that stands back.
DARK_GREY = "#555555"
# Of lines behind all else.
PALE_GREY = "#cccccc"

THEORY, NETWORKS = BLUE, VERMILLION


def colours_of(names: Iterable[str]) -> dict[str, str]:
    """A colour for each name, in their order; from the eighth on they repeat."""
    distinct = dict.fromkeys(names)
    return {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(distinct)}
