"""A connectome in words."""

from ._cost import WHOLE
from ._inspect import Inspection, Null
from ._ladder import Ladder, ladder_lines
from ._random import RANKS

SHOWN_NAMES = 8


def markdown(found: Inspection, climbed: Ladder | None = None) -> str:
    """Everything that was found, with the prediction first.

    Args:
        found: by `inspect_connectome`.
        climbed: how much each null explains, by `ladder`.
    """
    expected = found.expected_alignment
    lines = [
        f"# {found.source}",
        "",
        f"**Predicted to learn {found.prediction} a Gaussian start of its size**, on average over "
        "tasks: a two-layer linear network whose first layer has this spectrum ends with a kernel "
        f"alignment of {expected.value:.3f}, one with a Gaussian first layer of "
        f"{_mean_and_range(expected)} (theory, Theorem 1; small starts, readout from 0). A start "
        "that is aligned with its task can be lazy in spite of this.",
        "",
        *_warnings(found),
        f"- {found.nodes} nodes, {found.connections} connections, density {found.density:.4f}, "
        f"{found.self_connections} self-connections",
        f"- weights: {found.total:g} in all, of which the largest hundredth of the connections "
        f"holds {found.largest / found.total:.0%}; {found.positive:.0%} of connections positive",
        f"- columns: {', '.join(f'{count} {sign}' for sign, count in found.columns.items())}",
        "",
        "| effective rank | measured | Gaussian, 95 % | shuffled, 95 % |",
        "| --- | --: | --: | --: |",
    ]
    for kind in (kind for kind in RANKS if kind in found.ranks["Gaussian"]):
        gaussian, shuffled = found.ranks["Gaussian"][kind], found.ranks["shuffled"][kind]
        # The ladder has this number too, by draws of its own.
        in_ladder = climbed is not None and kind == "participation_ratio"
        lines.append(
            f"| {kind.replace('_', ' ')} | {_value(gaussian)} | {_mean_and_range(gaussian, 1)} "
            f"| {'see the ladder' if in_ladder else _mean_and_range(shuffled, 1)} |"
        )
    lines += ["", *_estimated(found)]
    if climbed is not None:
        lines += [*ladder_lines(climbed), ""]
    if found.ranks_without:
        lines += [
            f"Without {', '.join(node.name for node in found.dominating)}:",
            "",
            "| effective rank | measured | Gaussian, 95 % |",
            "| --- | --: | --: |",
        ]
        lines += [
            f"| {kind.replace('_', ' ')} | {_value(null)} | {_mean_and_range(null, 1)} |"
            for kind, null in found.ranks_without.items()
        ]
        lines.append("")
    lines += [
        f"Motifs of two connections, as excess over chance at probability {found.probability:.4f}:",
        "",
        "| motif | measured | shuffled, 95 % |",
        "| --- | --: | --: |",
    ]
    lines += [
        f"| {name} | {null.value:+.3f} | {_mean_and_range(null)} |"
        for name, null in found.motifs.items()
    ]
    return "\n".join([*lines, ""])


def _warnings(found: Inspection) -> list[str]:
    lines = []
    for node in found.dominating:
        lines.append(
            f"> **Warning:** {node.name} {node.side} {node.share:.0%} of the leading direction; "
            f"without it the participation ratio is {node.ratio_without:.1f} and not "
            f"{node.ratio_with:.1f}. Is it a neuron?"
        )
    if found.receive_only:
        names = ", ".join(found.receive_only[:SHOWN_NAMES])
        more = len(found.receive_only) - SHOWN_NAMES
        lines.append(
            f"> {len(found.receive_only)} of the nodes only receive: {names}"
            f"{f' and {more} more' if more > 0 else ''}. Motor neurons, which send little or "
            "nothing to neurons, look like this, as do neurons whose targets are not in the "
            "data, muscles and glia."
        )
    return [line for each in lines for line in (each, "")]


def _estimated(found: Inspection) -> list[str]:
    """What is no exact number in a large connectome, and what is missing."""
    if "eigenvalue_area" in found.ranks["Gaussian"]:
        return []
    return [
        f"Above {WHOLE} nodes not all singular values are found. The participation ratio is exact; "
        "the exponential entropy is an estimate with its standard error, by stochastic Lanczos "
        "quadrature; the stable rank comes from the largest singular value. The eigenvalue area is "
        "left out, since sums over the eigenvalues of such matrices cannot be estimated this way.",
        "",
    ]


def _value(null: Null) -> str:
    """The number, with its standard error where that would be seen."""
    return f"{null.value:.1f}" + (f" ± {null.error:.1f}" if null.error >= 0.05 else "")


def _mean_and_range(null: Null, digits: int = 3) -> str:
    return f"{null.mean:.{digits}f} ({null.low:.{digits}f} to {null.high:.{digits}f})"
