"""A study as one HTML page that needs nothing else: no network, no other file.

- `_page.py`: the whole page, section by section. `page.css` and `page.js` are put into it.
- `_study.py`: what is in the folder of a study, and what is wrong there; it raises only where the
  folder is no study.
- `_summary.py`: the verdicts of `experiments.findings`; `_numbers.py`: their statistics in tables.
- `_theory.py`: linear cells beside the theory that was written with them.
- `_table.py`: the table of all cells.
- `_figures.py`: the figures; `_panel.py`: a panel of one task; `_svg.py`: SVG for a page.
- `_status.py`: the spec, the environment, and what is missing, failed or broken.
- `_markup.py`: text and numbers as HTML.
"""

from ._page import Report, study_report

__all__ = ["Report", "study_report"]
