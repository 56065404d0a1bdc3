"""Studies made up by hand: no network is trained. And pages read without a browser."""

from html.parser import HTMLParser

import numpy as np
import pytest
import xarray as xr

from experiments.cli._kinds import EXPERIMENTS
from experiments.engine import cells, spec_grids
from richlazy_jax.studies import create_study, write_cell

SPEC = """
task: 2AF
start:
  - {kind: low_rank, rank: [1, 5, 20]}
  - {kind: null}
n_hidden: 20
seeds: 8
"""
ENVIRONMENT = {"python": "3.11", "devices": [{"kind": "cpu"}], "git": None}
FIELDS = {
    "experiment": "recurrent",
    "task": "2AF",
    "n_hidden": 20,
    "learning_rate": 0.003,
    "listed": ["a", "b"],
}


def low_rank(rank):
    """What a record says of a start of low rank."""
    return {"kind": "low_rank", "rank": rank, "keep": "frobenius"}


def wanted_of(spec):
    """The cells that a specification asks for."""
    return [cell.wanted() for cell in cells(spec_grids(spec, EXPERIMENTS))]


class MadeStudy:
    """A study to which cells of chosen numbers may be added."""

    def __init__(self, path, spec=SPEC):
        self.path = path
        self.wanted = wanted_of(spec)
        create_study(path, spec, ENVIRONMENT, self.wanted)

    def add(self, start, values, *, rank=None, coords=None, **fields):
        """A cell: `start` is its label, or a pair of label and record; `values` are by seed."""
        label, kept = (start, {"kind": start}) if isinstance(start, str) else start
        seeds = len(next(iter(values.values())))
        more = {} if rank is None else {"rank": rank}
        dataset = xr.Dataset(
            {name: ("seed", np.asarray(each)) for name, each in values.items()},
            {"seed": range(seeds), "start": label, **more, **(coords or {})},
        )
        return write_cell(self.path, FIELDS | {"start": kept} | fields, dataset)

    def add_ranks(self, means, *, spread=0.02, seeds=8, random_seed=0, null=None, **fields):
        """Cells of low rank whose kernel alignment has the given means by rank."""
        rng = np.random.default_rng(random_seed)
        of_seed = rng.normal(size=seeds)
        for rank, mean in means.items():
            values = made_values(mean + spread * (rng.normal(size=seeds) + of_seed), rng)
            self.add((f"rank {rank}", low_rank(rank)), values, rank=rank, **fields)
        if null is not None:
            values = made_values(null + spread * (rng.normal(size=seeds) + of_seed), rng)
            self.add(("null", {"kind": "null"}), values, **fields)

    def add_linear(self, rank, alignment, expected, spread):
        """A cell of linear networks with its theory."""
        values = {
            "kernel_alignment": alignment,
            "expected_kernel_alignment": expected,
            "expected_kernel_alignment_sd": spread,
            "loss": np.full(len(alignment), 1e-9),
        }
        record = {"experiment": "linear", "task": "linear", "start": low_rank(rank)}
        dataset = xr.Dataset(
            {name: ("seed", np.asarray(each)) for name, each in values.items()},
            {"seed": range(len(alignment)), "start": f"rank {rank}", "rank": rank},
        )
        return write_cell(self.path, record, dataset)


def made_values(alignment, rng):
    """All measures of networks that learned, of which kernel alignment alone depends on start."""
    n = len(alignment)
    return {
        "kernel_alignment": np.float32(alignment),
        "weight_change_norm": np.float32(rng.uniform(1, 2, n)),
        "loss": np.float32(rng.uniform(0.03, 0.031, n)),
        "first_loss": np.float32(rng.uniform(1, 1.1, n)),
        "accuracy": np.float32(rng.uniform(0.85, 0.86, n)),
        "diverged": np.zeros(n, bool),
    }


@pytest.fixture
def made(tmp_path):
    """A function that begins a study."""
    return lambda name="study", **how: MadeStudy(tmp_path / name, **how)


@pytest.fixture(scope="session")
def made_at():
    """The same, at a path, for studies that several tests read."""
    return MadeStudy


class Page(HTMLParser):
    """A page as a reader of strict HTML sees it.

    - `faults`: elements that are closed in the wrong order or not at all.
    - `attributes`: triples of element, name and value.
    - `texts`: text with the element it stands in, scripts and styles among them.
    - `tables`: of each table, its rows of texts; the first is that of headings.
    """

    VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})

    def __init__(self, html):
        super().__init__()
        self.faults, self.attributes, self.texts, self.tables = [], [], [], []
        self.open = []
        self.feed(html)
        self.close()
        self.faults += self.open

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"/{tag}")

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data

    @property
    def text(self):
        """What a reader sees, spaces made single."""
        seen = (data for tag, data in self.texts if tag not in ("script", "style"))
        return " ".join("".join(seen).split())

    @property
    def cells(self):
        """The table of cells: a dictionary for each row."""
        heads, *rows = self.tables[-1]
        return [dict(zip(heads, row, strict=True)) for row in rows]


@pytest.fixture(scope="session")
def read():
    """A function that reads a page."""
    return Page
