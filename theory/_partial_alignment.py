"""Starts aligned with the truncated features of a task, between aligned and random."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Real

from ._aligned_start import start_weights
from ._checks import as_dimension, as_float, as_nonnegative, known_value, require_some
from ._precision import highest_precision
from ._scale import scale_of, scaled
from ._spectral import leading_projector


@highest_precision
def partial_alignment(
    rho: Real[ArrayLike, ""],
    *,
    c: Real[ArrayLike, ""],
    readout_norm: Real[ArrayLike, ""],
    d: int,
) -> Float[Array, ""]:
    r"""The kernel alignment of a rank-one start that points near the task.

    The start is $W_1^\top W_1 = c\, b' b'^\top$ with readout norm $w$, the task is $b$, and
    $\rho = (b \cdot b')^2$:

    $$\mathrm{KA} = \frac{c (1 + \rho) + (d + 1) w^2}
        {\sqrt{(c^2 + 2 c w^2 + d w^4)(d + 3)}}.$$

    It is linear in $\rho$, so the mean over tasks is this at the mean of $\rho$, for example at
    `expected_feature_overlap`. At $\rho = 1$ it is `aligned_kernel_alignment`, and at
    $\rho = 1 / d$, the mean over random directions, Theorem 1 for rank one.

    Args:
        rho: the squared cosine between start and task, from 0 to 1.
        c: the square of the one singular value of $W_1$.
        readout_norm: $w = \lVert w_2 \rVert$ at the start.
        d: the number of inputs.

    Raises:
        ValueError: an argument is not as described above, or the start is zero.

    Source: Liu et al. (2024), arXiv 2310.08513, Proposition 1 and the partial alignment of its
    figure 3.
    """
    d = as_dimension("d", d)
    rho = as_nonnegative("rho", rho)
    known = known_value(rho)
    # A squared cosine that was computed can exceed 1 by rounding.
    if known is not None and known > 1 + 1e-5:
        raise ValueError(f"rho is {known}; allowed are numbers from 0 to 1.")
    c = as_nonnegative("c", c)
    w = as_nonnegative("readout_norm", readout_norm)
    require_some("the start (c and readout_norm)", c, w)
    c, square = start_weights(c, w)
    overlap = c * (1 + rho) + (d + 1) * square
    start = c**2 + 2 * c * square + d * square**2
    return overlap / jnp.sqrt(start * (d + 3))


@highest_precision
def feature_overlap(
    features: Float[Array, "p d"], teacher: Float[Array, " p"], *, keep: int
) -> Float[Array, ""]:
    r"""How far a task still points where the leading part of its features points.

    Features $z = F x$ and a teacher $w$ make the task $\beta = F^\top w$. With $F_{[k]}$ made of
    the k leading singular triplets of $F$ and $\beta' = F_{[k]}^\top w$,

    $$\rho = \frac{(\beta \cdot \beta')^2}{\lVert \beta \rVert^2 \lVert \beta' \rVert^2}
        = \frac{\lVert \beta' \rVert^2}{\lVert \beta \rVert^2},$$

    because the part cut off is orthogonal to the part kept. It is smooth as long as the last
    singular value kept is above the first one cut off. Where these two are equal, which part is the
    leading one is arbitrary, and so would be the overlap; where its values are known such a matrix
    is refused, and under a transformation, which hides them, the derivative is no number.

    Args:
        features: $F$.
        teacher: $w$, such that $F^\top w$ is not zero.
        keep: the number of triplets kept, from 1 to the lesser of p and d.

    Raises:
        ValueError: an argument is not as described above, or the singular values tie at the cut.

    Source: Liu et al. (2024), arXiv 2310.08513, figure 3, partial alignment.
    """
    features = as_float("features", features, "p", "d")
    teacher = as_float("teacher", teacher, "p")
    if len(teacher) != len(features):
        raise ValueError(
            f"teacher has shape {teacher.shape}; allowed is ({len(features)},), as features has "
            f"{len(features)} rows."
        )
    keep = as_dimension("keep", keep, most=min(features.shape))
    _require_gap(features, keep)
    require_some("features", features)
    require_some("teacher", teacher)
    features, teacher = scaled(features), scaled(teacher)
    task = teacher @ features
    near = (leading_projector(features, keep) @ teacher) @ features
    require_some("features.T @ teacher", task)
    scale = scale_of(task)
    return jnp.sum((near / scale) ** 2) / jnp.sum((task / scale) ** 2)


@highest_precision
def expected_feature_overlap(
    kappa: Real[ArrayLike, ""], *, d: int, keep: int | None = None
) -> Float[Array, ""]:
    r"""The mean of `feature_overlap` over teachers, for features with two levels of strength.

    $F$ has k singular values $\kappa$ and d - k singular values 1, the k are kept, and $w$ is
    isotropic. Then $\rho = \kappa^2 B / (\kappa^2 B + 1 - B)$ with
    $B \sim \mathrm{Beta}(\frac k2, \frac{d - k}2)$, and

    $$E[\rho] = \frac kd\;
        {}_2F_1\!\left( 1, \tfrac{d - k}2; \tfrac d2 + 1; 1 - \kappa^{-2} \right),$$

    which is $k / d$ at $\kappa = 1$ and tends to 1 as $\kappa$ grows.

    Args:
        kappa: the ratio of the two levels, at least 1.
        d: the number of inputs.
        keep: k, from 1 to d. None stands for the half, d // 2.

    Raises:
        ValueError: an argument is not as described above.

    Source: ours; Euler's integral for the partial alignment in figure 3 of Liu et al. (2024),
    arXiv 2310.08513. Evaluated to rounding by a sum over the Beta law, because
    `jax.scipy.special.hyp2f1` is up to 3 % off at large kappa.
    """
    d = as_dimension("d", d, least=2)
    k = d // 2 if keep is None else as_dimension("keep", keep, most=d)
    kappa = as_nonnegative("kappa", kappa)
    known = known_value(kappa)
    if known is not None and known < 1:
        raise ValueError(f"kappa is {known}; allowed are numbers of at least 1.")
    if k == d:
        return jnp.ones_like(kappa)
    y, weight = _overlap_nodes(k / 2, (d - k) / 2)
    rho = jax.nn.sigmoid(jnp.asarray(y, kappa.dtype) + 2 * jnp.log(kappa))
    return jnp.sum(jnp.asarray(weight, kappa.dtype) * rho)


@highest_precision
def feature_task_spectrum(
    kappa: Real[ArrayLike, ""], *, d: int, keep: int | None = None
) -> Float[Array, " d"]:
    r"""The eigenvalues of the second moment of tasks that two levels of features make.

    In the basis of the right singular vectors of $F$ the second moment $C = E[b b^\top]$ is
    diagonal: $E[\rho] / k$ for the k strong directions, $(1 - E[\rho]) / (d - k)$ for the others.

    Args:
        kappa: the ratio of the two levels, at least 1.
        d: the number of inputs.
        keep: k, from 1 to d. None stands for the half, d // 2.

    Raises:
        ValueError: an argument is not as described above.

    Source: as `expected_feature_overlap`.
    """
    rho = expected_feature_overlap(kappa, d=d, keep=keep)
    k = d // 2 if keep is None else int(keep)
    strong = jnp.full(k, rho / k)
    return jnp.concatenate([strong, jnp.full(d - k, (1 - rho) / max(d - k, 1))])


def _require_gap(features: Array, keep: int) -> None:
    known = known_value(features)
    if known is None or keep == min(features.shape):
        return
    s = np.linalg.svd(known, compute_uv=False)
    rounding = 32 * max(features.shape) * np.finfo(known.dtype).eps * s[0]
    if s[keep - 1] > rounding and s[keep - 1] - s[keep] <= rounding:
        raise ValueError(
            f"features has equal singular values, {s[keep - 1]:.6g}, at the places {keep} and "
            f"{keep + 1}, so which {keep} lead is arbitrary; allowed is a keep between unequal "
            "ones."
        )


def _overlap_nodes(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Values of log(B / (1 - B)) for B of the Beta law, and their weights.

    In this variable the density is analytic in a strip about the real line and falls off
    exponentially, where equal steps converge geometrically, whatever kappa is: to rounding here.
    """
    width = np.sqrt(1 / a + 1 / b)
    step = min(0.25, width / 2)
    peak = np.log(a / b)
    y = np.arange(peak - 40 / a - 9 * width, peak + 40 / b + 9 * width, step)
    log_weight = a * y - (a + b) * np.logaddexp(0, y)
    weight = np.exp(log_weight - log_weight.max())
    return y, weight / weight.sum()
