"""Networks where they had the same loss, whatever time each of them took to come there."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from ._measures import MEASURES

# The training loss before each look, and, where that is not kept, the loss on held trials.
OF_TRAINING, OF_HELD = "training_loss_through", "loss_through"
# A loss of 0 has no logarithm.
LEAST = np.finfo(np.float64).tiny


class Looks(NamedTuple):
    """The networks of one start as they were on their way through training.

    - `updates`: of the looks, from early to late.
    - `loss`: at each look.
    - `values`: of what measures laziness, by name.
    """

    updates: Int[np.ndarray, " looks"]
    loss: Float[np.ndarray, "seeds looks"]
    values: dict[str, Float[np.ndarray, "seeds looks"]]


def looks_of(dataset: xr.Dataset, iterations: Any) -> Looks | None:
    """What a dataset of one start has of its networks on the way; None where that is nothing.

    Where the loss is that of training, the end of training is the last look, if there was none. On
    held trials the loss at the end is not known, and what is known ends with the last look.

    Args:
        dataset: variables of seed and update, whose names end in `_through`, beside those of seed.
        iterations: the updates of the whole training, None where they are not known.
    """
    name = OF_TRAINING if OF_TRAINING in dataset else OF_HELD
    if name not in dataset or set(dataset[name].dims) != {"seed", "update"}:
        return None
    ordered = dataset.sortby("update")
    end = int(iterations) if name == OF_TRAINING and iterations is not None else None
    if end is not None:
        ordered = ordered.sel(update=ordered["update"] < end)

    def path(through: str, last: str) -> np.ndarray:
        found = ordered[through].transpose("seed", "update").values.astype(np.float64)
        return found if end is None else np.column_stack([found, dataset[last].values])

    of_laziness = [
        str(each)
        for each in dataset.data_vars
        if str(each).startswith(tuple(MEASURES)) and f"{each}_through" in dataset
    ]
    updates = ordered["update"].values
    if end is not None:
        updates = np.append(updates, end)
    values = {each: path(f"{each}_through", each) for each in of_laziness}
    return Looks(updates, path(name, "loss"), values)


def where_as_low(looks: Sequence[Looks]) -> tuple[np.ndarray, list[dict[str, np.ndarray]]]:
    """The measures of several starts, each where its network was first as low as the worst ended.

    In each seed the loss is the highest of those at the end. A network that came to it earlier is
    taken between the two looks around it, linearly in the logarithm of the loss. It has no value,
    NaN, where it was there before the first look, and where any network diverged.

    Args:
        looks: of each start, for the same seeds.

    Returns:
        The loss of each seed, and the measures of each start.
    """
    target = np.max([each.loss[:, -1] for each in looks], axis=0)
    found = []
    for of in looks:
        rows = {
            name: np.array(list(map(_reached, of.loss, values, target)), np.float64)
            for name, values in of.values.items()
        }
        found.append(rows)
    return target, found


def _reached(losses: np.ndarray, values: np.ndarray, target: float) -> float:
    """The value where the loss first was as low as the target; NaN before the first look."""
    if not (np.isfinite(target) and np.isfinite(losses).all()):
        return float("nan")
    if target == losses[-1]:
        return float(values[-1])
    first = int(np.argmax(losses <= target))
    if first == 0:
        return float("nan")
    high, low, wanted = np.log(np.maximum((losses[first - 1], losses[first], target), LEAST))
    share = (high - wanted) / (high - low)
    return float(values[first - 1] + share * (values[first] - values[first - 1]))
