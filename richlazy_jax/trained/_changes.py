"""How weights and activity changed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._powers import scaled
from ..measures import (
    EffectiveRanks,
    effective_ranks,
    representation_alignment,
    sign_agreement,
    weight_change_norm,
)


class Change(NamedTuple):
    """A number before and after training."""

    before: Float[Array, ""]
    after: Float[Array, ""]


class ParameterChange(NamedTuple):
    """How one array of parameters changed.

    - `norm`: the Frobenius norm of the change, in units of the weights.
    - `relative`: `norm` over the Frobenius norm before; infinite where that is 0.
    - `ranks_before`, `ranks_after`: the effective ranks of a matrix, and None for other arrays.
    """

    norm: Float[Array, ""]
    relative: Float[Array, ""]
    ranks_before: EffectiveRanks | None
    ranks_after: EffectiveRanks | None


class ActivityChange(NamedTuple):
    """How the activity of one set of units changed on the same trials.

    - `representation_alignment`: of activity at the decision step, as the function of that name.
    - `centred_alignment`: the same of activity less its mean over trials, known as linear CKA.
    - `sign_agreement`: the share of units and trials whose activity at the decision step kept its
      sign.
    - `sign_agreement_all_steps`: the same of activity at all steps.
    - `participation_ratio`: of the variances along the principal directions of activity, over
      trials and steps.

    Source: Liu et al. (2024), arXiv 2310.08513, for the first and for the sign agreements, of which
    its code takes that of all steps; S. Kornblith, M. Norouzi, H. Lee and G. Hinton (2019),
    "Similarity of neural network representations revisited", for the second.
    """

    representation_alignment: Float[Array, ""]
    centred_alignment: Float[Array, ""]
    sign_agreement: Float[Array, ""]
    sign_agreement_all_steps: Float[Array, ""]
    participation_ratio: Change


def parameter_changes(before: Any, after: Any) -> dict[str, ParameterChange]:
    """The change of each leaf of two pytrees, by its place."""
    paths = jax.tree_util.tree_leaves_with_path(before)
    ends = jax.tree.leaves(after)
    return {
        _place(path): _parameter_change(jnp.asarray(leaf), jnp.asarray(end))
        for (path, leaf), end in zip(paths, ends, strict=True)
    }


def activity_changes(before: Any, after: Any, step: int) -> dict[str, ActivityChange]:
    """The change of each named activity; one without a name is called "activity".

    Raises:
        ValueError: activity is not (trials, units) or (trials, steps, units), or has no such step.
    """
    named = before if isinstance(before, Mapping) else {"activity": before}
    ends = after if isinstance(after, Mapping) else {"activity": after}
    return {str(name): _activity_change(str(name), named[name], ends[name], step) for name in named}


def _place(path: tuple[Any, ...]) -> str:
    return jax.tree_util.keystr(path, simple=True, separator=".") or "weights"


def _parameter_change(before: Array, after: Array) -> ParameterChange:
    norm = weight_change_norm(before, after)
    matrix = before.ndim == 2 and 0 not in before.shape
    ranks = [effective_ranks(w) if matrix else None for w in (before, after)]
    return ParameterChange(norm, norm / weight_change_norm(jnp.zeros_like(before), before), *ranks)


def _activity_change(name: str, before: Any, after: Any, step: int) -> ActivityChange:
    before, after = jnp.asarray(before), jnp.asarray(after)
    if before.ndim not in (2, 3):
        raise ValueError(
            f"activity[{name!r}] has shape {before.shape}; allowed are (trials, units) and "
            "(trials, steps, units)."
        )
    first, last = (each if each.ndim == 2 else each[:, step] for each in (before, after))
    flat = (each.reshape(-1, each.shape[-1]) for each in (before, after))
    return ActivityChange(
        representation_alignment(first, last),
        representation_alignment(first - first.mean(0), last - last.mean(0)),
        sign_agreement(first, last),
        sign_agreement(before, after),
        Change(*map(_participation_ratio, flat)),
    )


def _participation_ratio(activity: Array) -> Array:
    """The variances' squared sum over the sum of their squares."""
    centred = scaled(activity - activity.mean(0))
    squares = jnp.linalg.svd(centred, compute_uv=False) ** 2
    return jnp.sum(squares) ** 2 / jnp.sum(squares**2)
