"""Linear networks beside theory: what is drawn, how it is trained, and whether the two agree."""

import functools
import zlib

import jax
import numpy as np
import pytest

import theory
from experiments.linear import LinearSetting, run_linear
from experiments.linear._run import linear_problem
from experiments.recurrent import Dale, LowRank, Null
from experiments.verify import _learning

# One shape for all tests, as compiling takes most of their time.
small = functools.partial(LinearSetting, n_inputs=6, n_hidden=8, seeds=60)
STARTS = (LowRank(1), LowRank(2), Null())


def problem(setting, start, seed):
    key = jax.random.fold_in(jax.random.key(0), zlib.crc32(b"linear"))
    return linear_problem(setting, start, jax.random.fold_in(key, seed))


@pytest.fixture(scope="module")
def trained():
    return run_linear(small(starts=STARTS))


def differences(trained, expected):
    """Of the mean alignment and what is expected, in standard errors of a mean over tasks."""
    off = (trained["kernel_alignment"] - expected).sum("seed")
    return (off / np.sqrt((trained["expected_kernel_alignment_sd"] ** 2).sum("seed"))).values


def test_the_mean_is_that_of_theory(trained):
    assert float(trained["loss"].max()) < 1e-6
    assert not trained["diverged"].any()
    assert (np.abs(differences(trained, trained["expected_kernel_alignment"])) < 3).all()
    # It would be seen if theory were that of another rank.
    other = trained["expected_kernel_alignment"].roll(start=1)
    assert (np.abs(differences(trained, other.values)) > 20).all()
    assert trained["start"].values.tolist() == ["rank 1", "rank 2", "null"]
    assert "rank" not in trained.coords


def test_theory_knows_the_first_layer_of_its_seed(trained):
    setting = small(starts=STARTS)
    for i, start in enumerate(STARTS):
        for seed in (0, 59):
            w1 = np.asarray(problem(setting, start, seed).weights[0], float) / setting.sigma
            values = np.linalg.svd(w1, compute_uv=False)
            of_seed = trained.isel(start=i, seed=seed)
            expected = theory.expected_kernel_alignment(values, 6)
            variance = theory.kernel_alignment_variance(values, 6)
            # Rounding of float32, of sums over 6 inputs.
            assert float(of_seed["expected_kernel_alignment"]) == pytest.approx(expected, rel=1e-5)
            sd = float(of_seed["expected_kernel_alignment_sd"])
            assert sd == pytest.approx(variance**0.5, rel=1e-4)


def test_starts_have_the_rank_and_size_asked_for():
    setting = small(sigma=0.01)
    whole, framed, leading = (
        problem(setting, start, 3) for start in (Null(), LowRank(2), LowRank(2, "leading"))
    )
    values = [np.linalg.svd(p.weights[0], compute_uv=False) for p in (whole, framed, leading)]
    assert np.linalg.norm(values[0]) == pytest.approx(0.01, rel=1e-5)
    assert np.linalg.norm(values[1]) == pytest.approx(0.01, rel=1e-5)
    np.testing.assert_allclose(values[2][:2], values[0][:2], rtol=1e-4)
    for low in values[1:]:
        assert low[2] < 1e-6 * low[0]
    assert not whole.weights[1].any()
    # Networks of one seed learn one task, of length 1, on the same white inputs.
    np.testing.assert_array_equal(whole.y, leading.y)
    np.testing.assert_allclose(whole.x.T @ whole.x, np.eye(6), atol=1e-5)
    assert np.linalg.norm(whole.y) == pytest.approx(1, rel=1e-5)


def test_training_is_gradient_descent_for_as_many_updates(monkeypatch):
    # So that they are not a whole number of pieces.
    monkeypatch.setattr(_learning, "STEPS", 40)
    setting = small(starts=(Null(),), iterations=60)
    found = run_linear(setting)["loss"].values[0]
    for seed in (0, 1):
        start = problem(setting, Null(), seed)
        w1, w2 = (np.asarray(w, float) for w in start.weights)
        x, y = np.asarray(start.x, float), np.asarray(start.y, float)
        for _ in range(60):
            wrong = x @ w1.T @ w2.T - y
            w1, w2 = w1 - 0.1 * w2.T @ wrong.T @ x, w2 - 0.1 * wrong.T @ x @ w1.T
        left = np.sum((x @ w1.T @ w2.T - y) ** 2) / np.sum(y**2)
        # Where it is half learned, so that a single update more would be seen.
        assert 0.01 < left < 0.99
        assert found[seed] == pytest.approx(left, rel=1e-3)


def test_batching_changes_nothing(trained):
    # On one device and on several, neither a divisor of all seeds.
    batched = run_linear(small(starts=STARTS[:1]), batch_runs=7)
    for name, values in batched.items():
        np.testing.assert_allclose(values[0], trained[name][0], rtol=1e-5, atol=1e-6)
    assert batched["rank"].values.tolist() == [1]


def test_what_did_not_learn_is_seen():
    wild = run_linear(small(learning_rate=5.0))
    assert wild["diverged"].all()
    assert np.isnan(wild["kernel_alignment"]).all()
    # In 500 updates it goes 0.05 of the time in which a mode grows by e.
    tame = run_linear(small(learning_rate=1e-4))
    assert not tame["diverged"].any()
    np.testing.assert_allclose(tame["loss"], 1, atol=1e-3)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"task": "2AF"}, r"task is '2AF'; allowed is 'linear'"),
        ({"seeds": 0}, r"seeds holds 0; allowed are whole numbers"),
        ({"n_inputs": 0}, r"n_inputs holds 0; "),
        ({"iterations": 0}, r"iterations holds 0; "),
        ({"sigma": 0.0}, r"sigma is 0\.0; allowed are finite numbers above 0"),
        ({"learning_rate": float("inf")}, r"learning_rate is inf; "),
        ({"starts": ()}, r"starts is empty"),
        ({"starts": (Dale(),)}, r"starts holds 'Dale'; allowed are Null and LowRank"),
        ({"starts": (LowRank(7),)}, r"ranks holds 7; allowed are whole numbers from 1 to 6"),
        ({"starts": (LowRank(5),), "n_hidden": 4}, r"ranks holds 5; .* from 1 to 4"),
        ({"starts": (Null(), Null())}, r"allowed are labels that differ"),
    ],
)
def test_what_cannot_be_is_refused(fields, said):
    with pytest.raises(ValueError, match=said):
        small(**fields)
