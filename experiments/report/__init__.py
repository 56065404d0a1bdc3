"""A study, or an answer about one network, as an HTML page that needs nothing else: no network
connection, no other file.

- `_page.py`: the page of a study, section by section. `_frame.py`: what is around the sections of
  every page; `page.css` and `page.js` are put into it.
- `_answer.py`: the page of one answer.
- `_study.py`: what is in the folder of a study, and what is wrong there; it raises only where the
  folder is no study.
- `_summary.py`: the verdicts of `experiments.findings`; `_numbers.py`: their statistics in tables.
- `_words.py`: what was studied, and what the words mean.
- `_theory.py`: linear cells beside the theory that was written with them.
- `_table.py`: the table of all cells.
- `_figures.py`: the figures; `_panel.py`: a panel of one task; `_svg.py`: SVG for a page.
- `_status.py`: the spec, the environment, and what is missing, failed or broken.
- `_markup.py`: text and numbers as HTML.
"""

from ._answer import Answer, answer_report
from ._page import Report, study_report

__all__ = ["Answer", "Report", "answer_report", "study_report"]
