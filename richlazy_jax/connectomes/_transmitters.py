"""What a column of signs or of transmitters says of a connection."""

from collections.abc import Mapping, Sequence

import numpy as np

from ._words import refusal, shown

_WORDS = {
    **dict.fromkeys(("+1", "1", "+", "1.0", "excitatory", "exc", "e"), 1),
    **dict.fromkeys(("-1", "-", "-1.0", "inhibitory", "inh", "i"), -1),
}
# The same in all animals, as far as the fast synapses between neurons go.
TRANSMITTERS = {
    **dict.fromkeys(("acetylcholine", "ach", "cholinergic"), 1),
    **dict.fromkeys(("gaba", "gabaergic", "glycine"), -1),
}
# Glutamate opens chloride channels in the central brain of a fly (W. W. Liu and R. I. Wilson 2013,
# PNAS 110:10294). Modulators count as excitatory, which is a simplification.
FLY = {
    **dict.fromkeys(("glutamate", "glut", "glu", "glutamatergic"), -1),
    **dict.fromkeys(("dopamine", "da", "serotonin", "ser", "5ht", "octopamine", "oct"), 1),
}


def signs_of(
    at: str, column: str, values: Sequence[str], table: Mapping[str, int] | None, fly: bool
) -> tuple[np.ndarray, str]:
    """The sign of each of some different values, and a sentence on what was taken for what.

    Args:
        at: where the column stands, for messages.
        column: its name.
        values: the different ones that it has.
        table: what the caller says of them; it goes before all else.
        fly: whether the animal is a fly, in which glutamate inhibits.

    Raises:
        ValueError: what a value means is not known.
    """
    known = {**_WORDS, **TRANSMITTERS, **(FLY if fly else {}), **(table or {})}
    signs = np.ones(len(values))
    taken: dict[int, list[str]] = {1: [], -1: []}
    for k, value in enumerate(values):
        sign = known.get(value.strip().lower())
        if sign is None:
            way = f"transmitters={{{value!r:.30}: -1}} makes it inhibit, +1 excite"
            if value.strip().lower() in FLY:
                way += "; glutamate inhibits in flies and excites in vertebrates"
            raise refusal(at, f"{column} is {shown(value)}, of unknown sign", way)
        signs[k] = sign
        taken[sign].append(value)
    said = " and ".join(
        f"{', '.join(sorted(each)) or 'nothing'} as {word}"
        for each, word in ((taken[1], "excitatory"), (taken[-1], "inhibitory"))
    )
    return signs, f"Signs are from {column!r}, with {said}."
