"""Fewer nodes, with their zeros, signs and names."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj

KEY = jax.random.key(0)


def worm():
    diagram = rj.shipped_connectome("celegans_varshney2011")
    return diagram.signed(rj.gabaergic_signs(diagram.names))


def degrees_of(connectome):
    return dict(
        zip(
            connectome.names,
            (connectome.weights != 0).sum(0) + (connectome.weights != 0).sum(1),
            strict=True,
        )
    )


def made(n, seed):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(n, n)) * (rng.random((n, n)) < rng.random(n)[:, None])
    weights[0, 1] = weights[1, 0] = 1.0
    return rj.Connectome(tuple(f"n{i}" for i in range(n)), weights + np.eye(n), "made")


@given(n=st.integers(3, 40), data=st.data())
def test_what_is_left_is_a_part_of_what_was_there(n, data):
    whole, size = made(n, data.draw(st.integers(0, 99))), data.draw(st.integers(2, n))
    part = rj.subsampled_connectome(jax.random.key(data.draw(st.integers(0, 99))), whole, size)
    assert len(part.names) == size
    places = [whole.names.index(name) for name in part.names]
    assert places == sorted(places)
    np.testing.assert_array_equal(part.weights, whole.weights[np.ix_(places, places)])
    # Degrees in the whole: the two distributions differ by no more than one node of the part.
    all_degrees = degrees_of(whole)
    of_whole, of_part = list(all_degrees.values()), [all_degrees[name] for name in part.names]
    for degree in of_whole:
        difference = np.mean(np.array(of_whole) <= degree) - np.mean(np.array(of_part) <= degree)
        assert abs(difference) <= 1 / size + 1e-9


def test_every_node_is_kept_as_often():
    whole, size, draws = made(12, 0), 5, 600
    kept = [
        rj.subsampled_connectome(key, whole, size).names for key in jax.random.split(KEY, draws)
    ]
    for name in whole.names:
        share = np.mean([name in names for names in kept])
        assert abs(share - size / 12) < 4 * np.sqrt(size / 12 * (1 - size / 12) / draws)


def test_classes_keep_their_shares():
    whole = worm()
    classes = {
        name: "inhibits" if sign < 0 else "excites"
        for name, sign in zip(whole.names, rj.gabaergic_signs(whole.names), strict=True)
    }
    classes["somebody else"] = "excites"
    for seed in range(20):
        part = rj.subsampled_connectome(jax.random.key(seed), whole, 100, classes)
        inhibiting = sum(classes[name] == "inhibits" for name in part.names)
        assert abs(inhibiting - 100 * 26 / 279) < 1


def test_density_stays_on_average():
    whole = worm()
    parts = [rj.subsampled_connectome(key, whole, 140) for key in jax.random.split(KEY, 40)]
    found = np.array([(part.weights != 0).sum() / (140 * 139) for part in parts])
    wanted = (whole.weights != 0).sum() / (279 * 278)
    # Pairs of nodes are not drawn independently, so that this holds about and not exactly.
    assert abs(found.mean() - wanted) < 0.1 * wanted


def test_a_key_decides_all_and_the_whole_is_itself():
    whole = worm()
    first, again = (rj.subsampled_connectome(KEY, whole, 50).names for _ in range(2))
    assert first == again
    assert first != rj.subsampled_connectome(jax.random.key(1), whole, 50).names
    np.testing.assert_array_equal(rj.subsampled_connectome(KEY, whole, 279).weights, whole.weights)


def test_bad_input(no_shape_checks):
    whole = made(5, 0)
    for size in (1, 6):
        with pytest.raises(ValueError, match=f"size is {size}"):
            rj.subsampled_connectome(KEY, whole, size)
    with pytest.raises(ValueError, match="no class for 'n1', and misses 4 of 5"):
        rj.subsampled_connectome(KEY, whole, 3, {"n0": "a"})
