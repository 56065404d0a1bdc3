"""Sweeps that are right: exact settings, their order, and YAML that reads back."""

import dataclasses
import itertools
import math
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj
from experiments import engine
from experiments.cli._kinds import EXPERIMENTS
from experiments.engine import MOST_CELLS, FieldError, spec_grids
from experiments.kinds.recurrent import (
    CellTyped,
    Dale,
    LowRank,
    Motifs,
    Null,
    ParticipationRatio,
    PowerLaw,
    Setting,
    Wired,
)
from experiments.kinds.recurrent._train import initial_params


def sweep_spec(text, name="spec", folder=None):
    """The one grid of a text."""
    return spec_grids(text, EXPERIMENTS, name, folder)[0]


def read_spec(path):
    """The one grid of a file."""
    return engine.read_spec(path, EXPERIMENTS)[0]


def cells(*grids) -> list[Any]:
    return engine.cells(grids)


def counts(of):
    return engine.counts(cells(of))


def to_yaml(*grids):
    return engine.to_yaml(grids)


NULL = "start: {kind: null}\n"
WORM = "celegans_varshney2011"
GRID = f"""
task: [2AF, DMS]
start:
  - {{kind: null}}
  - {{kind: low_rank, rank: [1, 30]}}
  - {{kind: dale, excitatory: 0.8, balance: mean}}
  - {{kind: motifs, probability: 0.1, chain: 0.05, convergent: 0.06, divergent: 0.06}}
  - {{kind: cell_types}}
  - {{kind: connectome, source: {WORM}, signs: [gabaergic, balanced]}}
  - {{kind: connectome, source: celegans_witvliet2021_adult8, signs: as_given, resampled: true}}
n_hidden: 279            # as many as the worm has neurons
learning_rate: [0.003, 1e-2]
momentum: 0.9
gain: 1.25
seeds: 4
iterations: 10_000
batch: 32
measures: [kernel_alignment, weight_change_norm]
random_seed: 7
"""
TABLE = """target,source,connection_probability,mean,sd,size
E,E,0.1,1,0.1,4
E,I,0.2,-4,0.4,1
I,E,0.1,1,0.1,4
I,I,0.2,-4,0.4,1
"""


def test_a_lone_start_has_every_default_of_the_setting():
    spec = sweep_spec(NULL)
    assert cells(spec) == [Setting(starts=(Null(),))]
    assert spec.varying == ()
    # All of `Setting`, and `start` for `starts`.
    names = {f.name for f in dataclasses.fields(Setting)} - {"starts"} | {"start"}
    assert {*spec.axes, *spec.common} == names


def test_a_grid_is_these_settings_in_this_order():
    spec = sweep_spec(GRID)
    found = cells(spec)
    assert spec.varying == ("task", "start", "learning_rate")
    starts = [
        Null(),
        LowRank(1),
        LowRank(30),
        Dale(0.8, "mean"),
        Motifs(rj.MotifStatistics(0.1, chain=0.05, convergent=0.06, divergent=0.06)),
    ]
    worm, other = map(rj.shipped_connectome, (WORM, "celegans_witvliet2021_adult8"))
    # These hold arrays, so that two of them are compared by their records.
    arrays = [
        CellTyped(rj.potjans_diesmann()),
        Wired(worm, rj.gabaergic_signs(worm.names)),
        Wired(worm, "balanced"),
        Wired(other, resampled=True),
    ]
    expected = itertools.product(("2AF", "DMS"), [*starts, *arrays], (0.003, 0.01))
    for cell, (task, start, rate) in zip(found, expected, strict=True):
        wanted = Setting(
            task=task,
            starts=(start,),
            n_hidden=279,
            learning_rate=rate,
            seeds=4,
            measures=("kernel_alignment", "weight_change_norm"),
            random_seed=7,
        )
        assert cell.record() == wanted.record()
        assert cell.wanted().coordinates == {"seed": range(4)}
        if start in starts:
            assert cell == wanted
    labels = [start.label for start in spec.axes["start"]]
    assert labels[1] == "low_rank, rank 1"
    assert len(set(labels)) == len(labels)


def test_each_field_is_an_axis_of_its_own():
    lists = {
        "task": ["2AF", "CXT"],
        "n_hidden": [10, 12],
        "iterations": [1, 2],
        "batch": [1, 2],
        "optimizer": ["sgd", "adam"],
        "learning_rate": [1, 2],
        "momentum": [0, 0.5],
        "gain": [1, 2],
        "activation": ["relu", "tanh"],
        "leak": [0, 0.5],
        "leak_form": ["paper", "current"],
        "biases": [False, True],
        "initial_state": ["zero", "trained"],
        "noise": [0, 0.1],
        "dt": [100, 50],
        "kernel_weights": ["recurrent", "all"],
        "kernel_trials": [1, 2],
        "activity_trials": [1, 2],
        "precision": ["highest", "default"],
        "random_seed": [0, 1],
    }
    for field, values in lists.items():
        spec = sweep_spec(NULL + yaml.safe_dump({field: values}))
        assert spec.varying == (field,)
        typed = map(type(getattr(Setting, field)), values)
        assert cells(spec) == [Setting(starts=(Null(),), **{field: v}) for v in typed]
    # The last varies fastest, wherever it stands in the file.
    spec = sweep_spec("leak: [0, 0.5]\ngain: [1, 2]\n" + NULL)
    assert [(c.gain, c.leak) for c in cells(spec) if isinstance(c, Setting)] == [
        (1, 0),
        (1, 0.5),
        (2, 0),
        (2, 0.5),
    ]


@pytest.mark.parametrize("text", ["null", "~", "'null'", '"null"', "", "Null"])
def test_null_is_a_kind_however_it_is_written(text):
    assert cells(sweep_spec(f"start:\n- kind: {text}\n"))[0].starts == (Null(),)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("1e-3", 0.001), ("1E2", 100.0), ("+.5", 0.5), ("1_0.5", 10.5), ("2.", 2.0)],
)
def test_numbers_are_floats_where_the_setting_has_floats(text, value):
    (gain,) = sweep_spec(f"{NULL}gain: {text}").axes["gain"]
    assert type(gain) is float
    assert gain == value


def test_lists_inside_a_start_multiply_with_the_last_parameter_fastest():
    text = "start: {balance: [none, rows], kind: dale, excitatory: [0.5, 0.7]}"
    dales = [cell.starts[0] for cell in cells(sweep_spec(text))]
    pairs = itertools.product((0.5, 0.7), ("none", "rows"))
    assert dales == [Dale(excitatory, balance) for excitatory, balance in pairs]


def test_every_parameter_reaches_its_start():
    text = """
    start:
    - {kind: low_rank, rank: 3, keep: [leading, spectral_radius]}
    - {kind: power_law, exponent: 0.5}
    - {kind: participation_ratio, share: 0.25}
    - {kind: dale, excitatory: 0.5, balance: none, density: 0.5}
    - {kind: motifs, probability: 0.2, reciprocal: 0.3, centred: false}
    - {kind: motifs, probability: 0.2, reciprocal: null}
    - {kind: cell_types, distribution: normal}
    - {kind: connectome, source: %s, resampled: true, null: [places, degrees]}
    """
    grid = sweep_spec(text % WORM)
    assert spec_grids(to_yaml(grid), EXPERIMENTS)[0] == grid
    made = [cell.starts[0] for cell in cells(grid)]
    assert made[:7] == [
        LowRank(3, "leading"),
        LowRank(3, "spectral_radius"),
        PowerLaw(0.5),
        ParticipationRatio(0.25),
        Dale(0.5, "none", 0.5),
        Motifs(rj.MotifStatistics(0.2, reciprocal=0.3), centred=False),
        Motifs(rj.MotifStatistics(0.2)),
    ]
    assert made[7].record() == CellTyped(rj.potjans_diesmann(), "normal").record()
    worm = rj.shipped_connectome(WORM)
    # Signs of the worm's own neurons are the default of the worm.
    signs = rj.gabaergic_signs(worm.names)
    for start, null in zip(made[8:], ("places", "degrees"), strict=True):
        assert start.record() == Wired(worm, signs, resampled=True, null=null).record()
    assert [start.label for start in made[8:]] == ["EM resampled shuffled", "EM resampled degrees"]
    with pytest.raises(ValueError, match="null is 'gaussian'; allowed are places, bare_degrees"):
        sweep_spec(f"start: {{kind: connectome, source: {WORM}, null: gaussian}}")


@pytest.fixture
def folder(tmp_path):
    """A specification and what it names, below the folder that pytest was started in."""
    weights = np.arange(9.0).reshape(3, 3)
    (tmp_path / "data").mkdir()
    np.save(tmp_path / "data" / "w.npy", weights)
    (tmp_path / "signs.csv").write_text("name,sign\n0,E\n1,I\n2,E\n")
    (tmp_path / "types.csv").write_text(TABLE)
    (tmp_path / "sweep.yaml").write_text(
        "start:\n"
        "- {kind: connectome, source: data/w.npy, signs: [as_given, ./signs.csv]}\n"
        "- {kind: cell_types, table: data/../types.csv}\n"
        "n_hidden: 3\n"
    )
    return tmp_path


def test_paths_are_relative_to_the_specification(folder):
    spec = read_spec(folder / "sweep.yaml")
    weights = np.arange(9.0).reshape(3, 3)
    diagram = rj.Connectome(("0", "1", "2"), weights, "by hand")
    records = [cell.starts[0].record() for cell in cells(spec)]
    assert records[:2] == [
        Wired(diagram).record(),
        Wired(diagram, np.array([1, -1, 1])).record(),
    ]
    assert dict(spec.axes["start"][1].parameters)["signs"] == str(folder / "signs.csv")
    assert dict(spec.axes["start"][2].parameters)["table"] == str(folder / "types.csv")
    # Written out, paths are full, so that it may be read from anywhere.
    assert sweep_spec(to_yaml(spec), folder=folder / "data") == spec
    (folder / "copy.yaml").write_text(to_yaml(spec), encoding="utf-8-sig")
    assert read_spec(str(folder / "copy.yaml")) == spec


def test_what_a_file_holds_is_said_as_commands_say_it(tmp_path):
    (tmp_path / "t.csv").write_text(
        "a;b;n;kind;nt\nA;B;5;x;glu\nA;B;2;y;glu\nB;C;3;x;ACH\nNA;A;1;x;ACH\n"
    )
    (tmp_path / "nodes.txt").write_text("C\nA\nB\n")
    (tmp_path / "sweep.yaml").write_text(
        "start: {kind: connectome, source: t.csv, pre: a, post: b, weight: n, duplicates: sum,\n"
        "  where: 'kind=x, kind=y', ignore: 'NA, 0', sign: nt, transmitters: glu=-1,\n"
        "  nodes: nodes.txt, header: 1, delimiter: semicolon}\n"
        "n_hidden: 3\n"
    )
    spec = read_spec(tmp_path / "sweep.yaml")
    (start,) = [s for cell in cells(spec) for s in cell.starts if isinstance(s, Wired)]
    assert start.connectome.names == ("C", "A", "B")
    np.testing.assert_array_equal(start.connectome.weights, [[0, 0, 3], [0, 0, 0], [0, -7, 0]])
    assert sweep_spec(to_yaml(spec), folder=tmp_path / "elsewhere") == spec


def test_relative_without_a_folder_is_to_the_current_one(folder, monkeypatch):
    monkeypatch.chdir(folder)
    text = Path("sweep.yaml").read_text()
    assert sweep_spec(text) == read_spec("sweep.yaml") == read_spec(folder / "sweep.yaml")


def test_images_go_to_the_cells_that_learn_them():
    spec = sweep_spec(f"{NULL}task: [2AF, sMNIST]\nimages: digits\nkernel_trials: 355\n")
    plain, sequential = cells(spec)
    assert plain == Setting(starts=(Null(),), kernel_trials=355)
    assert isinstance(sequential, Setting)
    assert sequential.images is spec.axes["images"][0].made
    assert sequential.record()["images"]["name"] == "digits 8x8"
    assert sweep_spec(to_yaml(spec)) == spec
    assert counts(spec)["kernel_bytes"] > 0


@pytest.mark.parametrize("text", [NULL, GRID])
def test_yaml_reads_back(text):
    spec = sweep_spec(text)
    assert sweep_spec(to_yaml(spec)) == spec
    # Everything is written, so that it does not change when a default does.
    fields = {f.name for f in dataclasses.fields(Setting)}
    written = yaml.safe_load(to_yaml(spec))
    left_out = {"starts", "images", "measure_at", "input_nodes", "output_nodes"}
    assert set(written) == fields - left_out | {"start", "experiment"}
    more = sweep_spec(f"{text}measure_at: [0, 10]\nnoise: 0.5\n")
    assert sweep_spec(to_yaml(more)) == more
    assert yaml.safe_load(to_yaml(more))["measure_at"] == [0, 10]


def test_several_grids_are_one_specification():
    text = f"- {NULL.strip()}\n- {{task: linear, start: [{{kind: null}}], seeds: 3}}\n"
    both = spec_grids(text, EXPERIMENTS)
    assert [of.experiment.KIND for of in both] == ["recurrent", "linear"]
    assert spec_grids(to_yaml(*both), EXPERIMENTS) == both
    assert [cell.seeds for cell in cells(*both)] == [10, 3]
    # What two of them ask for is one cell.
    assert len(cells(both[0], both[0])) == 1


AXES = {
    "task": st.sampled_from(["2AF", "DMS", "CXT"]),
    "n_hidden": st.integers(10, 400),
    "iterations": st.integers(1, 10**6),
    "learning_rate": st.floats(1e-12, 1e6),
    "momentum": st.floats(0, 1, exclude_max=True),
    "activation": st.sampled_from(["relu", "tanh"]),
    "leak_form": st.sampled_from(["paper", "rate", "current"]),
    "biases": st.booleans(),
    "dt": st.sampled_from([100, 50, 12.5]),
    "kernel_weights": st.sampled_from(["recurrent", "all"]),
    "precision": st.sampled_from(["highest", "default"]),
    "random_seed": st.integers(0, 2**32 - 1),
}


@st.composite
def grids(draw):
    fields = draw(st.sets(st.sampled_from(sorted(AXES)), max_size=4))
    grid = {f: draw(st.lists(AXES[f], min_size=1, max_size=3, unique=True)) for f in fields}
    ranks = draw(st.lists(st.integers(1, 10), min_size=1, max_size=3, unique=True))
    return grid | {"start": [{"kind": None}, {"kind": "low_rank", "rank": ranks}]}


@given(grids())
def test_cells_are_the_product(grid):
    spec = sweep_spec(yaml.safe_dump(grid))
    found = cells(spec)
    axes = [len(v) for f, v in grid.items() if f != "start"]
    number = math.prod(axes) * (1 + len(grid["start"][1]["rank"]))
    assert len(found) == len({repr(cell) for cell in found}) == number == counts(spec)["cells"]
    assert sweep_spec(to_yaml(spec)) == spec
    assert all(
        getattr(cell, f) in map(type(getattr(cell, f)), v)
        for cell in found
        for f, v in grid.items()
        if f != "start"
    )


def test_counts_are_those_of_the_networks_themselves():
    spec = sweep_spec(
        "start: {kind: low_rank, rank: [1, 2, 3]}\nseeds: 2\nn_hidden: [5, 9]\n"
        "iterations: [10, 30]\ntask: [2AF, CXT]\nkernel_trials: 4\noptimizer: [sgd, adam]\n"
    )
    found = counts(spec)
    assert found["cells"] == 3 * 2 * 2 * 2 * 2
    assert found["runs"] == 2 * found["cells"]
    assert found["updates"] == sum(c.iterations * c.seeds for c in cells(spec))

    def held(cell):
        weights = jax.eval_shape(lambda: initial_params(cell))
        adam = optax.adam(cell.learning_rate)
        optimizer = adam if cell.optimizer == "adam" else optax.sgd(0.1, momentum=0.9)
        # Adam counts the updates of each network, which `initial_params` has side by side.
        state = jax.eval_shape(jax.vmap(jax.vmap(optimizer.init)), weights)
        leaves = jax.tree.leaves((weights, weights, state))
        # Beside it, the learning rate and a count of updates.
        own = 8 * cell.seeds
        return own + sum(leaf.size * leaf.dtype.itemsize for leaf in leaves)

    # One cell of each task and size, the slowest and the third of five loops.
    some = [cells(spec)[i] for i in (0, 4, 24, 28)]
    assert len({(cell.task, cell.n_hidden) for cell in some}) == 4
    adam = [dataclasses.replace(cell, optimizer="adam") for cell in some]
    assert found["cell_bytes"] == max(map(held, some + adam))

    def kernel(cell):
        task = cell.made_task()
        network = rj.rnn(task.n_inputs, cell.n_hidden, task.n_outputs)

        def of(key):
            x = task.sample(key, cell.kernel_trials).inputs
            return rj.recurrent_ntk(network.init(key), x)

        found = jax.eval_shape(of, jax.random.key(0))
        return found.size * found.dtype.itemsize

    assert found["kernel_bytes"] == max(map(kernel, some[::2]))
    common = {**spec.common, "measures": ("weight_change_norm",)}
    unmeasured = dataclasses.replace(spec, common=common)
    assert counts(unmeasured)["kernel_bytes"] == 0


def test_cells_of_a_grid_made_by_hand_are_checked():
    spec = sweep_spec(NULL)

    def with_axes(**axes):
        return dataclasses.replace(spec, axes={**spec.axes, **axes})

    with pytest.raises(ValueError, match=r"start null, gain 1\.0 is there twice"):
        cells(with_axes(gain=(1.0, 2.0, 1.0)))
    with pytest.raises(ValueError, match=r"start null is there twice"):
        cells(with_axes(start=spec.axes["start"] * 2))
    with pytest.raises(FieldError, match=r"momentum is 1\.0"):
        cells(with_axes(momentum=(1.0,)))
    with pytest.raises(ValueError, match=r"10001 cells; allowed are at most 10000"):
        cells(with_axes(random_seed=tuple(range(MOST_CELLS + 1))))


def test_a_grid_from_python():
    made = engine.grid(Setting, start=[Null(), LowRank(2)], n_hidden=5, gain=(1.0, 2.0), seeds=3)
    found = cells(made)
    assert [(c.starts[0], c.gain, c.seeds) for c in found] == [
        (start, gain, 3) for start in (Null(), LowRank(2)) for gain in (1.0, 2.0)
    ]
    with pytest.raises(ValueError, match="'rank' is not a field of 'recurrent'; allowed are task"):
        engine.grid(Setting, start=Null(), rank=3)
    with pytest.raises(ValueError, match="start is missing"):
        engine.grid(Setting)
    with pytest.raises(FieldError, match="n_hidden is 0; allowed are whole"):
        engine.grid(Setting, start=Null(), n_hidden=0)
