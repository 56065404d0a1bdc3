"""Which nodes excite and which inhibit."""

import os
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from .._table import column_of, read_table
from ._connectome import require_known, require_names
from ._file import require_file

_SIGNS = {
    "+1": 1.0,
    "1": 1.0,
    "-1": -1.0,
    "excitatory": 1.0,
    "inhibitory": -1.0,
    "e": 1.0,
    "i": -1.0,
}
# As two spellings, since some tables pad numbers with a zero.
_GABAERGIC = {
    *("RMED", "RMEV", "RMEL", "RMER", "AVL", "DVB", "RIS"),
    *(f"{kind}{i}" for kind, most in (("DD", 6), ("VD", 13)) for i in range(1, most + 1)),
    *(f"{kind}{i:02}" for kind, most in (("DD", 6), ("VD", 13)) for i in range(1, most + 1)),
}


def read_signs(path: str | os.PathLike[str], names: Sequence[str]) -> Float[np.ndarray, " n"]:
    """The sign of each node, +1 or -1, from a CSV file with the columns `name` and `sign`.

    A sign is written +1, 1, excitatory or E, or else -1, inhibitory or I, in upper or lower case.

    Args:
        path: the file.
        names: the nodes, in the order of the result.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the names are not unique; or a line has another sign, or a name that is not
            known or is there already; or a node has no sign. The message names the line.
    """
    path, names = require_file(path), require_names("signs", "names", names)
    columns, rows = read_table(path)
    name_column = column_of(path, columns, "name", ("name",))
    sign_column = column_of(path, columns, "sign", ("sign",))
    signs, seen = {}, {}
    for where, fields, _ in rows:
        name = require_known(where, fields[name_column], names)
        if name in signs:
            raise ValueError(
                f"{where}: {name!r} is there already, in {seen[name]}; allowed is each name once."
            )
        sign = _SIGNS.get(fields[sign_column].lower())
        if sign is None:
            raise ValueError(
                f"{where}: sign is {fields[sign_column]!r}; allowed are {', '.join(_SIGNS)}."
            )
        signs[name], seen[name] = sign, where
    missing = [name for name in names if name not in signs]
    if missing:
        raise ValueError(
            f"{path} has no sign for {missing[0]!r}, and misses {len(missing)} of {len(names)} "
            "names; allowed is a line for every name."
        )
    return np.array([signs[name] for name in names])


def gabaergic_signs(names: Sequence[str]) -> Float[np.ndarray, " n"]:
    """Signs for neurons of C. elegans: -1 for the 26 classical GABAergic ones, +1 for all others.

    The 26 are DD1 to DD6, VD1 to VD13, RMED, RMEV, RMEL, RMER, AVL, DVB and RIS; DD01 is taken for
    DD1. This is a simplification. Later work found more neurons with GABA (M. Gendrel, E. G. Atlas
    and O. Hobert 2016, eLife 5:e17686), and it is the receptor, not the transmitter, that decides
    whether a synapse excites: one neuron may do both, and glutamate and acetylcholine may inhibit.
    A name that no neuron of the worm has is not judged, and counts among the others.

    Args:
        names: the neurons, in the order of the result.

    Raises:
        ValueError: none of the 26 is among the names, so that they are perhaps those of no worm.

    Source: S. L. McIntire, E. Jorgensen, J. Kaplan and H. R. Horvitz (1993), Nature 364:337.
    """
    inhibits = np.array([name in _GABAERGIC for name in names], bool)
    if not inhibits.any():
        raise ValueError(
            f"names holds none of the 26 GABAergic neurons of C. elegans, and begins with "
            f"{list(names[:3])!r}; allowed are names such as 'DD01', 'DD1' or 'RMED'."
        )
    return np.where(inhibits, -1.0, 1.0)
