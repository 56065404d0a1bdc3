"""Nodes that dominate, and nodes that only receive."""

import numpy as np
import pytest
import scipy.sparse

from richlazy_jax.connectomes import (
    SHIPPED,
    Connectome,
    dominating_nodes,
    receive_only,
    shipped_connectome,
)


def ratio(w):
    s2 = np.linalg.svd(w, compute_uv=False) ** 2
    return s2.sum() ** 2 / (s2**2).sum()


def with_muscle(c, synapses=1405, senders=120, seed=0):
    """A node that receives from many and sends to none."""
    rng = np.random.default_rng(seed)
    n = len(c.names)
    w = np.zeros((n + 1, n + 1))
    w[:n, :n] = c.weights
    chosen = rng.choice(n, senders, replace=False)
    w[n, chosen] = rng.multinomial(synapses, np.full(senders, 1 / senders))
    return Connectome((*c.names, "MUSCLE"), w, "with a muscle")


@pytest.mark.parametrize("name", SHIPPED)
def test_no_neuron_dominates(name):
    assert dominating_nodes(shipped_connectome(name)) == []


def test_a_muscle_does():
    c = shipped_connectome("celegans_varshney2011")
    whole = with_muscle(c)
    found = dominating_nodes(whole)
    assert [node.name for node in found] == ["MUSCLE"]
    (muscle,) = found
    assert muscle.side == "receives"
    np.testing.assert_allclose(muscle.share, np.linalg.svd(whole.weights)[0][-1, 0] ** 2, rtol=1e-9)
    np.testing.assert_allclose(muscle.ratio_with, ratio(whole.weights), rtol=1e-9)
    np.testing.assert_allclose(muscle.ratio_without, ratio(c.weights), rtol=1e-9)


def test_the_worst_first_and_the_next_without_it():
    w = np.random.default_rng(0).standard_normal((30, 30))
    w[3] *= 20
    w[:, 7] *= 9
    c = Connectome(tuple(f"n{i}" for i in range(30)), w, "stars")
    found = dominating_nodes(c)
    assert [(node.name, node.side) for node in found] == [("n3", "receives"), ("n7", "sends")]
    rest = np.delete(np.delete(w, 3, 0), 3, 1)
    np.testing.assert_allclose(found[0].ratio_without, ratio(rest), rtol=1e-9)
    np.testing.assert_allclose(found[1].ratio_with, ratio(rest), rtol=1e-9)
    # n7 is the sixth of what is left.
    np.testing.assert_allclose(found[1].share, np.linalg.svd(rest)[2][0, 6] ** 2, rtol=1e-9)
    np.testing.assert_allclose(found[1].ratio_without, ratio(c.without("n3", "n7").weights))
    assert dominating_nodes(c, most=1) == found[:1]


@pytest.mark.parametrize("sends", [True, False])
def test_of_two_ends_of_one_edge_the_worse_goes(sends):
    """Either holds its vector, but n2 has large weights besides."""
    w = np.random.default_rng(0).standard_normal((12, 12))
    w[:, 2] *= 4
    w[1, 2] = 50
    w = w if sends else w.T
    u, _, vt = np.linalg.svd(w)
    held = (u[1, 0], vt[0, 2]) if sends else (u[2, 0], vt[0, 1])
    assert min(np.square(held)) > 0.9
    c = named(w)
    without_1, without_2 = ratio(c.without("n1").weights), ratio(c.without("n2").weights)
    assert 1.1 * ratio(w) < 1.1 * without_1 < without_2
    first, *rest = dominating_nodes(c)
    assert (first.name, first.side) == ("n2", "sends" if sends else "receives")
    np.testing.assert_allclose(first.ratio_without, without_2)
    assert rest == []


def test_both_conditions_are_needed():
    # One node has all of the leading vector, but the rest is of rank one without it.
    w = np.zeros((4, 4))
    w[0, 1], w[2, 3] = 2.0, 1.9
    assert dominating_nodes(Connectome(tuple("abcd"), w, "pairs")) == []
    # Two alike share the leading vector.
    rng = np.random.default_rng(1)
    w = rng.standard_normal((30, 30))
    w[3] *= 20
    w[4] = w[3]
    names = tuple(f"n{i}" for i in range(30))
    assert dominating_nodes(Connectome(names, w, "twins")) == []
    # Without its centre a star is nothing.
    w = np.zeros((4, 4))
    w[0, 1:] = 1.0
    assert dominating_nodes(Connectome(tuple("abcd"), w, "star")) == []


def chain(n_others=20):
    """Singular values of 1, of nodes behind the first ten, which are left free."""
    w = np.zeros((n_others + 11, n_others + 11))
    for i in range(10, n_others + 10):
        w[i, i + 1] = 1.0
    return w


def named(w):
    return Connectome(tuple(f"n{i}" for i in range(len(w))), w, "made")


@pytest.mark.parametrize(("raised", "count"), [(1.09, 0), (1.11, 1)])
def test_how_much_the_ratio_must_rise(raised, count):
    # 20 (x^2 + 20) = raised (x + 20)^2, for the squared weight x of a node beside 20 ones.
    x = np.roots([20 - raised, -40 * raised, 400 - 400 * raised]).max()
    w = chain()
    w[0, 1:5] = np.sqrt(x) / 2
    np.testing.assert_allclose(20 / ratio(w), raised)
    found = dominating_nodes(named(w))
    assert [(node.name, node.side) for node in found] == [("n0", "receives")] * count
    sent = dominating_nodes(named(w.T))
    assert [(node.name, node.side) for node in sent] == [("n0", "sends")] * count


@pytest.mark.parametrize(("shares", "count"), [((0.52, 0.25, 0.23), 1), ((0.49, 0.26, 0.25), 0)])
def test_how_much_one_node_must_hold(shares, count):
    w = chain()
    for i, share in enumerate(shares):
        w[i, 3:7] = np.sqrt(40 * share) / 2
    # The ratio rises enough in both cases.
    assert ratio(np.delete(np.delete(w, 0, 0), 0, 1)) > 1.5 * ratio(w)
    found = dominating_nodes(named(w), most=1)
    assert [node.name for node in found] == ["n0"] * count
    np.testing.assert_allclose([node.share for node in found], [shares[0]] * count)


@pytest.mark.parametrize("most", [0, -1, 2.0, True])
def test_most_is_a_whole_number(no_shape_checks, most):
    with pytest.raises(ValueError, match=rf"most is {most}; .*whole number >= 1"):
        dominating_nodes(shipped_connectome(SHIPPED[1]), most)


def test_receive_only():
    # c only receives, a only sends, d does neither; b's weights cancel in every sum.
    w = np.zeros((4, 4))
    w[1, 0], w[2, 1], w[1, 1], w[2, 0] = 1.0, -1.0, 1.0, 2.0
    assert receive_only(Connectome(tuple("abcd"), w, "four")) == ("c",)
    c = with_muscle(shipped_connectome("celegans_varshney2011"))
    only = receive_only(c)
    assert "MUSCLE" in only
    senders = {c.names[j] for j in np.nonzero(c.weights)[1]}
    receivers = {c.names[i] for i in np.nonzero(c.weights)[0]}
    assert set(only) == receivers - senders


@pytest.mark.slow
def test_beyond_the_size_of_a_whole_decomposition():
    """The same node is found by the leading vectors alone, with the ratios of a dense array."""
    n = 1_200
    rng = np.random.default_rng(3)
    w = scipy.sparse.random_array((n, n), density=0.01, rng=rng, format="lil")
    w[5, :] = rng.random(n) * 10
    c = Connectome([f"n{i}" for i in range(n)], w, "large")
    (node,) = dominating_nodes(c)
    assert (node.name, node.side) == ("n5", "receives")
    dense = c.weights
    np.testing.assert_allclose(node.ratio_with, ratio(dense), rtol=1e-9)
    np.testing.assert_allclose(node.ratio_without, ratio(c.without("n5").weights), rtol=1e-9)
    np.testing.assert_allclose(node.share, np.linalg.svd(dense)[0][5, 0] ** 2, rtol=1e-6)
