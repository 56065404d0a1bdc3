"""Starts of one regime, and starts of leaky units whose whole step has a low rank."""

import dataclasses

import numpy as np
import pytest

import richlazy_jax as rj
from experiments.engine import FieldError
from experiments.findings import comparison_of, training, training_sentence
from experiments.kinds.gru import GruForecastSetting
from experiments.kinds.recurrent import (
    FeedForward,
    LowRank,
    LowRankStep,
    Null,
    Setting,
    initial_params,
    run_task,
)
from experiments.kinds.recurrent._regimes import matched as matched_of
from experiments.kinds.students import Students

SMALL = Setting(
    starts=(LowRank(3), Null()),
    seeds=2,
    n_hidden=16,
    iterations=3,
    batch=4,
    kernel_trials=2,
    activity_trials=16,
    measures=("weight_change_norm", "regime"),
    measure_at=(1,),
    random_seed=7,
)


@pytest.mark.parametrize("of", rj.MATCHED)
def test_matched_starts_have_the_regime_of_their_null(of):
    setting = dataclasses.replace(SMALL, match=of)
    plain, found = run_task(SMALL), run_task(setting)
    left_out = found["unmatched"].values
    assert "unmatched" not in plain
    assert not left_out[1].any()
    matched = ~left_out[0]
    assert matched.any()
    near = 0.02 if of == "lyapunov_exponent" else 0.02 * float(plain[of][1].max())
    np.testing.assert_allclose(found[of][0, matched], found[of][1, matched], atol=near)
    assert abs(plain[of][0] - plain[of][1]).max() > 3 * near
    for name in (of, "loss", "weight_change_norm", "weight_change_norm_through", "accuracy"):
        lost = np.isnan(found[name].values).reshape(2, 2, -1).any(axis=2)
        np.testing.assert_array_equal(lost, left_out)
    # All but the size of the recurrent weights is as it was.
    before = initial_params(setting)
    after, _ = matched_of(setting, before)
    np.testing.assert_array_equal(before["recurrent"][1], after["recurrent"][1])
    factors = np.asarray(after["recurrent"][0]) / np.asarray(before["recurrent"][0])
    np.testing.assert_allclose(factors, factors[:, :1, :1] * np.ones((16, 16)), rtol=1e-3)
    for name in ("input", "readout"):
        np.testing.assert_array_equal(before[name], after[name])


def test_a_seed_is_matched_alike_whatever_is_run_beside_it():
    setting = dataclasses.replace(SMALL, match="lyapunov_exponent", starts=(LowRank(2),), seeds=3)
    one = dataclasses.replace(setting, seeds=1)
    every, _ = matched_of(setting, initial_params(setting))
    last, _ = matched_of(one, initial_params(one, 2), first_seed=2)
    np.testing.assert_allclose(every["recurrent"][:, 2:], last["recurrent"], rtol=1e-5)


def test_networks_that_no_size_brings_there_are_left_out_and_said():
    """What is fed forward alone is gone after 16 steps, at any size."""
    setting = dataclasses.replace(
        SMALL, match="lyapunov_exponent", starts=(FeedForward(), Null()), iterations=2
    )
    found = run_task(setting)
    np.testing.assert_array_equal(found["unmatched"], [[True, True], [False, False]])
    assert np.isnan(found["loss"][0]).all()
    said = training_sentence(training(comparison_of(found).cells))
    assert "2 of 4 networks could not be matched and are left out" in said


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(FieldError, match=r"leak is 0\.0; allowed is 0\.5 with a start of kind"):
        Setting(starts=(LowRankStep(2, 0.5),))
    with pytest.raises(FieldError, match=r"match is 'norm'"):
        dataclasses.replace(SMALL, match="norm")
    with pytest.raises(FieldError, match=r"match is 'mean_activity'.*students"):
        Students(starts=(LowRank(2),), n_hidden=8, match="mean_activity")
    with pytest.raises(FieldError, match=r"match is 'mean_activity'"):
        GruForecastSetting(starts=(LowRank(2),), n_hidden=8, match="mean_activity")


def test_a_leak_of_the_papers_form_is_another_start_without_leak(x64):
    r"""$\phi(\rho h + (1 - \rho)(W h + x))$ has no leak with $\rho I + (1 - \rho) W$ in place of W.

    Its gradients are 1 - rho times as large, so that the new weights learn (1 - rho)^2 as fast.
    """
    import jax
    import jax.numpy as jnp

    rng, leak, rate, size = np.random.default_rng(3), 0.5, 0.02, 10
    leaky = {
        "input": jnp.asarray(rng.standard_normal((size, 3))),
        "recurrent": jnp.asarray(rng.standard_normal((size, size)) / size**0.5),
        "readout": jnp.asarray(rng.standard_normal((2, size))),
    }
    plain = {
        "input": (1 - leak) * leaky["input"],
        "recurrent": leak * jnp.eye(size) + (1 - leak) * leaky["recurrent"],
        "readout": leaky["readout"],
    }
    x, y = jnp.asarray(rng.standard_normal((5, 6, 3))), jnp.asarray(rng.standard_normal((5, 6, 2)))

    def descend(params, rates, leak):
        def loss(p):
            return jnp.mean((rj.rnn_apply(p, x, leak=leak) - y) ** 2)

        for _ in range(20):
            slopes = jax.grad(loss)(params)
            params = {n: params[n] - rates[n] * slopes[n] for n in params}
        return params

    slower = {"input": rate * (1 - leak) ** 2, "recurrent": rate * (1 - leak) ** 2, "readout": rate}
    one = descend(leaky, dict.fromkeys(leaky, rate), leak)
    other = descend(plain, slower, 0.0)
    np.testing.assert_allclose(
        other["recurrent"], leak * np.eye(size) + (1 - leak) * one["recurrent"], rtol=1e-9
    )
    np.testing.assert_allclose(other["readout"], one["readout"], rtol=1e-9)
