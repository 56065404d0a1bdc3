"""From starts to trained linear networks to their kernel alignment, beside what theory expects."""

import functools
import zlib

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Key

import richlazy_jax as rj
import theory

from ...engine import attributes
from ..recurrent import LowRank, Start, with_ranks
from ._networks import Problem, learn_many, white_problem
from ._setting import LinearSetting

LABELS = {
    "kernel_alignment": "kernel alignment",
    "expected_kernel_alignment": "kernel alignment that theory expects of this start, over tasks",
    "expected_kernel_alignment_sd": "standard deviation over tasks that theory expects",
    "loss": "loss at the end, as a share of that of the zero function",
    "first_loss": "loss at the start, as a share of that of the zero function",
    "diverged": "training ended with a loss that is not finite",
}


def run_linear(
    setting: LinearSetting, *, batch_runs: int | None = None, first_seed: int = 0
) -> xr.Dataset:
    r"""Train networks of all starts and seeds and put their kernel alignment beside theory.

    The empirical kernels before and after training are compared. Theory knows the $W_1$ of each
    seed and not its task: with $M_0 = W_1^\top W_1$ it is the mean and the standard deviation over
    tasks that are uniform on the sphere.

    Args:
        setting: what to run.
        batch_runs: how many networks a device trains side by side; bounds memory.
        first_seed: the number of the first seed.

    Returns:
        One value for each start and seed of `kernel_alignment`, of `expected_kernel_alignment` and
        `expected_kernel_alignment_sd`, and of `loss`, `first_loss` and `diverged`. Losses are
        shares of that of the zero function, which is where training begins. Networks that diverged
        have NaN for kernel alignment and loss. Where all starts are of chosen rank, `rank` is a
        coordinate. The setting stands in the attributes.

    Source: Liu et al. (2024), arXiv 2310.08513, Theorem 1; the spread is ours.
    """
    found = [_of_start(setting, start, batch_runs, first_seed) for start in setting.starts]
    dataset = xr.Dataset(
        {
            name: (("start", "seed"), np.stack([each[name] for each in found]), {"long_name": text})
            for name, text in LABELS.items()
        },
        coords={
            "start": [start.label for start in setting.starts],
            "seed": range(first_seed, first_seed + setting.seeds),
        },
        attrs=attributes(setting.record()) | {"seeds": setting.seeds},
    )
    return with_ranks(dataset, setting.starts)


def linear_problem(setting: LinearSetting, start: Start, key: Key[Array, ""]) -> Problem:
    """The start and the task of one seed, with what theory expects of this start as its facts."""
    keys = jax.random.split(key, 3)
    w1 = jax.random.normal(keys[0], (setting.n_hidden, setting.n_inputs))
    w1 = w1 / jnp.linalg.norm(w1)
    if isinstance(start, LowRank):
        w1 = rj.low_rank(w1, start.rank, start.keep)
    readout = jnp.zeros((1, setting.n_hidden))
    # At the scale of 1, on which neither depends and at which no square underflows.
    factor = theory.kernel_factor(w1, readout)
    facts = {
        "expected": theory.expected_kernel_alignment_from_factor(factor),
        "variance": theory.kernel_alignment_variance_from_factor(factor),
    }
    beta = theory.uniform_tasks(keys[1], 1, d=setting.n_inputs)[0]
    return white_problem(keys[2], setting.sigma * w1, readout, beta)._replace(facts=facts)


def _of_start(
    setting: LinearSetting, start: Start, batch_runs: int | None, first_seed: int
) -> dict[str, np.ndarray]:
    key = jax.random.fold_in(jax.random.key(setting.random_seed), zlib.crc32(setting.task.encode()))
    learned = learn_many(
        functools.partial(linear_problem, setting, start),
        key,
        setting.seeds,
        steps=setting.iterations,
        learning_rate=setting.learning_rate,
        batch_runs=batch_runs,
        first_run=first_seed,
    )
    loss = np.asarray(learned.loss)
    diverged = ~np.isfinite(loss)
    return {
        "kernel_alignment": np.where(diverged, np.nan, learned.alignment),
        "expected_kernel_alignment": np.asarray(learned.facts["expected"]),
        "expected_kernel_alignment_sd": np.sqrt(learned.facts["variance"]),
        "loss": np.where(diverged, np.nan, loss),
        # The readout is zero, and so is the function.
        "first_loss": np.ones_like(loss),
        "diverged": diverged,
    }
