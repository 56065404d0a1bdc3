"""Commands on the pages exist with their options, and the quick ones run."""

import shlex

import pytest
import typer
import typer.core
from typer.testing import CliRunner

from experiments import cli

from ._pages import PAGES, README, blocks, commands, named
from .test_code import printed_by

SHELL = [
    (page, line)
    for page in (*PAGES, README)
    for block in blocks(page)
    if block.language == "sh"
    for line in commands(block)
]
QUICK = [
    page
    for page in PAGES
    if any(b.language == "sh" and commands(b) and not b.skipped for b in blocks(page))
]


def parse(line):
    """Read a command line as typer does, and run nothing."""
    program, name, *arguments = shlex.split(line)
    assert program == "richlazy"
    group = typer.main.get_command(cli.app)
    assert isinstance(group, typer.core.TyperGroup)
    assert name in group.commands, line
    return group.commands[name].make_context(name, arguments)


@pytest.mark.parametrize("line", sorted({line for _, line in SHELL}))
def test_command_and_options_exist(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parse(line)


def test_what_does_not_exist_is_seen():
    with pytest.raises(AssertionError):
        parse("richlazy nothing")
    with pytest.raises(Exception, match="No such option"):
        parse("richlazy fig1 --seed 3")
    with pytest.raises(Exception, match="Missing"):
        parse("richlazy sweep spec.yaml")


def test_pages_have_commands():
    assert {line.split()[1] for _, line in SHELL} >= set(typer.main.get_command(cli.app).commands)  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.slow
@pytest.mark.parametrize("page", QUICK, ids=named)
def test_quick_commands_run_as_written(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in blocks(page):
        if block.title:
            (tmp_path / block.title).write_text(block.code)
        elif block.language == "sh" and not block.skipped:
            for line in commands(block):
                ran = CliRunner().invoke(cli.app, shlex.split(line)[1:])
                assert ran.exit_code == 0, ran.output
        elif block.note == "after the commands":
            assert printed_by(block.code, {"__name__": "a_page"})
