"""Starts and tasks of a user's own: found, checked, recorded by their code, and run by workers."""

import dataclasses
import sys
from types import SimpleNamespace

import jax
import numpy as np
import pytest

import richlazy_jax as rj
from experiments.cli._kinds import EXPERIMENTS
from experiments.engine import SpecError, _own, cells, grid, run_study, spec_grids, to_yaml
from experiments.kinds.recurrent import NeuroGym, Null, Setting, Start
from experiments.kinds.recurrent._tasks import wrong_with_task

STARTS = """
import dataclasses
import jax.numpy as jnp
import numpy as np
import richlazy_jax as rj
from experiments.kinds.recurrent import Start

@dataclasses.dataclass(frozen=True)
class Scaled(Start):
    by: float
    only_odd: bool = False

    def draw(self, key, null):
        return null * self.by

@dataclasses.dataclass(frozen=True)
class Flat(Start):
    def draw(self, key, null):
        return null[0]

@dataclasses.dataclass(frozen=True)
class Broken(Start):
    def draw(self, key, null):
        return null / None

@dataclasses.dataclass(frozen=True)
class Endless(Start):
    def draw(self, key, null):
        return np.full(null.shape, np.inf)

class Plain:
    pass

@dataclasses.dataclass(frozen=True)
class NoStart:
    a: int = 1

@dataclasses.dataclass(frozen=True)
class Odd(Start):
    table: dict

    def draw(self, key, null):
        return null
"""
TASKS = """
import dataclasses
import jax
import jax.numpy as jnp
import richlazy_jax as rj

@dataclasses.dataclass(frozen=True)
class Sign:
    noise: float = 0.0
    wrong: int = 0
    name = "sign"
    n_inputs = 1
    n_outputs = 2
    n_steps = 2
    decision_step = 1

    def sample(self, key, n_trials):
        x = jax.random.normal(key, (n_trials, 2, 1))
        labels = jnp.cumsum(x[..., 0], axis=1) > 0
        return rj.Trials(x[:, : 2 - self.wrong], labels.astype(int))
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "ownstarts.py").write_text(STARTS)
    (tmp_path / "owntasks.py").write_text(TASKS)
    yield tmp_path
    for name in ("ownstarts", "owntasks"):
        sys.modules.pop(name, None)
        _own._loaded.pop(name, None)


def read(text, folder):
    return spec_grids(text, EXPERIMENTS, folder=folder)


TEXT = """
task: [2AF, {kind: "owntasks:Sign", noise: [0.0, 0.5]}]
start:
  - {kind: null}
  - {kind: "ownstarts:Scaled", by: [1, 2.5]}
n_hidden: 4
iterations: 3
seeds: 1
"""


def test_they_multiply_and_are_recorded_by_their_code(folder):
    grids = read(TEXT, folder)
    found = cells(grids)
    assert len(found) == 9
    records = [each.record() for each in found]
    start, task = records[-1]["start"], records[-1]["task"]
    assert (start["kind"], start["by"], start["only_odd"]) == ("ownstarts:Scaled", 2.5, False)
    assert (task["kind"], task["noise"]) == ("owntasks:Sign", 0.5)
    assert records[0]["task"] == "2AF"
    assert start["digest"] == records[1]["start"]["digest"] != task["digest"]
    assert read(to_yaml(grids), folder) == grids
    # Another line anywhere in the file is other code.
    del sys.modules["ownstarts"]
    (folder / "ownstarts.py").write_text(STARTS + "\nANYTHING = 1\n")
    again = cells(read(TEXT, folder))[-1].record()
    assert again["start"]["digest"] != start["digest"]
    again["start"]["digest"] = start["digest"]
    assert again == records[-1]


@pytest.mark.slow
def test_a_study_of_them_runs_and_refuses_other_code(folder):
    study = folder / "study"
    experiments = cells(read(TEXT, folder))
    assert {done.status for done in run_study(experiments, TEXT, study)} == {"run"}
    found = rj.open_study(study)
    assert found["finished"].all()
    start = "start_label" if "start_label" in found else "start"
    scaled, null = (found.isel(cell=found[start] == label) for label in ("Scaled, by 2.5", "null"))
    np.testing.assert_allclose(scaled["norm"], 2.5 * null["norm"].values, rtol=1e-5)
    del sys.modules["ownstarts"]
    (folder / "ownstarts.py").write_text(STARTS + "\n")
    changed = cells(read(TEXT, folder))
    with pytest.raises(ValueError, match=r"start\.digest is .* other"):
        run_study(changed, TEXT, study)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("{kind: 'ownstarts:Scaled'}", r"start\.by is missing; allowed with ownstarts:Scaled"),
        ("{kind: 'ownstarts:Scaled', by: x}", r"start\.by is 'x'; allowed are finite"),
        ("{kind: 'ownstarts:Scaled', by: 1, too: 2}", r"'too' is not a field of start ownstarts"),
        ("{kind: 'ownstarts:Flat'}", r"draw gave an array of shape \(4,\)"),
        ("{kind: 'ownstarts:Broken'}", r"draw raised TypeError"),
        ("{kind: 'ownstarts:Endless'}", r"with 0 finite numbers"),
        ("{kind: 'ownstarts:Plain'}", r"Plain is no frozen dataclass"),
        ("{kind: 'ownstarts:NoStart'}", r"NoStart is no start; allowed are subclasses"),
        ("{kind: 'ownstarts:Odd'}", r"Odd\.table has no default and is of type"),
        ("{kind: 'ownstarts:None_'}", r"ownstarts has no class None_; it defines Broken, "),
        ("{kind: 'nosuchmodule:A'}", r"module nosuchmodule cannot be imported"),
        ("{kind: 'json:A'}", r"json has no class A"),
        ("{kind: 'a b:C'}", r"start\.kind is 'a b:C'; allowed are null, "),
    ],
)
def test_what_is_wrong_with_a_start_is_said_with_its_place(folder, start, message):
    with pytest.raises(SpecError, match=message) as raised:
        read(f"n_hidden: 4\nstart: {start}\n", folder)
    assert all(fault.line == 2 for fault in raised.value.faults)


def test_what_is_wrong_with_a_task_is_said_with_its_place(folder):
    text = "start: {kind: null}\ntask: {kind: 'owntasks:Sign', wrong: 1}\n"
    with pytest.raises(SpecError, match=r"line 2.*Sign\.sample gave inputs of shape \(8, 1, 1\)"):
        read(text, folder)


def test_a_module_that_cannot_be_imported_is_said(folder):
    (folder / "brokenmodule.py").write_text("1 / 0\n")
    with pytest.raises(SpecError, match=r"brokenmodule cannot be imported .ZeroDivisionError"):
        read("start: {kind: 'brokenmodule:A'}\n", folder)
    (folder / "numpy.py").write_text("A = 1\n")
    with pytest.raises(SpecError, match=r"numpy\.py has the name of a module that is loaded"):
        read("start: {kind: 'numpy:A'}\n", folder)


@dataclasses.dataclass(frozen=True)
class Here(Start):
    """A start of this file."""

    times: int = 1

    def draw(self, key, null):
        return null * self.times


def test_objects_stand_where_names_do():
    made = grid(Setting, start=[Null(), Here(3)], task=rj.PerceptualDecision(noise_sigma=2.0))
    null, own = cells([made])
    assert own.record()["start"]["times"] == 3
    assert own.record()["start"]["kind"].endswith("test_own:Here")
    assert own.record()["task"] == {"kind": "2AF", **null.record()["task"]}
    assert null.record()["task"]["noise_sigma"] == 2.0
    assert Here(3).label == "Here, times 3"
    assert Here().label == "Here"


def test_a_task_of_the_library_is_in_order():
    assert wrong_with_task(rj.PerceptualDecision()) == ""
    assert "is no task" in wrong_with_task(3)


class Coin:
    """A stand-in for an environment of NeuroGym: the answer is seen, and 1 in a quarter."""

    observation_space, action_space = SimpleNamespace(shape=(1,)), SimpleNamespace(n=2)

    def seed(self, seed=None):
        self.rng = np.random.RandomState(seed)

    def new_trial(self):
        self.gt = (self.rng.rand(3) < 0.25).astype(int)
        self.ob = self.gt[:, None].astype(float)


def test_environments_of_neurogym_need_no_number_of_steps(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "neurogym", SimpleNamespace(make=lambda name: Coin()))
    text = """
    task:
      - {kind: "neurogym:Coin-v0", n_steps: 5}
      - {kind: "neurogym:Coin-v0", weighted: [true, false]}
    start: {kind: "null"}
    """
    grids = read(text, folder)
    records = [each.record()["task"] for each in cells(grids)]
    kind = {"kind": "neurogym:Coin-v0"}
    # Without n_steps it is the length of all trials.
    assert records == [
        kind | {"n_steps": 5},
        kind | {"n_steps": 3, "weighted": True},
        kind | {"n_steps": 3},
    ]
    assert read(to_yaml(grids), folder) == grids
    weighted = NeuroGym("Coin-v0", weighted=True).sample(jax.random.key(0), 50)
    assert len(np.unique(np.asarray(weighted.weights))) == 2
    with pytest.raises(SpecError, match="weighted"):
        read(text.replace("[true, false]", "often"), folder)


def test_entry_points_are_found(folder, monkeypatch):
    class Entry:
        name = "scaled"

        @staticmethod
        def load():
            return _own.own_class("ownstarts:Scaled", folder)

    def offered(group):
        return {"scaled": Entry()} if group == "richlazy.starts" else {}

    monkeypatch.setattr("experiments.engine._parts.entry_points", offered)
    (cell,) = cells(read("n_hidden: 4\nstart: {kind: scaled, by: 2}\n", folder))
    assert cell.record()["start"]["by"] == 2.0
