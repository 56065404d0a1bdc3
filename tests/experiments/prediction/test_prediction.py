"""The study of forecasts: one small cell by hand, and the plan's criterion on made-up networks."""

import functools
from typing import Any

import jax
import numpy as np
import pytest

import richlazy_jax as rj
from experiments.engine import USUAL
from experiments.kinds.forecast import ForecastSetting
from experiments.kinds.recurrent import LowRank, Setting, flat, initial_params, run_task, seed_keys
from experiments.prediction import Network, judge, verdict
from richlazy_jax.forecasts import interval_of

SMALL: dict[str, Any] = {
    "n_hidden": 8,
    "iterations": 20,
    "seeds": 2,
    "kernel_trials": 4,
    "activity_trials": 8,
}


@pytest.mark.slow
def test_a_cell_has_forecasts_beside_outcomes():
    start = LowRank(2)
    sizes: dict[str, Any] = {
        "forecast_trials": 10,
        "forecast_kernel_trials": 5,
        "forecast_steps": 6,
    }
    setting = ForecastSetting(starts=(start,), measure_at=(10,), **SMALL, **sizes)
    found = setting.run(0, USUAL)
    assert set(setting.wanted().variables) <= set(found.data_vars)
    plain = run_task(Setting(starts=(start,), measure_at=(10,), **SMALL)).squeeze("start")
    np.testing.assert_allclose(found["kernel_alignment"], plain["kernel_alignment"], rtol=1e-5)
    params = jax.tree.map(lambda leaf: leaf[1], flat(initial_params(setting)))
    of_descent, of_kernel = jax.random.split(jax.random.fold_in(seed_keys(setting)[1], 3))
    task = setting.made_task()
    trials, held = task.sample(of_descent, 10), task.sample(of_kernel, 5)

    def loss(params):
        return rj.sequence_cross_entropy(rj.rnn_apply(params, trials.inputs), trials)

    horizon = 0.003 * 20 / 0.1
    end = jax.jit(functools.partial(rj.descend, loss, steps=6, horizon=horizon))(params)
    right = rj.recurrent_kernel_alignment(params, end.params, held.inputs)
    np.testing.assert_allclose(found["forecast"][1], right, rtol=1e-4)
    np.testing.assert_allclose(found["forecast_reach"][1], end.sizes.sum(), rtol=1e-3)
    np.testing.assert_allclose(found["forecast_loss"][1], end.losses[np.array([0, -1])], rtol=1e-4)
    assert np.all(found["forecast_reach"] <= horizon * (1 + 1e-5))


def networks(noise, count=40, out="", rival=0.3):
    rng = np.random.default_rng(1)
    outcome = np.linspace(0.1, 0.9, count)
    forecast = np.clip(outcome + noise * rng.standard_normal(count), 0, 1)
    other = outcome + rival * rng.standard_normal(count)
    return [
        Network("64 units, 2AF, relu", str(i), o, f, {"probe": r}, out)
        for i, (o, f, r) in enumerate(zip(outcome, forecast, other, strict=True))
    ]


def test_a_good_forecast_confirms():
    (population,) = judge(networks(0.03))
    assert population.confirms
    assert 0.9 < population.low < population.correlation < population.high
    assert population.error == pytest.approx(0.03 * np.sqrt(2 / np.pi), rel=0.4)
    low, high = interval_of(0.5)
    assert (population.inside > 0.5) == (high - low > 0.06)
    assert "1 of 1 populations confirm the rule, which is enough" in verdict([population])


@pytest.mark.parametrize("given", [{"noise": 0.6}, {"noise": 0.15, "rival": 0.001}])
def test_noise_or_a_better_rival_does_not(given):
    (population,) = judge(networks(**given))
    assert not population.confirms
    assert "not enough" in verdict([population])


def test_a_shifted_forecast_is_correlated_and_wrong():
    shifted = [n._replace(forecast=n.forecast - 0.2) for n in networks(0.01)]
    (population,) = judge(shifted)
    assert population.correlation > 0.9
    assert population.bias == pytest.approx(0.2, abs=0.01)
    assert not population.confirms


def test_what_does_not_count_is_counted_by_reason():
    (population,) = judge([*networks(0.03), *networks(0.5, count=3, out="diverged")])
    assert population.size == 40
    assert population.out == {"diverged": 3}
    (none,) = judge(networks(0.1, out="refused"))
    assert (none.size, none.confirms) == (0, False)
