"""What the measures of one network say."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from .._answer import as_html, as_plain, as_text, shown
from ..measures import SampledAlignment
from ._changes import ActivityChange, Change, ParameterChange


class Laziness(NamedTuple):
    r"""How lazily one network learned.

    - `kernel_alignment`: the alignment of the tangent kernels before and after, with the error of
      the sampling of examples. 1 is lazy.
    - `target_alignment`: the centred alignment of each kernel with the targets: where it grew, the
      kernel turned towards the task. None without targets.
    - `target_share`: $y^\top K y / (\lVert y \rVert^2 \operatorname{Tr} K)$ of each kernel, the
      share of it that lies along the centred targets y. None without targets.
    - `loss`: before and after. None without targets.
    - `activity`: how each named activity changed; empty without.
    - `parameters`: how each array of parameters changed.
    - `said`: what was taken for granted, and what nothing was proved of, in sentences.
    """

    kernel_alignment: SampledAlignment
    target_alignment: Change | None
    target_share: Change | None
    loss: Change | None
    activity: Mapping[str, ActivityChange]
    parameters: Mapping[str, ParameterChange]
    said: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What happened, in a sentence or two."""
        alignment, error = (float(v) for v in self.kernel_alignment[:2])
        known = f" ± {2 * error:.2f}" if np.isfinite(error) else ""
        parts = [f"The tangent kernel kept an alignment of {alignment:.2f}{known}, 1 being lazy."]
        if self.target_alignment is not None:
            before, after = map(float, self.target_alignment)
            way = "towards" if after > before else "away from"
            parts.append(
                f"It turned {way} the targets: its alignment with them went from {before:.2f} to "
                f"{after:.2f}."
            )
        return " ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain numbers, strings and lists, for JSON; not finite numbers are None."""
        found = as_plain(self)
        found["kernel_alignment"].pop("examples")
        return found | {"sentence": self.sentence}

    def table(self) -> list[tuple[str, str]]:
        """Each measure in words beside its value, in words as well."""
        return list(_rows(self))

    def __str__(self) -> str:
        return as_text(self.sentence, self.table(), self.said)

    def _repr_html_(self) -> str:
        return as_html(self.sentence, self.table(), self.said)


def _rows(of: Laziness) -> Iterator[tuple[str, str]]:
    alignment, error, bias, examples = of.kernel_alignment
    yield (
        "kernel alignment",
        f"{shown(alignment)}, standard error {shown(error)} and bias {shown(bias)} over "
        f"{len(examples)} examples",
    )
    for name in ("target_alignment", "target_share", "loss"):
        change = getattr(of, name)
        if change is not None:
            yield name.replace("_", " "), _both(change)
    for name, each in of.activity.items():
        for field in each._fields[:-1]:
            yield f"{name}: {field.replace('_', ' ')}", shown(getattr(each, field))
        yield f"{name}: participation ratio", _both(each.participation_ratio)
    for name, each in of.parameters.items():
        yield (
            f"{name}: change",
            f"{shown(each.norm)}, {100 * float(each.relative):.3g} % of its norm before",
        )
        if each.ranks_before is None or each.ranks_after is None:
            continue
        for field in each.ranks_before._fields:
            pair = Change(getattr(each.ranks_before, field), getattr(each.ranks_after, field))
            if np.isfinite(np.asarray(pair)).any():
                yield f"{name}: {field.replace('_', ' ')}", _both(pair)


def _both(change: Change) -> str:
    return f"{shown(change.before)} before, {shown(change.after)} after"
