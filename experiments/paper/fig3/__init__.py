"""Figure 3: low-rank starts that are aligned with their task are lazy.

- `_table.py`: both panels in Markdown.
- `draw.py`: both panels; apart, because matplotlib takes a second to import.
"""

from ._table import compared_students, linear_table, student_summary, student_table

__all__ = ["compared_students", "linear_table", "student_summary", "student_table"]
