"""Lazier or richer: made-up studies whose answer is known, and how often chance has one."""

import itertools

import numpy as np
import pytest

from experiments.recurrent import contrast, holm
from experiments.report import study_report
from experiments.report._cell import Cell
from experiments.report._settings import Setting, paired, settings_of
from experiments.report._study import read_study
from experiments.report._verdicts import enough_seeds, findings

MEASURE = "kernel_alignment"


def findings_of(study, measure):
    """What a measure says in each setting of a study, and the settings."""
    settings = settings_of(read_study(study.path).cells)
    found = [{f.measure: f for f in findings(setting)}[measure] for setting in settings]
    return found, settings


def test_a_clear_trend_and_its_contrasts(made, read):
    study = made()
    study.add_ranks({1: 0.1, 5: 0.3, 20: 0.5}, null=0.6)
    ((found,), (setting,)) = findings_of(study, "kernel_alignment")
    assert [cell.start for cell in setting.cells] == ["null", "rank 1", "rank 5", "rank 20"]
    (trend,) = found.trends
    assert trend.verdict == "lazier with rank"
    assert trend.ranks == (1, 5, 20)
    assert trend.seeds == 8
    # The order is the same in all seeds, and 2 of the 2^8 ways to turn signs are as far from 0.
    assert trend.p == 2 / 2**8
    assert trend.trend.low > 0.9
    assert [c.start for c in found.contrasts] == ["rank 1", "rank 5", "rank 20"]
    values = {cell.start: cell.values["kernel_alignment"] for cell in setting.cells}
    expected = [contrast(values[c.start], values["null"]) for c in found.contrasts]
    assert [c.contrast for c in found.contrasts] == expected
    np.testing.assert_allclose(
        [c.p_holm for c in found.contrasts], holm(np.array([c.p for c in expected]))
    )
    assert {c.verdict for c in found.contrasts} == {"richer"}
    text = read(study_report(study.path).html).text
    assert "Kernel alignment: lazier with rank over ranks 1, 5, 20 (Spearman" in text
    assert "p = 0.008, 8 seeds)" in text
    assert "beside null (8 seeds), richer rank 1 (-0.5" in text


def test_a_measure_that_lazier_learning_makes_smaller(made):
    study = made()
    rng = np.random.default_rng(0)
    for rank, mean in ((1, 2.0), (5, 1.5), (20, 1.0)):
        record = f"LowRank(rank={rank}, keep='frobenius')"
        values = {"weight_change_norm": mean + 0.01 * rng.normal(size=8)}
        study.add((f"rank {rank}", record), values, rank=rank)
    ((found,), _) = findings_of(study, "weight_change_norm")
    assert found.trends[0].verdict == "lazier with rank"
    assert found.trends[0].trend.spearman < -0.9
    # All starts differ in rank only, so that there is nothing else to compare.
    assert found.contrasts == []


def test_no_trend_is_called_none(made, read):
    study = made()
    study.add_ranks({1: 0.4, 5: 0.4, 20: 0.4}, null=0.4, random_seed=1)
    report = study_report(study.path)
    assert "against rank, no clear trend in 1 of 1" in report.line
    assert "no clear difference in 3 of 3" in report.line
    assert "lazier with rank" not in read(report.html).text


def test_few_seeds_say_nothing_however_clear_they_look(made, read):
    study = made()
    study.add_ranks({1: 0.1, 5: 0.3, 20: 0.5}, null=0.6, seeds=5)
    report = study_report(study.path)
    text = read(report.html).text
    assert "nothing can be said in 1 of 1" in report.line
    assert "against rank, 5 seeds, and it takes at least 6" in text
    assert "beside null, 5 seeds, and it takes at least 7 for 3 starts taken together" in text
    assert "lazier with rank" not in text


@pytest.mark.parametrize("comparisons", [1, 2, 3, 6, 20])
def test_enough_seeds_is_the_fewest_that_can_come_out(comparisons):
    """Differences that all have one sign, in each comparison: the smallest p-values there are."""

    def least(seeds):
        p = contrast(np.arange(1.0, seeds + 1), np.zeros(seeds)).p
        return holm(np.full(comparisons, p)).min()

    n = enough_seeds(comparisons)
    assert least(n) < 0.05 <= least(n - 1)


@pytest.mark.slow
def test_chance_alone_rarely_has_a_trend():
    # Resampled seeds alone, being few, would find one in more than a tenth of such settings.
    rng, draws, clear = np.random.default_rng(0), 300, 0
    for _ in range(draws):
        cells = [
            Cell("", "", f"rank {rank}", rank, "", False, {}, np.arange(6), {MEASURE: values})
            for rank, values in zip((1, 5, 20), rng.normal(size=(3, 6)), strict=True)
        ]
        (found,) = findings(Setting("", {}, cells))
        assert found.trends[0].verdict != "nothing can be said"
        clear += found.trends[0].verdict != "no clear trend"
    # At most one in twenty, and three standard deviations of so many draws.
    assert 0 < clear <= draws * 0.05 + 3 * np.sqrt(draws * 0.05 * 0.95)


def test_settings_hold_what_differs_in_start_alone(made):
    study = made()
    for rate, size in itertools.product((0.1, 0.2), (20, 30)):
        study.add_ranks({1: 0.1, 5: 0.3}, learning_rate=rate, n_hidden=size)
    settings = settings_of(read_study(study.path).cells)
    found = [(s.fields["learning_rate"], s.fields["n_hidden"]) for s in settings]
    assert sorted(found) == list(itertools.product((0.1, 0.2), (20, 30)))
    assert all(len(s.fields) == 2 for s in settings)
    assert all([c.start for c in s.cells] == ["rank 1", "rank 5"] for s in settings)


def test_without_a_null_the_first_start_is_the_reference(made):
    study = made()
    rng = np.random.default_rng(2)
    for name, mean in (("b", 0.5), ("a", 0.2), ("c", 0.2)):
        study.add(name, {"kernel_alignment": mean + 0.01 * rng.normal(size=8)})
    ((found,), _) = findings_of(study, MEASURE)
    verdicts = {(c.start, c.reference): c.verdict for c in found.contrasts}
    assert verdicts == {("b", "a"): "lazier", ("c", "a"): "no clear difference"}


def test_pairs_are_of_seeds_with_one_name(made):
    study = made()
    a, b = np.arange(4.0), np.arange(10.0, 13.0)
    study.add("a", {"kernel_alignment": a}, coords={"seed": [3, 1, 0, 2]})
    study.add("b", {"kernel_alignment": b}, coords={"seed": [2, 3, 9]})
    cells = sorted(read_study(study.path).cells, key=lambda cell: cell.start)
    np.testing.assert_array_equal(paired(cells, "kernel_alignment"), [[0.0, 3.0], [11.0, 10.0]])


def test_networks_that_diverged_are_left_out_and_said(made, read):
    study = made()
    study.add_ranks({1: 0.1, 5: 0.3}, null=0.6)
    values = {
        "kernel_alignment": np.r_[np.nan, np.full(7, 0.25)],
        "loss": np.r_[np.inf, np.full(7, 0.9)],
        "first_loss": np.r_[np.nan, np.full(7, 1.0)],
        "diverged": np.arange(8) < 1,
    }
    study.add("wild", values)
    page = read(study_report(study.path).html)
    assert "1 of 32 networks diverged" in page.text
    assert "Hardly trained: wild, whose loss fell by less than half" in page.text
    (row,) = [row for row in page.cells if row["start"] == "wild"]
    assert row["kernel alignment"] == "0.25 ± 0"
    assert row["diverged"] == "1"


def test_starts_that_were_not_trained_alike_are_named(made, read):
    study = made()
    for name, loss in (("a", 0.03), ("b", 0.034), ("c", 0.036)):
        study.add(name, {"loss": np.full(3, loss), "first_loss": np.ones(3)})
    # 0.005 of the first loss of 1 above the lowest is alike.
    text = read(study_report(study.path).html).text
    assert "Not trained alike: c ended" in text
