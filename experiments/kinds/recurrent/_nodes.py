"""Which units of a network get input or are read out, by the names that a connectome gives them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import richlazy_jax as rj

from ._starts import Start, Wired


@dataclasses.dataclass(frozen=True)
class Nodes:
    """Some units of a network, by the names of the nodes that they stand for.

    Args:
        chosen: names of nodes, and of classes where there are any (`richlazy_jax.chosen_nodes`).
        classes: the class of each node, as pairs of a node and its class.
        of: the names of all units in their order. None stands for those of the connectome that the
            network starts from; other starts have no names of their own.
    """

    chosen: tuple[str, ...]
    classes: tuple[tuple[str, str], ...] = ()
    of: tuple[str, ...] | None = None

    @classmethod
    def named(
        cls,
        chosen: Sequence[str],
        classes: Mapping[str, str] | None = None,
        of: Sequence[str] | None = None,
    ) -> "Nodes":
        """Such nodes, of lists and mappings.

        Raises:
            ValueError: names are not known among those of `of`, as `richlazy_jax.chosen_nodes`.
        """
        if of is not None:
            rj.chosen_nodes(of, chosen, classes)
        pairs = () if classes is None else tuple(classes.items())
        return cls(tuple(chosen), pairs, None if of is None else tuple(of))

    @property
    def label(self) -> str:
        """Their names, the first few of many."""
        shown = ", ".join(self.chosen[:3])
        more = len(self.chosen) - 3
        return f"{shown} and {more} more" if more > 0 else shown

    def record(self) -> dict[str, Any]:
        """What tells nodes apart before the network is known."""
        return {"chosen": sorted(self.chosen), "classes": sorted(self.classes), "of": self.of}

    def units(self, starts: Sequence[Start], size: int) -> tuple[int, ...]:
        """The numbers of the units in a network, from 0.

        Args:
            starts: what the network starts from.
            size: how many units it has.

        Raises:
            ValueError: the units have no names or other ones, or the chosen ones are not among
                them.
        """
        wired = [s for s in starts if isinstance(s, Wired) and not s.resampled]
        own = {start.connectome.names for start in wired}
        names = self.of if self.of is not None else next(iter(own), None)
        if names is None:
            raise ValueError(
                "the units have no names; allowed are nodes with `of`, the connectome that names "
                "the units, or starts from a connectome at its own size"
            )
        if own - {names}:
            raise ValueError("the start names its units otherwise; allowed are nodes of the start")
        if len(names) != size:
            raise ValueError(
                f"they are of {len(names)} nodes and the network has {size} units; allowed are as "
                "many units as nodes"
            )
        chosen = rj.chosen_nodes(names, self.chosen, dict(self.classes))
        return tuple(int(i) for i in np.flatnonzero(chosen))
