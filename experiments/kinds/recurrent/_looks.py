"""Networks looked at on their way through training."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.spectra import whole_spectra

from ._kept import as_network
from ._measure import laziness, scores_of_each
from ._setting import Setting
from ._train import flat, held_keys

# Of the spectra at each update, what is kept.
OF_WEIGHTS = ("norm", "participation_ratio", "stable_rank")


class Looks:
    """What is measured at chosen updates, kept beside the checkpoints of the same training.

    Args:
        setting: what is run.
        params: the weights at the start, with axes of starts and seeds before all others.
        checkpoints: where training keeps itself; None keeps nothing.
    """

    def __init__(
        self, setting: Setting, params: dict[str, Any], checkpoints: rj.Checkpoints | None
    ):
        self.setting, self.before = setting, flat(params)
        # Beside the folder, which is for checkpoints alone.
        self.folder = None
        if checkpoints is not None:
            folder = Path(checkpoints.folder)
            self.folder = folder.with_name(f"{folder.name}-looks")
        self.found: dict[int, dict[str, np.ndarray]] = {}

    def look(self, update: int, params: Any, diverged: np.ndarray) -> None:
        """Measure the networks at an update."""
        found = laziness(self.setting, self.before, params)
        found = {name: found[name] for name in self.setting.through}
        trials = self.setting.held_trials(held_keys(self.setting)[1], self.setting.activity_trials)
        losses, metrics = scores_of_each(self.setting, params, trials)
        found |= {"loss": np.asarray(losses), "accuracy": np.asarray(metrics["accuracy"])}
        of_weights = whole_spectra(np.asarray(as_network(params)["recurrent"]))
        found |= {name: of_weights[name] for name in OF_WEIGHTS}
        found["diverged"] = diverged.astype(float)
        self.found[update] = found
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            beside = self.folder / f"{update}.part.npz"
            try:
                np.savez(beside, **found)  # type: ignore[arg-type]
                beside.replace(self.folder / f"{update}.npz")
            except OSError as error:
                raise rj.CheckpointError(*error.args) from error

    def beside(self, dataset: xr.Dataset, diverged: np.ndarray) -> xr.Dataset:
        """A dataset of starts and seeds with what was measured on the way.

        Raises:
            ValueError: what was measured before training was cut off is gone.
        """
        updates = sorted(self.setting.measure_at)
        if not updates:
            return dataset
        each = [self._at(update) for update in updates]
        shape = (dataset.sizes["start"], dataset.sizes["seed"], len(updates))
        added = {}
        for name in each[0]:
            values = np.stack([one[name] for one in each], axis=1)
            if name not in (*OF_WEIGHTS, "diverged"):
                values = np.where(diverged[:, None], np.nan, values)
            added[f"{name}_through"] = (("start", "seed", "update"), values.reshape(shape))
        return dataset.assign_coords(update=updates).assign(added)

    def _at(self, update: int) -> dict[str, np.ndarray]:
        if update in self.found:
            return self.found[update]
        file = None if self.folder is None else self.folder / f"{update}.npz"
        if file is None or not file.is_file():
            raise ValueError(
                f"what was measured at update {update} is gone and its checkpoint is not; allowed "
                "are both or none, so that the folder of unfinished cells must be deleted."
            )
        with np.load(file, allow_pickle=False) as kept:
            return dict(kept)
