"""Python on the pages runs and prints what they say; README.md's has a test of its own."""

import contextlib
import io
import re

import pytest

from ._pages import PAGES, blocks, named

NUMBER = re.compile(r"-?\d+\.\d+")
# They train networks.
LONG = ("tutorial.md", "task.md", "network.md", "plot.md", "own.md", "trained.md")
WITH_CODE = [
    pytest.param(page, marks=pytest.mark.slow) if page.name in LONG else page
    for page in PAGES
    if any(b.language == "python" for b in blocks(page))
]


def printed_by(code, names):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "a page", "exec"), names)
    return out.getvalue()


def require_same(printed, shown):
    """The same words, and numbers that differ by two of their last digits at most.

    One for rounding and one for the compiler: without its optimizations, as here, the means of the
    tutorial's networks move by up to 0.007, of which they show two decimals.
    """
    assert NUMBER.sub("#", printed) == NUMBER.sub("#", shown)
    for got, said in zip(NUMBER.findall(printed), NUMBER.findall(shown), strict=True):
        last_digit = 10.0 ** -len(said.partition(".")[2])
        assert abs(float(got) - float(said)) < 2.5 * last_digit, (got, said)


@pytest.mark.parametrize("page", WITH_CODE, ids=named)
@pytest.mark.slow
def test_python_runs_as_written(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names, printed = {"__name__": "a_page"}, ""
    for block in blocks(page):
        if block.title:
            (tmp_path / block.title).write_text(block.code)
        elif block.language == "python" and block.note:
            assert block.skipped or block.note == "after the commands"
            compile(block.code, named(page), "exec")
        elif block.language == "python":
            printed = printed_by(block.code, names)
        elif block.language == "text":
            require_same(printed, block.code)


@pytest.mark.parametrize(
    ("printed", "shown", "same"),
    [
        ("rank 1: 0.17\n", "rank 1: 0.18\n", True),
        ("rank 1: 0.17\n", "rank 1: 0.20\n", False),
        ("rank 1: 0.219\n", "rank 1: 0.224\n", False),
        ("rank 1: 0.17\n", "rank 2: 0.17\n", False),
        ("a: lazier\n", "a: richer\n", False),
        ("a 0.1\nb 0.2\n", "a 0.1\n", False),
    ],
)
def test_what_counts_as_the_same(printed, shown, same):
    with contextlib.nullcontext() if same else pytest.raises(AssertionError):
        require_same(printed, shown)
