"""Panel C: recurrent students that start, in part or whole, from what a teacher has learned."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import xarray as xr

from ..recurrent import LowRank, Setting
from ..recurrent._train import (
    flat,
    initial_params,
    measured,
    network_of,
    seed_keys,
    test_accuracy,
    train_starts,
)

# How much of the rank comes from the teacher.
SHARES = {"random": 0.0, "partially aligned": 0.5, "aligned": 1.0}


def run_students(setting: Setting, teacher_iterations: int, **how: Any) -> xr.Dataset:
    """Train a teacher for each seed, then students from its recurrent weights and a new readout.

    The teacher starts at random and of the same rank. Its students take over its input weights, all
    of them, so that they differ in recurrent weights alone: all leading singular triplets of the
    teacher's, the upper half of them beside as many random ones, or random ones only, each at the
    Frobenius norm of the teacher's start. Their readouts are drawn anew, which the first loss
    shows.

    Args:
        setting: its one start, a `LowRank` of rank at least 2, is that of the teachers. All else is
            of both.
        teacher_iterations: updates of the teacher.
        how: `piece`, `batch_runs` and `on_piece` of `train_starts`, for teachers and students.

    Returns:
        As `run_task`, with the names of `SHARES` for starts, and `teacher_accuracy` (seed,).

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, figure 3 C. That partial alignment fills up its
    rank with random directions, so that all students have the same rank, is ours.
    """
    match setting.starts:
        case (LowRank(rank=rank),) if rank >= 2:
            pass
        case _:
            raise ValueError(
                f"starts is {setting.starts}; allowed is one LowRank of rank at least 2."
            )
    teaching = dataclasses.replace(setting, iterations=teacher_iterations)
    before = initial_params(teaching)
    teachers = train_starts(teaching, before, stream=3, **how)
    keys = seed_keys(setting)
    fresh = jax.vmap(lambda k: network_of(setting).init(jax.random.fold_in(k, 4)))(keys)
    norms = jnp.linalg.norm(flat(before)["recurrent"], axis=(1, 2))
    recurrent = jnp.stack(
        [
            jnp.stack(
                [
                    student_weights(taught, other, rank, share, norm)
                    for taught, other, norm in zip(
                        teachers.params["recurrent"], fresh["recurrent"], norms, strict=True
                    )
                ]
            )
            for share in SHARES.values()
        ]
    )
    shared = fresh | {"input": teachers.params["input"]}
    params = {name: jnp.stack([leaf] * len(SHARES)) for name, leaf in shared.items()}
    params["recurrent"] = recurrent
    dataset = measured(setting, params, train_starts(setting, params, **how), list(SHARES))
    dataset["teacher_accuracy"] = ("seed", test_accuracy(teaching, teachers.params))
    return dataset.assign_attrs(rank=rank, teacher_iterations=teacher_iterations)


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
