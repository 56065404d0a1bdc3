"""Motifs of the networks that were drawn, beside those that were asked for."""

import dataclasses
from typing import NamedTuple

import jax
import numpy as np

import richlazy_jax as rj

from ._setting import Setting
from ._starts import Motifs
from ._train import initial_params


class DrawnMotif(NamedTuple):
    """One statistic of one start.

    - `start`, `statistic`: names.
    - `asked`: its value in the specification.
    - `measured`: its mean over the networks drawn.
    - `standard_error`: of that mean.
    """

    start: str
    statistic: str
    asked: float
    measured: float
    standard_error: float


def drawn_motifs(setting: Setting) -> list[DrawnMotif]:
    """Measure the starts of a setting that are `Motifs`, drawn as `run_task` draws them.

    A connection is a positive weight, which in a centred network is one that is there. An excess of
    a single network is measured against its own number of connections, which makes it too small by
    a few thousandths.

    Args:
        setting: nothing of it is trained.
    """
    starts = tuple(start for start in setting.starts if isinstance(start, Motifs))
    if not starts:
        return []
    drawn_again = initial_params(dataclasses.replace(setting, starts=starts))["recurrent"]
    found = []
    for start, networks in zip(starts, drawn_again, strict=True):
        measured = jax.vmap(rj.measured_motifs)((networks > 0).astype(networks.dtype))
        asked = start.statistics
        expected = {
            "probability": asked.probability,
            "chain": asked.chain,
            "convergent": asked.convergent,
            "divergent": asked.divergent,
            "reciprocal": asked.expected_reciprocal,
        }
        for name, value in expected.items():
            drawn = np.asarray(getattr(measured, name), np.float64)
            error = drawn.std(ddof=1) / np.sqrt(len(drawn)) if len(drawn) > 1 else np.nan
            found.append(
                DrawnMotif(start.label, name, float(value), float(drawn.mean()), float(error))
            )
    return found
