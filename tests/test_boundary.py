"""theory and richlazy_jax know neither each other nor the experiments, and stay silent."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FORBIDDEN = {
    "theory": {"richlazy_jax", "experiments"},
    "richlazy_jax": {"theory", "experiments"},
}


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
