"""Runs depend on their key and number alone."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj
from experiments.kinds.linear import _networks
from experiments.verify._theorem1 import isotropic_problem

SPECTRUM = rj.equal_singular_values(2, 20, 1e-3)


def alignments(runs, chunk, monkeypatch):
    monkeypatch.setattr(_networks, "CHUNK", chunk)
    learned = _networks.learn_many(isotropic_problem, jax.random.key(0), runs, SPECTRUM, 0.0)
    assert learned.alignment.shape == (runs,)
    assert float(jnp.max(learned.loss)) < 1e-6
    return np.asarray(learned.alignment)


@pytest.mark.slow
def test_batching_changes_nothing(monkeypatch):
    whole = alignments(7, 100, monkeypatch)
    np.testing.assert_allclose(alignments(7, 3, monkeypatch), whole, rtol=1e-5)
    np.testing.assert_allclose(alignments(4, 100, monkeypatch), whole[:4], rtol=1e-5)


@pytest.mark.slow
def test_eight_devices_give_the_numbers_of_one(monkeypatch, tmp_path):
    code = f"""
import jax, numpy as np
import richlazy_jax as rj
from experiments.kinds.linear import _networks
from experiments.verify._theorem1 import isotropic_problem
assert len(jax.local_devices()) == 8
_networks.CHUNK = 5
spectrum = rj.equal_singular_values(2, 20, 1e-3)
learned = _networks.learn_many(isotropic_problem, jax.random.key(0), 11, spectrum, 0.0)
np.save({str(tmp_path / "a.npy")!r}, learned.alignment)
"""
    flags = "--xla_force_host_platform_device_count=8"
    subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"XLA_FLAGS": flags}, check=True, timeout=300
    )
    one = alignments(11, 11, monkeypatch)
    np.testing.assert_allclose(np.load(tmp_path / "a.npy"), one, rtol=1e-5)


@pytest.mark.parametrize("rank", [1, 5, 20])
def test_the_start_has_the_rank_and_scale_asked_for(rank):
    spectrum = rj.equal_singular_values(rank, 20, 1e-3)
    problem = isotropic_problem(jax.random.key(1), spectrum, 0.0)
    w1 = np.asarray(problem.weights[0], float)
    assert np.linalg.matrix_rank(w1, tol=1e-8) == rank
    np.testing.assert_allclose(np.linalg.norm(w1), 1e-3, rtol=1e-5)
    np.testing.assert_allclose(problem.x.T @ problem.x, np.eye(20), atol=1e-5)
