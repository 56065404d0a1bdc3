"""Lemma 2 and Theorem 1: the kernel alignment to expect, on average over tasks, on white data."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Real

from ._checks import (
    as_dimension,
    as_float,
    as_nonnegative,
    as_square,
    as_task_covariance,
    known_value,
    require_some,
)
from ._precision import highest_precision
from ._scale import scale_of, scaled


@highest_precision
def expected_kernel_alignment(
    singular_values: Real[ArrayLike, " p"],
    *,
    d: int,
    readout_norm: Real[ArrayLike, ""] = 0.0,
    task_covariance: Float[ArrayLike, "d d"] | None = None,
) -> Float[Array, ""]:
    r"""The expected alignment of the kernel before and after learning, from a start's spectrum.

    With $M_0 = W_1^\top W_1 + w^2 I$ and the second moment of tasks $C = E[b b^\top]$,

    $$E[\mathrm{KA}] = \frac{\operatorname{Tr} M_0 + \operatorname{Tr}(M_0 C)}
        {\lVert M_0 \rVert_F \sqrt{d + 3}},$$

    which for isotropic tasks, $C = I / d$, is

    $$E[\mathrm{KA}] = \frac{d + 1}{d \sqrt{d + 3}} \sqrt{\mathrm{PR}(M_0)}, \qquad
        \mathrm{PR}(M) = (\operatorname{Tr} M)^2 / \lVert M \rVert_F^2.$$

    At a fixed Frobenius norm of $W_1$ it is greatest where all singular values are equal: high rank
    is lazy.

    Args:
        singular_values: those of $W_1$, at most d of them; the others are 0.
        d: the number of inputs.
        readout_norm: $w = \lVert w_2 \rVert$ at the start.
        task_covariance: $C$, with trace 1, in the basis of the right singular vectors of $W_1$:
            $V^\top C V$, ordered as the singular values. None stands for isotropic tasks, and
            serves for any $C$ when the right singular vectors are uniformly random.

    Returns:
        A number from 0 to 1. It holds as the start's scale goes to 0, at any ratio of
        `readout_norm` to the singular values.

    Raises:
        ValueError: an argument is not as described above, or the start is zero.

    Source: Liu et al. (2024), arXiv 2310.08513, Lemma 2 and Theorem 1.
    """
    squares, readout = start_squares(singular_values, d, readout_norm)
    return expected_kernel_alignment_from_factor(
        jnp.diag(squares + readout), task_covariance=task_covariance
    )


@highest_precision
def expected_kernel_alignment_from_ratio(
    participation_ratio: Real[ArrayLike, "..."], *, d: int
) -> Float[Array, "..."]:
    r"""The expected kernel alignment from a start's participation ratio alone.

    Isotropic tasks and a readout that starts from 0 leave nothing else of the spectrum:

    $$E[\mathrm{KA}] = \frac{d + 1}{d \sqrt{d + 3}} \sqrt{\mathrm{PR}}, \qquad
        \mathrm{PR} = \frac{(\sum_i s_i^2)^2}{\sum_i s_i^4}.$$

    The ratio of a matrix is known without its singular values, also where it is too large for them.

    Args:
        participation_ratio: PR of $W_1$, from 1 to d; one number or many.
        d: the number of inputs.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, Theorem 1.
    """
    d = as_dimension("d", d)
    ratio = jnp.asarray(participation_ratio)
    ratio = as_float("participation_ratio", ratio, *("runs" for _ in ratio.shape))
    known = known_value(ratio)
    # A ratio that was computed may be off by its rounding.
    slack = 0.0 if known is None else 64 * np.finfo(known.dtype).eps
    if known is not None and ((known < 1 - slack) | (known > d * (1 + slack))).any():
        wrong = known[(known < 1 - slack) | (known > d * (1 + slack))].flat[0]
        raise ValueError(
            f"participation_ratio is {wrong}; allowed are numbers from 1 to d, which is {d}."
        )
    return (d + 1) / (d * (d + 3) ** 0.5) * jnp.sqrt(ratio)


@highest_precision
def expected_kernel_alignment_from_factor(
    factor: Float[ArrayLike, "d d"],
    *,
    depth: int = 2,
    task_covariance: Float[ArrayLike, "d d"] | None = None,
) -> Float[Array, ""]:
    r"""The expected kernel alignment from the factor of the start's kernel, for any depth.

    $$E[\mathrm{KA}] = \frac{\operatorname{Tr} M_0 + (L - 1) \operatorname{Tr}(M_0 C)}
        {\lVert M_0 \rVert_F \sqrt{d - 1 + L^2}}$$

    Args:
        factor: $M_0$, as `kernel_factor` or `deep_kernel_factor` gives it for one output.
        depth: the number of layers $L$, at least 2.
        task_covariance: $C$, with trace 1, in the basis of `factor`. None stands for $I / d$.

    Raises:
        ValueError: an argument is not as described above, or the start is zero.

    Source: Liu et al. (2024), arXiv 2310.08513, Lemma 2, for depth 2; for greater depth the same
    mean with `final_kernel_factor` of that depth.
    """
    m0 = as_square("factor", factor)
    d = len(m0)
    depth = as_dimension("depth", depth, least=2)
    require_some("factor", m0)
    m0 = scaled(m0)
    trace = jnp.trace(m0)
    if task_covariance is None:
        along_tasks = trace / d
    else:
        along_tasks = jnp.sum(m0 * as_task_covariance(task_covariance, d).T)
    return (trace + (depth - 1) * along_tasks) / (
        jnp.linalg.norm(m0) * jnp.sqrt(jnp.asarray(d - 1 + depth**2, m0.dtype))
    )


@highest_precision
def expected_kernel_alignment_multi_output(
    singular_values: Real[ArrayLike, " p"],
    readout_singular_values: Real[ArrayLike, " q"],
    teacher_singular_values: Real[ArrayLike, " r"],
    *,
    d: int,
    k: int,
) -> Float[Array, ""]:
    r"""The expected kernel alignment for k outputs, over uniformly random singular vectors.

    With $A_0 = W_1^\top W_1$, $N_0 = W_2 W_2^\top$, the teacher's singular values $s$, their sum
    $t$ and Haar singular vectors of the teacher on both sides, $E[\mathrm{KA}]$ is

    $$\frac{t \left( \frac{k}{d} \operatorname{Tr} A_0 + \operatorname{Tr} A_0
        + \operatorname{Tr} N_0 + \frac{d}{k} \operatorname{Tr} N_0 \right)}
      {\sqrt{k \lVert A_0 \rVert^2 + 2 \operatorname{Tr} A_0 \operatorname{Tr} N_0
        + d \lVert N_0 \rVert^2} \sqrt{(k + d) \sum_i s_i^2 + 2 t^2}}.$$

    Args:
        singular_values: those of $W_1$, at most d.
        readout_singular_values: those of $W_2$, at most k.
        teacher_singular_values: those of $B$, at most the lesser of d and k. Not all zero.
        d: the number of inputs.
        k: the number of outputs.

    Raises:
        ValueError: an argument is not as described above, or the start is zero.

    Source: Liu et al. (2024), arXiv 2310.08513, Theorem 1, extended to k outputs by
    `final_kernel_factor_multi_output`.
    """
    d, k = as_dimension("d", d), as_dimension("k", k)
    first = checked_spectrum("singular_values", singular_values, d)
    readout = checked_spectrum("readout_singular_values", readout_singular_values, k)
    s = checked_spectrum("teacher_singular_values", teacher_singular_values, min(d, k))
    require_some("the start", first, readout)
    require_some("teacher_singular_values", s)
    scale = scale_of(first, readout)
    first, readout, s = first / scale, readout / scale, scaled(s)
    a, n, t = jnp.sum(first**2), jnp.sum(readout**2), jnp.sum(s)
    overlap = t * (k / d * a + a + n + d / k * n)
    start = k * jnp.sum(first**4) + 2 * a * n + d * jnp.sum(readout**4)
    end = (k + d) * jnp.sum(s**2) + 2 * t**2
    return overlap / jnp.sqrt(start) / jnp.sqrt(end)


def start_squares(
    singular_values: ArrayLike, d: int, readout_norm: ArrayLike
) -> tuple[Array, Array]:
    """The d squared singular values and that of the readout, divided by one common number.

    Their sum is the diagonal of the start's factor in the basis of its right singular vectors.
    """
    d = as_dimension("d", d)
    s = checked_spectrum("singular_values", singular_values, d)
    w = as_nonnegative("readout_norm", readout_norm)
    require_some("the start (singular_values and readout_norm)", s, w)
    dtype = jnp.result_type(s, w)
    scale = scale_of(s, w)
    squares = jnp.zeros(d, dtype).at[: len(s)].set((s / scale).astype(dtype) ** 2)
    return squares, (w / scale).astype(dtype) ** 2


def checked_spectrum(name: str, values: ArrayLike, most: int) -> Array:
    """Singular values, no more of them than the matrix can have."""
    s = as_nonnegative(name, values, "p")
    if len(s) > most:
        raise ValueError(f"{name} has {len(s)} entries; allowed are at most {most}.")
    return s
