"""Tables that commands print: nothing is cut or broken inside a word at 80 columns."""

import io
import re
from collections import Counter

import numpy as np
import pytest
import xarray as xr

from experiments.cli import _compare, _means
from experiments.cli._said import PlainConsole
from experiments.findings import MEASURES, Summary

COLUMNS = (*MEASURES, "loss", "accuracy")


def side_by_side(ranks, seeds, diverged=0):
    """Means whose intervals are as long as they may be, below zero and with exponents."""
    generator = np.random.default_rng(3)
    shape = len(ranks), seeds
    values = {name: -1.2345e-5 * (1 + generator.random(shape)) for name in COLUMNS}
    values["diverged"] = np.zeros(shape, bool)
    values["diverged"][0, :diverged] = True
    return xr.Dataset(
        {name: (("start", "seed"), of) for name, of in values.items()},
        {"start": [f"rank {rank}" for rank in ranks], "seed": np.arange(seeds)},
    )


def printed(width, print_to):
    file = io.StringIO()
    print_to(PlainConsole(width=width, file=file))
    return file.getvalue()


def require_whole(print_to):
    """Nothing is wider than 80 columns, cut, or otherwise broken than between words."""
    narrow, wide = (printed(width, print_to) for width in (80, 1000))
    assert max(len(line.rstrip()) for line in narrow.splitlines()) <= 80
    assert "…" not in narrow
    found, expected = (Counter(re.sub("─+", "", text).split()) for text in (narrow, wide))
    assert found == expected
    return narrow


SENTENCES = [
    "Kernel alignment: lazier with rank over ranks 1, 30, 100, 300 (mean Spearman within seeds "
    "+0.98, 95 % interval +0.94 to +1.00, p = 0.0011 after Holm, 10 seeds).",
    "Hardly trained: rank 1, whose loss fell by less than half.",
]


def test_means_of_a_figure():
    dataset = side_by_side((1, 30, 100, 300), 9, diverged=2)
    summary = Summary("sMNIST (mnist-5k)", "N = 300, 10 seeds; means.", COLUMNS, SENTENCES)
    shown = require_whole(lambda console: _means.tell_means(console, dataset, summary))
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[0] == "sMNIST (mnist-5k)"
    first = lines.index(next(line for line in lines if line.startswith("kernel alignment")))
    assert [line.split()[:2] for line in lines[first + 1 : first + 4]] == [
        ["rank", "30"],
        ["rank", "100"],
        ["rank", "300"],
    ]
    assert "networks that diverged rank 1 2" in lines


def test_divergence_is_told_where_there_is_some():
    table = _means.means(side_by_side((1, 30), 9), COLUMNS)
    assert "diverged" not in printed(80, lambda console: console.print(table))


@pytest.mark.parametrize("seeds", [3, 9])
def test_two_studies_beside_each_other(seeds):
    one, other = (side_by_side((1,), n).isel(start=0) for n in (seeds, seeds + 1))
    shown = require_whole(
        lambda console: console.print(_compare._table("low_rank(rank=1, keep=a)", one, other))
    )
    assert shown.startswith("low_rank(rank=1, keep=a)")


def test_a_cell_is_named_by_what_others_do_not_share():
    keys = [("2AF", f"low_rank(rank={rank}, keep=a)", "n_hidden 10") for rank in (1, 5)]
    shared = set.intersection(*map(set, keys))
    assert [_compare._without(key, shared) for key in keys] == [
        "low_rank(rank=1, keep=a)",
        "low_rank(rank=5, keep=a)",
    ]
    # A study of one cell.
    assert _compare._without(keys[0], set(keys[0])) == "2AF, low_rank(rank=1, keep=a)"


def test_prose_ends_between_words_in_a_terminal_and_nowhere_else():
    path = "/folder" * 15

    def say(terminal):
        file = io.StringIO()
        PlainConsole(width=80, file=file, force_terminal=terminal).say(f"{SENTENCES[0]} {path}")
        return file.getvalue()

    assert say(False) == f"{SENTENCES[0]} {path}\n"
    *lines, last = say(True).splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(lines) == SENTENCES[0]
    # What could be copied is whole.
    assert last == path
