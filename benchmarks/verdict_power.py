"""How often a verdict finds what is there: the power of the tests behind every verdict.

Networks of one seed share what their seed draws, which takes no part in either test. What is left
of their differences is Gaussian noise of standard deviation 1. A table of four measures asks four
questions, so that one alone comes out for certain at 0.05 / 4; that is the level here.
"""

import numpy as np

from experiments.findings import pair_p, trend_p

LEVEL, DRAWS = 0.05 / 4, 1000
SEEDS = (4, 6, 10, 20)


def trend_power(seeds: int, starts: int, step: float) -> float:
    """The share of draws with a trend, where the mean rises by `step` from start to start."""
    rng = np.random.default_rng(0)
    rise = step * np.arange(starts)
    return float(
        np.mean([trend_p(rng.normal(size=(seeds, starts)) + rise) <= LEVEL for _ in range(DRAWS)])
    )


def pair_power(seeds: int, difference: float) -> float:
    """The share of draws with a difference, of starts that differ by `difference`."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(DRAWS if seeds < 16 else DRAWS // 5, seeds, 2))
    return float(np.mean([pair_p(d[:, 1] - d[:, 0] + difference) <= LEVEL for d in noise]))


def main() -> None:
    """Print one table for trends and one for pairs."""
    print("| starts | step | " + " | ".join(f"{n} seeds" for n in SEEDS) + " |")
    print("| --: | --: |" + " --: |" * len(SEEDS))
    for starts in (3, 4):
        for step in (0.25, 0.5, 1.0):
            powers = " | ".join(f"{trend_power(n, starts, step):.2f}" for n in SEEDS)
            print(f"| {starts} | {step:g} | {powers} |")
    print("\n| difference | " + " | ".join(f"{n} seeds" for n in SEEDS) + " |")
    print("| --: |" + " --: |" * len(SEEDS))
    for difference in (0.5, 1.0, 1.5, 2.0):
        powers = " | ".join(f"{pair_power(n, difference):.2f}" for n in SEEDS)
        print(f"| {difference:g} | {powers} |")


if __name__ == "__main__":
    main()
