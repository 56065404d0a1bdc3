"""The rule for verdicts: its tests computed anew, its false positives, and what it refuses."""

import itertools
import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.findings import (
    LEVEL,
    MEASURES,
    at_equal_loss,
    comparison_of,
    correlations,
    families_of,
    findings,
    glass_delta,
    holm,
    least_pair_p,
    least_trend_p,
    mean_and_interval,
    mean_with_interval,
    pair_p,
    sampling_error,
    sentences,
    tables_of,
    trend_p,
    trend_row,
    warnings_of,
)
from experiments.findings._cell import cell_of
from experiments.findings._sentences import headline
from experiments.findings._verdicts import Contrast, Findings, Verdict

MEASURE = "kernel_alignment"


def dataset_of(values, starts=None, *, ranks=True, **others):
    """Networks that learned, of one measure, starts by seeds."""
    values = np.asarray(values, float)
    many, shape = len(values), values.shape
    levels = [1, 30, 100, 300, 500][:many]
    data = {MEASURE: values, "loss": np.full(shape, 0.03), "first_loss": np.ones(shape)} | others
    coords = {"start": starts or [f"rank {r}" for r in levels], "seed": range(shape[1])}
    if ranks:
        coords["rank"] = ("start", levels)
    return xr.Dataset({name: (("start", "seed"), v) for name, v in data.items()}, coords)


def found_of(*args, **kwargs):
    return findings([comparison_of(dataset_of(*args, **kwargs))])


# --- tests


@pytest.mark.parametrize(("seeds", "starts"), [(2, 3), (3, 3), (2, 4), (4, 3)])
def test_trend_p_is_the_share_of_all_orders_of_all_seeds(seeds, starts):
    rng = np.random.default_rng(seeds * 10 + starts)
    orders = np.array(list(itertools.permutations(range(1, starts + 1))))
    weight = np.arange(1, starts + 1)
    per_seed = orders @ weight
    sums = np.array([sum(of) for of in itertools.product(per_seed, repeat=seeds)])
    for _ in range(6):
        values = rng.normal(size=(seeds, starts)) + rng.normal(size=(seeds, 1)) * 50
        ranks = values.argsort(axis=1).argsort(axis=1) + 1
        page = (ranks @ weight).sum()
        two_sided = 2 * min((sums >= page).mean(), (sums <= page).mean())
        assert trend_p(values) == pytest.approx(min(1, two_sided), rel=1e-9)
    assert trend_p(np.tile(weight, (seeds, 1))) == pytest.approx(least_trend_p(seeds, starts))


def test_one_seed_is_no_trend_however_it_looks():
    assert trend_p(np.arange(6.0)[None]) == 1.0
    assert least_trend_p(1, 6) == 1.0
    assert np.isnan(trend_p(np.empty((0, 3))))


def test_two_starts_are_a_pair():
    values = np.random.default_rng(0).normal(size=(7, 2))
    assert trend_p(values) == pair_p(values[:, 1] - values[:, 0])
    assert least_trend_p(7, 2) == least_pair_p(7) == 2 / 2**7


@given(n=st.integers(2, 11), seed=st.integers(0, 999))
def test_pair_p_is_the_share_of_all_swaps(n, seed):
    d = np.random.default_rng(seed).normal(size=n) + 0.5
    signs = np.array(list(itertools.product([1, -1], repeat=n)))
    means = (signs * d).mean(axis=1)
    # Of two equal means, rounding must not count one out.
    share = (abs(means) >= abs(d.mean()) * (1 - 1e-12)).mean()
    assert pair_p(d) == pytest.approx(share, abs=1e-12)
    assert pair_p(d) >= least_pair_p(n)
    assert pair_p(np.arange(1.0, n + 1)) == least_pair_p(n)


def test_many_pairs_are_sampled_and_near_the_exact_value():
    d = np.random.default_rng(3).normal(size=18) + 0.4
    signs = np.array(list(itertools.product([1, -1], repeat=18)), np.int8)
    exact = (abs((signs * d).mean(axis=1)) >= abs(d.mean())).mean()
    error = np.sqrt(exact * (1 - exact) / 2**16)
    assert abs(pair_p(d) - exact) < 3 * error + 2 / 2**16


def test_holm():
    # By hand: 0.01 * 4, 0.02 * 3, 0.03 * 2 = 0.06 again, and 0.04 * 1 kept from falling.
    given_p = np.array([0.03, 0.01, np.nan, 0.04, 0.02])
    np.testing.assert_allclose(holm(given_p), [0.06, 0.04, np.nan, 0.06, 0.06])
    np.testing.assert_allclose(holm(np.array([0.9, 0.8])), [1, 1])


def test_correlations_are_spearmans_of_each_seed():
    from scipy import stats

    values = np.random.default_rng(1).normal(size=(5, 4)).round(1)
    expected = [float(np.asarray(stats.spearmanr(range(4), row))[0]) for row in values]
    np.testing.assert_allclose(correlations(values), expected, atol=1e-12)
    assert correlations(np.ones((1, 3))) == 0


@pytest.mark.parametrize("n", [3, 4, 10])
@pytest.mark.parametrize("rho", [0.0, 0.8, 0.95])
def test_the_effect_size_is_unbiased_however_pairs_correlate(n, rho):
    rng, draws = np.random.default_rng(n), 20_000
    b = rng.normal(size=(draws, n))
    a = 1 + rho * b + math.sqrt(1 - rho**2) * rng.normal(size=(draws, n))
    effects = np.array([glass_delta(*pair) for pair in zip(a, b, strict=True)])
    # The variance of a ratio to a deviation of two degrees of freedom is infinite: a trimmed mean
    # would be biased, so the error is that of means of blocks.
    blocks = effects.reshape(100, -1).mean(axis=1)
    assert abs(effects.mean() - 1) < 4 * blocks.std(ddof=1) / 10


def test_an_effect_without_spread_is_none():
    assert np.isnan(glass_delta(np.ones(4), np.zeros(4)))
    assert np.isnan(glass_delta(np.ones(2), np.arange(2.0)))


# --- intervals


def test_intervals_stay_within_the_range_of_their_values():
    rng = np.random.default_rng(5)
    for _ in range(20):
        values = rng.beta(0.3, 4, size=rng.integers(6, 12))
        mean, low, high = mean_and_interval(values)
        assert values.min() <= low < mean < high <= values.max()


def test_intervals_hold_the_mean_about_as_often_as_they_say():
    rng, draws = np.random.default_rng(6), 300
    found = [mean_and_interval(rng.normal(size=20)) for _ in range(draws)]
    held = np.mean([low <= 0 <= high for _, low, high in found])
    # Of 20 values the bootstrap is a little short: 92 to 95 %, and three errors of so many draws.
    assert 0.92 - 3 * np.sqrt(0.92 * 0.08 / draws) < held <= 1


def test_few_values_have_no_interval():
    assert mean_with_interval(np.array([1.2])) == "1.2 (n = 1)"
    assert mean_with_interval(np.array([1.0, 2.0, np.nan])) == "1.5 (n = 2)"
    assert mean_with_interval(np.full(8, 0.25)) == "0.25 (all alike)"
    # As float32 has an effective rank of 1.
    assert mean_with_interval(1 + 1e-7 * np.arange(8.0)) == "1 (all alike)"
    assert mean_with_interval(np.full(8, np.nan)) == "–"
    assert " to " in mean_with_interval(np.arange(6.0))


# --- the rule


def test_a_trend_and_which_way_each_measure_points():
    rng = np.random.default_rng(0)
    rising = np.array([[0.1], [0.5], [0.9]]) + 0.01 * rng.normal(size=(3, 8))
    found = found_of(rising, **dict.fromkeys(MEASURES, rising))
    said = {t.measure: t.verdict.said for t in found.trends}
    assert said == {
        "kernel_alignment": "lazier with rank",
        "representation_alignment": "lazier with rank",
        "weight_change_norm": "richer with rank",
        "sign_agreement": "lazier with rank",
    }
    for trend in found.trends:
        assert trend.verdict.p == pytest.approx(2 / 6**8)
        assert trend.verdict.p_holm == pytest.approx(4 * 2 / 6**8)
        assert trend.steps == ("0 of 2" if trend.measure == "weight_change_norm" else "2 of 2")
        assert trend.correlation == pytest.approx(1)
    flat = found_of(rng.normal(size=(3, 8)))
    assert flat.trends[0].verdict.said == "no clear trend"


@pytest.mark.parametrize("tests", [1, 2, 4, 20])
@pytest.mark.parametrize("starts", [2, 3, 4])
def test_how_many_seeds_it_takes_is_what_the_exact_test_says(tests, starts):
    """With one seed fewer, even the clearest data say nothing; with that many they do."""

    def at(seeds):
        clear = np.arange(starts)[:, None] + 0.001 * np.arange(seeds)
        tables = [dataset_of(clear) for _ in range(tests)]
        return findings([comparison_of(table) for table in tables]).trends[0].verdict

    needed = at(1).needed
    assert at(1).said == "nothing can be said"
    assert at(needed).said == "lazier with rank"
    assert at(needed).p_holm <= LEVEL
    if needed > 2:
        assert at(needed - 1).said == "nothing can be said"
        assert at(needed - 1).p_holm > LEVEL


def test_too_few_seeds_are_counted_out_loud():
    (sentence,) = sentences(found_of(np.array([[0.1, 0.2], [0.5, 0.6]])))
    assert sentence.text == (
        "Kernel alignment: nothing can be said over ranks 1, 30 (2 seeds; it takes 6)."
    )


def test_starts_that_did_not_train_say_nothing_and_the_others_are_asked():
    rng = np.random.default_rng(1)
    values = np.array([[0.1], [0.5], [0.9]]) + 0.01 * rng.normal(size=(3, 8))
    loss = np.full((3, 8), 0.03)
    for level, why in ((0.036, "did not train as the others did"), (0.6, "hardly learned")):
        loss[0] = level
        verdict = found_of(values, loss=loss).trends[0].verdict
        assert verdict.said == "nothing can be said"
        assert why in verdict.problem
        assert (verdict.left_out, verdict.without) == ("rank 1", "lazier with rank")
    loss[0] = 0.0349
    assert found_of(values, loss=loss).trends[0].verdict.said == "lazier with rank"


def test_the_error_over_images_is_said_where_there_is_one():
    dataset = dataset_of(np.ones((2, 2))).assign_attrs(kernel_trials=200)
    error = [[0.1, np.nan], [0.3, 0.2]]
    some = dataset.assign(kernel_alignment_error=(("start", "seed"), error))
    assert "200 test images" in sampling_error(some)
    assert sampling_error(some).endswith("over images is 0.200 (jackknife, mean).")
    assert sampling_error(some.where(False)).endswith(
        "200 test images drawn at random, the same for all networks."
    )


# --- at equal loss

UPDATES = (10, 100, 1000)


def on_the_way(alignments, losses, *, seeds=10, noise=0.01, through="loss_through", **others):
    """Networks with a course of alignment and of loss for each start, looked at to the end."""
    rng = np.random.default_rng(11)
    shape = (len(alignments), seeds, len(UPDATES))
    courses = np.asarray(alignments)[:, None] + noise * rng.normal(size=shape)
    loss = np.broadcast_to(np.asarray(losses)[:, None], shape) * rng.uniform(
        0.99, 1.01, (1, seeds, 1)
    )
    ends = {"loss": loss[..., -1], "first_loss": np.ones(shape[:2])} | others
    dataset = dataset_of(courses[..., -1], **ends).assign_coords(update=list(UPDATES))
    dims = ("start", "seed", "update")
    dataset = dataset.assign_attrs(iterations=UPDATES[-1])
    return dataset.assign({f"{MEASURE}_through": (dims, courses), through: (dims, loss)})


# The start of rank 1 gets to a loss of 0.2 at the end; the others were there between two looks.
SLOW = [(0.9, 0.5, 0.2), (0.5, 0.3, 0.02), (0.3, 0.1, 0.02)]
TURNED = [(0.9, 0.8, 0.7), (0.8, 0.66, 0.3), (0.6, 0.4, 0.4)]


@pytest.mark.parametrize("through", ["loss_through", "training_loss_through"])
def test_networks_at_equal_loss_are_taken_between_looks(through):
    dataset = on_the_way(TURNED, SLOW, through=through).isel(update=[2, 0, 1])
    cells = at_equal_loss(comparison_of(dataset).cells)
    assert cells is not None
    ordered = dataset.sortby("update")
    for i, cell in enumerate(cells):
        for seed in range(10):
            at = ordered.isel(start=i, seed=seed)
            target = float(dataset["loss"].isel(start=0, seed=seed))
            # np.interp wants what it reads from to rise.
            courses = -np.log(at[through].values), at[f"{MEASURE}_through"].values
            wanted = np.interp(-np.log(target), *courses)
            assert cell.values[MEASURE][seed] == pytest.approx(wanted, rel=1e-12)
            assert cell.values["loss"][seed] == target
    # The end belongs to a path of the training loss, and held trials are not measured there.
    cut = at_equal_loss(comparison_of(dataset.sel(update=[10, 100])).cells)
    assert cut is not None
    last = 0.2 if through == "training_loss_through" else 0.5
    assert np.mean(cut[0].values["loss"]) == pytest.approx(last, rel=0.01)


def test_a_start_that_stayed_behind_is_compared_at_equal_loss():
    (trend,) = findings([comparison_of(on_the_way(TURNED, SLOW))]).trends
    assert trend.verdict.said == "nothing can be said"
    again = trend.at_equal_loss
    assert again is not None
    assert again.verdict.said == "richer with rank"
    assert again.correlation == pytest.approx(-1)
    assert again.verdict.left_out == ""
    said = "at equal loss: richer with rank (-1.00, p < 0.001, 10 seeds)"
    (sentence,) = sentences(findings([comparison_of(on_the_way(TURNED, SLOW))]))
    assert sentence.text.endswith(f"without rank 1: lazier with rank; {said}.")
    assert trend_row(trend)[-1].endswith(said)
    # The same of a pair.
    pair = findings([comparison_of(on_the_way(TURNED, SLOW))], [("rank 1", "rank 30")])
    (contrast,) = pair.contrasts
    assert contrast.at_equal_loss is not None
    assert contrast.at_equal_loss.verdict.said == "lazier"
    assert "; at equal loss: lazier (+0." in sentences(pair)[0].text


def test_what_cannot_be_compared_at_equal_loss():
    # Who did not learn at all has no loss to be compared at.
    hardly = [(0.9, 0.8, 0.7), *SLOW[1:]]
    (trend,) = findings([comparison_of(on_the_way(TURNED, hardly))]).trends
    assert trend.at_equal_loss is not None
    assert [c.start for c in trend.at_equal_loss.family.cells] == ["rank 30", "rank 100"]
    assert "over ranks 30, 100" in trend_row(trend)[-1]
    hint = "measure_at compares such starts at equal loss"
    assert hint not in " ".join(warnings_of(findings([comparison_of(on_the_way(TURNED, SLOW))])))
    slow = np.array(SLOW)[:, -1:] + np.zeros((3, 10))
    assert hint in " ".join(warnings_of(found_of(np.ones((3, 10)), loss=slow)))
    pair = findings([comparison_of(on_the_way(TURNED, hardly))], [("rank 1", "rank 30")])
    assert pair.contrasts[0].at_equal_loss is None
    # Who was there before the first look has no value.
    early = [SLOW[0], SLOW[1], (0.1, 0.05, 0.02)]
    (trend,) = findings([comparison_of(on_the_way(TURNED, early))]).trends
    assert trend.at_equal_loss is not None
    assert (trend.at_equal_loss.verdict.said, trend.at_equal_loss.verdict.seeds) == (
        "nothing can be said",
        0,
    )
    # A network that diverged takes its seed with it.
    dataset = on_the_way(TURNED, SLOW)
    for name in (f"{MEASURE}_through", "loss_through"):
        dataset[name][2, 4] = np.nan
    (trend,) = findings([comparison_of(dataset)]).trends
    assert trend.at_equal_loss is not None
    assert trend.at_equal_loss.verdict.seeds == 9
    # A measure that was not taken on the way, and a study without looks, have no second reading.
    other = dataset_of(np.ones((3, 10)))[MEASURE]
    both = findings([comparison_of(on_the_way(TURNED, SLOW).assign(sign_agreement=other))])
    assert [(t.measure, t.at_equal_loss is None) for t in both.trends] == [
        (MEASURE, False),
        ("sign_agreement", True),
    ]
    assert found_of(np.random.default_rng(0).normal(size=(3, 8))).trends[0].at_equal_loss is None


def test_a_loss_of_nothing_is_as_low_as_any():
    courses = [(0.5, 0.1, 0.01), (0.5, 0.0, 0.0)]
    cells = at_equal_loss(comparison_of(on_the_way(TURNED[:2], courses, noise=0.0)).cells)
    assert cells is not None
    found = cells[1].values[MEASURE]
    assert ((found > 0.6) & (found <= 0.8)).all()


def test_cells_of_a_study_have_their_looks():
    dataset = on_the_way(TURNED, SLOW).isel(start=0).drop_vars(["start", "rank"])
    cell = cell_of("", {"start": {"kind": "null"}, "iterations": 1000}, dataset)
    assert cell.looks is not None
    np.testing.assert_array_equal(cell.looks.loss, dataset["loss_through"].values)


def test_an_unstable_start_is_not_measured_by_its_own_first_loss():
    rng = np.random.default_rng(1)
    values = np.array([[0.1], [0.5], [0.9]]) + 0.01 * rng.normal(size=(3, 8))
    loss, first = np.full((3, 8), 0.03), np.ones((3, 8))
    loss[0], first[0] = 0.05, 40.0
    verdict = found_of(values, loss=loss, first_loss=first).trends[0].verdict
    assert verdict.said == "nothing can be said"
    assert "did not train as the others did" in verdict.problem
    assert verdict.left_out == "rank 1"


def test_a_start_that_ran_away_says_nothing():
    rng = np.random.default_rng(2)
    values = np.array([[0.1], [0.5], [0.9]]) + 0.01 * rng.normal(size=(3, 8))
    lost = np.zeros((3, 8), bool)
    lost[0, :5] = True
    values[lost] = np.nan
    verdict = found_of(values, diverged=lost).trends[0].verdict
    assert verdict.said == "nothing can be said"
    assert verdict.problem == "rank 1 5 of 8 networks diverged"
    lost[0, 4] = False
    values[0, 4] = 0.1
    verdict = found_of(values, diverged=lost).trends[0].verdict
    assert (verdict.said, verdict.seeds) == ("lazier with rank", 4)


def test_networks_that_went_far_are_named_and_left_out_again():
    rng = np.random.default_rng(3)
    change = np.array([[1.0], [1.1], [1.2]]) + 0.01 * rng.normal(size=(3, 8))
    # Where two networks of rank 1 ran off, their seeds fall.
    change[0, :2] = 11.7, 5.9
    found = found_of(change, weight_change_norm=change)
    assert [(f.start, f.seed) for f in found.far] == [("rank 1", 0), ("rank 1", 1)]
    by = {t.measure: t.verdict for t in found.trends}["weight_change_norm"]
    assert by.left_out == "seed 0 of rank 1 and seed 1 of rank 1"
    assert by.without == "richer with rank"
    (said,) = warnings_of(found)
    assert "rank 1, seed 0 (weight change 11.7, 11" in said


def test_contrasts_with_the_null_and_their_directions():
    rng = np.random.default_rng(4)
    null = 0.5 + 0.01 * rng.normal(size=10)
    values = np.stack([null, null - 0.2, null + 0.1 * rng.normal(size=10)])
    found = found_of(values, ["null", "dale", "em"], ranks=False)
    dale, em = found.contrasts
    assert (dale.start, dale.reference) == ("dale", "null")
    assert dale.verdict.said == "richer"
    assert dale.verdict.p == 2 / 2**10
    assert dale.verdict.p_holm == 4 / 2**10
    assert dale.difference == pytest.approx(-0.2)
    assert em.verdict.said == "no clear difference"
    assert found.trends == []


def test_starts_beside_a_family_have_the_null_or_the_highest_rank_as_reference():
    values = np.arange(3.0)[:, None] + np.random.default_rng(5).normal(size=(3, 8))
    base = dataset_of(values, ["rank 1", "rank 30", "dale"], ranks=False)
    base = base.assign_coords(rank=("start", [1.0, 30.0, np.nan]))
    found = findings([comparison_of(base)])
    assert [t.family.text for t in found.trends] == ["ranks 1, 30"]
    assert [(c.start, c.reference) for c in found.contrasts] == [("dale", "rank 30")]


def test_smooth_spectra_are_ordered_by_their_participation_ratio():
    def cell(kept, ratio, label):
        data = {MEASURE: ("seed", np.arange(3.0)), "participation_ratio": ("seed", [ratio] * 3)}
        dataset = xr.Dataset(data, {"seed": range(3), "start": label})
        return cell_of("", {"start": kept, "task": "2AF"}, dataset)

    cells = [
        cell({"kind": "null"}, 50.0, "null"),
        cell({"kind": "power_law", "exponent": 1.0}, 2.5, "steep"),
        cell({"kind": "power_law", "exponent": 1e-05}, 70.0, "shallow"),
    ]
    (family,) = families_of(cells)
    assert [c.start for c in family.cells] == ["steep", "null", "shallow"]
    assert family.by == "participation ratio"


def test_a_seed_that_lacks_a_network_is_left_out_whole():
    values = np.array([[0.1], [0.5], [0.9]]) + 0.01 * np.random.default_rng(6).normal(size=(3, 8))
    full = found_of(np.delete(values, 3, axis=1)).trends[0]
    values[1, 3] = np.nan
    lacking = found_of(values).trends[0]
    assert lacking.verdict == full.verdict
    assert trend_row(lacking) == trend_row(full)


def _false_positives(seeds, starts, seed_effect, draws):
    """The share of tables of noise of all four measures in which any verdict is clear."""
    rng = np.random.default_rng(seeds * 100 + starts * 10 + bool(seed_effect))
    clear = 0
    for _ in range(draws):
        values = {
            measure: rng.normal(size=(starts, seeds)) + seed_effect * rng.normal(size=seeds)
            for measure in MEASURES
        }
        # A weight change is above 0, so that none of them is far from its median.
        values["weight_change_norm"] = np.arctan(values["weight_change_norm"]) + 4
        found = found_of(values[MEASURE], **values)
        clear += any(t.verdict.said.endswith("with rank") for t in found.trends)
    return clear / draws


@pytest.mark.slow
@pytest.mark.parametrize("starts", [3, *(pytest.param(n, marks=pytest.mark.long) for n in (2, 4))])
@pytest.mark.parametrize("seed_effect", [pytest.param(0.0, marks=pytest.mark.long), 20.0])
def test_noise_is_called_clear_in_at_most_one_table_of_twenty(starts, seed_effect):
    """At 1 to 20 seeds, over all measures of a table, beyond the simulation's own error."""
    draws = 250
    for seeds in range(1, 21):
        share = _false_positives(seeds, starts, seed_effect, draws)
        # Sixty tables of shares are looked at: 3.5 standard errors.
        assert share <= LEVEL + 3.5 * np.sqrt(LEVEL * (1 - LEVEL) / draws), (seeds, share)


def test_noise_of_few_seeds_is_not_called_clear():
    for seeds in (1, 2, 4):
        assert _false_positives(seeds, 4, 5.0, 60) <= LEVEL + 3.5 * np.sqrt(0.05 * 0.95 / 60)


@pytest.mark.parametrize("n", [6, 10, 25])
def test_the_interval_is_that_of_scipy(n):
    values = np.random.default_rng(n).normal(size=n) ** 3
    wanted = stats.bootstrap(
        (values,), np.mean, n_resamples=5000, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    _, low, high = mean_and_interval(values)
    # Of six values 1 in 65 resamples has the very mean, which scipy puts to a side by rounding.
    width = wanted.high - wanted.low
    np.testing.assert_allclose([low, high], [wanted.low, wanted.high], atol=0.02 * width)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            ["richer"] * 4 + ["lazier", "no clear difference"],
            "In 4 of 6 comparisons the structured start learned more richly than its null (by "
            "kernel alignment); in 1 the structured start learned more lazily than its null; in 1 "
            "there is no clear difference.",
        ),
        (
            ["richer"] * 2,
            "In all 2 comparisons the structured start learned more richly than its null (by "
            "kernel alignment).",
        ),
        (["nothing can be said"], "Nothing can be said (by kernel alignment)."),
        ([], "Nothing to compare yet."),
    ],
)
def test_the_headline_is_a_sentence(said, told):
    verdicts = [Verdict(each, 0.5, 0.5, 8, 6) for each in said]
    nan = math.nan
    contrasts = [
        Contrast("kernel_alignment", "EM", "null", nan, nan, nan, nan, nan, nan, verdict)
        for verdict in verdicts
    ]
    assert headline([Findings([], contrasts, [], [])]) == told


# --- tables


def test_structures_of_sizes_of_their_own_stand_in_one_table():
    def of(starts, **fields):
        comparison = comparison_of(dataset_of(np.ones((len(starts), 2)), starts, ranks=False))
        return comparison._replace(task="2AF", fields=fields)

    large = of(["null", "dale"], n_hidden=300, gain=1.25)
    worm = of(["null", "EM"], n_hidden=279, gain=1.25)
    other_gain = of(["null", "EM"], n_hidden=279, gain=0.7)
    other_size = of(["null", "dale"], n_hidden=100, gain=1.25)
    assert tables_of([large, worm, other_gain]) == [[large, worm], [other_gain]]
    # The same start at two sizes is a question of size.
    assert tables_of([large, other_size]) == [[large], [other_size]]
    assert tables_of([large, worm._replace(task="DMS")]) == [[large], [worm._replace(task="DMS")]]
