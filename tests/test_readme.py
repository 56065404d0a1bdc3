"""What the README says to type, and the numbers that it gives."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_python_example_runs_and_is_lazier_with_rank():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    body = [line for line in code.splitlines() if line.strip() and "import" not in line]
    assert len(body) <= 10
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    *theory, networks = printed.getvalue().splitlines()
    # The means of 4,000 networks, and of the full rank, in results/verify.md.
    for line, rank, measured in zip(theory, (1, 5, 20), (0.21892, 0.48956, 0.97913), strict=True):
        assert line.split()[0] == str(rank)
        assert abs(float(line.split()[1]) - measured) < 1e-4
    low, middle, full = map(float, networks.strip("[]").split())
    assert low < middle < full


def test_two_commands_in_an_environment_of_their_own():
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert [c.split()[-2:] for c in commands] == [["verify", "--quick"], ["&&", ".venv/bin/pytest"]]


def test_it_is_short():
    prose = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    prose = re.sub(r"\]\([^)]*\)|[|*`#-]", " ", prose)
    assert len(prose.split()) <= 600


def table(name, heading=""):
    text = (ROOT / "results" / f"{name}.md").read_text(encoding="utf-8")
    return text[text.index(heading) :]


def test_numbers_are_those_of_the_tables():
    assert re.search(r"All \[(\d+) statements\]", README)[1] == "53"  # pyright: ignore[reportOptionalSubscript]
    assert "**All 53 statements hold.**" in table("verify")
    low, high = re.findall(r"(0\.\d\d) at rank", README)
    rows = [line.split("|") for line in table("fig1").splitlines() if line.startswith("| 2AF")]
    assert rows, "results/fig1.md has no row of 2AF"
    assert any(low in cell for row in rows for cell in row)
    assert any(high in cell for row in rows for cell in row)
    assert "29 times" in README
    assert "29 times" in table("benchmarks", "GRU under `scan`").splitlines()[0]
