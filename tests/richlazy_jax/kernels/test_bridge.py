"""Loading neural-tangents spares TensorFlow and JAX, and failing to load it spares the user."""

import json
import os
import subprocess
import sys

import pytest


def child(script, *arguments):
    """What a script prints, as JSON, from a process that has imported nothing yet."""
    run = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        # A GPU's memory may be all the parent's.
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


LOADS = """
import json, sys, warnings

class Witness:  # sees what is asked for, installed or not
    asked = []
    def find_spec(self, name, path=None, target=None):
        self.asked.append(name)

sys.meta_path.insert(0, Witness())

import jax, jax.core, jax.interpreters.ad, jax.numpy as jnp
try:
    import jax.util
except ImportError:
    pass

spaces = (jax.core, jax.interpreters.ad)
before = [dict(vars(space)) for space in spaces]
names = [dir(space) for space in spaces]
util = sys.modules.get("jax.util"), hasattr(jax, "util")

from richlazy_jax.kernels import empirical_ntk
from richlazy_jax.kernels._neural_tangents import load_neural_tangents

with warnings.catch_warnings(record=True) as given:
    warnings.simplefilter("always")
    version = load_neural_tangents().__version__
# Of the three only this one is adapted.
empirical_ntk(lambda p, x: x @ p, jnp.ones(2), jnp.ones((2, 2)), implementation=3)

absent = object()
print(json.dumps({
    "version": version,
    "warnings": [str(w.message) for w in given],
    "changed": [
        name
        for space, old in zip(spaces, before)
        for name in {**old, **vars(space)}
        if vars(space).get(name, absent) is not old.get(name, absent)
    ],
    "same names": names == [dir(space) for space in spaces],
    "same util": util == (sys.modules.get("jax.util"), hasattr(jax, "util")),
    "stand-in": "neural_tangents.experimental" in sys.modules,
    "asked": sorted({name.partition(".")[0] for name in Witness.asked}),
}))
"""


def test_loading_leaves_jax_alone_and_asks_for_no_tensorflow():
    seen = child(LOADS)
    asked = seen.pop("asked")
    assert "neural_tangents" in asked
    assert not {"tensorflow", "tf2jax"} & set(asked)
    assert seen == {
        "version": "0.6.5",
        "warnings": [],
        "changed": [],
        "same names": True,
        "same util": True,
        "stand-in": False,
    }


BLOCKED = """
import json, sys, warnings

class Block:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Block())

import jax.numpy as jnp
from richlazy_jax.kernels import NeuralTangentsUnavailable, empirical_ntk
from richlazy_jax.kernels._neural_tangents import load_neural_tangents

def linear(p, x):
    return x @ p

p, x = jnp.ones(2), jnp.array([[1.0, 2.0], [3.0, 4.0]])
with warnings.catch_warnings(record=True) as unasked:
    warnings.simplefilter("always")
    empirical_ntk(linear, p, x, implementation="jacobian")
with warnings.catch_warnings(record=True) as given:
    warnings.simplefilter("always")
    results = [empirical_ntk(linear, p, x, implementation=i).tolist() for i in (1, 2, 3, 1)]
try:
    load_neural_tangents()
except NeuralTangentsUnavailable as error:
    reason = str(error)
print(json.dumps({
    "unasked": len(unasked),
    "warnings": [[w.category.__name__, w.filename, str(w.message)] for w in given],
    "reason": reason,
    "results": results,
    "left": [name for name in sys.modules if name.split(".")[0] == "neural_tangents"],
}))
"""


# The second is imported by the first, so that blocking it breaks an import half done.
@pytest.mark.parametrize(
    "module",
    [
        "neural_tangents",
        pytest.param("neural_tangents._src.monte_carlo", marks=pytest.mark.slow),
    ],
)
def test_without_neural_tangents_one_warning_and_the_jacobian(module):
    seen = child(BLOCKED, module)
    assert seen["unasked"] == 0
    [(category, filename, message)] = seen["warnings"]
    # "<string>" is the script: the warning points at the user's line.
    assert (category, filename) == ("UserWarning", "<string>")
    for part in (f"{module} is blocked", "pip install neural-tangents", "'jacobian'"):
        assert part in message
        assert part in seen["reason"]
    # The kernel of x @ p is x @ x.T, here of whole numbers.
    assert seen["results"] == [[[5, 11], [11, 25]]] * 4
    assert seen["left"] == []
