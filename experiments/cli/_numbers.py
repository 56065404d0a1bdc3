"""Numbers from one option."""


def whole_numbers(option: str, text: str) -> tuple[int, ...]:
    """Whole numbers with commas between.

    Raises:
        ValueError: there is something else.
    """
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"{option} is {text!r}; allowed are whole numbers with commas between."
        ) from None
