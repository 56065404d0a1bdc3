"""The whole page."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ..findings import comparisons_of, counted
from ._courses import course_figures
from ._figures import measure_figures, theory_figure
from ._frame import framed
from ._markup import escaped
from ._panel import OnFigure
from ._status import counts_line, problems, what_was_run
from ._study import read_study
from ._summary import summary
from ._table import cell_table
from ._theory import DIFFERS, STANDARD_ERRORS, Beside, beside_theory
from ._words import what_was_studied

_HOW = (
    "How a verdict is given: starts that differ in rank, with the null as full rank, are tested "
    "for a trend by Page's exact test with seeds as blocks; every other start beside its reference "
    "by the exact permutation of pairs of networks that share their seed. All tests of one setting "
    "are corrected together by Holm's method at 0.05; settings and tasks are not corrected for "
    "each other. Nothing is said with too few seeds, nor of starts that hardly learned, stayed "
    "behind the others in loss (by more than 0.005 of the least first loss) or that mostly "
    "diverged. Networks that diverged are left out with their seed. "
    "Where networks were looked at on the way, the same question is asked of them where they had "
    "the same loss, so that slow ones are not called lazy for having had less time."
)


class Report(NamedTuple):
    """A page, and the same in a line.

    - `html`: all of the page.
    - `line`: how many cells there are, and what kernel alignment says.
    """

    html: str
    line: str


def study_report(
    path: Path,
    on_cell: Callable[[int, int], None] = lambda done, of: None,
    on_figure: OnFigure = lambda name, figure: None,
) -> Report:
    """A page about a study, the same for the same study.

    It says what is wrong with a study that is broken in part. Other processes may be writing to it.

    Args:
        path: the folder of the study.
        on_cell: called with how many cells are read, of how many.
        on_figure: called with each figure and a name that no other has, such as to save it. It may
            not change the figure.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no study.
        OSError: the folder cannot be read.
    """
    study = read_study(path, on_cell)
    line = counts_line(study)
    settings = comparisons_of(study.cells)
    found = beside_theory(study.cells)
    said = ""
    if study.cells:
        said, headline = summary(settings)
        line = f"{line}. {headline}"
    sections = [
        ("Lazier or richer", said and f'{said}<p class="how">{escaped(_HOW)}</p>'),
        ("Not as it should be", problems(study)),
        ("Figures", _drawn(lambda: measure_figures(settings, on_figure))),
        ("On the way", _drawn(lambda: course_figures(settings, on_figure))),
        ("Beside theory", _theory(found, on_figure)),
        ("All cells", cell_table(study.cells, found) if study.cells else ""),
        ("What was run", what_was_run(study)),
    ]
    below = f"Study {study.name}: {counts_line(study)}."
    heading = what_was_studied(study.cells)
    return Report(framed(study.name, below, sections, script=True, heading=heading), line)


def _theory(found: list[Beside], on_figure: OnFigure) -> str:
    if not found:
        return ""
    agreeing = sum(b.agrees for b in found)
    text = (
        f"The mean kernel alignment of linear networks agrees with theory in {agreeing} of "
        f"{counted(len(found), 'cell')}, within {STANDARD_ERRORS:g} standard errors of a mean over "
        "so many tasks, or within rounding."
    )
    apart = [b for b in found if b.verdict == DIFFERS]
    items = "".join(
        f"<li>{escaped(b.cell.start)}: simulated {b.simulated:.4g}, theory {b.expected:.4g}"
        f"{'' if b.z is None else f', {b.z:+.1f} standard errors'} <code>{b.cell.hash}</code></li>"
        for b in apart
    )
    return (
        f"<p>{text}</p>"
        + (f"<p>Not in these:</p><ul>{items}</ul>" if items else "")
        + _drawn(lambda: theory_figure(found, on_figure))
    )


def _drawn(draw: Callable[[], str]) -> str:
    """A figure, or why there is none: a page without it is better than no page."""
    try:
        return draw()
    # Values may be such that matplotlib has no axis for them, which it says in many ways.
    except (ValueError, OverflowError, FloatingPointError, ArithmeticError) as error:
        return f'<p class="warning">Could not be drawn: {escaped(error)}</p>'
