"""What importing a package costs and what it drags in."""

import json
import subprocess
import sys

import pytest


def child(script, module):
    run = subprocess.run(
        [sys.executable, "-c", script, module], capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


TIMED = """
import importlib, sys, time
import jax
start = time.perf_counter()
importlib.import_module(sys.argv[1])
print(time.perf_counter() - start)
"""


@pytest.mark.slow
@pytest.mark.long  # It is timed, which other tests beside it disturb.
def test_richlazy_jax_adds_less_than_two_seconds_to_jax():
    # One fast import of three will do, because other processes can only slow one down.
    assert any(child(TIMED, "richlazy_jax") < 2 for _ in range(3))


WITNESSED = """
import importlib, json, sys

class Witness:  # sees what is asked for, installed or not
    asked = []
    def find_spec(self, name, path=None, target=None):
        self.asked.append(name)

sys.meta_path.insert(0, Witness())
module = importlib.import_module(sys.argv[1])
for name in module.__all__:
    getattr(module, name)
print(json.dumps(Witness.asked))
"""


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("richlazy_jax", {"tensorflow", "tf2jax", "neural_tangents"}),
        ("theory", {"tensorflow", "tf2jax", "neural_tangents", "flax"}),
    ],
)
def test_an_import_asks_for_nothing_unwanted(module, unwanted):
    asked = {name.partition(".")[0] for name in child(WITNESSED, module)}
    assert {module, "jax"} <= asked
    assert not asked & unwanted
