"""The table of NeuroGym environments says what happens, and the figure is made as written."""

import importlib.metadata
import logging
import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import richlazy_jax as rj

from ._pages import ROOT, blocks

PAGE = ROOT / "docs" / "howto" / "task.md"
TABLE = dict(
    re.findall(r"^\| `([\w-]+)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
)
SAID_OF = re.search(r"all that NeuroGym ([\d.]+) registers", PAGE.read_text(encoding="utf-8"))

try:
    from neurogym.envs.registration import all_envs  # pyright: ignore[reportMissingImports]
except ImportError as error:
    all_envs = tuple
    pytestmark = [
        pytest.mark.slow,
        pytest.mark.skip(reason=f"no NeuroGym: {error}"),
    ]
else:
    # What it warns of is no concern of these tests.
    pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
    logging.getLogger("neurogym").setLevel(logging.CRITICAL)


def of_the_release():
    """Whether the installed NeuroGym is the one that the table is of."""
    assert SAID_OF is not None
    return importlib.metadata.version("neurogym") == SAID_OF[1]


def test_the_table_names_every_environment():
    if not of_the_release():
        pytest.skip("the table is of another release")
    assert set(TABLE) == set(all_envs())


@pytest.mark.parametrize("name", TABLE)
def test_an_environment_trains_or_is_refused_as_the_table_says(name):
    if not of_the_release():
        pytest.skip("the table is of another release")
    if TABLE[name] != "yes":
        # An environment that lacks arguments is refused by NeuroGym itself.
        with pytest.raises((ValueError, TypeError), match=re.escape(TABLE[name])):
            rj.neurogym_task(name)
        return
    task = rj.neurogym_task(name, weighted=True)
    first, again, other = (task.sample(jax.random.key(seed), 24) for seed in (0, 0, 1))
    jax.tree.map(np.testing.assert_array_equal, first, again)
    assert (np.asarray(first.inputs) != np.asarray(other.inputs)).any() or (
        np.asarray(first.labels) != np.asarray(other.labels)
    ).any()
    assert first.inputs.shape == (24, task.n_steps, task.n_inputs)
    assert first.labels.shape == (24, task.n_steps)
    assert first.weights is not None
    assert first.weights.shape == (24, task.n_steps)
    assert np.isfinite(first.inputs).all()
    assert 0 <= first.labels.min() <= first.labels.max() < task.n_outputs

    network = rj.rnn(task.n_inputs, 20, task.n_outputs)

    def loss(params, trials):
        return rj.sequence_cross_entropy(rj.rnn_apply(params, trials.inputs), trials)

    before = jax.tree.map(lambda leaf: jnp.stack([leaf]), network.init(jax.random.key(2)))
    runs = rj.train_runs(
        loss,
        before,
        optax.adam(0.003),
        lambda key: task.sample(key, 16),
        jax.random.split(jax.random.key(3), 1),
        100,
    )
    # On trials that training did not see, so that a lucky batch does not count.
    held = task.sample(jax.random.key(4), 200)
    was, became = (
        float(loss(jax.tree.map(lambda leaf: leaf[0], params), held))
        for params in (before, runs.params)
    )
    assert became < was


def test_from_an_environment_to_a_figure(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"rj": rj}
    for block in blocks(PAGE):
        if block.note == "not run: needs the extra neurogym":
            exec(compile(block.code, "task.md", "exec"), names)
    assert (tmp_path / "neurogym.png").stat().st_size > 1_000
