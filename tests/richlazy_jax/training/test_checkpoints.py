"""Training that was cut off and goes on, against training that was not."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import richlazy_jax as rj

RUNS, STEPS, PIECE = 3, 20, 4
X = jnp.asarray(np.random.default_rng(0).normal(size=(6, 4)))
STARTS = {"w": jax.random.normal(jax.random.key(0), (RUNS, 4))}
KEYS = jax.random.split(jax.random.key(1), RUNS)


def loss(params, batch):
    x, y = batch
    error = (x @ params["w"] - y) ** 2
    return jnp.mean(error), {"worst": jnp.max(error), "each": error}


def run(folder=None, every=5, **options):
    """Adam keeps a count beside its averages, so that its state has leaves of several kinds."""
    checkpoints = None if folder is None else rj.Checkpoints(folder, every)
    arguments = {"params": STARTS, "keys": KEYS, "steps": STEPS} | options
    return rj.train_runs(
        loss,
        optimizer=optax.adam(0.1),
        sample=rj.minibatches(X, X[:, 0] - X[:, 1], 3),
        has_metrics=True,
        piece=PIECE,
        checkpoints=checkpoints,
        **arguments,
    )


class Stopped(Exception):
    pass


def stopping_at(step, seen):
    def on_piece(progress):
        seen.append(progress.step)
        if progress.step >= step:
            raise Stopped

    return on_piece


def assert_equal(found, expected):
    jax.tree.map(np.testing.assert_array_equal, found, expected)


@pytest.fixture(scope="module")
def whole():
    return run()


# Kept after updates 8, 16 and 20: the ends of pieces that lie 5 updates apart or more, and the end.
@pytest.mark.parametrize(
    ("stop", "first"),
    [(4, 4), (8, 12), *(pytest.param(*at, marks=pytest.mark.slow) for at in ((12, 12), (16, 20)))],
)
def test_goes_on_from_the_last_checkpoint_with_the_same_numbers(tmp_path, whole, stop, first):
    with pytest.raises(Stopped):
        run(tmp_path / "runs", on_piece=stopping_at(stop, []))
    seen = []
    again = run(tmp_path / "runs", on_piece=lambda progress: seen.append(progress.step))
    assert seen[0] == first
    assert_equal(again, whole)


def test_keeping_changes_no_number_and_leaves_two(tmp_path, whole):
    assert_equal(run(tmp_path / "runs", every=1), whole)
    assert {f.name for f in (tmp_path / "runs").iterdir()} == {"16", "20"}


def test_the_end_is_kept(tmp_path, whole):
    run(tmp_path / "runs")
    seen = []
    again = run(tmp_path / "runs", on_piece=lambda progress: seen.append(progress.step))
    assert not seen
    assert_equal(again, whole)


@pytest.mark.parametrize(("every", "kept"), [(STEPS, True), (STEPS + 1, False)])
def test_training_shorter_than_two_checkpoints_are_apart_keeps_nothing(tmp_path, every, kept):
    run(tmp_path / "runs", every=every)
    assert (tmp_path / "runs").exists() == kept


def test_runs_that_diverged_before_stay_marked(tmp_path):
    starts = {"w": STARTS["w"].at[1].set(jnp.nan)}
    with pytest.raises(Stopped):
        run(tmp_path / "runs", params=starts, on_piece=stopping_at(12, []))
    again = run(tmp_path / "runs", params=starts)
    np.testing.assert_array_equal(again.diverged, [False, True, False])
    assert_equal(again, run(params=starts))


def test_a_broken_checkpoint_is_left_out_for_the_one_before(tmp_path, whole):
    folder = tmp_path / "runs"
    run(folder)
    for file in (folder / "20" / "runs").rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[:3])
    seen = []
    with pytest.warns(rj.BrokenCheckpointWarning, match=r"update 20 in .*runs is left out"):
        again = run(folder, on_piece=lambda progress: seen.append(progress.step))
    assert seen == [20]
    assert_equal(again, whole)


def test_what_a_killed_writer_left_is_no_checkpoint(tmp_path, whole):
    folder = tmp_path / "runs"
    with pytest.raises(Stopped):
        run(folder, on_piece=stopping_at(12, []))
    (folder / "16.orbax-checkpoint-tmp-0").mkdir()
    assert_equal(run(folder), whole)


def test_longer_training_takes_up_a_shorter_one(tmp_path, whole):
    run(tmp_path / "runs", steps=12)
    seen = []
    longer = run(tmp_path / "runs", on_piece=lambda progress: seen.append(progress.step))
    assert seen == [16, 20]
    assert_equal(longer, whole)


def changed(scale, size):
    """The starts, each run at a scale of its own, and the same with one run changed by a share of
    its norm."""
    starts = STARTS["w"] * jnp.asarray([1.0, scale, 1 / scale])[:, None]
    norm = np.linalg.norm(np.asarray(starts[1], np.float64))
    return {"w": starts}, {"w": starts.at[1, 2].add(size * norm)}


# Half of the digits of float32 is 3.5e-4.
@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
@pytest.mark.parametrize(("size", "allowed"), [(1e-6, True), (2e-4, True), (6e-4, False)])
def test_starts_may_differ_by_rounding_in_every_run(tmp_path, scale, size, allowed):
    starts, others = changed(scale, size)
    assert not np.array_equal(starts["w"], others["w"])
    kept = run(tmp_path / "runs", params=starts, steps=8)
    if not allowed:
        with pytest.raises(ValueError, match="other starts"):
            run(tmp_path / "runs", params=others, steps=8)
        return
    assert_equal(run(tmp_path / "runs", params=others, steps=8), kept)


def test_a_start_that_is_lost_is_no_other(tmp_path):
    starts = {"w": STARTS["w"].at[1, 2].set(jnp.nan)}
    run(tmp_path / "runs", params=starts)
    run(tmp_path / "runs", params=starts)
    with pytest.raises(ValueError, match="other starts"):
        run(tmp_path / "runs")


def test_a_checkpoint_of_an_earlier_version_is_left_out(tmp_path, whole):
    folder = tmp_path / "runs"
    run(folder, every=STEPS)
    (folder / str(STEPS) / "about" / "metadata").write_text('{"runs": "0"}')
    with pytest.warns(rj.BrokenCheckpointWarning, match="earlier version, which kept no starts"):
        assert_equal(run(folder), whole)


@pytest.mark.parametrize("other", [{"keys": KEYS[::-1]}, {"params": {"w": STARTS["w"] + 1}}])
def test_checkpoints_of_other_runs_are_refused(tmp_path, other):
    run(tmp_path / "runs", steps=12)
    with pytest.raises(ValueError, match=r"checkpoints.folder is .* other starts or keys"):
        run(tmp_path / "runs", **other)


@pytest.mark.parametrize("every", [0, -1, True])
def test_every_is_checked(tmp_path, every):
    with pytest.raises(ValueError, match="every is"):
        rj.Checkpoints(tmp_path, every)


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        run(tmp_path / "file" / "runs")
