"""Students of recurrent teachers: each choice against a small computation of its own."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

import richlazy_jax as rj
from experiments.engine import How, starts_side_by_side
from experiments.kinds.recurrent import LowRank, Null, Setting, initial_params, low_rank_starts
from experiments.kinds.recurrent import train_starts as trained_from
from experiments.kinds.students import (
    Students,
    Teachers,
    imitation_loss,
    imitation_of,
    run_students,
    student_params,
    student_weights,
    teaching_of,
    with_teacher,
)

# Where the functions stand that a test replaces.
MODULE = student_weights.__module__
RNG = np.random.default_rng(1)


@dataclasses.dataclass(frozen=True)
class Fixed:
    """A task of the same trials at every draw."""

    weighted: bool = True
    name: str = "fixed"
    n_inputs: int = 2
    n_outputs: int = 3
    n_steps: int = 4
    decision_step: int = 3

    def sample(self, key: Any, n_trials: int) -> rj.Trials:
        rng = np.random.default_rng(5)
        shape = (n_trials, self.n_steps)
        weights = rng.random(shape, np.float32) if self.weighted else None
        return rj.Trials(
            jnp.asarray(rng.standard_normal((*shape, 2)).astype(np.float32)),
            jnp.asarray(rng.integers(0, 3, shape)),
            None if weights is None else jnp.asarray(weights),
        )


SMALL = Students(
    task=Fixed(),
    starts=(LowRank(3),),
    seeds=2,
    n_hidden=7,
    iterations=5,
    teacher_iterations=4,
    batch=6,
    kernel_trials=4,
    activity_trials=5,
)


def teachers():
    """Made-up teachers of two seeds, as if trained."""
    shapes = {"input": (2, 7, 2), "recurrent": (2, 7, 7), "readout": (2, 3, 7)}
    weights = {n: jnp.asarray(RNG.standard_normal(s).astype(np.float32)) for n, s in shapes.items()}
    return Teachers(jnp.array([1.5, 2.0]), weights, weights)


def of(**change):
    return dataclasses.replace(SMALL, **change)


def test_defaults_leave_the_names_of_old_cells_as_they_were():
    # From before there was a choice.
    old = Students(starts=low_rank_starts([4]), seeds=2, n_hidden=10, teacher_iterations=20)
    assert old.wanted().hash == "4530cb403133675a"
    choices = ("students", "teacher_rank", "readout", "student_norm", "learns_from")
    assert not set(choices) & set(old.record())
    changes: list[dict[str, Any]] = [
        {"students": ("random", "aligned")},
        {"teacher_rank": "full"},
        {"readout": "redrawn_x3"},
        {"readout": "rotated"},
        {"student_norm": "teacher_end"},
        {"learns_from": "teacher"},
        {"kernel_weights": "both"},
    ]
    assert len({of(**change).wanted().hash for change in changes} | {SMALL.wanted().hash}) == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"teacher_rank": "half"}, "teacher_rank is 'half'; allowed are same, full"),
        ({"readout": "copied"}, "readout is 'copied'; allowed are redrawn, redrawn_x3, rotated"),
        ({"student_norm": "one"}, "student_norm is 'one'; allowed are teacher_start, teacher_end"),
        ({"learns_from": "both"}, "learns_from is 'both'; allowed are labels, teacher"),
        ({"kernel_weights": "input"}, "kernel_weights is 'input'; allowed are .*both"),
        ({"students": ()}, "students is .*allowed are some of random"),
        ({"students": ("lazy",)}, "students.0. is 'lazy'"),
        ({"students": ("aligned", "aligned")}, "values that differ"),
        ({"measure_at": (6,)}, "measure_at is 6"),
        ({"kernel_weights": "both", "frozen": "recurrent"}, "kernel_weights is 'both'"),
    ],
)
def test_choices_that_cannot_be_had(change, message):
    with pytest.raises(ValueError, match=message):
        of(**change)


def test_readouts():
    taught = teachers()
    plain, large, rotated = (
        np.asarray(student_params(of(readout=name), taught)["readout"], np.float64)
        for name in ("redrawn", "redrawn_x3", "rotated")
    )
    np.testing.assert_allclose(large, 3 * plain, rtol=1e-6)
    own = np.asarray(taught.weights["readout"], np.float64)
    for seed in range(2):
        # One rotation of answers for all kinds of student, and another for each seed.
        np.testing.assert_array_equal(rotated[0, seed], rotated[2, seed])
        mixed = rotated[0, seed] @ np.linalg.pinv(own[seed])
        np.testing.assert_allclose(mixed @ mixed.T, np.eye(3), atol=1e-5)
        np.testing.assert_allclose(mixed @ own[seed], rotated[0, seed], atol=1e-5)
        assert np.abs(mixed - np.eye(3)).max() > 0.1
        assert np.abs(plain[0, seed]).max() <= 7**-0.5
    assert np.abs(rotated[0, 0] - rotated[0, 1]).max() > 0.1


def test_norms_and_kinds_of_student():
    taught = teachers()
    first = student_params(of(), taught)
    last = student_params(of(student_norm="teacher_end"), taught)
    at_end = np.linalg.norm(np.asarray(taught.weights["recurrent"]), axis=(1, 2))
    for params, norms in ((first, [1.5, 2.0]), (last, at_end)):
        found = np.linalg.norm(np.asarray(params["recurrent"]), axis=(2, 3))
        np.testing.assert_allclose(found, np.broadcast_to(norms, (3, 2)), rtol=1e-5)
    scale = (at_end / [1.5, 2.0])[None, :, None, None]
    np.testing.assert_allclose(last["recurrent"], scale * first["recurrent"], rtol=1e-4, atol=1e-6)
    two = student_params(of(students=("aligned", "random")), taught)
    for name in first:
        np.testing.assert_array_equal(two[name][1], first[name][0])
        np.testing.assert_array_equal(two[name][0], first[name][2])


@pytest.mark.slow
def test_a_teacher_of_full_rank():
    given = of(teacher_rank="full", learns_from="teacher", students=("aligned",))
    teaching = teaching_of(given)
    assert teaching == Setting(
        task=Fixed(),
        starts=(Null(),),
        seeds=2,
        n_hidden=7,
        iterations=4,
        batch=6,
        kernel_trials=4,
        activity_trials=5,
        kernel_weights="all",
    )
    # Students of another rank have the same teacher.
    assert teaching_of(dataclasses.replace(given, starts=(LowRank(5),))) == teaching
    before = initial_params(teaching)
    end = trained_from(teaching, before, stream=3).params
    w = np.asarray(before["recurrent"])[0]
    taught = Teachers(jnp.linalg.norm(w, axis=(1, 2)), end, end)
    found = np.asarray(student_params(given, taught)["recurrent"])[0]
    assert np.linalg.matrix_rank(w[0]) == 7
    for seed in range(2):
        u, s, vt = np.linalg.svd(np.asarray(end["recurrent"])[seed])
        leading = (u[:, :3] * s[:3]) @ vt[:3]
        right = leading * (np.linalg.norm(w[seed]) / np.linalg.norm(leading))
        np.testing.assert_allclose(found[seed], right, atol=1e-5)


def outputs(w, x):
    """A network of ReLU units, step by step."""
    h, found = jnp.zeros((len(x), 7)), []
    for step in range(x.shape[1]):
        h = jnp.maximum(h @ w["recurrent"].T + x[:, step] @ w["input"].T, 0)
        found.append(h @ w["readout"].T)
    return jnp.stack(found, axis=1)


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [True, False])
def test_learning_from_a_teacher(weighted):
    """Three updates by hand, and a teacher that does not move."""
    given = of(task=Fixed(weighted), learns_from="teacher", iterations=3)
    taught = teachers()
    start = with_teacher(student_params(given, taught), taught.weights)
    found = trained_from(given, start, learning=imitation_of(given))
    trials = Fixed(weighted).sample(None, 6)
    weights = np.ones((6, 4)) if trials.weights is None else np.asarray(trials.weights)
    params = {n: leaf[2, 1] for n, leaf in student_params(given, taught).items()}
    teacher = {n: leaf[1] for n, leaf in taught.weights.items()}

    def loss(w):
        said = outputs(teacher, trials.inputs)
        apart = jnp.sum((outputs(w, trials.inputs) - said) ** 2, axis=2)
        length = (jnp.sum(weights * jnp.sum(said**2, axis=2)) / weights.sum()) ** 0.5
        return jnp.sum(weights * apart) / (2 * weights.sum() * length)

    speed, losses = jax.tree.map(jnp.zeros_like, params), []
    for _ in range(3):
        value, slope = jax.value_and_grad(loss)(params)
        losses.append(value)
        speed = jax.tree.map(lambda v, g: 0.9 * v + g, speed, slope)
        params = jax.tree.map(lambda w, v: w - 0.003 * v, params, speed)
    # Kinds of student before seeds: the aligned one of the second seed comes last.
    np.testing.assert_allclose(found.losses[-1], losses, rtol=1e-4)
    for name, leaf in params.items():
        np.testing.assert_allclose(found.params[name][-1], leaf, rtol=1e-4, atol=1e-6)
        np.testing.assert_array_equal(found.params["teacher"][name][-1], teacher[name])


def test_the_first_gradient_of_imitation_has_about_the_length_of_that_of_cross_entropy():
    trials = Fixed().sample(None, 6)
    weights = np.asarray(trials.weights)
    for scale in (0.5, 20.0):
        said = scale * RNG.standard_normal((6, 4, 3)).astype(np.float32)
        assert float(imitation_loss(jnp.asarray(said), jnp.asarray(said), trials)) == 0
        slope = np.asarray(
            jax.grad(imitation_loss)(jnp.zeros((6, 4, 3)), jnp.asarray(said), trials)
        )
        slope = np.asarray(slope) * weights.sum() / weights[..., None]
        mean = (weights * (slope**2).sum(axis=2)).sum() / weights.sum()
        assert mean == pytest.approx(1, rel=1e-4)
    silent = jnp.zeros((6, 4, 3))
    assert float(imitation_loss(silent + 1, silent, trials)) == pytest.approx(1.5, rel=1e-5)


@pytest.mark.slow
def test_two_kernels_are_those_measured_apart():
    given = of(measure_at=(2, 5), students=("random", "aligned"), learning_rate=0.1)
    both, recurrent, every = (
        run_students(dataclasses.replace(given, kernel_weights=name))
        for name in ("both", "recurrent", "all")
    )
    wanted = dataclasses.replace(given, kernel_weights="both").wanted()
    assert set(wanted.variables) <= set(both.data_vars)
    for end in ("", "_through"):
        alone, all_alone = (d[f"kernel_alignment{end}"].values for d in (recurrent, every))
        np.testing.assert_array_equal(both[f"kernel_alignment{end}"], alone)
        np.testing.assert_array_equal(both[f"kernel_alignment_all{end}"], all_alone)
        assert np.abs(alone - all_alone).max() > 1e-3
    # What is seen at the last update is what is measured at the end.
    for name in ("kernel_alignment", "kernel_alignment_all", "representation_alignment"):
        np.testing.assert_array_equal(both[f"{name}_through"].sel(update=5), both[name])
    np.testing.assert_allclose(both["training_loss_through"].sel(update=5), both["loss"], rtol=1e-6)
    assert (both["training_loss_through"].sel(update=2) != both["loss"]).all()


def test_cost_counts_teachers_and_all_kinds():
    cost = of(kernel_weights="both").cost()
    assert cost.updates == 2 * (4 + 3 * 5)
    assert of(students=("aligned",)).cost().updates == 2 * (4 + 5)
    assert cost.cell_bytes == 2 * of(students=("aligned",)).cost().cell_bytes


def test_cells_of_several_kinds_of_student_stand_by_themselves():
    kinds = ["random", "aligned"]
    of = [Students(starts=low_rank_starts([rank])) for rank in (2, 4)]
    cells = [
        xr.Dataset(
            {"loss": (("start", "seed"), np.full((2, 3), float(k)))},
            coords={"start": kinds, "seed": range(3)},
            attrs={"starts": [str(each.starts[0])]},
        )
        for k, each in enumerate(of)
    ]
    found = starts_side_by_side(list(zip(of, cells, strict=True)))
    assert [list(each["start"].values) for each in found] == [kinds, kinds]
    assert [float(each["loss"].mean()) for each in found] == [0.0, 1.0]


@pytest.mark.slow
def test_students_that_were_cut_off_go_on_from_teachers_that_were_kept(tmp_path):
    """Where arithmetic is rounded otherwise, as with another number of threads, a teacher that is
    trained again ends elsewhere, and a low-rank start has other last digits."""
    setting = of(iterations=12, teacher_iterations=4)
    kept = How(piece=5, checkpoints=rj.Checkpoints(tmp_path / "runs", 5))
    whole = run_students(setting, how=How(piece=5))

    def stop(progress):
        if progress.steps == 12 and progress.step == 10:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{MODULE}._kept_teachers", lambda *which: [])
        with pytest.raises(KeyboardInterrupt):
            run_students(setting, how=kept._replace(on_piece=stop))
        patch.setattr(f"{MODULE}.student_weights", lambda *of: student_weights(*of) * (1 + 1e-6))
        updates = []
        again = run_students(setting, how=kept._replace(on_piece=lambda p: updates.append(p.step)))
    # Teachers are not trained again.
    assert updates == [12]
    for name in whole.data_vars:
        # A standard error is made of small differences.
        np.testing.assert_allclose(again[name], whole[name], 1e-4, 1e-6, err_msg=str(name))
