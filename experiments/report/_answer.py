"""One answer about one network as a page."""

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from matplotlib.figure import Figure

from ._frame import framed
from ._markup import escaped
from ._svg import drawing, inline_svg


@runtime_checkable
class Answer(Protocol):
    """What `richlazy_jax.laziness` and `richlazy_jax.fast_forward` give."""

    @property
    def sentence(self) -> str:
        """What was found, in a sentence or two."""
        ...

    @property
    def said(self) -> tuple[str, ...]:
        """What was taken for granted."""
        ...

    def table(self) -> list[tuple[str, str]]:
        """Names and values."""
        ...


def answer_report(
    name: str,
    question: str,
    answer: Answer,
    *,
    said: tuple[str, ...] = (),
    figures: Mapping[str, Callable[[], Figure]] | None = None,
    explained: Mapping[str, str] | None = None,
) -> str:
    """A page about one network, which needs no other file and no network connection.

    Args:
        name: the heading, such as the name of a file.
        question: what was asked.
        answer: what was found.
        said: what else was taken for granted, such as how the file was read.
        figures: functions that draw, by what the figure shows.
        explained: words of the page, and what they mean.
    """
    drawn = ""
    for i, (title, draw) in enumerate((figures or {}).items()):
        with drawing():
            svg = inline_svg(draw(), f"figure-{i}", title)
        drawn += (
            f'<figure class="card"><figcaption>{escaped(title)}</figcaption>'
            f'<div class="chart">{svg}</div></figure>'
        )
    granted = "".join(f"<li>{escaped(each)}</li>" for each in (*said, *answer.said))
    rows = "".join(
        f"<tr><td>{escaped(row)}</td><td>{escaped(value)}</td></tr>"
        for row, value in answer.table()
    )
    words = "".join(
        f"<li><strong>{escaped(word)}</strong>: {escaped(meaning)}</li>"
        for word, meaning in (explained or {}).items()
    )
    sections = [
        ("The answer", f'<p class="headline">{escaped(answer.sentence)}</p>'),
        ("Figures", drawn and f'<div class="figures">{drawn}</div>'),
        ("All measures", f'<div class="scroll"><table><tbody>{rows}</tbody></table></div>'),
        ("What was read and taken for granted", granted and f"<ul>{granted}</ul>"),
        ("What the words mean", words and f"<ul>{words}</ul>"),
    ]
    return framed(name, question, sections)
