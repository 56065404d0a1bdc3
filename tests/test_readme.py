"""What the README says to type."""

import contextlib
import io
import re
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs_and_agrees_with_theory():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    body = [line for line in code.splitlines() if line.strip() and "import" not in line]
    assert len(body) <= 15
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    rows = [list(map(float, line.split())) for line in printed.getvalue().splitlines()]
    assert [row[0] for row in rows] == [1, 5, 20]
    for rank, measured, predicted in rows:
        # One task each, whose standard deviation is below 0.014; at rank 20 it has none.
        assert abs(measured - predicted) < (1e-5 if rank == 20 else 4 * 0.014)


def test_two_commands_and_the_figure():
    commands = re.findall(r"^pip install uv .*$", README, re.MULTILINE)
    assert [c.split()[-2:] for c in commands] == [["verify", "--quick"], ["&&", ".venv/bin/pytest"]]
    for path in re.findall(r"\]\(([^h)][^)]*)\)", README):
        assert (Path(__file__).parent.parent / path.partition("#")[0]).exists(), path
