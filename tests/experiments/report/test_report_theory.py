"""Linear cells beside their theory."""

import numpy as np
import pytest

from experiments.report import study_report
from experiments.report._study import read_study
from experiments.report._theory import AGREES, DIFFERS, ROUNDED, beside_theory


def test_z_is_the_sum_of_differences_over_the_root_of_the_sum_of_variances(made, read):
    study = made()
    rng = np.random.default_rng(4)
    expected, spread = rng.uniform(0.2, 0.4, 12), rng.uniform(0.01, 0.05, 12)
    z = {}
    for rank, shift in ((1, 0.0), (2, 2.9), (3, -3.1)):
        # Moved so that the difference is known: `shift` standard errors beside the draw's own.
        alignment = expected + spread * rng.normal(size=12)
        off = (alignment - expected).sum()
        alignment += (shift * np.sqrt((spread**2).sum()) - off) / 12
        study.add_linear(rank, alignment, expected, spread)
        z[f"rank {rank}"] = (alignment - expected).sum() / np.sqrt((spread**2).sum())
    found = {b.cell.start: b for b in beside_theory(read_study(study.path).cells)}
    for start, value in z.items():
        assert found[start].z == pytest.approx(value, abs=1e-9)
    assert [found[s].verdict for s in z] == [AGREES, AGREES, DIFFERS]
    page = read(study_report(study.path).html)
    assert "agrees with theory in 2 of 3 cells" in page.text
    for row in page.cells:
        assert float(row["difference (std. errors)"]) == pytest.approx(z[row["start"]], abs=0.0051)
        assert float(row["theory's mean"]) == pytest.approx(expected.mean(), rel=5.01e-4)
        mean = float(found[row["start"]].cell.values["kernel_alignment"].mean())
        assert float(row["simulated mean"]) == pytest.approx(mean, rel=5.01e-4)
        assert row["theory"] == found[row["start"]].verdict
    assert "Simulated against expected kernel alignment of linear networks" in page.text


def test_a_theory_without_spread_holds_within_rounding_or_not(made):
    study = made()
    for rank, off in ((1, 1e-6), (2, 1e-3)):
        study.add_linear(rank, np.full(4, 0.5 + off), np.full(4, 0.5), np.zeros(4))
    one, two = sorted(beside_theory(read_study(study.path).cells), key=lambda b: b.cell.start)
    assert (one.z, one.verdict, one.agrees) == (None, ROUNDED, True)
    assert (two.z, two.verdict, two.agrees) == (None, DIFFERS, False)


def test_seeds_that_are_not_finite_count_in_no_sum(made):
    study = made()
    alignment = np.array([0.5, np.nan, 0.6])
    study.add_linear(1, alignment, np.full(3, 0.5), np.full(3, 0.1))
    study.add_linear(2, np.full(3, np.nan), np.full(3, 0.5), np.full(3, 0.1))
    one, none = sorted(beside_theory(read_study(study.path).cells), key=lambda b: b.cell.start)
    assert one.seeds == 2
    assert one.z == pytest.approx(0.1 / np.sqrt(0.02))
    assert (none.seeds, none.verdict, none.agrees) == (0, "no network to compare", False)
    assert "agrees with theory in 1 of 2 cells" in study_report(study.path).html


def test_cells_without_theory_have_no_such_columns(made, read):
    study = made()
    study.add("one", {"kernel_alignment": [0.5, 0.6]})
    page = read(study_report(study.path).html)
    assert "theory's mean" not in page.tables[-1][0]
    assert "Beside theory" not in page.text
