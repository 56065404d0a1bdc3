"""theory and richlazy_jax know neither each other nor the experiments, and stay silent."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FORBIDDEN = {
    "theory": {"richlazy_jax", "experiments"},
    "richlazy_jax": {"theory", "experiments"},
}
# The packages of experiments, each importing from those before it alone; those of one line are
# beside each other and know nothing of each other.
LAYERS = (
    ("_signals", "_whole"),
    ("engine", "findings"),
    ("kinds",),
    ("plot",),
    ("report", "verify", "inspection"),
    ("paper", "prediction", "phases", "aligned_students", "exceptions"),
    ("cli",),
)


def imported(tree, package):
    """The full names of the modules that a source names, `package` being where it lies."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                parents = package.split(".")
                base = parents[: max(0, len(parents) - level + 1)] if level else []
                path = [*base, module] if module else base
                yield from (".".join([*path, alias.name]) for alias in names)
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if ast.unparse(
                node.func
            ).endswith(("import_module", "__import__")):
                yield name


def offences(source, package):
    tree = ast.parse(source)
    names = set(imported(tree, package))
    forbidden = FORBIDDEN[package.partition(".")[0]]
    found = {name for name in names if name.partition(".")[0] in forbidden}
    # Under another name, the call below would go unseen.
    found |= names & {"jax.config", "builtins.print"}
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return found | calls & {"print", "builtins.print", "jax.config.update"}


def reaches(source, package):
    """The private modules of ours that a source in `package` takes from outside of it."""
    for name in imported(ast.parse(source), package):
        parts = name.split(".")
        private = [i for i, part in enumerate(parts) if part[0] == "_" and part[:2] != "__"]
        if parts[0] in {*FORBIDDEN, "experiments"} and private:
            owner = ".".join(parts[: private[0]])
            if not f"{package}.".startswith(f"{owner}."):
                yield ".".join(parts[: private[0] + 1])


def test_no_place_reaches_into_a_private_module():
    found = set()
    for top in [*FORBIDDEN, "experiments"]:
        for file in (ROOT / top).rglob("*.py"):
            module = file.relative_to(ROOT).with_suffix("").parts
            inside = ".".join(module[:-1])
            # A file straight below the top speaks for itself.
            place = inside if len(module) > 2 else ".".join(module)
            source = file.read_text(encoding="utf-8")
            found |= {f"{place} {private}" for private in reaches(source, inside)}
    assert not found


def against_the_arrow(source, package):
    """The packages of experiments that a source takes from, and should not know."""
    level = {name: i for i, names in enumerate(LAYERS) for name in names}
    own = package.split(".")[1]
    for name in imported(ast.parse(source), package):
        top, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if top == "experiments" and other in level and other != own and level[other] >= level[own]:
            yield other


def test_experiments_import_one_way():
    folder = ROOT / "experiments"
    there = {p.relative_to(folder).parts[0].removesuffix(".py") for p in folder.rglob("*.py")}
    assert there - {"__init__"} == {name for names in LAYERS for name in names}
    for file in folder.rglob("*.py"):
        if file.parent != folder:
            package = ".".join(file.relative_to(ROOT).parts[:-1])
            source = file.read_text(encoding="utf-8")
            assert list(against_the_arrow(source, package)) == [], file


@pytest.mark.parametrize(
    ("source", "known"),
    [
        ("from ..kinds import recurrent", []),
        ("from ..engine import Grid", []),
        ("from ..paper.fig1 import draw", ["paper"]),
        ("from experiments import cli", ["cli"]),
        ("def f():\n    from ..verify import Row", ["verify"]),
    ],
)
def test_what_goes_against_the_arrow_is_seen(source, known):
    assert list(against_the_arrow(source, "experiments.report")) == known


@pytest.mark.parametrize(
    ("source", "private"),
    [
        ("from experiments.b._c import d", {"experiments.b._c"}),
        ("from ..b import _c", {"experiments.b._c"}),
        ("import richlazy_jax._checks", {"richlazy_jax._checks"}),
        ("from experiments.a._c import d", set()),
        ("from experiments import _c", set()),
        ("from experiments.b import d", set()),
        ("from numpy import _core", set()),
    ],
)
def test_a_reach_is_seen(source, private):
    assert set(reaches(source, "experiments.a")) == private


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_file_offends(package):
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    for file in files:
        inside = ".".join(file.parent.relative_to(ROOT).parts)
        assert offences(file.read_text(encoding="utf-8"), inside) == set(), file


@pytest.mark.parametrize(
    ("source", "package", "offence"),
    [
        ("import richlazy_jax", "theory", "richlazy_jax"),
        ("import numpy, experiments.cli as c", "theory", "experiments.cli"),
        ("def f():\n    from richlazy_jax.kernels import a", "theory", "richlazy_jax.kernels.a"),
        ("from theory import limits", "richlazy_jax", "theory.limits"),
        ("from ... import theory", "richlazy_jax.kernels", "theory"),
        ("from ...theory import a", "richlazy_jax.kernels", "theory.a"),
        ("from .. import theory", "richlazy_jax", "theory"),
        ("importlib.import_module('experiments')", "theory", "experiments"),
        ("__import__('theory.a')", "richlazy_jax", "theory.a"),
        ("class A:\n    def f(self):\n        print(1)", "theory", "print"),
        ("jax.config.update('jax_enable_x64', True)", "richlazy_jax", "jax.config.update"),
        ("from jax import config", "richlazy_jax", "jax.config"),
    ],
)
def test_an_offence_is_seen(source, package, offence):
    assert offences(source, package) == {offence}


@pytest.mark.parametrize(
    ("source", "package"),
    [
        ("import jax, theory.a", "theory"),
        ("from . import theory", "richlazy_jax"),
        ("from .theory import a", "richlazy_jax.kernels"),
        ("from .. import a", "richlazy_jax.kernels"),
        ("text = 'import theory; print(1)'", "richlazy_jax"),
    ],
)
def test_an_innocent_source_is_left_alone(source, package):
    assert offences(source, package) == set()
