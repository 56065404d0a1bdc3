"""What may be measured of networks before and after training, by name."""

from collections.abc import Iterable

# The measures of laziness, each with whether lazier learning makes it larger. Verdicts are on these
# alone, and they are measured unless something else is asked for.
MEASURES = {
    "kernel_alignment": True,
    "representation_alignment": True,
    "weight_change_norm": False,
    "sign_agreement": True,
}
# What is measured only where it is asked for, with the variables that each gives. No verdict is on
# any of them.
FURTHER_MEASURES = {
    "kernel_target_alignment": (
        "kernel_target_alignment_before",
        "kernel_target_alignment_after",
    ),
    "readout_alignment": ("readout_correlation", "readout_share"),
    "sign_agreement_all_steps": ("sign_agreement_all_steps",),
    "regime": ("spectral_radius", "lyapunov_exponent", "mean_activity", "regime"),
}
# Of these, what is known before training: it does not change on the way.
OF_START = ("kernel_target_alignment_before", *FURTHER_MEASURES["regime"])


def variables_of(measures: Iterable[str]) -> tuple[str, ...]:
    """The variables of a dataset that some measures give, in their order."""
    return tuple(name for each in measures for name in FURTHER_MEASURES.get(each, (each,)))
