"""All measures of one network."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import require_float_leaves, require_same_structure, require_whole
from .._powers import times_power
from ..kernels import Wrt, kernels_between
from ..measures import alignment_of_pairs, kernel_target_alignment, pair_sums
from ._changes import Change, activity_changes, parameter_changes
from ._loss import mean_loss
from ._record import Laziness
from ._rows import rows_of, spread
from ._targets import energy_along

# Outputs of two programs that compute the same differ by less than this share of the largest.
_SAME = 1e-4


def laziness(
    apply: Callable[[Any, Any], Any],
    before: Any,
    after: Any,
    x: Float[Array, "n ..."],
    *,
    targets: Any = None,
    outputs: str | Sequence[int] = "all",
    weights: Any = None,
    wrt: Wrt = None,
    activity: Callable[[Any, Any], Any] | None = None,
    decision_step: int = -1,
    loss: Callable[[Any, Any], Any] | None = None,
    known_outputs: Any = None,
    memory: int | None = None,
) -> Laziness:
    r"""How lazily a network learned, by all measures, from its parameters before and after.

    Rich learning turns the tangent kernel, towards the targets; lazy learning leaves it as it was.
    All is measured on the same examples, in blocks, so that no kernel of all of them is held.

    Args:
        apply: the network, called as `apply(params, x)`. Its first axis of outputs runs over the
            examples, each of which it treats on its own; a second one, of three, runs over steps.
        before: the parameters before training, a pytree of floating point arrays.
        after: those after it, of the same structure and shapes.
        x: the inputs, with examples along the first axis. A hundred or more are a good sample.
        targets: what the outputs should have been: classes, as whole numbers, or numbers in the
            shape of the outputs, of all or of the chosen ones.
        outputs: which steps count: "all", the "last", or a sequence of their numbers.
        weights: how much each output counts: an array of their shape or of its first axes, or
            "balanced", which lets each class count alike; None counts all alike.
        wrt: the parameters that the kernel is of, as in `kernel_alignment_between`. None takes all.
        activity: called as `activity(params, x)`, for the activity of units (trials, units) or
            (trials, steps, units), or a mapping of such by name.
        decision_step: the step at which representations are compared.
        loss: called as `loss(outputs, targets)`. None stands for the cross-entropy of classes in
            nats, and for half the squared error of other targets, each a mean over the outputs that
            count, by their weights.
        known_outputs: the outputs for `x`, all or the chosen ones, as the trained network itself
            gave them, wherever it was trained. They prove that `apply` is this network.
        memory: as in `kernel_alignment_between`.

    Returns:
        A `Laziness`. Printed, it is a table; its `sentence` says what happened, and its `said` what
        was taken for granted.

    Raises:
        ValueError: an argument is not as described above; parameters, inputs or outputs are not
            finite; or the outputs are not `known_outputs`, to a ten-thousandth of their size.

    Source: Liu et al. (2024), arXiv 2310.08513, for the measures of laziness; A. Baratin et al.
    (2021), "Implicit regularization via neural feature alignment", for the kernel's turn towards
    the targets.
    """
    for name, params in (("before", before), ("after", after)):
        require_float_leaves(name, params)
        _require_finite(name, params)
    require_same_structure("before", before, "after", after)
    before, after = (jax.tree.map(jnp.asarray, params) for params in (before, after))
    x = jnp.asarray(x)
    _require_finite("x", x)
    decision_step = require_whole("decision_step", decision_step, least=-(2**31))
    whole = _outputs(apply, before, after, x)
    rows = rows_of(apply, whole[1].shape, outputs, targets, weights)
    said = [_proof(whole[1], np.asarray(rows.chosen(jnp.asarray(whole[1]))), known_outputs)]
    said.append(_taken(x, whole[1]))
    kernels = kernels_between(
        rows.apply, before, after, x, wrt=wrt, weights=rows.weights, memory=memory
    )
    sums = jax.jit(lambda at: pair_sums(kernels.first, kernels.second, at, kernels.block))(
        kernels.places
    )
    alignment = alignment_of_pairs(sums.products, kernels.places)
    towards, share = None, None
    if rows.wanted is not None:
        centred = _centred(rows.wanted, rows.weights)
        roots = 1.0 if rows.weights is None else jnp.sqrt(spread(rows.weights, centred))
        ends = [sums.traces[..., i] for i in (0, 1)]
        towards = Change(*(kernel_target_alignment(k, roots * centred) for k in ends))
        size = jnp.sum((roots * centred) ** 2)
        found = []
        for i, chosen in enumerate(kernels.chosen):
            energy, exponent = energy_along(
                chosen.apply, chosen.leaves, x, roots**2 * centred, kernels.block
            )
            ratio = energy / size / jnp.trace(ends[i])
            found.append(times_power(ratio, exponent - sums.exponents[i]))
        share = Change(*found)
    if wrt is not None:
        said.append("The kernel is of some parameters alone, as asked for.")
    moved = {}
    if activity is not None:
        moved = activity_changes(activity(before, x), activity(after, x), decision_step)
    changes = parameter_changes(before, after)
    if all(float(change.norm) == 0 for change in changes.values()):
        said.append("Before and after are the same parameters, so that nothing was learned.")
    losses = None
    if rows.wanted is not None:
        losses = Change(*(mean_loss(rows, rows.chosen(jnp.asarray(w)), loss) for w in whole))
    return Laziness(alignment, towards, share, losses, moved, changes, (*said, *rows.said))


def _require_finite(name: str, tree: Any) -> None:
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        if not np.isfinite(np.asarray(leaf)).all():
            raise ValueError(
                f"{name}{jax.tree_util.keystr(path)} has numbers that are not finite; allowed are "
                "finite numbers."
            )


def _outputs(apply: Callable, before: Any, after: Any, x: Array) -> list[np.ndarray]:
    found = []
    for name, params in (("before", before), ("after", after)):
        values = np.asarray(apply(params, x))
        if values.ndim < 2 or len(values) != len(x):
            raise ValueError(
                f"apply gives outputs of shape {values.shape} for {len(x)} examples; allowed are "
                "(examples, outputs) and (examples, steps, outputs)."
            )
        if not np.isfinite(values).all():
            raise ValueError(
                f"the outputs of the parameters {name} are not all finite; allowed are networks "
                "whose outputs are."
            )
        found.append(values)
    return found


def _taken(x: Array, outputs: np.ndarray) -> str:
    """What each axis was taken for, by which exchanged ones can be seen."""
    if outputs.ndim < 3:
        return f"Inputs were taken for {len(x)} examples."
    return f"Inputs were taken for {len(x)} trials of {outputs.shape[1]} steps."


def _proof(whole: np.ndarray, chosen: np.ndarray, known: Any) -> str:
    """What proves that this is the network that was trained."""
    if known is None:
        return (
            "Nothing proves that `apply` is the network that was trained; its own outputs for "
            "these inputs, as known_outputs, would."
        )
    known = np.asarray(known)
    outputs = whole if known.shape == whole.shape else chosen
    if known.shape != outputs.shape:
        shapes = " or ".join(map(str, dict.fromkeys((whole.shape, chosen.shape))))
        raise ValueError(
            f"known_outputs has shape {known.shape}; allowed is that of the outputs, {shapes}."
        )
    if not np.isfinite(known).all():
        raise ValueError(
            "known_outputs has numbers that are not finite; allowed are finite numbers."
        )
    off = float(np.abs(outputs - known).max())
    allowed = _SAME * max(float(np.abs(known).max()), np.finfo(np.float32).tiny)
    if not off <= allowed:
        raise ValueError(
            f"known_outputs differ from those of `apply` by up to {off:.3g}; allowed is "
            f"{allowed:.3g}. Another activation, leak, bias or order of axes is another network."
        )
    return f"The outputs are those of the trained network, to {off:.2g}."


def _centred(wanted: Array, weights: Array | None) -> Array:
    """Targets less their mean over examples, by their weights."""
    if weights is None:
        return wanted - wanted.mean(0)
    weights = spread(weights, wanted)
    total = jnp.sum(weights, 0)
    return wanted - jnp.sum(weights * wanted, 0) / jnp.where(total > 0, total, 1)
