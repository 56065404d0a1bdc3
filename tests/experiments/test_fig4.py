"""Figure 4, panel B: two-layer networks on images, at a small size."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli
from experiments.kinds.image_mlp import ImageSetting, run_images
from experiments.kinds.recurrent import LowRank, Null

RNG = np.random.default_rng(0)
IMAGES = rj.ImageSet(
    "noise 4x4",
    RNG.random((40, 4, 4), np.float32),
    RNG.integers(0, 3, 40).astype(np.int32),
    RNG.random((20, 4, 4), np.float32),
    RNG.integers(0, 3, 20).astype(np.int32),
    3,
)
SMALL = ImageSetting(
    images=IMAGES,
    start=LowRank(8),
    seeds=2,
    n_hidden=8,
    iterations=6,
    batch=5,
    kernel_images=7,
)


@pytest.mark.slow
def test_measures_of_one_run_again_by_hand():
    found = run_images(SMALL).isel(seed=1)
    assert (found["start"].item(), found["rank"].item()) == ("rank 8", 8)
    key = jax.random.key(0)
    seed = jax.random.fold_in(key, 1)
    network = rj.mlp((16, 8, 3), "relu")
    start = network.init(jax.random.fold_in(seed, 0))
    start = {"w1": rj.low_rank(start["w1"], 8), "w2": start["w2"]}
    x, labels = jnp.asarray(IMAGES.train_images.reshape(40, 16)), jnp.asarray(IMAGES.train_labels)

    def loss(params, batch):
        logits = network.apply(params, batch[0])
        return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(5), batch[1]])

    end = rj.train(
        loss,
        start,
        optax.sgd(0.003, momentum=0.9),
        rj.minibatches(x, labels, 5),
        jax.random.fold_in(seed, 1),
        6,
    ).params
    held = jax.random.permutation(jax.random.fold_in(key, 2**31 - 1), 20)[:7]
    x_test = jnp.asarray(IMAGES.test_images.reshape(20, 16))
    before, after = (
        rj.empirical_ntk(network.apply, p, x_test[held], implementation="jacobian")
        for p in (start, end)
    )
    expected = float(rj.kernel_alignment(before, after))
    assert float(found["kernel_alignment"]) == pytest.approx(expected, rel=1e-5)
    hidden = [jnp.maximum(x_test[held] @ p["w1"].T, 0) for p in (start, end)]
    expected = float(rj.representation_alignment(*hidden))
    assert float(found["representation_alignment"]) == pytest.approx(expected, rel=1e-5)
    change = np.linalg.norm(end["w1"] - start["w1"])
    assert float(found["weight_change_norm"]) == pytest.approx(change, rel=1e-3)
    right = np.argmax(network.apply(end, x_test), axis=1) == IMAGES.test_labels
    assert float(found["accuracy"]) == pytest.approx(right.mean())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": LowRank(9)}, r"start is LowRank\(rank=9.*from 1 to 8"),
        ({"start": LowRank(0)}, r"start is LowRank\(rank=0.*from 1 to 8"),
        ({"start": Null()}, r"start is Null\(\); .*LowRank of ranks"),
        ({"seeds": 0}, r"seeds is 0"),
        ({"batch": 41}, r"batch is 41; .*at most 40, the images of noise 4x4"),
        ({"kernel_images": 21}, r"kernel_images is 21; .*at most 20"),
        ({"learning_rate": 0.0}, r"learning_rate is 0\.0"),
        ({"momentum": 1.0}, r"momentum is 1\.0"),
    ],
)
def test_bad_setting(change, message, no_shape_checks):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **change)


def run(*arguments):
    return CliRunner().invoke(cli.app, ["fig4", *map(str, arguments)])


def kept_in(study):
    """The finished cells of a study, byte for byte."""
    return {path.name: path.read_bytes() for path in (study / "cells").glob("*.nc")}


@pytest.mark.slow
def test_command_keeps_what_is_finished(tmp_path, monkeypatch):
    monkeypatch.setattr(rj, "image_set", lambda source: IMAGES)
    small = ["--panel", "B", "--hidden", 8, "--seeds", 2, "--batch", 5, "--kernel-images", 7]
    small += ["--out", tmp_path]
    first = run(*small, "--ranks", "1,8", "--iterations", 6)
    assert first.exit_code == 0, first.output
    assert "2 cells: 2 run" in first.output
    kept = kept_in(tmp_path)
    assert len(kept) == 2
    assert (tmp_path / "fig4.png").read_bytes().startswith(b"\x89PNG")
    text = (tmp_path / "table.md").read_text()
    assert "## noise 4x4" in text
    assert "N = 8, 2 seeds, 6 iterations of 5 trials" in text
    again = run(*small, "--ranks", "1,8", "--iterations", 6)
    assert again.exit_code == 0, again.output
    assert "2 cells: 2 found" in again.output
    assert kept_in(tmp_path) == kept
    assert (tmp_path / "table.md").read_text() == text
    # One more rank is one more cell.
    more = run(*small, "--ranks", "1,3,8", "--iterations", 6)
    assert more.exit_code == 0, more.output
    assert "3 cells: 2 found, 1 run" in more.output
    rows = [
        line.split("|")[1].strip()
        for line in (tmp_path / "table.md").read_text().splitlines()
        if line.startswith("| rank ")
    ]
    assert rows[:3] == ["rank 1", "rank 3", "rank 8"]
    # Other training is of other cells, beside those that are there.
    other = run(*small, "--ranks", "1,8", "--iterations", 7)
    assert other.exit_code == 0, other.output
    assert "3 cells no longer asked for, and kept where finished" in other.output
    assert "2 cells: 2 run" in other.output
    now = kept_in(tmp_path)
    assert len(now) == 5
    assert now | kept == now


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--panel", "C"], "--panel is 'C'"),
        (["--networks", "1"], "--networks is 1"),
        (["--ranks", "1,x"], "'1,x'"),
        (["--ranks", "3,3"], "twice"),
        (["--images", "nowhere"], "nowhere"),
        (["--batch-runs", "0"], "--batch-runs is 0"),
    ],
)
def test_bad_input_is_refused_before_any_work(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(cli._fig4.CHECKS, "theorem 1", lambda *_: pytest.fail("work was begun"))
    monkeypatch.setattr(ImageSetting, "run", lambda *_, **__: pytest.fail("work was begun"))
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert "".join(message.split()) in "".join(result.output.replace("│", "").split())
