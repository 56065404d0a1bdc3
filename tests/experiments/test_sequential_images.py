"""Figure 1 on rows of images: the kernel of the last step, accuracy on the whole test set."""

import dataclasses
import zlib

import jax
import numpy as np
import pytest
from typer.testing import CliRunner

import richlazy_jax as rj
from experiments import cli
from experiments.kinds.recurrent import LowRank, Setting, low_rank_starts, run_task
from experiments.kinds.recurrent._train import initial_params, train_starts

RNG = np.random.default_rng(0)
IMAGES = rj.ImageSet(
    "noise 5x4",
    RNG.random((60, 5, 4), np.float32),
    RNG.integers(0, 3, 60).astype(np.int32),
    RNG.random((30, 5, 4), np.float32),
    RNG.integers(0, 3, 30).astype(np.int32),
    3,
)
SMALL = Setting(
    task="sMNIST",
    images=IMAGES,
    starts=(LowRank(4),),
    seeds=1,
    n_hidden=10,
    iterations=8,
    batch=6,
    kernel_trials=7,
    activity_trials=8,
)


@pytest.mark.slow
def test_kernel_of_the_last_step_and_accuracy_on_all_test_images():
    found = run_task(SMALL).squeeze()
    assert found.attrs["images"] == "noise 5x4"
    params = initial_params(SMALL)
    end = {k: v[0] for k, v in train_starts(SMALL, params).params.items()}
    start = {k: v[0, 0] for k, v in params.items()}
    kernel_key = jax.random.split(
        jax.random.fold_in(jax.random.fold_in(jax.random.key(0), zlib.crc32(b"sMNIST")), 2**31 - 1)
    )[0]
    x = IMAGES.test_images[np.asarray(jax.random.permutation(kernel_key, 30))[:7]]

    def kernel(params):
        def last(leaf, inputs):
            return rj.rnn_apply(params | {"recurrent": leaf}, inputs)[:, -1]

        return rj.empirical_ntk(
            last, params["recurrent"], jax.numpy.asarray(x), implementation="jacobian"
        )

    expected = float(rj.kernel_alignment(kernel(start), kernel(end)))
    assert float(found["kernel_alignment"]) == pytest.approx(expected, rel=1e-4)
    assert 0 < float(found["kernel_alignment_error"]) < 1
    logits = rj.rnn_apply(end, jax.numpy.asarray(IMAGES.test_images))[:, -1]
    right = np.argmax(logits, axis=1) == IMAGES.test_labels
    assert float(found["accuracy"]) == pytest.approx(right.mean())


def test_images_go_with_their_task_and_with_no_other():
    with pytest.raises(ValueError, match=r"task is 'sMNIST'; allowed are tasks other"):
        dataclasses.replace(SMALL, images=None)
    with pytest.raises(
        ValueError, match=r"images is 'noise 5x4'; allowed are images with the task 'sMNIST'"
    ):
        dataclasses.replace(SMALL, task="2AF")


def test_another_set_of_images_is_another_setting():
    other = dataclasses.replace(IMAGES, name="other")
    assert dataclasses.replace(SMALL, images=other).record() != SMALL.record()
    # Other images under the same name are others, and the same ones made again are the same.
    changed = dataclasses.replace(IMAGES, train_images=IMAGES.train_images[:, ::-1])
    assert dataclasses.replace(SMALL, images=changed).record() != SMALL.record()
    again = dataclasses.replace(IMAGES)
    assert dataclasses.replace(SMALL, images=again).record() == SMALL.record()
    # A task without images says nothing of them.
    assert "images" not in Setting(starts=low_rank_starts([1])).record()


def test_command(tmp_path, monkeypatch):
    monkeypatch.setattr(rj, "image_set", lambda source: IMAGES)
    monkeypatch.setattr("experiments.cli._fig1.HELD", 8)
    small = "fig1 --task sMNIST --hidden 8 --seeds 2 --iterations 4 --batch 6 --out"
    result = CliRunner().invoke(cli.app, [*small.split(), str(tmp_path)])
    assert result.exit_code == 0, result.output
    # Of the usual ranks 5, 30 and full, those that eight units allow.
    assert sorted(rj.open_study(tmp_path)["start.rank"].values) == [5, 8]
    table = (tmp_path / "table.md").read_text()
    assert "## sMNIST (noise 5x4)" in table
    assert "Kernels are on 8 test images" in table
