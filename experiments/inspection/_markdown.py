"""A connectome in words."""

import math

from ..kinds.recurrent import RANKS
from ._inspect import Inspection, Null

SHOWN_NAMES = 8


def markdown(found: Inspection) -> str:
    """Everything that was found, with the prediction first."""
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
    for kind in RANKS:
        gaussian, shuffled = found.ranks["Gaussian"][kind], found.ranks["shuffled"][kind]
        lines.append(
            f"| {kind.replace('_', ' ')} | {gaussian.value:.1f} | {_mean_and_range(gaussian, 1)} "
            f"| {_mean_and_range(shuffled, 1)} |"
        )
    lines += ["", _wiring(found), ""]
    if found.ranks_without:
        lines += [
            f"Without {', '.join(node.name for node in found.dominating)}:",
            "",
            "| effective rank | measured | Gaussian, 95 % |",
            "| --- | --: | --: |",
        ]
        lines += [
            f"| {kind.replace('_', ' ')} | {null.value:.1f} | {_mean_and_range(null, 1)} |"
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
            f"{f' and {more} more' if more > 0 else ''}. Muscles and glia look like this."
        )
    return [line for each in lines for line in (each, "")]


def _wiring(found: Inspection) -> str:
    measured, shuffled = (found.ranks[k]["participation_ratio"] for k in ("Gaussian", "shuffled"))
    text = (
        f"Participation ratio: {measured.mean:.1f} for Gaussian weights, {shuffled.mean:.1f} for "
        f"these weights at random places, {measured.value:.1f} as they are wired."
    )
    if measured.value < shuffled.mean < measured.mean and math.isfinite(found.wiring_share):
        text += (
            f" Of the fall, in logarithms, {1 - found.wiring_share:.0%} comes from sparse and "
            f"unequal weights alone; how much of the other {found.wiring_share:.0%} comes from "
            "degrees, the nulls below say."
        )
    return text


def _mean_and_range(null: Null, digits: int = 3) -> str:
    return f"{null.mean:.{digits}f} ({null.low:.{digits}f} to {null.high:.{digits}f})"
