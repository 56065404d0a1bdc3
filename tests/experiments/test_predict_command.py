"""`richlazy predict`: files in, the forecast of `richlazy_jax.fast_forward` out."""

import json

import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli

N, STEPS, INPUTS, UNITS, OUTPUTS = 12, 4, 3, 5, 2


@pytest.fixture
def files(tmp_path):
    """A start, inputs and classes."""
    rng = np.random.default_rng(9)
    shapes = {"w_in": (INPUTS, UNITS), "w": (UNITS, UNITS), "w_out": (OUTPUTS, UNITS)}
    arrays = {n: 0.7 * rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()}
    np.savez(tmp_path / "start.npz", **arrays)  # pyright: ignore[reportArgumentType]
    np.save(tmp_path / "x.npy", rng.standard_normal((N, STEPS, INPUTS)).astype(np.float32))
    np.save(tmp_path / "y.npy", rng.integers(0, OUTPUTS, (N, STEPS)))
    return tmp_path


def run(folder, *arguments):
    ends = (".npz", ".npy", ".json")
    given = [str(folder / a) if str(a).endswith(ends) else str(a) for a in arguments]
    return CliRunner().invoke(cli.app, ["predict", *given])


NAMED = ["--map", "input=w_in.T", "--map", "recurrent=w", "--map", "readout=w_out"]


@pytest.mark.slow
def test_it_says_what_the_function_finds(files):
    asked = ["--inputs", "x.npy", "--targets", "y.npy", "--steps", "2,3", "--balanced"]
    rates = ["--learning-rate", "0.01", "--updates", "500", "--momentum", "0.9"]
    result = run(files, "start.npz", *asked, *rates, *NAMED, "--wrt", "w", "--json", "kept.json")
    assert result.exit_code == 0, result.output
    assert "is expected to keep an alignment of" in result.output
    assert "The activation is relu, as is usual there" in " ".join(result.output.split())
    then = f"richlazy measure {files / 'start.npz'} AFTER --inputs {files / 'x.npy'}"
    assert result.output.endswith(f"Next: once the trained weights are in AFTER, {then}\n")
    network = rj.trained_network(
        rj.read_state(files / "start.npz"),
        names={"input": "w_in.T", "recurrent": "w", "readout": "w_out"},
    )
    expected = rj.fast_forward(
        network.apply,
        network.params,
        jnp.asarray(np.load(files / "x.npy")),
        np.load(files / "y.npy"),
        learning_rate=0.01,
        updates=500,
        momentum=0.9,
        outputs=[2, 3],
        weights="balanced",
        wrt=["w"],
    ).to_dict()
    kept = json.loads((files / "kept.json").read_text())
    assert kept["sentence"] == expected["sentence"]
    assert kept["horizon"] == pytest.approx(50)
    found = kept["kernel_alignment"]["alignment"]
    assert found == pytest.approx(expected["kernel_alignment"]["alignment"], rel=1e-4)


def test_what_is_missing_is_said_before_work(files):
    result = run(files, "start.npz", "--inputs", "x.npy", "--targets", "y.npy")
    assert result.exit_code == 2
    assert "are of no network that is known" in " ".join(result.output.replace("│", " ").split())
    asked = ["--inputs", "x.npy", "--targets", "y.npy", "--learning-rate", "1"]
    result = run(files, "start.npz", *asked, *NAMED)
    assert result.exit_code == 2
    assert "updates is None" in " ".join(result.output.replace("│", " ").split())
