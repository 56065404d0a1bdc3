"""What a page says of its study before any number: what was studied, and what the words mean."""

from collections.abc import Sequence

from ..findings import Cell, counted, start_place

# Of names in a heading; more are counted.
MOST_NAMES = 5
WORDS = (
    "A network learns richly when training changes what its units respond to, and lazily when it "
    "hardly does, so that a linear model of the start would have learned the same. Kernel "
    "alignment measures this: it is the cosine of the angle between the tangent kernels (what two "
    "examples have in common for learning) before and after training. At 1 the kernel kept its "
    "shape, which is lazy; the lower it is, the richer the learning. Representation alignment says "
    "the same of activity, sign agreement of which units are active, and the weight change how far "
    "weights moved, which is larger in rich learning. The null is a start of Gaussian weights "
    "without structure and of the same norm, with which a structured start is compared."
)


def what_was_studied(cells: Sequence[Cell]) -> str:
    """The starts and the tasks of a study as a heading; empty where there are no cells."""
    if not cells:
        return ""
    by_name = {cell.start: cell for cell in cells}
    starts = sorted(by_name.values(), key=start_place)
    ranks = [cell.rank for cell in starts if cell.rank and not cell.is_null]
    tasks = list(dict.fromkeys(cell.task for cell in cells))
    if len(ranks) > 1 and all(cell.rank or cell.is_null for cell in starts):
        null = " and the null" if any(cell.is_null for cell in starts) else ""
        of = f"starts of rank {min(ranks):g} to {max(ranks):g}{null}"
    elif len(starts) <= MOST_NAMES:
        plural = "start" if len(starts) == 1 else "starts"
        of = f"the {plural} {_and([cell.start for cell in starts])}"
    else:
        of = counted(len(starts), "start")
    named = f"the task{'' if len(tasks) == 1 else 's'} {_and(tasks)}"
    on = named if len(tasks) <= MOST_NAMES else counted(len(tasks), "task")
    return f"Rich or lazy: networks from {of}, trained on {on}"


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
