"""What the closed forms say of given weights, in one call, and how far they may be trusted."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key

from ._alignment_variance import kernel_alignment_variance_from_factor
from ._any_scale import at_any_scale
from ._checks import as_dimension, as_float, known_value, require_some
from ._expected_alignment import expected_kernel_alignment_from_factor
from ._numerical import uniform_tasks
from ._precision import highest_precision
from ._scale import norm_of, scale_of, scaled, unit
from ._task_alignment import task_kernel_alignment

# How far the value at this scale may be from that of small starts: what verification holds it to.
TOLERATED = 0.01


class Prediction(NamedTuple):
    """The kernel alignment to expect of a start, over tasks of all directions."""

    mean: Float[Array, ""]
    """Over tasks: in closed form on white data, over drawn tasks on other data."""
    standard_deviation: Float[Array, ""]
    """Over tasks: how far one task lies from the mean. In closed form where the mean is."""
    interval: Float[Array, "2"]
    """The range in which 95 % of tasks lie, equally many above and below. Over drawn tasks."""
    standard_error: Float[Array, ""]
    """What drawing leaves of error in the mean; 0 where the mean is in closed form."""
    for_teacher: Float[Array, ""]
    """The alignment for the one teacher given; nan without one."""
    scale_error: Float[Array, ""]
    """By how much the alignment at this scale differs from that of small starts. It is exact, with
    its sign, for equal singular values, a silent readout and white data; for any other start it is
    the most that it can be in comparable starts of that kind."""
    rank: Float[Array, ""]
    """The participation ratio of the squared singular values of the first layer: its rank where
    these are equal."""
    equal: Bool[Array, ""]
    """Whether the first layer's singular values are equal, apart from those that are 0."""
    silent: Bool[Array, ""]
    """Whether the readout is zero."""
    white: Bool[Array, ""]
    """Whether the data are white."""

    @property
    def trusted(self) -> Bool[Array, "..."]:
        """Whether the start is small enough for the forms, by `scale_error`, to 0.01."""
        return jnp.abs(self.scale_error) <= TOLERATED

    @property
    def reason(self) -> str:
        """Why the prediction is trusted or not, in words. Values must be known."""
        faults = [
            text
            for holds, text in (
                (self.equal, "its singular values differ"),
                (self.silent, "its readout is not silent"),
                (self.white, "the data are not white"),
            )
            if not holds
        ]
        error = f"{abs(float(self.scale_error)):.2g}"
        if faults:
            basis = (
                f"No form for any scale is known for this start, since {' and '.join(faults)}. It "
                "is judged by starts of equal singular values with a silent readout on white data, "
                f"of rank {float(self.rank):.3g} and as strong in one direction as this one is in "
                "all. There, for the task for which it is most,"
            )
        else:
            basis = "By the form for starts of any scale, which covers this start,"
        verdict = (
            "so this start counts as small"
            if self.trusted
            else "so this start is too large for the forms, which are for small starts"
        )
        return (
            f"{basis} the alignment differs from that of a small start by {error}; up to "
            f"{TOLERATED} is allowed, {verdict}."
        )


@highest_precision
def predict(
    w1: Float[Array, "h d"],
    w2: Float[Array, "1 h"] | None = None,
    inputs: Float[Array, "n d"] | None = None,
    teacher: Float[Array, " d"] | None = None,
    *,
    key: Key[Array, ""] | None = None,
    n_tasks: int = 4000,
) -> Prediction:
    r"""How lazily a two-layer linear network with these weights will learn, for any one output.

    With $M_0 = W_1^\top W_1 + \lVert w_2 \rVert^2 I$ the mean over tasks is that of
    `expected_kernel_alignment_from_factor` and the standard deviation the root of
    `kernel_alignment_variance_from_factor`. The range of 95 % of tasks has no closed form that we
    know, so it is that of drawn tasks; so are mean and standard deviation on data that are not
    white. For a teacher there is `task_kernel_alignment` beside them.

    These forms are for small starts. Whether this one is small is told by
    `any_scale_kernel_alignment`, at its scale and as that goes to 0. This covers equal singular
    values with a silent readout on white data. Any other start is judged by one of that kind, with
    the participation ratio of $W_1^\top W_1$ in place of the rank $r$, with $g = \lVert W_1
    \rVert_F^2 + \lVert w_2 \rVert^2$, as if all of the start were in one direction, and with the
    overlap between task and row space, from 0 to 1, at which the difference is greatest. That is
    a careful comparison and no proof, and `reason` says so.

    Args:
        w1: the first layer's weights at the start. Not zero.
        w2: the readout's weights at the start. None stands for a silent readout, of zeros.
        inputs: $X$, one in each row, which span all d directions. None stands for white data.
        teacher: $\beta$, the one task of interest. Without it tasks have norm 1.
        key: a JAX random key for the drawn tasks. None stands for `jax.random.key(0)`, with which
            the same tasks are drawn each time.
        n_tasks: how many are drawn, at least 2.

    Returns:
        The prediction, whose `trusted` and `reason` say whether it holds at this scale.

    Raises:
        ValueError: the shapes do not fit together, there is more than one output, the inputs leave
            a direction out, or a number is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, Theorem 1; the rest is ours.
    """
    w1, w2, s, teacher = _checked(w1, w2, inputs, teacher)
    n_tasks = as_dimension("n_tasks", n_tasks, least=2)
    d = w1.shape[1]
    size = scale_of(w1, w2)
    first, readout = w1 / size, jnp.sum((w2 / size) ** 2)
    gram = first.T @ first
    factor = gram + readout * jnp.eye(d, dtype=gram.dtype)

    tasks = uniform_tasks(jax.random.key(0) if key is None else key, n_tasks, d=d)
    each = _alignments(factor, s, tasks.astype(factor.dtype))
    white = jnp.max(jnp.abs(s * d / jnp.trace(s) - jnp.eye(d, dtype=s.dtype))) < 1e-4
    error = jnp.std(each, ddof=1) / jnp.sqrt(jnp.asarray(n_tasks, each.dtype))
    spread = jnp.sqrt(kernel_alignment_variance_from_factor(factor))

    rank, equal = _rank(first)
    overlap, norm, one = rank / d, jnp.ones((), w1.dtype), jnp.full((), jnp.nan, w1.dtype)
    if teacher is not None:
        b, norm = unit(teacher), norm_of(teacher)
        overlap = jnp.minimum(b @ gram @ b / jnp.trace(gram) * rank, 1)
        one = task_kernel_alignment(factor, teacher, data_covariance=s)
    silent = readout == 0
    covered = _change_with_scale(size * jnp.sqrt(jnp.trace(gram)), d, rank, overlap, norm)
    strong = size * jnp.sqrt(rank * (jnp.trace(gram) + readout))
    bounds = jnp.stack(
        [_change_with_scale(strong, d, rank, jnp.asarray(q), norm) for q in (0.0, 1.0)]
    )
    compared = jnp.max(jnp.abs(bounds))
    return Prediction(
        mean=jnp.where(white, expected_kernel_alignment_from_factor(factor), jnp.mean(each)),
        standard_deviation=jnp.where(white, spread, jnp.std(each, ddof=1)),
        interval=jnp.quantile(each, jnp.asarray([0.025, 0.975], each.dtype)),
        standard_error=jnp.where(white, 0, error),
        for_teacher=one,
        scale_error=jnp.where(equal & silent & white, covered, compared),
        rank=rank,
        equal=equal,
        silent=silent,
        white=white,
    )


def _change_with_scale(sigma: Array, d: int, rank: Array, overlap: Array, norm: Array) -> Array:
    """The alignment at this scale, less that of small starts."""
    small = at_any_scale(jnp.zeros_like(sigma), d, rank, overlap, norm)
    return at_any_scale(sigma, d, rank, overlap, norm) - small


def _alignments(factor: Array, s: Array, tasks: Array) -> Array:
    """`task_kernel_alignment` for depth 2 and each task, by quadratic forms of its direction."""
    half, squares = factor @ s, s @ s
    across = s @ half

    def form(m: Array) -> Array:
        return jnp.sum(tasks @ m * tasks, axis=1)

    start = jnp.sum(half * half.T)
    end = form(s) ** 2 + 2 * form(squares) + jnp.trace(squares)
    return (form(across) + jnp.trace(across)) / jnp.sqrt(start) / jnp.sqrt(end)


def _rank(first: Array) -> tuple[Array, Array]:
    """The participation ratio, and whether all singular values but zeros are equal."""
    s = jnp.linalg.svd(first, compute_uv=False)
    rounding = max(first.shape) * jnp.finfo(s.dtype).eps
    there = s > rounding * s[0]
    equal = jnp.all(jnp.where(there, s, s[0]) > (1 - 1e-3) * s[0])
    squares = (s / s[0]) ** 2
    return jnp.sum(squares) ** 2 / jnp.sum(squares**2), equal


def _checked(
    w1: Array, w2: Array | None, inputs: Array | None, teacher: Array | None
) -> tuple[Array, Array, Array, Array | None]:
    """Weights, the inputs' second moment and the teacher, of one dtype."""
    w1 = as_float("w1", w1, "h", "d")
    require_some("w1", w1)
    h, d = w1.shape
    w2 = jnp.zeros((1, h), w1.dtype) if w2 is None else as_float("w2", w2, "k", "h")
    if w2.shape != (1, h):
        raise ValueError(
            f"w2 has shape {w2.shape}; allowed is (1, {h}): one output, and as many hidden units "
            "as w1 has rows. For more outputs there is expected_kernel_alignment_multi_output."
        )
    s = jnp.eye(d, dtype=w1.dtype)
    if inputs is not None:
        inputs = as_float("inputs", inputs, "n", "d")
        if inputs.shape[1] != d:
            raise ValueError(f"inputs has shape {inputs.shape}; allowed is (n, {d}), as w1 has.")
        _require_all_directions(inputs)
        inputs = scaled(inputs)
        s = inputs.T @ inputs
    if teacher is not None:
        teacher = as_float("teacher", teacher, "d")
        if teacher.shape != (d,):
            raise ValueError(f"teacher has shape {teacher.shape}; allowed is ({d},), as w1 has.")
        require_some("teacher", teacher)
        teacher = teacher.astype(w1.dtype)
    return w1, w2.astype(w1.dtype), s.astype(w1.dtype), teacher


def _require_all_directions(inputs: Array) -> None:
    known = known_value(inputs)
    rank = inputs.shape[1] if known is None else np.linalg.matrix_rank(known)
    rank = min(rank, len(inputs))
    if rank < inputs.shape[1]:
        raise ValueError(
            f"inputs has rank {rank}; allowed is {inputs.shape[1]}, the number of inputs of w1, "
            "since in a direction that no input has nothing is learned."
        )
