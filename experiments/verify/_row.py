"""One statement, what it predicts, what was measured, and whether the two agree."""

import dataclasses
import math
from typing import Any, Literal

import numpy as np

# What "within rounding" means for a start of scale 1e-3 in float32: ten times its square.
ROUNDING = 1e-5
STANDARD_ERRORS = 3.0
SHARE = 0.01
# A network counts as trained when its loss fell to this share of the loss of a network that says 0.
LEARNED = 1e-6


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
            the run that is farthest from its prediction.
        standard_error: that of `measured - predicted` over runs; 0 for an exact statement.
        runs: how many networks were trained.
        kind: "mean" holds within 3 standard errors (or rounding) and within 1 %; "variance" within
            3 standard errors, if these are below half of it; "exact" within rounding; "curve", of
            which the farthest network and time stand here, within 0.01, that is 1 % of its start.
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
        if self.kind in ("exact", "curve") or self.standard_error < ROUNDING / 10:
            return None
        return self.difference / self.standard_error

    @property
    def error_shown(self) -> str:
        """The standard error, or the kind of a row that has none, for tables."""
        return self.kind if self.kind in ("exact", "curve") else f"{self.standard_error:.1e}"

    @property
    def failure(self) -> str | None:
        """Why the statement does not hold here, or None where it holds."""
        if not all(map(math.isfinite, (self.predicted, self.measured, self.standard_error))):
            return "a number is not finite"
        if not self.worst_loss <= LEARNED:
            return f"a network was not trained (loss {self.worst_loss:.2g} of the start's)"
        off = abs(self.difference)
        if self.kind == "exact":
            return None if off <= ROUNDING else f"off by {off:.2g}, above {ROUNDING:g}"
        if self.kind == "curve":
            return None if off <= SHARE else f"off by {off:.2g}, above {SHARE:g}"
        if off > max(STANDARD_ERRORS * self.standard_error, ROUNDING):
            return f"off by {off:.2g}, above {STANDARD_ERRORS:g} standard errors"
        if self.kind == "variance":
            share = STANDARD_ERRORS * self.standard_error / abs(self.predicted)
            return None if share <= 0.5 else f"too few seeds to tell (error {share:.0%})"
        if off > SHARE * abs(self.predicted):
            needed = self.runs * (off / (SHARE * abs(self.predicted))) ** 2
            return f"off by more than {SHARE:.0%}; about {needed:.0f} seeds would tell"
        return None

    @property
    def holds(self) -> bool:
        """Whether prediction and measurement agree, by networks that were trained."""
        return self.failure is None


def mean_row(predicted: Any, measured: Any, **about: Any) -> Row:
    """A row for a mean over runs; `predicted` is one number, or one for each run."""
    measured = np.asarray(measured, float)
    difference = measured - np.asarray(predicted, float)
    return Row(
        predicted=float(np.asarray(predicted, float).mean()),
        measured=float(measured.mean()),
        standard_error=_error_of_mean(difference),
        spread=float(measured.std(ddof=1)),
        runs=len(measured),
        kind="mean",
        **about,
    )


def variance_row(predicted: Any, measured: Any, **about: Any) -> Row:
    """A row for a variance over runs."""
    measured = np.asarray(measured, float)
    squares = (measured - measured.mean()) ** 2 * len(measured) / (len(measured) - 1)
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
    return _farthest(predicted, measured, kind="exact", **about)


def curve_row(predicted: Any, measured: Any, *, times: Any, finer: int = 1, **about: Any) -> Row:
    """A row for networks over time: the farthest of all networks and times stands in it.

    Args:
        predicted: of shape (runs, times).
        measured: of the same shape at the first of every `finer` times.
        times: those of `predicted`.
        finer: how many predictions come on one measurement.
    """
    drawn = (times, predicted[0], times[::finer], measured[0])
    curve = Curve(*(tuple(map(float, values)) for values in drawn))
    return _farthest(predicted[:, ::finer], measured, kind="curve", curve=curve, **about)


def _farthest(predicted: Any, measured: Any, **about: Any) -> Row:
    measured = np.asarray(measured, float)
    predicted = np.broadcast_to(np.asarray(predicted, float), measured.shape)
    # NaN compares as nothing, so it is made the farthest of all.
    off = np.nan_to_num(np.abs(measured - predicted), nan=np.inf)
    farthest = np.unravel_index(off.argmax(), off.shape)
    return Row(
        predicted=float(predicted[farthest]),
        measured=float(measured[farthest]),
        standard_error=0.0,
        runs=len(measured),
        **about,
    )


def _error_of_mean(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))
