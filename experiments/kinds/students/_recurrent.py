"""Panel C: recurrent students that start, in part or whole, from what a teacher has learned."""

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.studies import Wanted

from ...engine import USUAL, Cost, FieldError, How, Parts, choice, field, whole
from ..recurrent import (
    IMAGE_SETS,
    KERNEL_WEIGHTS,
    LOW_RANK_KINDS,
    NODES,
    TASKS,
    Looks,
    LowRank,
    Null,
    Setting,
    as_network,
    flat,
    initial_params,
    laziness,
    measured,
    network_of,
    seed_keys,
    started,
    test_accuracy,
    train_starts,
)
from ._imitation import TEACHER, imitation_of, with_teacher, without_teacher

# How much of the rank comes from the teacher.
SHARES = {"random": 0.0, "partially aligned": 0.5, "aligned": 1.0}
BOTH = "both"


@dataclasses.dataclass(frozen=True)
class Students(Setting):
    """Teachers that start at random, and students that take over what they have learned.

    A cell holds all kinds of student that are asked for, which share their teacher.

    Args:
        starts: one `LowRank` of rank at least 2, that of the students' recurrent weights.
        teacher_iterations: updates of the teachers.
        students: kinds of student, some of `SHARES`.
        teacher_rank: "same", a teacher that starts at the rank of its students, or "full", one that
            starts from the Gaussian draw itself.
        readout: of the students, before they learn: "redrawn"; "redrawn_x3", the same three times
            as large; or "rotated", the teacher's, whose answers are mixed by a random rotation, so
            that the student reads the hidden directions that its teacher reads and has to learn
            which answer they stand for.
        student_norm: the Frobenius norm of the students' recurrent weights: that of their teacher
            at its "teacher_start" or at its "teacher_end".
        learns_from: "labels", or "teacher": students come close to all outputs of their teacher, by
            squared error (`imitation_loss`), on the trials that they would see otherwise.
        kernel_weights: as in `Setting`; "both" measures that of the recurrent weights, and as
            `kernel_alignment_all` that of all that is trained.

    All other fields are of teachers and students. With `measure_at` students are looked at on the
    way, and `training_loss_through` is the mean training loss of the 100 updates before each look.

    Raises:
        FieldError: an argument is not as described above, or as in `Setting`.

    Source: Liu et al. (2024), arXiv 2310.08513, figure 3 C. Which weights come from the teacher and
    what students learn from is not in its main text: the defaults are our reading, and the other
    values are further ones.
    """

    KIND: ClassVar[str] = "students"
    PARTS: ClassVar[Mapping[str, Parts]] = {
        "task": TASKS,
        "start": Parts("start", LOW_RANK_KINDS),
        "images": IMAGE_SETS,
        **NODES,
    }

    starts: tuple[LowRank, ...] = (LowRank(10),)  # pyright: ignore[reportIncompatibleVariableOverride]
    kernel_weights: str = field(
        "recurrent",
        choice((*KERNEL_WEIGHTS, BOTH)),
        "The weights that the kernel is of: recurrent, all, or both, measured apart.",
    )
    teacher_iterations: int = field(10_000, whole(), "Updates of the teachers.")
    students: tuple[str, ...] = field(
        tuple(SHARES),
        choice(tuple(SHARES)),
        "Kinds of student.",
        axis=False,
        many=True,
        late=True,
    )
    teacher_rank: str = field(
        "same",
        choice(("same", "full")),
        "What teachers start from: the same rank as students, or full.",
        late=True,
    )
    readout: str = field(
        "redrawn",
        choice(("redrawn", "redrawn_x3", "rotated")),
        "Students' readout: redrawn, three times as large, or the teacher's with answers rotated.",
        late=True,
    )
    student_norm: str = field(
        "teacher_start",
        choice(("teacher_start", "teacher_end")),
        "Norm of students' recurrent weights: their teacher's at its start or at its end.",
        late=True,
    )
    learns_from: str = field(
        "labels",
        choice(("labels", TEACHER)),
        "What students learn from: labels, or their teacher's outputs by squared error.",
        late=True,
    )

    def __post_init__(self):
        super().__post_init__()
        match self.starts:
            case (LowRank(rank=rank),) if rank >= 2:
                pass
            case _:
                raise FieldError("starts", self.starts, "one LowRank of rank at least 2")
        if self.match != Setting.match:
            raise FieldError("match", self.match, f"{Setting.match!r} with students")
        if not self.students:
            raise FieldError("students", self.students, f"some of {', '.join(SHARES)}")

    def wanted(self) -> Wanted:
        """The record, and what a finished cell must hold."""
        usual = super().wanted()
        more = ["kernel_alignment_all"] if self.both_kernels else []
        if self.measure_at:
            more = [*more, *(f"{name}_through" for name in more), "training_loss_through"]
        return usual._replace(variables=(*usual.variables, *more))

    def cost(self) -> Cost:
        """How much work and memory it takes, the teachers' included."""
        of_one = super().cost()
        kinds = len(self.students)
        updates = self.seeds * (self.teacher_iterations + kinds * self.iterations)
        return of_one._replace(updates=updates, cell_bytes=(kinds + 1) * of_one.cell_bytes)

    def _memory(self) -> dict[str, Any]:
        memory = super()._memory()
        return memory | {"kernel_weights": "all"} if self.kernel_weights == BOTH else memory

    @property
    def both_kernels(self) -> bool:
        """Whether two kernels are measured."""
        return self.kernel_weights == BOTH and "kernel_alignment" in self.measures

    def run(self, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
        """Train teachers and students and measure the latter, as `run_students`."""
        return run_students(self, first_seed=first_seed, how=how)


class Teachers(NamedTuple):
    """Trained teachers, one for each seed.

    - `norms`: the Frobenius norms of their recurrent weights at the start.
    - `params`: what they have at the end, as training has it; `weights`: as networks have it.
    """

    norms: Any
    params: Any
    weights: Any


def run_students(setting: Students, *, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
    """Train a teacher for each seed, then students from its recurrent weights.

    The teacher starts at random. Its students take over its input weights, all of them, so that
    they differ in recurrent weights alone: all leading singular triplets of the teacher's, the
    upper half of them beside as many random ones, or random ones only, each at the Frobenius norm
    that `student_norm` names. Their readouts are those that `readout` names, the same for all
    students of a teacher.

    Args:
        setting: what to run.
        first_seed: the number of the first seed.
        how: which networks are trained side by side, and where they are kept meanwhile.

    Returns:
        As `run_task`, with the names of `SHARES` for starts, and `teacher_accuracy` (seed,);
        `kernel_alignment_all` and `training_loss_through` where `Students` has them.

    Source: Liu et al. (2024), arXiv 2310.08513, figure 3 C. That partial alignment fills up its
    rank with random directions, so that all students have the same rank, is ours.
    """
    teaching = teaching_of(setting)
    teachers = _teachers(teaching, first_seed, _of_teachers(how, teaching, setting))
    params = student_params(setting, teachers, first_seed)
    looks = {name: Looks(of, params, kept) for name, (of, kept) in _looks(setting, how).items()}

    def look(update: int, now: Any, diverged: np.ndarray) -> None:
        for each in looks.values():
            each.look(update, without_teacher(now), diverged)

    of_teacher = setting.learns_from == TEACHER
    trained = train_starts(
        setting,
        with_teacher(params, teachers.weights) if of_teacher else params,
        first_seed=first_seed,
        how=_apart(how, "students"),
        learning=imitation_of(setting) if of_teacher else None,
        look_at=setting.measure_at,
        on_look=look,
    )
    trained = trained._replace(params=without_teacher(trained.params))
    dataset = measured(setting, params, trained, setting.students, first_seed)
    dataset = _beside(dataset, setting, trained, looks)
    if setting.both_kernels:
        found = laziness(_of_all(setting), flat(params), trained.params)["kernel_alignment"]
        found = np.where(np.asarray(trained.diverged), np.nan, found)
        named = {"long_name": "kernel alignment, all weights"}
        found = found.reshape(len(setting.students), setting.seeds)
        dataset["kernel_alignment_all"] = (("start", "seed"), found, named)
    dataset["teacher_accuracy"] = ("seed", test_accuracy(teaching, teachers.params))
    return dataset.assign_attrs(rank=setting.starts[0].rank)


def teaching_of(setting: Students) -> Setting:
    """What the teachers are: equal for students that differ in their own fields alone."""
    shared = {each.name: getattr(setting, each.name) for each in dataclasses.fields(Setting)}
    own = {
        "iterations": setting.teacher_iterations,
        "starts": setting.starts if setting.teacher_rank == "same" else (Null(),),
        # Teachers are not measured, and nothing that trains is refused with these.
        "kernel_weights": "all",
        "measures": Setting.measures,
        "measure_at": (),
    }
    return Setting(**(shared | own))


def student_params(setting: Students, teachers: Teachers, first_seed: int = 0) -> dict[str, Any]:
    """What students train from, with axes of kinds and seeds before all others."""
    rank, taught = setting.starts[0].rank, teachers.weights
    keys = seed_keys(setting, first_seed)
    fresh = jax.vmap(lambda k: network_of(setting).init(jax.random.fold_in(k, 4)))(keys)
    norms = teachers.norms
    if setting.student_norm == "teacher_end":
        norms = jnp.linalg.norm(taught["recurrent"], axis=(1, 2))
    recurrent = jnp.stack(
        [
            jnp.stack(
                [
                    student_weights(teacher, other, rank, SHARES[kind], norm)
                    for teacher, other, norm in zip(
                        taught["recurrent"], fresh["recurrent"], norms, strict=True
                    )
                ]
            )
            for kind in setting.students
        ]
    )
    shared = fresh | {"input": teachers.params["input"]}
    if setting.readout == "redrawn_x3":
        shared["readout"] = 3.0 * shared["readout"]
    kinds = len(setting.students)
    params = {name: jnp.stack([leaf] * kinds) for name, leaf in shared.items()}
    params = started(setting.trains(), params | {"recurrent": recurrent})
    if setting.readout == "rotated":
        # The teacher's has the zeros and the scale of its units already.
        params["readout"] = jnp.stack([_rotated(keys, taught["readout"])] * kinds)
    return params


def _rotated(keys: Any, readout: Any) -> Any:
    """Readouts whose answers are mixed by random rotations, one for each seed."""
    outputs = readout.shape[1]
    rotations = jnp.stack(
        [rj.haar_orthonormal(jax.random.fold_in(k, 5), outputs, outputs) for k in keys]
    )
    return jnp.matmul(rotations, readout, precision=jax.lax.Precision.HIGHEST)


def _teachers(teaching: Setting, first_seed: int, how: How) -> Teachers:
    """Trained teachers; cells of one study that share them train them once."""
    kept = _kept_teachers(teaching, first_seed, jnp.result_type(float).name)
    if not kept:
        before = initial_params(teaching, first_seed)
        trained = train_starts(teaching, before, stream=3, first_seed=first_seed, how=how)
        norms = jnp.linalg.norm(flat(before)["recurrent"], axis=(1, 2))
        kept.append(Teachers(norms, trained.params, as_network(trained.params)))
    return kept[0]


@functools.lru_cache(maxsize=8)
def _kept_teachers(teaching: Setting, first_seed: int, dtype: str) -> list[Teachers]:
    return []


def _of_all(setting: Students) -> Students:
    """The same, of whose measures only the kernel of all weights is asked for."""
    return dataclasses.replace(setting, kernel_weights="all", measures=("kernel_alignment",))


def _looks(setting: Students, how: How) -> dict[str, tuple[Students, rj.Checkpoints | None]]:
    """What is looked at on the way, and beside which folder it is kept."""
    found = {"": (setting, _apart(how, "students").checkpoints)}
    if setting.both_kernels:
        found["_all"] = (_of_all(setting), _apart(how, "students-all").checkpoints)
    return found


def _beside(
    dataset: xr.Dataset, setting: Students, trained: rj.Trained, looks: Mapping[str, Looks]
) -> xr.Dataset:
    """A dataset with what was seen on the way."""
    if not setting.measure_at:
        return dataset
    diverged, losses = np.asarray(trained.diverged), np.asarray(trained.losses)
    plain = dataset
    dataset = looks[""].beside(plain, diverged)
    if "_all" in looks:
        through = looks["_all"].beside(plain, diverged)["kernel_alignment_through"]
        dataset["kernel_alignment_all_through"] = through
    updates = dataset["update"].values.tolist()
    means = [losses[:, max(at - 100, 0) : max(at, 1)].mean(axis=1) for at in updates]
    through = np.where(diverged[:, None], np.nan, np.stack(means, axis=1))
    shape = (dataset.sizes["start"], dataset.sizes["seed"], len(means))
    dataset["training_loss_through"] = (
        ("start", "seed", "update"),
        through.reshape(shape),
        {"long_name": "training loss, mean of the 100 updates before"},
    )
    return dataset


def _apart(how: How, phase: str) -> How:
    """The same, with the checkpoints of a phase in a folder of its own."""
    if how.checkpoints is None:
        return how
    folder = Path(how.checkpoints.folder) / phase
    return how._replace(checkpoints=rj.Checkpoints(folder, how.checkpoints.every))


def _of_teachers(how: How, teaching: Setting, setting: Students) -> How:
    """The same for teachers, whose end is kept wherever students are: these start from it, and
    training once more would end elsewhere where numbers are rounded otherwise."""
    how = _apart(how, "teachers")
    if how.checkpoints is None or setting.iterations < how.checkpoints.every:
        return how
    every = min(how.checkpoints.every, teaching.iterations)
    return how._replace(
        piece=min(how.piece, every), checkpoints=rj.Checkpoints(how.checkpoints.folder, every)
    )


def student_weights(teacher: Any, other: Any, rank: int, share: float, norm: Any) -> Any:
    r"""Weights of one rank, in part the leading singular triplets of the teacher's.

    $$W \propto T_{[k]} / \lVert T_{[r]} \rVert_F + G_{[r-k]} / \lVert G_{[r]} \rVert_F$$

    with T the teacher's weights, G random ones, $[k]$ the k leading triplets and k the share of the
    rank r, rounded.
    """
    kept = round(share * rank)

    def leading(w: Any, many: int) -> Any:
        u, s, vt = jnp.linalg.svd(w)
        unit = jnp.linalg.norm(s[:rank])
        strong = u[:, :many] * (s[:many] / unit)
        return jnp.matmul(strong, vt[:many], precision=jax.lax.Precision.HIGHEST)

    mixed = leading(teacher, kept) + leading(other, rank - kept)
    return mixed * (norm / jnp.linalg.norm(mixed))
