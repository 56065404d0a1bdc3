"""All measures of one network against explicit Jacobians and NumPy."""

import functools
import json
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj

RNG = np.random.default_rng(0)
N, STEPS, INPUTS, UNITS, OUTPUTS = 7, 4, 3, 5, 2


def drawn(seed, scale=1.0):
    rng = np.random.default_rng(seed)
    shapes = {
        "cell": {"kernel": (UNITS, UNITS), "input": (INPUTS, UNITS), "bias": (UNITS,)},
        "readout": (UNITS, OUTPUTS),
    }
    return jax.tree.map(
        lambda shape: jnp.asarray(scale * rng.standard_normal(shape)),
        shapes,
        is_leaf=lambda leaf: isinstance(leaf, tuple),
    )


def states(params, x):
    def step(hidden, inputs):
        cell = params["cell"]
        hidden = jnp.tanh(hidden @ cell["kernel"] + inputs @ cell["input"] + cell["bias"])
        return hidden, hidden

    start = jnp.zeros((len(x), UNITS), x.dtype)
    return jnp.swapaxes(jax.lax.scan(step, start, jnp.swapaxes(x, 0, 1))[1], 0, 1)


def network(params, x):
    return states(params, x) @ params["readout"]


def trials(dtype=None):
    return jnp.asarray(np.random.default_rng(5).standard_normal((N, STEPS, INPUTS)), dtype)


@functools.cache
def jacobians():
    params, x = (drawn(0), drawn(1)), trials()
    found = []
    for each in params:
        jacobian = jax.jit(jax.jacrev(network))(each, x)
        leaves = jax.tree.leaves(jacobian)
        found.append([np.asarray(leaf).reshape(N, STEPS, OUTPUTS, -1) for leaf in leaves])
    return found


@pytest.fixture
def rows(x64):
    """The Jacobians before and after by leaf, each (trials, steps, outputs, numbers)."""
    return jacobians()


def expected(jacobians, y: Any = None, weights: Any = None, chosen: Any = None, leaves: Any = None):
    """The alignment of the kernels, and of each with the targets: centred, and as a share."""
    kernels, shares, traced = [], [], []
    for parts in jacobians:
        j = np.concatenate(parts[:leaves], -1)
        j = j if chosen is None else j[:, chosen]
        w = np.ones(j.shape[:-1]) if weights is None else weights
        j = j * np.sqrt(w)[..., None]
        flat = j.reshape(-1, j.shape[-1])
        kernels.append(flat @ flat.T)
        if y is None:
            continue
        target = y - (w * y).sum(0) / w.sum(0)
        target = np.sqrt(w) * target
        along = flat.T @ target.ravel()
        shares.append(along @ along / np.sum(target**2) / np.trace(kernels[-1]))
        centre = np.eye(N) - 1 / N
        k = np.einsum("iap,jap->ij", *[j.reshape(N, -1, j.shape[-1])] * 2)
        k, t = (centre @ a @ centre for a in (k, target.reshape(N, -1) @ target.reshape(N, -1).T))
        traced.append(np.sum(k * t) / np.linalg.norm(k) / np.linalg.norm(t))
    a, b = kernels
    return np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b), traced, shares


def known(change):
    assert change is not None
    return change


def assert_measures(found, wanted):
    alignment, traced, shares = wanted
    np.testing.assert_allclose(found.kernel_alignment.alignment, alignment, rtol=1e-10)
    if traced:
        np.testing.assert_allclose(found.target_alignment, traced, rtol=1e-9)
        np.testing.assert_allclose(found.target_share, shares, rtol=1e-10)


@pytest.mark.parametrize("memory", [pytest.param(2**13, marks=pytest.mark.slow), None])
def test_kernels_of_all_outputs(x64, rows, memory):
    y = np.random.default_rng(3).standard_normal((N, STEPS, OUTPUTS))
    x, before, after = trials(), drawn(0), drawn(1)
    found = rj.laziness(network, before, after, x, targets=y, memory=memory)
    assert_measures(found, expected(rows, y))
    losses = [
        0.5 * np.sum((np.asarray(network(p, x)) - y) ** 2, -1).mean() for p in (before, after)
    ]
    np.testing.assert_allclose(known(found.loss), losses, rtol=1e-12)
    # The jackknife is that of the alignment alone.
    alone = rj.kernel_alignment_between(network, before, after, x)
    np.testing.assert_allclose(found.kernel_alignment[:3], alone[:3], rtol=1e-9)


def test_some_steps_and_some_parameters(x64, rows):
    y = np.random.default_rng(3).standard_normal((N, STEPS, OUTPUTS))
    asked = {"targets": y, "outputs": [1, 3], "wrt": ["cell"]}
    found = rj.laziness(network, drawn(0), drawn(1), trials(), **asked)
    # The leaves of "cell" come first.
    assert_measures(found, expected(rows, y[:, [1, 3]], chosen=[1, 3], leaves=3))
    assert any("steps 1, 3" in said for said in found.said)
    assert any("some parameters alone" in said for said in found.said)


def test_balanced_classes_count_alike(x64, rows):
    labels = np.zeros((N, STEPS), int)
    labels[:3, -1] = 1
    share = {0: labels.size / 2 / (labels == 0).sum(), 1: labels.size / 2 / 3}
    weights = np.vectorize(share.get)(labels)
    y, x = np.eye(OUTPUTS)[labels], trials()
    found = rj.laziness(network, drawn(0), drawn(1), x, targets=labels, weights="balanced")
    assert_measures(found, expected(rows, y, np.repeat(weights[..., None], OUTPUTS, -1)))
    for got, params in zip(known(found.loss), (drawn(0), drawn(1)), strict=True):
        logits = np.asarray(network(params, x))
        each = np.log(np.exp(logits).sum(-1)) - (y * logits).sum(-1)
        np.testing.assert_allclose(got, (weights * each).sum() / weights.sum(), rtol=1e-10)
    plain = rj.laziness(network, drawn(0), drawn(1), x, targets=labels)
    assert any("89% of the outputs are of one class" in said for said in plain.said)
    last = rj.laziness(network, drawn(0), drawn(1), x, targets=labels[:, -1], outputs="last")
    assert_measures(last, expected(rows, y[:, -1], chosen=STEPS - 1))


def test_activity_and_parameters(x64):
    before, after, x = drawn(0), drawn(1), trials()
    found = rj.laziness(
        network,
        before,
        after,
        x,
        outputs="last",
        activity=lambda p, x: {"hidden": states(p, x)},
        decision_step=2,
    )
    first, last = (np.asarray(states(p, x)) for p in (before, after))
    of = found.activity["hidden"]
    np.testing.assert_allclose(
        of.sign_agreement_all_steps, np.mean(np.sign(first) == np.sign(last))
    )
    at = first[:, 2], last[:, 2]
    np.testing.assert_allclose(of.sign_agreement, np.mean(np.sign(at[0]) == np.sign(at[1])))
    for name, shift in (("representation_alignment", 0), ("centred_alignment", 1)):
        r, s = ((h - shift * h.mean(0)) @ (h - shift * h.mean(0)).T for h in at)
        cosine = np.sum(r * s) / np.linalg.norm(r) / np.linalg.norm(s)
        np.testing.assert_allclose(getattr(of, name), cosine, rtol=1e-10)
    for got, h in zip(of.participation_ratio, (first, last), strict=True):
        variances = np.linalg.eigvalsh(np.cov(h.reshape(-1, UNITS).T))
        np.testing.assert_allclose(got, variances.sum() ** 2 / (variances**2).sum(), rtol=1e-9)
    assert list(found.parameters) == ["cell.bias", "cell.input", "cell.kernel", "readout"]
    kernel = found.parameters["cell.kernel"]
    change = np.linalg.norm(np.asarray(after["cell"]["kernel"] - before["cell"]["kernel"]))
    np.testing.assert_allclose(kernel.norm, change, rtol=1e-12)
    size = np.linalg.norm(np.asarray(before["cell"]["kernel"]))
    np.testing.assert_allclose(kernel.relative, change / size, rtol=1e-12)
    ranks = rj.effective_ranks(before["cell"]["kernel"])
    assert kernel.ranks_before is not None
    np.testing.assert_allclose(kernel.ranks_before, ranks, rtol=1e-12)
    assert found.parameters["cell.bias"].ranks_before is None
    assert (found.target_alignment, found.target_share, found.loss) == (None, None, None)


def test_what_it_says(x64):
    labels = RNG.integers(0, 2, N)
    x, before = trials(), drawn(0)
    after = drawn(1)
    found = rj.laziness(
        network,
        before,
        after,
        x,
        targets=labels,
        outputs="last",
        activity=states,
        known_outputs=np.asarray(network(after, x)) + 1e-7,
    )
    assert any("are those of the trained network, to 1e-07" in said for said in found.said)
    assert f"{float(found.kernel_alignment.alignment):.2f}" in found.sentence
    towards = known(found.target_alignment)
    way = "towards" if towards.after > towards.before else "away"
    assert f"It turned {way}" in found.sentence
    kept = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert kept["sentence"] == found.sentence
    assert kept["parameters"]["readout"]["ranks_after"]["eigenvalue_area"] is None
    np.testing.assert_allclose(kept["loss"]["after"], known(found.loss).after)
    assert "cell.kernel: stable rank" in str(found)
    assert "<td>activity: sign agreement</td>" in found._repr_html_()
    # The outputs that count are enough, where the network has no others.
    asked = {"outputs": "last", "known_outputs": np.asarray(network(after, x))[:, -1]}
    known_last = rj.laziness(network, before, after, x, **asked)
    assert any("are those of the trained network" in said for said in known_last.said)
    assert f"Inputs were taken for {N} trials of {STEPS} steps." in known_last.said
    same = rj.laziness(network, before, before, x, outputs="last")
    np.testing.assert_allclose(same.kernel_alignment.alignment, 1, rtol=1e-12)
    assert any("nothing was learned" in said for said in same.said)
    assert any("Nothing proves" in said for said in same.said)


@pytest.mark.parametrize("scale", [1e-15, 1e15])
@pytest.mark.slow
def test_scales_of_the_readout_change_no_alignment(scale):
    """The kernel of all other weights scales with the square of the readout."""
    before, after = drawn(0, 0.5), drawn(1, 0.5)
    x, labels = trials(jnp.float32), np.arange(N) % 2
    asked = {"targets": labels, "outputs": "last", "wrt": ["cell"]}
    before, after = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), (before, after))
    plain = rj.laziness(network, before, after, x, **asked)
    small = [{**p, "readout": p["readout"] * jnp.float32(scale)} for p in (before, after)]
    found = rj.laziness(network, small[0], small[1], x, **asked)
    for name in ("target_alignment", "target_share"):
        np.testing.assert_allclose(getattr(found, name), getattr(plain, name), rtol=1e-4)
    np.testing.assert_allclose(found.kernel_alignment[0], plain.kernel_alignment[0], rtol=1e-5)


LABELS = np.zeros((N, STEPS), int)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": LABELS + 2}, "classes from 2 to 2; allowed are 0 to 1"),
        ({"targets": LABELS[:, :2]}, r"targets has shape \(7, 2\)"),
        ({"targets": np.full((N, STEPS, OUTPUTS), np.nan)}, "targets has numbers that are not"),
        ({"outputs": "first"}, "outputs is 'first'; allowed are 'all', 'last'"),
        ({"outputs": [4]}, "allowed are steps from 0 to 3"),
        ({"outputs": []}, "allowed are steps, as whole numbers"),
        ({"weights": "balanced"}, "'balanced' where targets are classes"),
        ({"weights": np.ones(3)}, r"weights has shape \(3,\)"),
        ({"weights": np.zeros(N)}, "weights is zero everywhere"),
        ({"weights": -np.ones(N)}, "weights holds -1.0"),
        ({"wrt": ["cells"]}, "wrt is"),
        ({"known_outputs": np.ones((N, STEPS, OUTPUTS))}, "differ from those of `apply` by up to"),
        ({"known_outputs": np.full((N, STEPS, OUTPUTS), np.nan)}, "known_outputs has numbers that"),
        ({"known_outputs": np.ones((N, OUTPUTS))}, r"known_outputs has shape \(7, 2\)"),
        ({"activity": lambda p, x: jnp.ones(3)}, r"activity\['activity'\] has shape \(3,\)"),
        ({"x": jnp.full((N, STEPS, INPUTS), jnp.nan)}, "x has numbers that are not finite"),
        (
            {"after": {**drawn(1), "readout": jnp.full((UNITS, 2), jnp.inf)}},
            r"after\['readout'\] has",
        ),
        (
            {"after": {**drawn(1), "readout": jnp.ones((UNITS, 3))}},
            r"after\['readout'\] has shape \(5, 3\); allowed is .* of shape \(5, 2\), as in before",
        ),
        ({"after": {"readout": jnp.ones((UNITS, 2))}}, r"allowed is after\['cell'\]\['bias'\]"),
        ({"apply": lambda p, x: x.sum()}, "apply gives outputs of shape"),
    ],
)
def test_bad_input_is_refused(change, message, no_shape_checks):
    asked = {"apply": network, "before": drawn(0), "after": drawn(1), "x": trials()} | change
    args = [asked.pop(name) for name in ("apply", "before", "after", "x")]
    with pytest.raises(ValueError, match=message):
        rj.laziness(*args, **asked)
