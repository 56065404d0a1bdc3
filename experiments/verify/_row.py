"""One statement, what it predicts, what was measured, and whether the two agree."""

import dataclasses
import math
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import special

from ..kinds.linear import LEARNED, ROUNDING

# One random seed in a thousand may have a false alarm in any of its rows: shared among at most so
# many rows that are told by their standard errors, each of which has two sides.
FALSE_ALARMS, MOST_ROWS = 1e-3, 40
ALLOWED_ERRORS = float(-special.ndtri(FALSE_ALARMS / (2 * MOST_ROWS)))
# With which an error of the size that a row detects is caught.
POWER = 0.95
# How small an error of its formula a row must detect to say anything.
MOST_DETECTED = {"mean": 0.05, "variance": 0.25, "exact": 1.0, "curve": 0.1}


@dataclasses.dataclass(frozen=True)
class Curve:
    """One network over time, for figures.

    Args:
        times: of gradient flow at unit rate.
        predicted: what `theory` says at these times.
        measured_times: some of them.
        measured: what the network did at those.
    """

    times: tuple[float, ...]
    predicted: tuple[float, ...]
    measured_times: tuple[float, ...]
    measured: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class Row:
    """One statement beside its measurement.

    Args:
        name: what the row is called in messages and files, such as "theorem-1-rank-5".
        statement: the theorem, lemma or proposition.
        setting: where it was tested.
        quantity: what was measured, such as "mean KA".
        predicted: what `theory` says, averaged over runs where it differs between them.
        measured: what the networks did: the mean or the variance over runs; for an exact statement
            the run that is farthest from its prediction, for a curve the farthest run and time.
        standard_error: that of `measured - predicted` over runs; 0 for an exact statement.
        runs: how many networks were trained.
        kind: a "mean" or a "variance" holds within `ALLOWED_ERRORS` standard errors, or within
            rounding; "exact" within rounding; a "curve" within its tolerance.
        tolerance: of an exact row and of a curve; of a curve it is relative to `scale`.
        scale: of a curve, what its difference is measured by.
        response: of a curve, how far its prediction moves, in units of `scale` and per unit of the
            relative error, when the weights, or the time, that it is computed from are off; the
            lesser of the two. 0 stands for a quantity that is itself what may be off.
        numerical: what is not a closed form beside plain training, in a few words; empty for most.
        worst_loss: the greatest loss after training, as a share of that of a network that says 0.
        place: where the row stands in a figure, or None.
        spread: the standard deviation of a single run.
        curve: the first network over time; None where nothing was followed over time.
    """

    name: str
    statement: str
    setting: str
    quantity: str
    predicted: float
    measured: float
    standard_error: float
    runs: int
    kind: Literal["mean", "variance", "exact", "curve"]
    tolerance: float = ROUNDING
    scale: float = 1.0
    response: float = 0.0
    numerical: str = ""
    worst_loss: float = 0.0
    place: float | None = None
    spread: float = 0.0
    curve: Curve | None = None

    @property
    def difference(self) -> float:
        """Measured less predicted."""
        return self.measured - self.predicted

    @property
    def z(self) -> float | None:
        """The difference in standard errors; None where the difference has no spread."""
        if self.kind in ("exact", "curve") or self.standard_error < self._rounding / 10:
            return None
        return self.difference / self.standard_error

    @property
    def _rounding(self) -> float:
        # An alignment is near 1 and its variance is not.
        return ROUNDING * (abs(self.predicted) if self.kind == "variance" else 1.0)

    @property
    def allowed(self) -> float:
        """How far measurement and prediction may be apart."""
        if self.kind in ("exact", "curve"):
            return self.tolerance * self.scale
        return max(ALLOWED_ERRORS * self.standard_error, self._rounding)

    @property
    def detects(self) -> float:
        r"""The smallest relative error of the formula that this row catches in 95 % of its runs.

        For a mean or a variance it is $(z + 1.645)\, s / |\mathrm{predicted}|$ with the standard
        error s and the z that is allowed. An exact row and a curve have no chance in them: what was
        seen of their numerical error is added to what is allowed. The error of a curve is that of
        the weights or of the time that its formula is computed from, whichever is caught later. A
        prediction of 0 is one of a relative error.
        """
        if self.kind in ("mean", "variance"):
            caught = self.allowed + float(-special.ndtri(1 - POWER)) * self.standard_error
            return caught / abs(self.predicted)
        caught = self.allowed + abs(self.difference)
        if self.kind == "curve" and self.response:
            return caught / self.scale / self.response
        return caught / (abs(self.predicted) or 1.0)

    @property
    def error_shown(self) -> str:
        """The standard error, or the kind of a row that has none, for tables."""
        return self.kind if self.kind in ("exact", "curve") else f"{self.standard_error:.1e}"

    @property
    def z_shown(self) -> str:
        """z, or the kind of a row that has none, for tables."""
        if self.z is not None:
            return f"{self.z:+.2f}"
        return self.kind if self.kind in ("exact", "curve") else ""

    @property
    def detects_shown(self) -> str:
        """What the row detects, for tables."""
        detects = self.detects
        return f"{100 * detects:.2g} %" if math.isfinite(detects) else ""

    @property
    def failure(self) -> str | None:
        """Why the statement does not hold here, or None where it holds."""
        if self.undecided:
            return f"too few networks to tell (detects {100 * self.detects:.0f} % only)"
        return self._fault

    @property
    def _fault(self) -> str | None:
        """What speaks against the statement."""
        if not all(map(math.isfinite, (self.predicted, self.measured, self.standard_error))):
            return "a number is not finite"
        if not self.worst_loss <= LEARNED:
            return f"a network was not trained (loss {self.worst_loss:.2g} of the start's)"
        off = abs(self.difference)
        if off > self.allowed:
            if self.kind in ("exact", "curve"):
                return f"off by {off:.2g}, above {self.allowed:.2g}"
            return f"off by {off:.2g}, above {ALLOWED_ERRORS:.1f} standard errors"
        return None

    @property
    def undecided(self) -> bool:
        """Whether nothing speaks against the statement, of too few networks to have seen it."""
        return self._fault is None and bool(self.detects > MOST_DETECTED[self.kind])

    @property
    def verdict(self) -> str:
        """Whether it holds, for tables: yes, NO or undecided."""
        return "yes" if self.holds else "undecided" if self.undecided else "NO"

    @property
    def holds(self) -> bool:
        """Whether prediction and measurement agree, by networks that were trained."""
        return self.failure is None


class Control(NamedTuple):
    """Numbers without training that go with those of networks, of which the mean is known well.

    - `own`: one for each trained network, for the task that it learned.
    - `others`: for each network's start, those of many other tasks: one row each.
    """

    own: np.ndarray
    others: np.ndarray


def mean_row(predicted: Any, measured: Any, control: Control | None = None, **about: Any) -> Row:
    """A row for a mean over runs; `predicted` is one number, or one for each run.

    With a control, each run has what its network differs from its control, plus the mean of the
    control over other tasks. The mean of this is that of the networks whatever the control is; the
    closer it is to what networks do, the smaller the error.
    """
    measured = np.asarray(measured, float)
    spread = float(measured.std(ddof=1))
    if control is not None:
        measured = measured - control.own + control.others.mean(axis=1)
    difference = measured - np.asarray(predicted, float)
    return Row(
        predicted=float(np.asarray(predicted, float).mean()),
        measured=float(measured.mean()),
        standard_error=_error_of_mean(difference),
        spread=spread,
        runs=len(measured),
        kind="mean",
        **about,
    )


def variance_row(predicted: Any, measured: Any, control: Control, **about: Any) -> Row:
    """A row for a variance over runs, with a control as in `mean_row`."""
    measured = np.asarray(measured, float)
    mean = (measured - control.own + control.others.mean(axis=1)).mean()
    squares = (measured - mean) ** 2 - (control.own - mean) ** 2
    squares = squares + ((control.others - mean) ** 2).mean(axis=1)
    # The mean was taken of as many values, starts and tasks together.
    squares = squares * control.others.size / (control.others.size - 1)
    return Row(
        predicted=float(np.asarray(predicted)),
        measured=float(squares.mean()),
        standard_error=_error_of_mean(squares),
        runs=len(measured),
        kind="variance",
        **about,
    )


def exact_row(predicted: Any, measured: Any, **about: Any) -> Row:
    """A row for a statement about every single run: the farthest run stands in it."""
    measured = np.asarray(measured, float)
    predicted = np.broadcast_to(np.asarray(predicted, float), measured.shape)
    farthest = int(_off(predicted, measured).argmax())
    return Row(
        predicted=float(predicted[farthest]),
        measured=float(measured[farthest]),
        standard_error=0.0,
        runs=len(measured),
        kind="exact",
        **about,
    )


def curve_row(
    predicted: Any,
    measured: Any,
    shifted: Any,
    *,
    times: Any,
    tolerance: float,
    floor: float = 0.1,
    finer: int = 1,
    **about: Any,
) -> Row:
    """A row for networks over time: the farthest of all networks and times stands in it.

    The difference is relative to the prediction at that time, or to a share of the largest that its
    network has at any time, where it is smaller than that.

    Args:
        predicted: of shape (runs, times).
        measured: of the same shape at the first of every `finer` times.
        shifted: predictions from weights and from times that are off by 1 %, each of the shape of
            `predicted`.
        times: those of `predicted`.
        tolerance: the relative difference allowed.
        floor: the share.
        finer: how many predictions come on one measurement.
    """
    drawn = (times, predicted[0], times[::finer], measured[0])
    curve = Curve(*(tuple(map(float, values)) for values in drawn))
    predicted, *shifted = (np.asarray(v, float)[:, ::finer] for v in (predicted, *shifted))
    measured = np.asarray(measured, float)
    size = np.abs(predicted)
    scale = np.maximum(size, floor * size.max(axis=1, keepdims=True))
    off = _off(predicted, measured) / scale
    farthest = np.unravel_index(off.argmax(), off.shape)
    response = min(float((np.abs(other - predicted) / scale).max()) / 0.01 for other in shifted)
    return Row(
        predicted=float(predicted[farthest]),
        measured=float(measured[farthest]),
        standard_error=0.0,
        runs=len(measured),
        kind="curve",
        tolerance=tolerance,
        scale=float(scale[farthest]),
        response=response,
        curve=curve,
        **about,
    )


def _off(predicted: np.ndarray, measured: np.ndarray) -> np.ndarray:
    # NaN compares as nothing, so it is made the farthest of all.
    return np.nan_to_num(np.abs(measured - predicted), nan=np.inf)


def _error_of_mean(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))
