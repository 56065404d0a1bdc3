"""`richlazy measure`: files in, the measures of `richlazy_jax.laziness` out."""

import html
import json

import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli

N, STEPS, INPUTS, UNITS, OUTPUTS = 6, 4, 3, 5, 2
SHAPES = {
    "core.weight_ih_l0": (UNITS, INPUTS),
    "core.weight_hh_l0": (UNITS, UNITS),
    "core.bias_hh_l0": (UNITS,),
    "fc.weight": (OUTPUTS, UNITS),
    "fc.bias": (OUTPUTS,),
}


def state(seed):
    rng = np.random.default_rng(seed)
    return {n: 0.7 * rng.standard_normal(s).astype(np.float32) for n, s in SHAPES.items()}


@pytest.fixture
def files(tmp_path):
    """A start, three checkpoints, inputs, classes, and what the last checkpoint says."""
    rng = np.random.default_rng(9)
    for i in range(4):
        np.savez(tmp_path / f"step_{i}.npz", **state(i))
    x = rng.standard_normal((N, STEPS, INPUTS)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", rng.integers(0, OUTPUTS, (N, STEPS)))
    network = rj.trained_network(state(3))
    np.save(tmp_path / "out.npy", network.apply(network.params, jnp.asarray(x)))
    return tmp_path


def run(folder, *arguments):
    given = [
        str(folder / a) if str(a).endswith((".npz", ".npy", ".json", ".png")) else str(a)
        for a in arguments
    ]
    return CliRunner().invoke(cli.app, ["measure", *given])


def words(result):
    return " ".join(result.output.replace("│", " ").split())


@pytest.mark.slow
def test_checkpoints_their_table_json_and_figure(files):
    steps = [f"step_{i}.npz" for i in range(4)]
    asked = ["--inputs", "x.npy", "--targets", "y.npy", "--outputs", "out.npy", "--balanced"]
    asked += ["--wrt", "core.weight_hh_l0", "--steps", "2,3"]
    result = run(files, *steps, *asked, "--json", "kept.json", "--figure", "through.png")
    assert result.exit_code == 0, result.output
    for said in (
        "Recognized: a torch.nn.RNN of 1 layer and 5 units",
        "The activation is tanh, PyTorch's default; the file does not say it.",
        "The outputs are those of the trained network",
        "Outputs are those of steps 2, 3.",
        "Each class counts alike",
    ):
        assert said in words(result)
    assert result.output.splitlines()[-1].startswith("Next: the same command with --html ")
    kept = json.loads((files / "kept.json").read_text())
    assert list(kept) == [str(files / name) for name in steps[1:]]
    networks = [rj.trained_network(state(i)) for i in (0, 3)]
    expected = rj.laziness(
        networks[0].apply,
        networks[0].params,
        networks[1].params,
        jnp.asarray(np.load(files / "x.npy")),
        targets=np.load(files / "y.npy"),
        weights="balanced",
        outputs=[2, 3],
        wrt=["core.weight_hh_l0"],
    )
    last = kept[str(files / "step_3.npz")]
    found = last["kernel_alignment"]["alignment"]
    np.testing.assert_allclose(found, expected.kernel_alignment.alignment, rtol=1e-5)
    assert expected.loss is not None
    np.testing.assert_allclose(last["loss"]["after"], expected.loss.after, rtol=1e-5)
    assert set(last["activity"]) == {"activity"}
    assert (files / "through.png").read_bytes().startswith(b"\x89PNG")
    assert "step_2.npz" in result.output


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["--outputs", "out.npy", "--activation", "relu"], "known_outputs differ from those"),
        (["--map", "recurrent"], "--map is 'recurrent'; allowed is such as"),
        (["--map", "input=nothing"], "names is for input; allowed are input, recurrent, readout"),
        (["--targets", "step_0.npz"], "allowed is one array of numbers"),
        (["--steps", "last,"], "--steps is 'last,'; allowed are whole numbers"),
        (["--figure", "one.png"], "--figure is for several checkpoints"),
        (["--wrt", "nothing"], "wrt is ['nothing']"),
        (["--balanced"], "'balanced' where targets are classes"),
        (["--leak", "0.5"], "allowed for a torch.nn.RNN, which has none"),
    ],
)
def test_bad_input_is_refused_without_a_trace(files, asked, message):
    before = sorted(path.name for path in files.iterdir())
    result = run(files, "step_0.npz", "step_3.npz", "--inputs", "x.npy", *asked)
    assert result.exit_code == 2, result.output
    assert message in words(result)
    assert sorted(path.name for path in files.iterdir()) == before


def test_fully_connected_layers(tmp_path):
    rng = np.random.default_rng(0)
    shapes = {"0.weight": (5, 3), "0.bias": (5,), "2.weight": (2, 5), "2.bias": (2,)}
    for name in ("before", "after"):
        arrays = {n: rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()}
        np.savez(tmp_path / f"{name}.npz", **arrays)
    x = rng.standard_normal((6, 3)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    hidden = np.maximum(x @ arrays["0.weight"].T + arrays["0.bias"], 0)
    np.save(tmp_path / "out.npy", hidden @ arrays["2.weight"].T + arrays["2.bias"])
    asked = ("before.npz", "after.npz", "--inputs", "x.npy", "--outputs", "out.npy")
    result = run(tmp_path, *asked, "--activation", "relu")
    assert result.exit_code == 0, result.output
    for said in (
        "fully connected layers, Linear, in this order: 0 (3 to 5), 2 (5 to 2).",
        "The outputs are those of the trained network",
    ):
        assert said in words(result)
    result = run(tmp_path, *asked)
    assert result.exit_code == 2
    assert "activation is None; allowed for fully connected layers" in words(result)


def without_a_bias(arrays):
    return {n: a for n, a in arrays.items() if n != "fc.bias"}


def of_more_outputs(arrays):
    return arrays | {
        "fc.weight": np.ones((3, UNITS), np.float32),
        "fc.bias": np.ones(3, np.float32),
    }


def not_finite(arrays):
    return arrays | {"fc.bias": np.full(OUTPUTS, np.inf, np.float32)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_a_bias, "after['fc.weight'] has shape (2, 5); allowed is after['fc.bias']"),
        (
            of_more_outputs,
            "after['fc.bias'] has shape (3,); allowed is after['fc.bias'] of shape (2,)",
        ),
        (not_finite, "state['fc.bias'] has numbers that are not finite"),
    ],
)
def test_before_and_after_are_one_network(files, change, message):
    np.savez(files / "other.npz", **change(state(3)))
    result = run(files, "step_0.npz", "other.npz", "--inputs", "x.npy")
    assert result.exit_code == 2, result.output
    assert message in words(result)


def test_inputs_of_another_shape(files):
    result = run(files, "step_0.npz", "step_3.npz", "--inputs", "y.npy")
    assert result.exit_code == 2
    assert "x has shape (6, 4); allowed for this network is (trials, steps, 3)" in words(result)
    np.save(files / "flat.npy", np.ones(4))
    result = run(files, "step_0.npz", "step_3.npz", "--inputs", "flat.npy")
    assert result.exit_code == 2
    assert "--inputs has shape (4,); allowed are (trials, steps, inputs)" in words(result)


def test_one_page_says_all_of_it(files):
    steps = [f"step_{i}.npz" for i in range(3)]
    result = run(files, *steps, "--inputs", "x.npy", "--html", str(files / "page.html"))
    assert result.exit_code == 0, result.output
    page = (files / "page.html").read_text(encoding="utf-8")
    one = rj.trained_network(state(0)), rj.trained_network(state(2))
    asked = one[0].apply, one[0].params, one[1].params, jnp.asarray(np.load(files / "x.npy"))
    found = rj.laziness(*asked, activity=one[0].activity)
    assert found.sentence in page
    for name, value in found.table():
        assert f"<td>{name}</td><td>{value}</td>" in page
    for said in (*one[1].said, *found.said):
        assert html.escape(said, quote=True) in page
    assert page.count("<svg") == 1
    assert "Kernel alignment by checkpoint" in page
    # It needs no other file and no network connection.
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page
