"""Lazier or richer: made-up studies whose answer is known, and how often chance has one."""

import itertools

import numpy as np

from experiments.findings import comparisons_of, findings, sentences
from experiments.findings._comparison import paired
from experiments.report import study_report
from experiments.report._study import read_study

MEASURE = "kernel_alignment"


def findings_of(study):
    """What is found in each setting of a study, and the settings."""
    settings = comparisons_of(read_study(study.path).cells)
    return [findings([setting]) for setting in settings], settings


def test_a_clear_trend_in_the_words_of_findings(made, read):
    study = made()
    study.add_ranks({1: 0.1, 5: 0.3, 20: 0.5}, null=0.6)
    ((found,), (setting,)) = findings_of(study)
    assert [cell.start for cell in setting.cells] == ["null", "rank 1", "rank 5", "rank 20"]
    trend = found.trends[0]
    assert trend.verdict.said == "lazier with rank"
    assert trend.family.text == "ranks 1, 5, 20, full"
    assert found.contrasts == []
    text = read(study_report(study.path).html).text
    for sentence in sentences(found):
        assert sentence.text in text


def test_no_trend_is_called_none(made, read):
    study = made()
    study.add_ranks({1: 0.4, 5: 0.4, 20: 0.4}, null=0.4, random_seed=1)
    report = study_report(study.path)
    assert "There is no clear trend with rank (by kernel alignment)." in report.line
    assert "lazier with rank" not in read(report.html).text


def test_few_seeds_say_nothing_however_clear_they_look(made, read):
    study = made()
    study.add_ranks({1: 0.1, 5: 0.3}, seeds=6)
    report = study_report(study.path)
    text = read(report.html).text
    assert "Nothing can be said about rank (by kernel alignment)." in report.line
    # Two measures of two starts: 2^(1 - 7) is the first that is at most 0.05 / 2.
    assert "nothing can be said over ranks 1, 5 (6 seeds; it takes 7)" in text
    assert "lazier with rank" not in text


def test_settings_hold_what_differs_in_start_alone(made):
    study = made()
    for rate, size in itertools.product((0.1, 0.2), (20, 30)):
        study.add_ranks({1: 0.1, 5: 0.3}, learning_rate=rate, n_hidden=size)
    settings = comparisons_of(read_study(study.path).cells)
    found = [(s.fields["learning_rate"], s.fields["n_hidden"]) for s in settings]
    assert sorted(found) == list(itertools.product((0.1, 0.2), (20, 30)))
    assert all(len(s.fields) == 2 for s in settings)
    assert all([c.start for c in s.cells] == ["rank 1", "rank 5"] for s in settings)


def test_without_a_null_the_first_start_is_the_reference(made):
    study = made()
    rng = np.random.default_rng(2)
    for name, mean in (("b", 0.5), ("a", 0.2), ("c", 0.2)):
        study.add(name, {"kernel_alignment": mean + 0.01 * rng.normal(size=8)})
    ((found,), _) = findings_of(study)
    verdicts = {(c.start, c.reference): c.verdict.said for c in found.contrasts}
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
    assert row["kernel alignment"] == "0.25 (all alike)"
    assert row["diverged"] == "1"


def test_starts_that_were_not_trained_alike_are_named(made, read):
    study = made()
    for name, loss in (("a", 0.03), ("b", 0.034), ("c", 0.036)):
        study.add(name, {"loss": np.full(3, loss), "first_loss": np.ones(3)})
    # 0.005 of the first loss of 1 above the lowest is alike.
    text = read(study_report(study.path).html).text
    assert "Not trained alike: c ended" in text
