"""What is shipped is what was published."""

import csv
from importlib import resources

import jax.numpy as jnp
import numpy as np
import pytest

import theory
from richlazy_jax.connectomes import SHIPPED, receive_only, shipped_connectome

FACTS = {
    "celegans_varshney2011": (279, 2194, 6394, 29.11),
    "celegans_witvliet2021_adult8": (180, 1933, 7099, 13.84),
}


def test_all_are_here():
    assert set(SHIPPED) == set(FACTS)


@pytest.mark.parametrize("name", FACTS)
def test_numbers(name):
    c = shipped_connectome(name)
    nodes, edges, synapses, ratio = FACTS[name]
    assert (len(c.names), np.count_nonzero(c.weights), c.weights.sum()) == (nodes, edges, synapses)
    assert not c.weights.diagonal().any()
    # Given to two digits; the theory is in float32.
    w = jnp.asarray(c.weights, jnp.float32)
    np.testing.assert_allclose(theory.effective_rank(w), ratio, atol=6e-3)
    s2 = np.linalg.svd(c.weights, compute_uv=False) ** 2
    np.testing.assert_allclose(s2.sum() ** 2 / (s2**2).sum(), ratio, atol=5.1e-3)


@pytest.mark.parametrize("name", FACTS)
def test_every_line_is_in_its_place(name):
    c = shipped_connectome(name)
    text = (resources.files("richlazy_jax.connectomes") / "data" / f"{name}.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert all(
        c.weights[c.names.index(row["post"]), c.names.index(row["pre"])] == float(row["synapses"])
        for row in rows
    )


def test_sources_are_citations():
    assert "Varshney et al. (2011)" in shipped_connectome("celegans_varshney2011").source
    assert "Witvliet et al. (2021)" in shipped_connectome("celegans_witvliet2021_adult8").source


def test_well_known_neurons_are_where_they_should_be():
    c = shipped_connectome("celegans_varshney2011")
    # The command interneurons of backward movement receive most.
    most = np.argsort(c.weights.sum(axis=1))[-2:]
    assert {c.names[i] for i in most} == {"AVAL", "AVAR"}
    # D motor neurons of the tail make synapses on muscle only.
    assert {"DD06", "VD09"} < set(receive_only(c))


def test_other_names():
    with pytest.raises(ValueError, match=r"name is 'celegans'; .*'celegans_varshney2011'"):
        shipped_connectome("celegans")
