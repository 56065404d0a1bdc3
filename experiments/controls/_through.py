"""When to look at networks on their way through training."""


def updates_of(iterations: int) -> tuple[int, ...]:
    """Updates to look at: 0, then 1, 2 and 5 of each power of ten, and the last."""
    grid = (d * 10**k for k in range(len(str(iterations))) for d in (1, 2, 5))
    return (0, *(update for update in grid if update < iterations), iterations)
