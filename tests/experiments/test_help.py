"""The help of each command fits a terminal and cuts nothing."""

import pytest
from typer.testing import CliRunner

from experiments import cli
from experiments.cli._app import COMMANDS


def help_of(command, width):
    shown = CliRunner().invoke(
        cli.app, [command, "--help"], prog_name="richlazy", terminal_width=width
    )
    assert shown.exit_code == 0, shown.output
    return shown.output


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("command", COMMANDS)
def test_it_fits_and_cuts_nothing(command, width):
    shown = help_of(command, width)
    assert max(map(len, shown.splitlines())) <= width
    # The same words where all of a text is one line: none is cut or broken, at hyphens neither.
    assert shown.split() == help_of(command, 10_000).split()
    assert "…" not in shown
    # But for what says that an argument may repeat.
    assert "..." not in shown.replace("}...", "")
    for odd in ("<bool>", "<list", "\xa0", "None"):
        assert odd not in shown


def test_arguments_that_repeat_are_told_as_others():
    shown = help_of("measure", 80)
    assert "Usage: richlazy measure [OPTIONS] {BEFORE} {AFTER}...\n" in shown
    assert "\n  AFTER <path>   Those after it" in shown
