"""What linear students do from the same starts: a random readout in the linear case."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import richlazy_jax as rj
import theory

# Inputs, hidden units, answers; networks; and gradient descent, long enough for all to have learned
# and of steps so small that halving them moves no alignment by more than 2e-4.
D, H, K = 20, 30, 5
NETWORKS, STEPS, RATE = 100, 10_000, 0.02
READOUTS = ("redrawn", "redrawn_x3", "rotated")
NORMS = ("teacher_start", "teacher_end")
# Of the teacher's first layer at its start, as that of a recurrent teacher beside its end.
START_NORM = 1.25


class LinearRow(NamedTuple):
    """Linear students of one readout and one norm; each pair is of random and aligned ones.

    - `first_layer`, `every`: mean alignments of the kernels of first layer and of all weights.
    - `difference`, `difference_every`: of aligned less random, with the standard errors beside.
    - `loss`: the largest that is left of any network, as a share of that of saying 0.
    """

    readout: str
    norm: str
    first_layer: tuple[float, float]
    every: tuple[float, float]
    difference: tuple[float, float]
    difference_every: tuple[float, float]
    loss: float


def linear_rows(networks: int = NETWORKS, steps: int = STEPS) -> list[LinearRow]:
    r"""Two-layer linear students of balanced teachers, by gradient descent on white data.

    A task $B = U S V^\top$ of K answers has the teacher $W_1 = Q S^{1/2} V^\top$,
    $W_2 = U S^{1/2} Q^\top$, which is what a small start ends with. The aligned student starts with
    its $W_1$, the random one with as many random directions of the same singular values, both at
    one norm; readouts are redrawn, three times as large, or $O W_2$ with a random rotation O.

    The kernel of the first layer on white data is $W_2 W_2^\top \otimes I$: it sees the readout
    alone, so that a start of the first layer has an effect on its alignment only through how far
    the readout turns. That of all weights is `theory.kernel_factor`.

    Args:
        networks: for each row.
        steps: of gradient descent.
    """
    keys = jax.random.split(jax.random.key(0), networks)
    rows = []
    for readout in READOUTS:
        for norm in NORMS:
            found = jax.device_get(_students(keys, readout=readout, norm=norm, steps=steps))
            first, every, loss = (np.asarray(each, np.float64) for each in found)
            rows.append(
                LinearRow(
                    readout,
                    norm,
                    _pair(first.mean(axis=0)),
                    _pair(every.mean(axis=0)),
                    _with_error(first[:, 1] - first[:, 0]),
                    _with_error(every[:, 1] - every[:, 0]),
                    float(loss.max()),
                )
            )
    return rows


def closed_forms(readout_norms: tuple[float, ...] = (1 / 3, 1.0, 3.0)) -> list[tuple[float, ...]]:
    """For one answer and small starts of rank one: readout norm, random and aligned alignment.

    The kernel is that of all weights, and the norm in units of that of the first layer.
    """
    return [
        (
            w,
            float(theory.partial_alignment(1 / D, c=1.0, readout_norm=w, d=D)),
            float(theory.aligned_kernel_alignment(1.0, readout_norm=w, d=D)),
        )
        for w in readout_norms
    ]


@functools.partial(jax.jit, static_argnames=("readout", "norm", "steps"))
def _students(keys: Any, *, readout: str, norm: str, steps: int) -> Any:
    return jax.vmap(lambda key: _pair_of(key, readout, norm, steps))(keys)


def _pair_of(key: Any, readout: str, norm: str, steps: int) -> Any:
    keys = jax.random.split(key, 5)
    product = functools.partial(jnp.matmul, precision="highest")
    task = jax.random.normal(keys[0], (K, D)) / jnp.sqrt(D)
    u, s, vt = jnp.linalg.svd(task, full_matrices=False)
    q = rj.haar_orthonormal(keys[1], H, K)
    taught = product(q * jnp.sqrt(s), vt)
    others = rj.haar_orthonormal(keys[2], D, K).T
    other = product(rj.haar_orthonormal(jax.random.fold_in(keys[2], 1), H, K) * jnp.sqrt(s), others)
    size = START_NORM if norm == "teacher_start" else jnp.linalg.norm(taught)
    w2 = jax.random.uniform(keys[3], (K, H), minval=-1.0, maxval=1.0) / jnp.sqrt(H)
    if readout == "redrawn_x3":
        w2 = 3 * w2
    if readout == "rotated":
        rotation = rj.haar_orthonormal(keys[4], K, K)
        w2 = product(rotation, product(u * jnp.sqrt(s), q.T))

    def of_one(w1: Any) -> Any:
        start = w1 * (size / jnp.linalg.norm(w1)), w2

        def step(weights: Any, _: Any) -> Any:
            w1, w2 = weights
            error = product(w2, w1) - task
            moved = w1 - RATE * product(w2.T, error), w2 - RATE * product(error, w1.T)
            return moved, None

        (w1_end, w2_end), _ = jax.lax.scan(step, start, None, length=steps)
        grams = [product(w, w.T) for w in (start[1], w2_end)]
        factors = [theory.kernel_factor(*weights) for weights in (start, (w1_end, w2_end))]
        left = jnp.sum((product(w2_end, w1_end) - task) ** 2) / jnp.sum(task**2)
        return rj.kernel_alignment(*grams), rj.kernel_alignment(*factors), left

    return tuple(jnp.stack(each) for each in zip(of_one(other), of_one(taught), strict=True))


def _pair(values: np.ndarray) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def _with_error(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
