"""What networks keep in training, what trains, and which units get input or are read out."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import richlazy_jax as rj
from experiments import engine
from experiments.cli._kinds import EXPERIMENTS
from experiments.engine import FieldError, SpecError, spec_grids
from experiments.kinds.forecast import ForecastSetting
from experiments.kinds.recurrent import LowRank, Nodes, Null, Setting, Wired, run_task
from experiments.kinds.recurrent._measure import laziness
from experiments.kinds.recurrent._train import (
    flat,
    held_keys,
    initial_params,
    learning_of,
    seed_keys,
    train_starts,
)
from experiments.kinds.students import Students, run_students

NAMES = tuple("ABCDEFGH")
N = len(NAMES)
KERNEL = 5


def diagram():
    """Half of the connections are there, and columns have one sign each; H sends nothing."""
    rng = np.random.default_rng(0)
    weights = rng.random((N, N)) * (rng.random((N, N)) < 0.6)
    weights[:, -1] = 0
    signs = np.where(np.arange(N) % 3 == 0, -1.0, 1.0)
    return rj.Connectome(NAMES, weights, "small").signed(signs)


WIRED = Wired(diagram())
SMALL = Setting(
    starts=(WIRED,),
    seeds=2,
    n_hidden=N,
    iterations=40,
    batch=6,
    learning_rate=0.1,
    kernel_trials=KERNEL,
    activity_trials=10,
    activation="tanh",
    biases=True,
)


def setting(**more):
    return dataclasses.replace(SMALL, **more)


def ends(of):
    """The parameters before and after training, each with an axis of networks."""
    params = initial_params(of)
    return flat(params), train_starts(of, params).params


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("keep", ["nothing", "zeros", "signs", "zeros+signs"])
def test_zeros_and_signs_are_kept_exactly(keep, optimizer):
    start, end = ends(setting(keep=keep, optimizer=optimizer))
    before, after = np.asarray(start["recurrent"]), np.asarray(end["recurrent"])
    assert ((after == 0) == (before == 0))[before == 0].all() == ("zeros" in keep)
    of_column = np.sign(before.sum(axis=1, keepdims=True)) * np.ones_like(before)
    opposite = after * of_column < 0
    assert opposite.any() == ("signs" not in keep)
    assert not np.array_equal(before, after)
    # H has no weights at the start, so that nothing says which sign is its own.
    if keep == "signs":
        assert (after[:, :, -1] > 0).any()
        assert (after[:, :, -1] < 0).any()


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_frozen_parameters_stay(optimizer):
    start, end = ends(setting(frozen="readout+bias+input", optimizer=optimizer))
    moved = {name for name in start if not np.array_equal(start[name], end[name])}
    assert moved == {"recurrent", "readout_bias"}


def test_gains_train_as_factors_of_the_weights(x64):
    of = setting(gains=True, seeds=1)
    start, end = ends(of)
    learning = learning_of(setting())
    first = {name: leaf[0] for name, leaf in start.items()}
    np.testing.assert_array_equal(first["gains"], 1)

    def loss(trained, batch):
        weights = {name: leaf for name, leaf in trained.items() if name != "gains"}
        product = jnp.diag(trained["gains"]) @ first["recurrent"]
        return learning.loss(weights | {"recurrent": product}, batch)[0]

    trained = {name: leaf for name, leaf in first.items() if name != "recurrent"}
    key = jax.random.fold_in(seed_keys(of)[0], 1)
    by_hand = rj.train(
        loss, trained, optax.sgd(0.1, momentum=0.9), learning.sample, key, of.iterations
    ).params
    for name in trained:
        np.testing.assert_allclose(end[name][0], by_hand[name], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(end["recurrent"], start["recurrent"])
    assert np.abs(np.asarray(end["gains"]) - 1).max() > 1e-3


def test_gains_that_keep_signs_do_not_fall_below_0():
    _, end = ends(setting(gains=True, keep="signs", learning_rate=1.0))
    assert (np.asarray(end["gains"]) >= 0).all()
    assert (np.asarray(end["gains"]) == 0).any()
    assert (np.asarray(ends(setting(gains=True, learning_rate=1.0))[1]["gains"]) < 0).any()


INPUT, OUTPUT = Nodes(("B", "D")), Nodes(("C", "G", "H"))


def test_units_without_input_or_readout_never_get_any():
    free, _ = ends(SMALL)
    start, end = ends(setting(input_nodes=INPUT, output_nodes=OUTPUT))
    got, read = (np.isin(NAMES, nodes.chosen) for nodes in (INPUT, OUTPUT))
    for params in (start, end):
        assert (np.asarray(params["input"])[:, ~got] == 0).all()
        assert (np.asarray(params["readout"])[:, :, ~read] == 0).all()
    assert not np.array_equal(start["input"], end["input"])
    assert not np.array_equal(start["readout"], end["readout"])
    # What is left is what all units would have; the readout as if drawn for three.
    np.testing.assert_array_equal(start["input"][:, got], free["input"][:, got])
    np.testing.assert_allclose(
        start["readout"][:, :, read], free["readout"][:, :, read] * (N / 3) ** 0.5, rtol=1e-6
    )
    np.testing.assert_array_equal(start["recurrent"], free["recurrent"])


CONSTRAINED = {
    "zeros": {"keep": "zeros"},
    "signs": {"keep": "signs"},
    "gains": {"gains": True},
    "zeros of all weights": {"keep": "zeros", "kernel_weights": "all"},
    "nodes": {"input_nodes": INPUT, "output_nodes": OUTPUT, "kernel_weights": "all"},
    "frozen": {"frozen": "recurrent+bias", "kernel_weights": "all", "input_nodes": INPUT},
    "gains and nodes": {
        "gains": True,
        "output_nodes": OUTPUT,
        "frozen": "input",
        "kernel_weights": "all",
    },
}


@pytest.mark.parametrize("name", CONSTRAINED)
def test_the_kernel_is_of_what_can_change(x64, name):
    """Against Jacobians by automatic differentiation, whose columns are chosen one by one."""
    of = setting(seeds=1, **CONSTRAINED[name])
    start, end = ends(of)
    trials = of.held_trials(held_keys(of)[0], KERNEL)
    pair = [{n: leaf[0] for n, leaf in params.items()} for params in (start, end)]
    got, read = (np.isin(NAMES, nodes.chosen) for nodes in (INPUT, OUTPUT))
    counted = {n: np.ones(leaf.shape, bool) for n, leaf in pair[0].items()}
    if of.keep == "zeros":
        counted["recurrent"] = np.asarray(pair[0]["recurrent"] != 0)
    if of.input_nodes:
        counted["input"][~got] = False
    if of.output_nodes:
        counted["readout"][:, ~read] = False
    names = [n for n in pair[0] if of.kernel_weights == "all" or n in ("recurrent", "gains")]
    names = [n for n in names if n not in of.frozen.split("+")]
    if of.gains:
        names = [n for n in names if n != "recurrent"]

    def kernel(params):
        def outputs(trained):
            whole = {**params, **trained}
            if of.gains:
                whole["recurrent"] = jnp.diag(whole.pop("gains")) @ whole["recurrent"]
            return rj.rnn_apply(whole, trials.inputs, activation="tanh")

        by = jax.jacrev(outputs)({n: params[n] for n in names})
        shape = outputs({}).shape
        rows = [by[n].reshape(*shape, -1)[..., counted[n].ravel()] for n in names]
        rows = np.concatenate(rows, axis=-1).reshape(-1, sum(r.shape[-1] for r in rows))
        return rows @ rows.T

    a, b = map(kernel, pair)
    wanted = np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b)
    found = laziness(of, start, end)
    np.testing.assert_allclose(found["kernel_alignment"], wanted, rtol=1e-9)
    weights = [p["recurrent"] * p.get("gains", np.ones(N))[:, None] for p in pair]
    change = np.linalg.norm(weights[1] - weights[0])
    np.testing.assert_allclose(found["weight_change_norm"], change, rtol=1e-9)


def test_a_cell_of_gains_is_looked_at_on_its_way():
    dataset = run_task(setting(gains=True, keep="signs", measure_at=(0, 40)))
    through = dataset["kernel_alignment_through"]
    np.testing.assert_allclose(through[..., 0], 1, atol=1e-5)
    np.testing.assert_allclose(through[..., 1], dataset["kernel_alignment"], rtol=1e-4)
    assert (dataset["norm_through"][..., 1] != dataset["norm_through"][..., 0]).all()


def test_learning_without_zeros_is_as_without_the_constraint():
    """A start without zeros has the plain kernel, and the same updates."""
    null = setting(starts=(Null(),))
    plain, kept = run_task(null), run_task(dataclasses.replace(null, keep="zeros"))
    for name in ("kernel_alignment", "weight_change_norm", "loss"):
        np.testing.assert_allclose(kept[name], plain[name], rtol=1e-4)


def test_images_are_learned_with_gains_and_with_zeros():
    rng = np.random.default_rng(0)

    def drawn(n):
        return rng.random((n, 3, 2), np.float32), rng.integers(0, 3, n).astype(np.int32)

    images = rj.ImageSet("noise", *drawn(20), *drawn(12), 3)
    of = {"task": "sMNIST", "images": images, "iterations": 3, "activity_trials": 6}
    for more in ({"gains": True}, {"keep": "zeros"}):
        found = run_task(setting(**of, **more))
        assert np.isfinite(found["kernel_alignment"]).all()
        assert np.isfinite(found["kernel_alignment_error"]).all()


def test_students_keep_what_they_start_from():
    of = Students(
        starts=(LowRank(3),),
        seeds=1,
        n_hidden=6,
        iterations=10,
        teacher_iterations=10,
        kernel_trials=3,
        activity_trials=5,
        frozen="input",
        gains=True,
        output_nodes=Nodes(("a", "b"), of=tuple("abcdef")),
    )
    assert np.isfinite(run_students(of)["kernel_alignment"]).all()


def test_records_leave_out_what_is_at_its_default():
    record = SMALL.record()
    assert not {"keep", "frozen", "gains", "input_nodes", "output_nodes"} & set(record)
    others = [
        setting(**more) for more in ({"keep": "zeros"}, {"frozen": "input"}, {"gains": True})
    ] + [setting(input_nodes=INPUT), setting(output_nodes=INPUT), setting(input_nodes=OUTPUT)]
    assert len({each.wanted().hash for each in (SMALL, *others)}) == 7
    # Units decide, and not how they are written.
    named = setting(input_nodes=Nodes(("x",), tuple((n, "x" if n in "BD" else "y") for n in NAMES)))
    assert named.record() == setting(input_nodes=INPUT).record()
    assert setting(input_nodes=INPUT).record()["input_nodes"] == {"units": [1, 3]}
    assert setting(frozen="readout+input").wanted() == setting(frozen="input+readout").wanted()


@pytest.mark.parametrize(
    "more",
    [
        {"keep": "zeros"},
        {"gains": True, "keep": "signs"},
        {"input_nodes": INPUT},
        {"frozen": "input"},
    ],
)
def test_memory_counts_what_is_kept(more):
    of = setting(**more)

    def held(key):
        training = of.training()
        weights = training.network.init(key)
        return weights, weights, training.optimizer.init(weights)

    leaves = jax.tree.leaves(jax.eval_shape(held, jax.random.key(0)))
    bytes_each = sum(leaf.size * leaf.dtype.itemsize for leaf in leaves)
    assert of.cost().cell_bytes == of.seeds * bytes_each
    first = {name: leaf[0] for name, leaf in flat(initial_params(of)).items()}
    shapes = jax.eval_shape(of.training().network.init, jax.random.key(0))
    assert jax.tree.map(jnp.shape, first) == jax.tree.map(lambda leaf: leaf.shape, shapes)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"keep": "mask"}, "keep is 'mask'; allowed are nothing, zeros, signs, zeros.signs"),
        ({"frozen": "weights"}, "frozen is 'weights'; allowed are nothing, and some of input, rec"),
        ({"frozen": "input+input"}, "frozen is 'input.input'"),
        ({"frozen": "initial_state"}, "frozen is 'initial_state'; .*input, recurrent, readout"),
        (
            {"frozen": "input+recurrent+readout+bias+readout_bias"},
            "frozen is .*names that leave something to train",
        ),
        ({"frozen": "recurrent"}, "kernel_weights is 'recurrent'; .*'all' where"),
        (
            {"frozen": "recurrent", "kernel_weights": "all", "gains": True},
            "gains is True; .*'recurrent'",
        ),
        ({"input_nodes": Nodes(("Q",))}, "input_nodes is 'Q': *|'Q', which is not known"),
        ({"input_nodes": ("A",)}, "input_nodes is .*Nodes"),
        ({"starts": (Null(),), "input_nodes": INPUT}, "input_nodes is 'B, D'; .*no names"),
        (
            {"output_nodes": Nodes(("B",), of=tuple("BCDEFGHI"))},
            "output_nodes is 'B'; .*names its units otherwise",
        ),
        (
            {"starts": (Null(),), "output_nodes": Nodes(("B",), of=("A", "B"))},
            "output_nodes is 'B'; .*of 2 nodes and the network has 8 units",
        ),
    ],
)
def test_what_is_refused(no_shape_checks, more, named):
    with pytest.raises(FieldError, match=named):
        setting(**more)


def test_forecasts_know_of_no_constraint():
    with pytest.raises(FieldError, match="keep is 'zeros'; allowed is 'nothing' with forecast"):
        ForecastSetting(starts=(Null(),), keep="zeros")


WORM = "celegans_varshney2011"
SPEC = f"""
n_hidden: 279
start:
  - kind: null
  - {{kind: connectome, source: {WORM}}}
keep: [nothing, zeros+signs]
frozen: readout+input
input_nodes: {{kind: named, names: "ASEL, ASER", of: {WORM}}}
output_nodes: {{kind: named, names: motor, classes: classes.csv, file: more.txt, of: {WORM}}}
"""


@pytest.fixture
def folder(tmp_path):
    names = rj.shipped_connectome(WORM).names
    rows = [f"{name},{'motor' if name.startswith('DD') else 'other'}" for name in names]
    (tmp_path / "classes.csv").write_text("\n".join(["name,class", *rows, "PHSH,glia"]))
    (tmp_path / "more.txt").write_text("VD01\n")
    return tmp_path


def test_a_specification_names_nodes(folder):
    (grid,) = spec_grids(SPEC, EXPERIMENTS, "spec", folder)
    cells = engine.cells([grid])
    names = rj.shipped_connectome(WORM).names
    for cell in cells:
        assert isinstance(cell, Setting)
        trains = cell.trains()
        assert trains.inputs is not None
        assert trains.outputs is not None
        assert [names[i] for i in trains.inputs] == ["ASEL", "ASER"]
        assert [names[i] for i in trains.outputs] == [*(f"DD0{i}" for i in range(1, 7)), "VD01"]
    assert [(cell.keep, cell.frozen) for cell in cells if isinstance(cell, Setting)] == [
        ("nothing", "input+readout"),
        ("zeros+signs", "input+readout"),
    ] * 2
    (again,) = spec_grids(engine.to_yaml([grid]), EXPERIMENTS)
    assert [c.wanted() for c in engine.cells([again])] == [c.wanted() for c in cells]


def test_the_file_that_names_units_is_read_with_the_options_of_a_start(tmp_path):
    (tmp_path / "mine.csv").write_text("s,r,w,d\nA,B,1,7\nB,C,2,8\nC,A,3,9\n")
    how = "pre: s, post: r, weight: w"
    spec = (
        f"n_hidden: 3\nstart: {{kind: connectome, source: mine.csv, {how}}}\n"
        f"input_nodes: {{kind: named, names: B, of: mine.csv, {how}}}\n"
    )
    (grid,) = spec_grids(spec, EXPERIMENTS, "spec", tmp_path)
    (cell,) = engine.cells([grid])
    assert isinstance(cell, Setting)
    assert cell.trains().inputs == (1,)
    (again,) = spec_grids(engine.to_yaml([grid]), EXPERIMENTS)
    assert [c.wanted() for c in engine.cells([again])] == [cell.wanted()]
    with pytest.raises(ValueError, match=r"input_nodes\.pre is 's'.*allowed while of is null"):
        spec_grids(spec.replace("of: mine.csv, ", ""), EXPERIMENTS, "spec", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("ASEL, ASER", "ASEL, ASEQ", "8, .*input_nodes.names is .*'ASEQ', which is not known"),
        ("classes.csv", "none.csv", "output_nodes.classes is 'none.csv': .*no file"),
        (f", of: {WORM}}}\noutput", "}\noutput", "input_nodes is 'ASEL, ASER'; .*no names"),
        ('names: "ASEL, ASER", ', "", "input_nodes.kind is 'named': names is null"),
        ("kind: named, names: motor", "names: motor", "output_nodes.kind is missing"),
        ("n_hidden: 279", "n_hidden: [279, 280]", "279 nodes and the network has 280|280"),
    ],
)
def test_faults_of_nodes(folder, old, new, named):
    assert old in SPEC
    with pytest.raises(SpecError, match=named):
        spec_grids(SPEC.replace(old, new), EXPERIMENTS, "spec", folder)
