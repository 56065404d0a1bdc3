"""Trials made of periods: times in milliseconds, turned into steps."""

import math
from typing import ClassVar

from ._checks import non_negative, positive

# A trial without these is still a trial.
_MAY_BE_EMPTY = ("fixation", "delay")


class PeriodTask:
    """What tasks share whose trials are periods that follow one another.

    A subclass is a frozen dataclass that names its periods in `period_names` and has the fields
    `dt_ms`, `noise_sigma` and, for each period, its length: `delay_ms` for "delay". Answers are due
    in the last period.
    """

    period_names: ClassVar[tuple[str, ...]]
    dt_ms: float
    noise_sigma: float

    def __post_init__(self):
        self._settle("dt_ms", positive("dt_ms", self.dt_ms))
        self._settle("noise_sigma", non_negative("noise_sigma", self.noise_sigma))
        for period in self.period_names:
            name = f"{period}_ms"
            check = non_negative if period in _MAY_BE_EMPTY else positive
            duration = check(name, getattr(self, name))
            steps = duration / self.dt_ms
            # Relative, because the rounding error of a quotient grows with it.
            if abs(steps - round(steps)) > 1e-9 * steps:
                raise ValueError(
                    f"{name} is {duration!r}; allowed are whole multiples of dt_ms, {self.dt_ms!r}."
                )
            self._settle(name, duration)

    def _settle(self, name: str, value: object) -> None:
        # The one way to store a checked value in a frozen dataclass.
        object.__setattr__(self, name, value)

    @property
    def periods(self) -> dict[str, slice]:
        """The steps of each period, as slices."""
        slices, start = {}, 0
        for period in self.period_names:
            stop = start + round(getattr(self, f"{period}_ms") / self.dt_ms)
            slices[period] = slice(start, stop)
            start = stop
        return slices

    @property
    def n_steps(self) -> int:
        """How many steps a trial has."""
        return self.periods[self.period_names[-1]].stop

    @property
    def decision_step(self) -> int:
        """The last step, counted from 0."""
        return self.n_steps - 1

    @property
    def noise_sd(self) -> float:
        """The standard deviation of the noise in one step, `noise_sigma / sqrt(dt_ms)`."""
        return self.noise_sigma / math.sqrt(self.dt_ms)
