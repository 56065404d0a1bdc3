"""How much of a low participation ratio each null explains."""

import numpy as np
import pytest
import scipy.sparse as sp

import richlazy_jax as rj
from experiments.inspection import (
    Ladder,
    Rung,
    Share,
    affordable_draws,
    ladder,
    ladder_lines,
    sentence,
)
from experiments.inspection import _ladder as private
from richlazy_jax._host import host_generator, host_keys


def rung(found, null):
    return next(each for each in found.rungs if each.null == null)


@pytest.mark.parametrize(
    ("name", "null_mean", "left"),
    [("celegans_varshney2011", 54.5, 0.40), ("celegans_witvliet2021_adult8", 22.8, 0.27)],
)
def test_most_of_the_worms_low_rank_is_degrees_and_out_strengths(name, null_mean, left):
    """Beside another implementation of the swaps, of which 20 draws had these means."""
    weights = rj.shipped_connectome(name).weights
    found = ladder(sp.csr_array(weights), draws=20)
    degrees = rung(found, "degrees")
    # Two means of 20 draws, whose range of 95 % holds about four standard deviations.
    error = (degrees.high - degrees.low) / 4 * np.sqrt(2 / 20)
    assert abs(degrees.mean - null_mean) < 4 * error
    assert degrees.left.low < degrees.left.mean < degrees.left.high
    assert degrees.left.mean == pytest.approx(left, abs=0.04)
    # By singular values, and by the closed form of large Gaussian matrices.
    squares = np.linalg.svd(weights, compute_uv=False) ** 2
    assert found.measured == pytest.approx(squares.sum() ** 2 / (squares**2).sum())
    n = len(weights)
    assert rung(found, "gaussian").mean == pytest.approx(n**2 / (2 * n + 1), rel=3 / n)
    assert f"explain {100 * (1 - degrees.left.mean):.0f} % (" in sentence(found)
    # What rungs explain adds up to what the last of them leaves.
    main = [each for each in found.rungs if each.null != "gaussian"]
    assert sum(each.explains.mean for each in main) == pytest.approx(1 - main[-1].left.mean)


def test_shares_are_those_of_logarithms_of_the_draws():
    rng = np.random.default_rng(0)
    w = sp.csr_array((rng.random((30, 30)) < 0.2) * rng.lognormal(0, 1, (30, 30)))
    labels, places = rng.integers(0, 2, 30), rng.random((30, 2))
    ticks = []
    found = ladder(
        w, 8, 3, classes=labels, coordinates=places, on_draw=lambda *now: ticks.append(now)
    )
    assert [each.null for each in found.rungs] == list(rj.NULLS)
    total = 8 * len(rj.NULLS)
    # Both nulls of degrees come at once.
    assert ticks[-1] == (total, total)
    assert len(ticks) == total - 8
    ratios = {}
    for number, null in enumerate(rj.NULLS):
        more = {"classes": {"classes": labels}, "distances": {"coordinates": places}}
        squares = [
            np.linalg.svd(
                rj.null_weights(each, w.toarray(), null, **more.get(null, {})), compute_uv=False
            )
            ** 2
            for each in host_keys(3, number, 8)
        ]
        ratios[null] = np.array([s.sum() ** 2 / (s**2).sum() for s in squares])
    bare = []
    keys = zip(host_keys(3, 2, 8), host_keys(3, 3, 8), strict=True)
    for for_weights, for_swaps in keys:
        drawn = rj.null_weights(for_swaps, w, "degrees")
        one = private.weights_anywhere(host_generator(for_weights), drawn).toarray()
        for axis in (0, 1):
            assert np.array_equal((one != 0).sum(axis), (w.toarray() != 0).sum(axis))
        assert np.array_equal(np.sort(one[one != 0]), np.sort(w.data[w.data != 0]))
        assert np.array_equal(np.diag(one), w.diagonal())
        squares = np.linalg.svd(one, compute_uv=False) ** 2
        bare.append(squares.sum() ** 2 / (squares**2).sum())
    # By other swaps the same null has the same mean, within four errors of the difference.
    other = ratios["bare_degrees"]
    error = np.sqrt((np.var(bare, ddof=1) + np.var(other, ddof=1)) / 8)
    assert abs(np.mean(bare) - other.mean()) < 4 * error
    ratios["bare_degrees"] = np.array(bare)
    logs = {null: np.log(each).mean() for null, each in ratios.items()}
    fall = logs["gaussian"] - np.log(found.measured)
    below = dict(zip(rj.NULLS, ["gaussian", *rj.NULLS], strict=False))
    below |= {"classes": "degrees", "distances": "degrees"}
    for each in found.rungs:
        assert each.mean == pytest.approx(ratios[each.null].mean())
        step = (logs[below[each.null]] - logs[each.null]) / fall
        assert each.explains.mean == pytest.approx(step, abs=1e-12)
        left = (logs[each.null] - np.log(found.measured)) / fall
        assert each.left.mean == pytest.approx(left)
        assert each.left.low <= each.left.mean <= each.left.high
    lines = ladder_lines(found)
    assert sum(line.startswith("| ") for line in lines) == len(rj.NULLS) + 2


def test_large_gaussian_matrices_are_not_drawn_and_spread_as_if_they_were(monkeypatch):
    """At a size where both can be had."""
    w = sp.csr_array(np.eye(120, k=1))
    drawn = rung(ladder(w, 60), "gaussian")
    monkeypatch.setattr(private, "DRAWN_GAUSSIAN", 0)
    known = rung(ladder(w, 60), "gaussian")
    # The mean of 60 draws with the standard deviation P / n of each.
    assert drawn.mean == pytest.approx(known.mean, rel=4 / (120 * np.sqrt(60)))
    # A width of 60 draws is within a third of that of many, or more than four errors away.
    assert (drawn.high - drawn.low) == pytest.approx(known.high - known.low, rel=0.35)


def made(measured, low, high, left):
    share = Share(left, left - 0.02, left + 0.02)
    gaussian = Rung("gaussian", "", 100, 99, 101, Share(0, 0, 0), Share(1, 1, 1))
    return Ladder(
        measured, 20, (gaussian, Rung("degrees", "", (low + high) / 2, low, high, share, share))
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (made(20, 38, 42, 0.4), "explain 60 % (58 to 62 %) of the fall; 40 % is left for what"),
        (made(40, 38, 42, 0.0), "nothing is clearly left"),
        (made(50, 38, 42, -0.2), "by themselves they would make the ratio lower than it is"),
        (made(100, 38, 42, 0.4), "does not lie below that of Gaussian weights"),
    ],
)
def test_sentences(found, said):
    assert said in sentence(found)


def test_where_nothing_falls_there_are_no_shares_of_it():
    assert "40 %" in "".join(ladder_lines(made(20, 38, 42, 0.4)))
    # The only percentages left are those of intervals.
    assert "".join(ladder_lines(made(100, 38, 42, 0.4))).count("%") == 2


def test_whole_brains_get_fewer_draws():
    assert [affordable_draws(m, 20) for m in (0, 2_194, 110_000, 2_700_000)] == [20, 20, 9, 2]
    assert affordable_draws(2_700_000, 1) == 1


def test_few_draws_have_no_intervals():
    found = ladder(sp.csr_array(np.eye(5, k=1) + np.eye(5, k=-2)), draws=2)
    assert np.isnan(rung(found, "degrees").left.low)
    assert " to nan" not in "".join(ladder_lines(found))


@pytest.mark.parametrize(
    ("weights", "draws", "message"),
    [(np.eye(3), 1, "draws is 1"), (np.zeros((3, 3)), 2, "weights is zero everywhere")],
)
def test_bad_input(weights, draws, message):
    with pytest.raises(ValueError, match=message):
        ladder(sp.csr_array(weights), draws)
