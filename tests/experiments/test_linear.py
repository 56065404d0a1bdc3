"""Linear networks beside theory: what is drawn, how it is trained, and whether the two agree."""

import functools

import jax
import numpy as np
import pytest

import theory
from experiments.kinds.linear import LinearSetting, _networks, run_linear
from experiments.kinds.recurrent import Dale, LowRank, Null

# One shape for all tests, as compiling takes most of their time.
small = functools.partial(LinearSetting, n_inputs=6, n_hidden=8, seeds=60)
STARTS = (LowRank(1), LowRank(2), LowRank(3, "leading"), Null())


def run_and_seen(setting):
    """What `run_linear` gives, and the problem of each start, with an axis of seeds."""
    seen, measured = [], _networks._measured
    with pytest.MonkeyPatch.context() as patched:

        def seeing(problem, end):
            seen.append(jax.device_get(problem))
            return measured(problem, end)

        patched.setattr(_networks, "_measured", seeing)
        return run_linear(setting), seen


@pytest.fixture(scope="module")
def run():
    return run_and_seen(small(starts=STARTS))


@pytest.fixture(scope="module")
def trained(run):
    return run[0]


@pytest.fixture(scope="module")
def first_layers(run):
    """The singular values of each start, in float64."""
    return [np.linalg.svd(p.weights[0].astype(float), compute_uv=False) for p in run[1]]


def differences(trained, expected):
    """Of the mean alignment and what is expected, in standard errors of a mean over tasks."""
    off = (trained["kernel_alignment"] - expected).sum("seed")
    return (off / np.sqrt((trained["expected_kernel_alignment_sd"] ** 2).sum("seed"))).values


def test_the_mean_is_that_of_theory(trained):
    assert trained["start"].values.tolist() == ["rank 1", "rank 2", "rank 3", "null"]
    assert "rank" not in trained.coords
    assert float(trained["loss"].max()) < 1e-6
    assert not trained["diverged"].any()
    assert (np.abs(differences(trained, trained["expected_kernel_alignment"])) < 3).all()
    # It would be seen if theory were that of another rank.
    other = trained["expected_kernel_alignment"].roll(start=1)
    assert (np.abs(differences(trained, other.values)) > 6).all()


def test_theory_knows_the_first_layer_of_its_seed(trained, first_layers):
    for i, values in enumerate(first_layers):
        for seed in (0, 59):
            of_seed = trained.isel(start=i, seed=seed)
            expected = float(theory.expected_kernel_alignment(values[seed], d=6))
            variance = float(theory.kernel_alignment_variance(values[seed], d=6))
            # Rounding of float32 in sums over 36 products.
            assert float(of_seed["expected_kernel_alignment"]) == pytest.approx(expected, rel=1e-5)
            found = float(of_seed["expected_kernel_alignment_sd"]) ** 2
            assert found == pytest.approx(variance, rel=1e-4)


def test_starts_have_the_rank_and_size_asked_for(run, first_layers):
    one, two, leading, null = first_layers
    for values in (one, two, null):
        # That of float32.
        np.testing.assert_allclose(np.linalg.norm(values, axis=1), 1e-3, rtol=1e-5)
    np.testing.assert_allclose(leading[:, :3], null[:, :3], rtol=1e-4)
    for rank, values in enumerate((one, two, leading), 1):
        assert (values[:, rank:] < 1e-6 * values[:, :1]).all()
    for problem in run[1]:
        assert not problem.weights[1].any()
        # Networks of one seed learn one task, of length 1, on the same white inputs.
        np.testing.assert_array_equal(problem.y, run[1][0].y)
        np.testing.assert_allclose(problem.x.mT @ problem.x, [np.eye(6)] * 60, atol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(problem.y, axis=1), 1, rtol=1e-5)


def test_training_is_gradient_descent_for_as_many_updates(monkeypatch):
    # So that they are not a whole number of pieces.
    monkeypatch.setattr(_networks, "STEPS", 50)
    trained, (problem,) = run_and_seen(small(iterations=85))
    w1, w2, x, y = (each.astype(float) for each in (*problem.weights, problem.x, problem.y))
    for _ in range(85):
        wrong = x @ w1.mT @ w2.mT - y
        w1, w2 = w1 - 0.1 * w2.mT @ wrong.mT @ x, w2 - 0.1 * wrong.mT @ x @ w1.mT
    left = np.sum((x @ w1.mT @ w2.mT - y) ** 2, (1, 2)) / np.sum(y**2, (1, 2))
    # Half way, where a single update more or less would change it by several percent.
    assert np.median(left) == pytest.approx(0.5, abs=0.3)
    np.testing.assert_allclose(trained["loss"][0], left, rtol=1e-3)


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
        ({"seeds": 0}, r"seeds is 0; allowed are whole"),
        ({"n_inputs": 0}, r"n_inputs is 0; "),
        ({"iterations": 0}, r"iterations is 0; "),
        ({"sigma": 0.0}, r"sigma is 0\.0; allowed are numbers above 0"),
        ({"learning_rate": float("inf")}, r"learning_rate is inf; "),
        ({"starts": ()}, r"starts is empty"),
        ({"starts": (Dale(),)}, r"starts is 'Dale'; allowed are Null and LowRank"),
        ({"starts": (LowRank(7),)}, r"ranks holds 7; allowed are whole numbers from 1 to 6"),
        ({"starts": (LowRank(5),), "n_hidden": 4}, r"ranks holds 5; .* from 1 to 4"),
        ({"starts": (Null(), Null())}, r"allowed are labels that differ"),
    ],
)
def test_what_cannot_be_is_refused(fields, said):
    with pytest.raises(ValueError, match=said):
        small(**fields)
