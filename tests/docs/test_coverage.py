"""Every public name has a place in the site, and no link leads nowhere."""

import re
import subprocess
import sys

import pytest

import richlazy_jax
import richlazy_jax.spectra
import richlazy_jax.studies
import theory
import theory.dynamics
from experiments import cli

from ._pages import PAGES, ROOT

DIRECTIVE = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)


def documented(folder):
    pages = [page for page in PAGES if page.parent == ROOT / "docs" / folder]
    return [name for page in pages for name in DIRECTIVE.findall(page.read_text(encoding="utf-8"))]


def test_every_closed_form_has_its_place():
    names = [f"theory.{name}" for name in theory.__all__]
    names += [f"theory.dynamics.{name}" for name in theory.dynamics.__all__]
    assert sorted(documented("theory")) == sorted(names)


def test_every_name_of_the_simulation_has_its_place():
    names = documented("reference")
    assert len(names) == len(set(names))
    ours = {f"richlazy_jax.{name}" for name in richlazy_jax.__all__}
    assert ours <= set(names)
    spectra = {f"richlazy_jax.spectra.{name}" for name in richlazy_jax.spectra.__all__}
    assert spectra <= set(names)
    studies = {f"richlazy_jax.studies.{name}" for name in richlazy_jax.studies.__all__}
    assert studies - set(names) == {"richlazy_jax.studies.open_study"}


def test_every_command_has_its_place():
    page = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    registered = [command.name for command in cli.app.registered_commands]
    assert re.findall(r"^## richlazy (\w+)$", page, re.MULTILINE) == registered


def test_every_figure_is_in_the_gallery():
    page = (ROOT / "docs/gallery.md").read_text(encoding="utf-8")
    figures = {path.name for path in (ROOT / "docs/figures").glob("*.png")}
    assert set(re.findall(r"\]\(figures/([^)]+)\)", page)) == figures - {"tutorial.png"}


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    for page in tmp_path.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        # Neither an equation that was not read nor anything loaded from elsewhere.
        assert "$$" not in re.sub(r"<(code|pre|script)\b.*?</\1>", "", text, flags=re.DOTALL), page
        assert not re.search(r"<(script|img|link)\b[^>]*(src|href)=\"(https?:)?//", text), page
