"""Structures by name: all of the null's norm, and recorded by all that decides them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj
from experiments.kinds.recurrent import (
    CellTyped,
    Dale,
    FeedForward,
    Identity,
    LowRank,
    LowRankPlusNoise,
    MeanShifted,
    Modular,
    Motifs,
    Null,
    Orthogonal,
    ParticipationRatio,
    PowerLaw,
    Setting,
    SmallWorld,
    Sparse,
    Symmetric,
    Wired,
    drawn_motifs,
)
from experiments.kinds.recurrent._train import initial_params
from richlazy_jax.spectra import whole_spectra

RNG = np.random.default_rng(0)
WEIGHTS = np.where(RNG.random((40, 40)) < 0.3, RNG.integers(1, 9, (40, 40)), 0).astype(float)
np.fill_diagonal(WEIGHTS, 0)
DIAGRAM = rj.Connectome(tuple(f"n{i}" for i in range(40)), WEIGHTS, "made up")
SMALLER = rj.Connectome(DIAGRAM.names[:30], WEIGHTS[:30, :30], "made up")
SIGNS = np.where(np.arange(40) % 5 == 0, -1, 1)
STARTS = [
    LowRank(3),
    PowerLaw(0.5),
    ParticipationRatio(0.2),
    CellTyped(rj.potjans_diesmann()),
    Dale(),
    Dale(balance="rows", density=0.5),
    Motifs(rj.MotifStatistics(0.2, chain=0.05, convergent=0.1, divergent=0.1)),
    Wired(DIAGRAM),
    Wired(DIAGRAM, SIGNS, null="places"),
    Wired(DIAGRAM, SIGNS, null="degrees"),
    Wired(DIAGRAM, null="bare_degrees"),
    Wired(DIAGRAM, "balanced", null="reciprocity"),
    Wired(DIAGRAM, "balanced"),
    Wired(SMALLER, resampled=True),
    Wired(SMALLER, resampled=True, null="places"),
    Orthogonal(),
    Identity(),
    Identity(0.5),
    FeedForward(),
    Sparse(0.2),
    Modular(4, 0.5, 0.1),
    SmallWorld(6, 0.1),
    LowRankPlusNoise(2.0, rank=2),
    Symmetric(0.5),
    MeanShifted(3.0),
]
NULL = rj.gaussian_weights(jax.random.key(1), 40)


@pytest.mark.parametrize("start", STARTS, ids=lambda s: s.label)
def test_norm_is_the_nulls_and_structure_is_not(start):
    start.check(40)
    w = np.asarray(start.draw(jax.random.key(2), NULL), np.float64)
    assert np.linalg.norm(w) == pytest.approx(np.linalg.norm(np.asarray(NULL)), rel=1e-5)
    assert abs(w - np.asarray(NULL)).max() > 0.1


def test_smooth_spectra_are_those_asked_for_on_the_vectors_of_the_null():
    key, null = jax.random.key(2), np.asarray(NULL, np.float64)
    for start in (PowerLaw(0.5), ParticipationRatio(0.2), ParticipationRatio(1 / 40)):
        start.check(40)
        w = np.asarray(start.draw(key, NULL), np.float64)
        # Symmetric only if the left and right singular vectors are still those of the null.
        for product in (w @ null.T, w.T @ null):
            np.testing.assert_allclose(product, product.T, atol=1e-4)
        s = np.linalg.svd(w, compute_uv=False)
        ratio = (s**2).sum() ** 2 / (s**4).sum()
        if isinstance(start, PowerLaw):
            np.testing.assert_allclose(s / s[0], np.arange(1, 41) ** -0.5, rtol=1e-4)
        else:
            # The bisection ends at float32's rounding of the decay, and the drawing at its own.
            assert ratio == pytest.approx(start.share * 40, rel=1e-4)
    with pytest.raises(ValueError, match=r"share is 0\.02 of 40 units; allowed is from 1/40 to 1"):
        ParticipationRatio(0.02).check(40)
    with pytest.raises(ValueError, match=r"exponent is -1\.0; allowed are finite numbers"):
        PowerLaw(-1.0).check(40)


def test_low_rank_at_the_spectral_radius_of_the_null():
    start = LowRank(3, "spectral_radius")
    w = np.asarray(start.draw(jax.random.key(2), NULL), np.float64)
    radius, wanted = (
        abs(np.linalg.eigvals(np.asarray(each, np.float64))).max() for each in (w, NULL)
    )
    assert radius == pytest.approx(wanted, rel=1e-4)
    assert np.linalg.matrix_rank(w, tol=1e-4) == 3
    # Scaled as a whole, without a turn.
    plain = np.asarray(LowRank(3).draw(jax.random.key(2), NULL), np.float64)
    np.testing.assert_allclose(w / plain, (w / plain)[0, 0], rtol=1e-3)
    assert (w / plain)[0, 0] > 0


def test_a_diagram_is_the_same_for_every_key_and_shuffled_it_is_not():
    keys = jax.random.split(jax.random.key(0), 2)
    one, other = (np.asarray(Wired(DIAGRAM, SIGNS).draw(k, NULL)) for k in keys)
    np.testing.assert_array_equal(one, other)
    scale = np.linalg.norm(np.asarray(NULL)) / np.linalg.norm(WEIGHTS)
    np.testing.assert_allclose(one, WEIGHTS * SIGNS * scale, rtol=1e-5)
    start = Wired(DIAGRAM, SIGNS, null="places")
    one, other = (np.asarray(start.draw(k, NULL)) for k in keys)
    assert abs(one - other).max() > 0.1
    np.testing.assert_allclose(np.sort(abs(one), None), np.sort(scale * WEIGHTS, None), rtol=1e-5)
    # Columns keep their signs wherever the weights go.
    assert (one * SIGNS >= 0).all()


def test_a_null_of_a_diagram_keeps_degrees_and_what_each_neuron_sends():
    start = Wired(DIAGRAM, SIGNS, null="degrees")
    keys = jax.random.split(jax.random.key(0), 2)
    one, other = (np.asarray(start.draw(k, NULL)) for k in keys)
    assert abs(one - other).max() > 0.1
    np.testing.assert_array_equal(one, np.asarray(start.draw(keys[0], NULL)))
    scale = np.linalg.norm(np.asarray(NULL)) / np.linalg.norm(WEIGHTS)
    expected = np.sort(WEIGHTS * SIGNS * scale, axis=0)
    np.testing.assert_allclose(np.sort(one, axis=0), expected, rtol=1e-5)
    np.testing.assert_array_equal((one != 0).sum(1), (WEIGHTS != 0).sum(1))


def test_records_of_cells_that_are_there_stay_as_they_were():
    """Before there were other nulls, a diagram was shuffled or not."""
    digest = "66553d44d8e9"
    before = {"kind": "connectome", "neurons": 40, "numbers": digest, "balanced": False}
    before |= {"resampled": False}
    assert Wired(DIAGRAM).record() == before | {"shuffled": False}
    assert Wired(DIAGRAM, null="places").record() == before | {"shuffled": True}
    assert Wired(DIAGRAM, null="degrees").record() == before | {
        "shuffled": False,
        "null": "degrees",
    }


def test_motifs_drawn_are_those_of_the_weights_and_near_those_asked_for():
    statistics = rj.MotifStatistics(0.2, chain=0.2, convergent=0.3, divergent=0.3)
    setting = Setting(starts=(Null(), Motifs(statistics)), seeds=20, n_hidden=60)
    found = {motif.statistic: motif for motif in drawn_motifs(setting)}
    assert set(found) == {"probability", "chain", "convergent", "divergent", "reciprocal"}
    networks = np.asarray(initial_params(setting)["recurrent"][1]) > 0
    # Off the diagonal, by hand.
    share = networks.sum(axis=(1, 2)) / (60 * 59)
    assert found["probability"].measured == pytest.approx(share.mean(), rel=1e-5)
    assert abs(found["probability"].measured - 0.2) < 3 * found["probability"].standard_error
    paths = [(a @ a).sum() - np.trace(a @ a) for a in networks.astype(float)]
    excess = np.array(paths) / (60 * 59 * 58) / share**2 - 1
    assert found["chain"].measured == pytest.approx(excess.mean(), rel=1e-4)
    error = excess.std(ddof=1) / np.sqrt(20)
    assert found["chain"].standard_error == pytest.approx(error, rel=1e-4)
    assert found["chain"].asked == 0.2


def test_null_is_the_draw_itself():
    assert Null().draw(jax.random.key(0), NULL) is NULL


def test_record_changes_with_any_number():
    changed = WEIGHTS.copy()
    changed[3, 4] += 1
    other = rj.Connectome(DIAGRAM.names, changed, "made up")
    records = [repr(s.record()) for s in (*STARTS, Wired(other), Wired(DIAGRAM, SIGNS), LowRank(4))]
    assert len(set(records)) == len(records)
    assert Wired(DIAGRAM).record() == Wired(DIAGRAM, label="other name").record()


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (Wired(DIAGRAM), r"EM has 40 neurons and the network 30 units"),
        (Wired(SMALLER, "random"), r"signs is 'random'"),
        (Wired(SMALLER, null="gaussian"), r"null is 'gaussian'; allowed are 'places'"),
        (Wired(SMALLER.signed(SIGNS[:30]), "balanced"), r"made up has negative weights"),
        (Dale(excitatory=1.0), r"excitatory is 1\.0 of 30 units"),
        (LowRank(31), r"ranks holds 31; .*from 1 to 30"),
    ],
)
def test_what_cannot_be_drawn_is_refused(start, message):
    with pytest.raises(ValueError, match=message):
        start.check(30)


def test_spectra_are_those_of_the_library():
    w = np.random.default_rng(1).normal(size=(3, 9, 9))
    w[1, :, 2:] = 0
    found = whole_spectra(w)
    for i in range(3):
        ranks = rj.effective_ranks(jnp.asarray(w[i], jnp.float32))._asdict()
        for kind, value in ranks.items():
            assert found[kind][i] == pytest.approx(float(value), rel=1e-4), kind
    # Independent of decompositions: the sum of squares and the trace of the Gram matrix squared.
    squares = (w**2).sum(axis=(1, 2))
    np.testing.assert_allclose(found["norm"] ** 2, squares)
    grams = np.einsum("rij,rik->rjk", w, w)
    np.testing.assert_allclose(
        found["participation_ratio"], squares**2 / (grams**2).sum(axis=(1, 2))
    )
    assert (np.diff(found["eigenvalue_magnitude"], axis=1) <= 0).all()
    np.testing.assert_allclose(
        np.prod(found["eigenvalue_magnitude"][0]), abs(np.linalg.det(w[0])), rtol=1e-9
    )


def test_scales_of_readout_and_input_change_these_alone():
    usual = initial_params(Setting(n_hidden=6, starts=(Null(),), seeds=2))
    scaled = Setting(n_hidden=6, starts=(Null(),), seeds=2, readout_scale=3.0, input_scale=0.3)
    found = initial_params(scaled)
    for name, scale in (("input", 0.3), ("readout", 3.0), ("recurrent", 1.0)):
        np.testing.assert_allclose(found[name], scale * usual[name], rtol=1e-6)
    # A study that was made before there were scales finds its cells again.
    assert "readout_scale" not in Setting().record()
    assert scaled.record()["input_scale"] == 0.3
    with pytest.raises(ValueError, match="readout_scale is 0"):
        Setting(readout_scale=0.0)
