"""From starts to trained networks to measures, as one labelled dataset."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.spectra import whole_spectra

from ...engine import USUAL, How, attributes
from ...findings import FURTHER_MEASURES, MEASURES, OF_START, start_text, variables_of
from ._kept import NOTHING, as_network
from ._looks import Looks
from ._measure import laziness, test_accuracy
from ._regimes import matched, regimes
from ._setting import Setting
from ._starts import with_ranks
from ._train import flat, initial_params, train_starts

# What is kept of the spectra of the weights at the start.
RANKS = {
    "participation_ratio": "participation ratio of the start's squared singular values",
    "exponential_entropy": "exponential entropy of the start's singular values",
    "stable_rank": "stable rank of the start",
    "eigenvalue_area": "area under the start's scaled eigenvalue magnitudes",
}
SPECTRA = RANKS | {
    "norm": "Frobenius norm of the start's recurrent weights",
    "singular_value": "singular values of the start's recurrent weights",
    "eigenvalue_magnitude": "magnitudes of the eigenvalues of the start's recurrent weights",
}
LABELS = {
    "kernel_alignment": "kernel alignment",
    "kernel_alignment_error": "standard error of the kernel alignment over trials (jackknife)",
    "representation_alignment": "representation alignment",
    "weight_change_norm": "weight change (Frobenius norm)",
    "sign_agreement": "sign agreement of activity at the decision step",
    "sign_agreement_all_steps": "sign agreement of activity over all steps",
    "kernel_target_alignment_before": "alignment of the start's kernel with the targets",
    "kernel_target_alignment_after": "alignment of the trained kernel with the targets",
    "readout_correlation": "correlation of the change of activity with the trained readout",
    "readout_share": "share of the change of activity that the trained readout sees",
    "spectral_radius": "spectral radius of the start's one-step Jacobian on its trajectory",
    "lyapunov_exponent": "largest Lyapunov exponent of the start (per step)",
    "mean_activity": "mean magnitude of the start's activity",
    "regime": "regime of the start",
    "first_loss": "training loss of the first batch (nats)",
    "loss": "training loss (mean of the last 100 iterations, nats)",
    "accuracy": "decision accuracy on held trials",
    "unmatched": "no size gives the start the regime that is asked for",
    "diverged": "training met a loss that is not finite",
} | SPECTRA

# As the conventions of netCDF files (CF) have it for numbers that stand for words.
_WORDS = {"flag_values": list(range(len(rj.REGIMES))), "flag_meanings": " ".join(rj.REGIMES)}


def run_task(setting: Setting, *, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
    """Train networks of all starts and seeds on one task and measure how lazily they learned.

    Args:
        setting: what to run.
        first_seed: the number of the first seed. What a seed gives is the same, whatever others are
            run beside it.
        how: which networks are trained side by side, and where they are kept meanwhile.

    Returns:
        One value for each start and seed of every measure asked for, of `loss`, `first_loss`,
        `accuracy` and `diverged`, and the spectra and effective ranks of the start. Runs that
        diverged have NaN for accuracy, first loss and measures, other than those of the start.
        Where all starts are of chosen rank, `rank` is a coordinate. What was measured on the way
        has `_through` in its name and the dimension `update`; of runs that diverged at any time it
        is NaN. Where starts are matched, `unmatched` says which networks have no size at which they
        are; all that was found of these is NaN. The setting stands in the attributes.
    """
    params = initial_params(setting, first_seed)
    unmatched = np.zeros(params["recurrent"].shape[:2], bool)
    if setting.match != NOTHING:
        params, unmatched = matched(setting, params, first_seed)
    looks = Looks(setting, params, how.checkpoints)
    trained = train_starts(
        setting,
        params,
        first_seed=first_seed,
        how=how,
        look_at=setting.measure_at,
        on_look=looks.look,
    )
    dataset = measured(setting, params, trained, first_seed=first_seed)
    dataset = looks.beside(dataset, np.asarray(trained.diverged) | unmatched.ravel())
    if setting.match != NOTHING:
        dataset = _without(dataset, setting, unmatched)
    return with_ranks(dataset, setting.starts)


def _without(dataset: xr.Dataset, setting: Setting, unmatched: np.ndarray) -> xr.Dataset:
    """The dataset without what was found of networks that are not matched."""
    gone = xr.DataArray(unmatched, dims=("start", "seed"), attrs={"long_name": LABELS["unmatched"]})
    names = {*variables_of(setting.measures), "loss", "first_loss", "accuracy"} - {"regime"}
    kept = {name: dataset[name].where(~gone).assign_attrs(dataset[name].attrs) for name in names}
    return dataset.assign({**kept, "unmatched": gone})


def measured(
    setting: Setting,
    params: dict[str, Any],
    trained: rj.Trained,
    labels: Sequence[str] | None = None,
    first_seed: int = 0,
) -> xr.Dataset:
    """The dataset of `run_task`, from the weights before and after training.

    Args:
        setting: what was run.
        params: the weights before, with axes of starts and seeds before all others.
        trained: what `train_starts` gave.
        labels: names of the starts; None stands for those of the setting.
        first_seed: the number of the first seed.
    """
    labels = [s.label for s in setting.starts] if labels is None else list(labels)
    found = laziness(setting, flat(params), trained.params)
    found["accuracy"] = test_accuracy(setting, trained.params)
    found["loss"] = np.asarray(trained.losses)[:, -100:].mean(axis=1)
    found["first_loss"] = np.asarray(trained.losses)[:, 0]
    diverged = np.asarray(trained.diverged)
    wanted = variables_of(setting.measures)
    for name in {*MEASURES, *variables_of(FURTHER_MEASURES)} - set(wanted):
        found.pop(name, None)
    if "regime" in setting.measures:
        found |= regimes(setting, flat(params), first_seed)
    for name in {*wanted, "accuracy", "first_loss"} - set(OF_START):
        found[name] = np.where(diverged, np.nan, found[name])
    found["diverged"] = diverged
    found |= whole_spectra(np.asarray(as_network(flat(params))["recurrent"]))
    shape = (len(labels), setting.seeds)
    dims = ("start", "seed", "index")
    return xr.Dataset(
        {
            name: (
                dims[: value.ndim + 1],
                value.reshape(*shape, *value.shape[1:]),
                {"long_name": LABELS[name], **(_WORDS if name == "regime" else {})},
            )
            for name, value in found.items()
        },
        coords={"start": labels, "seed": range(first_seed, first_seed + setting.seeds)},
        attrs=dataset_attributes(setting),
    )


def dataset_attributes(setting: Setting) -> dict[str, Any]:
    """What a dataset says of its setting: the record, the name of the task, and what may grow."""
    found = attributes(setting.record()) | {"task": setting.task_label, "seeds": setting.seeds}
    if setting.images is not None:
        found["images"] = setting.images.name
    return found | {"starts": [start_text(start.record()) for start in setting.starts]}
