"""The claims of the two phases on made-up courses, and on a small study."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from experiments.phases import Courses, appears, judged
from experiments.phases._judge import CLAIMS

UPDATES, RANKS, SEEDS = [10, 200, 1000, 10000], [1, 2, 4, 8, 16], 12


def courses(task="2AF", noise=0.02, seed=0, **changed: Any):
    """Order that grows with updates, kernels that turn to the task, low ranks most of all."""
    rng = np.random.default_rng(seed)
    shape = (SEEDS, len(RANKS), len(UPDATES))
    rank = np.linspace(0, 1, len(RANKS))[None, :, None]
    time = np.linspace(0, 1, len(UPDATES))[None, None, :]
    late = np.array([0, 0, 0.5, 1])[None, None, :]

    def noisy(mean):
        return np.broadcast_to(mean, shape) + noise * rng.standard_normal(shape)

    made = Courses(
        task,
        UPDATES,
        RANKS,
        alignment=noisy(0.9 - 0.5 * late * (1 - rank)),
        towards=noisy(0.2 + 0.3 * time * (1.2 - rank)),
        first_towards=np.full(shape[:2], 0.2),
        change=noisy(time + 0 * rank),
        loss=noisy(1 - 0.8 * time + 0 * rank),
    )
    return made._replace(**changed)


def spearman(values):
    found: Any = stats.spearmanr(RANKS, values)
    return found.statistic


TASKS = ("2AF", "DMS", "CXT")


def verdicts(tasks):
    return {each.claim: each.verdict for each in judged(tasks)}


def said(**changed):
    return verdicts([courses(task, seed=k, **changed) for k, task in enumerate(TASKS)])


def test_clear_courses_confirm_all_claims():
    found = judged([courses(task, seed=k) for k, task in enumerate(TASKS)])
    assert {each.verdict for each in found} == {"confirmed"}
    shown = [of for each in found for of in each.shown]
    assert len(shown) == 15
    assert {of.seeds for of in shown} == {SEEDS}
    assert [of.where for of in found[0].shown] == list(TASKS)
    # Each claim has its own number: by hand, from one task.
    for each in found:
        values = CLAIMS[each.claim].number(courses("DMS", seed=1))
        assert each.shown[1].difference == pytest.approx(values.mean())


def test_numbers_are_those_by_hand():
    of = courses(noise=0.3)
    later, turns, lower, given, equal = (claim.number(of) for claim in CLAIMS.values())
    for s in range(SEEDS):
        rho = [spearman(of.alignment[s, :, k]) for k in range(4)]
        assert later[s] == pytest.approx(rho[3] - rho[1])
        moved = of.towards[s, :, 3] - of.first_towards[s]
        assert turns[s] == pytest.approx(moved.mean())
        assert lower[s] == pytest.approx(spearman(moved))
        # Partial correlation by residuals of two regressions.
        a, c = stats.rankdata(of.alignment[s, :, 3]), stats.rankdata(of.change[s, :, 3])
        left = [y - np.polyval(np.polyfit(c, y, 1), c) for y in (np.arange(5.0), a)]
        assert given[s] == pytest.approx(np.corrcoef(left)[0, 1], abs=1e-9)
        level = 1.1 * max(min(course) for course in of.loss[s])
        there = [
            of.alignment[s, i, next(k for k in range(4) if of.loss[s, i, k] <= level)]
            for i in range(5)
        ]
        assert equal[s] == pytest.approx(spearman(there))


def test_what_is_the_other_way_round_is_refuted():
    other = courses(noise=0.001).alignment[:, ::-1]
    assert (
        said(alignment=other)["rank orders the turn more at the end than at 200 updates"]
        == "refuted"
    )
    away = 0.4 - courses(noise=0.001).towards
    assert said(towards=away)["the kernel turns towards the task"] == "refuted"


def test_noise_is_open_and_one_task_alone_does_not_confirm():
    rng = np.random.default_rng(5)
    of_noise = rng.random((SEEDS, len(RANKS), len(UPDATES)))
    assert said(alignment=of_noise)["rank orders the turn at equal loss"] == "open"
    tasks = [courses("2AF"), courses("DMS", alignment=of_noise), courses("CXT", seed=2)]
    assert verdicts(tasks)["rank orders the turn at equal loss"] == "open"


def test_weight_change_that_explains_the_turn_leaves_nothing_to_rank():
    of = courses()
    assert said(change=-of.alignment)["rank says more than weight change"] == "open"


def test_order_appears_where_it_stays():
    of = courses(noise=1e-3)
    ordered, other = of.alignment[..., -1], of.alignment[:, ::-1, -1]

    def since(*looks):
        return appears(of._replace(alignment=np.stack(looks, axis=-1)))

    assert since(other, ordered, other, ordered) == 10000
    assert since(other, ordered, ordered, ordered) == 200
    assert since(ordered, ordered, ordered, ordered) == 10
    assert since(ordered, ordered, ordered, other) is None
