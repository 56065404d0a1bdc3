"""Panel C: recurrent students that start, in part or whole, from what a teacher has learned."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import xarray as xr

import richlazy_jax as rj

from ...engine import USUAL, FieldError, How, Parts, field, whole
from ..recurrent import (
    IMAGE_SETS,
    LOW_RANK_KINDS,
    NODES,
    TASKS,
    LowRank,
    Setting,
    as_network,
    flat,
    initial_params,
    measured,
    network_of,
    seed_keys,
    started,
    test_accuracy,
    train_starts,
)

# How much of the rank comes from the teacher.
SHARES = {"random": 0.0, "partially aligned": 0.5, "aligned": 1.0}


@dataclasses.dataclass(frozen=True)
class Students(Setting):
    """Teachers that start at random from a low rank, and three students of each.

    A cell holds all three kinds of student, which share their teacher.

    Args:
        starts: one `LowRank` of rank at least 2, that of the teachers.
        teacher_iterations: updates of the teachers. All other fields are of teachers and students.

    Raises:
        FieldError: an argument is not as described above, or as in `Setting`.

    Source: Liu et al. (2024), arXiv 2310.08513, figure 3 C.
    """

    KIND: ClassVar[str] = "students"
    PARTS: ClassVar[Mapping[str, Parts]] = {
        "task": TASKS,
        "start": Parts("start", LOW_RANK_KINDS),
        "images": IMAGE_SETS,
        **NODES,
    }

    starts: tuple[LowRank, ...] = (LowRank(10),)  # pyright: ignore[reportIncompatibleVariableOverride]
    teacher_iterations: int = field(10_000, whole(), "Updates of the teachers.")

    def __post_init__(self):
        super().__post_init__()
        match self.starts:
            case (LowRank(rank=rank),) if rank >= 2:
                pass
            case _:
                raise FieldError("starts", self.starts, "one LowRank of rank at least 2")
        if self.measure_at:
            raise FieldError("measure_at", self.measure_at, "none, as students are not looked at")

    def run(self, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
        """Train teachers and students and measure the latter, as `run_students`."""
        return run_students(self, first_seed=first_seed, how=how)


def run_students(setting: Students, *, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
    """Train a teacher for each seed, then students from its recurrent weights and a new readout.

    The teacher starts at random and of the same rank. Its students take over its input weights, all
    of them, so that they differ in recurrent weights alone: all leading singular triplets of the
    teacher's, the upper half of them beside as many random ones, or random ones only, each at the
    Frobenius norm of the teacher's start. Their readouts are drawn anew, which the first loss
    shows.

    Args:
        setting: what to run.
        first_seed: the number of the first seed.
        how: which networks are trained side by side, and where they are kept meanwhile.

    Returns:
        As `run_task`, with the names of `SHARES` for starts, and `teacher_accuracy` (seed,).

    Source: Liu et al. (2024), arXiv 2310.08513, figure 3 C. That partial alignment fills up its
    rank with random directions, so that all students have the same rank, is ours.
    """
    rank = setting.starts[0].rank
    teaching = dataclasses.replace(setting, iterations=setting.teacher_iterations)
    before = initial_params(teaching, first_seed)
    teachers = train_starts(
        teaching, before, stream=3, first_seed=first_seed, how=_apart(how, "teachers")
    )
    keys = seed_keys(setting, first_seed)
    fresh = jax.vmap(lambda k: network_of(setting).init(jax.random.fold_in(k, 4)))(keys)
    taught_weights = as_network(teachers.params)
    norms = jnp.linalg.norm(flat(before)["recurrent"], axis=(1, 2))
    recurrent = jnp.stack(
        [
            jnp.stack(
                [
                    student_weights(taught, other, rank, share, norm)
                    for taught, other, norm in zip(
                        taught_weights["recurrent"], fresh["recurrent"], norms, strict=True
                    )
                ]
            )
            for share in SHARES.values()
        ]
    )
    shared = fresh | {"input": teachers.params["input"]}
    params = {name: jnp.stack([leaf] * len(SHARES)) for name, leaf in shared.items()}
    params = started(setting.trains(), params | {"recurrent": recurrent})
    trained = train_starts(setting, params, first_seed=first_seed, how=_apart(how, "students"))
    dataset = measured(setting, params, trained, list(SHARES), first_seed)
    dataset["teacher_accuracy"] = ("seed", test_accuracy(teaching, teachers.params))
    return dataset.assign_attrs(rank=rank)


def _apart(how: How, phase: str) -> How:
    """The same, with the checkpoints of a phase in a folder of its own."""
    if how.checkpoints is None:
        return how
    folder = Path(how.checkpoints.folder) / phase
    return how._replace(checkpoints=rj.Checkpoints(folder, how.checkpoints.every))


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
