r"""Closed forms for the kernels of linear networks: what a start's structure predicts.

The setting, throughout: $f(x) = W_2 W_1 x$ with $W_1$ of shape (h, d) and $W_2$ of shape (k, h),
loss $\frac12 \lVert Y - f(X) \rVert_F^2$, gradient flow, and a teacher $B$ of shape (k, d). A
kernel is described by its *factor* $M$: over inputs $X$ of shape (n, d) the neural tangent kernel
of a scalar output is $K = X M X^\top$.

- `two_layer_ntk`, `kernel_factor`, `deep_kernel_factor`, `balance` (`_kernel.py`): the kernel of
  given weights, and what gradient flow conserves.
- `final_kernel_factor`, `final_kernel_factor_multi_output` (`_final_kernel.py`): Lemma 1, the
  kernel that learning ends with.
- `task_kernel_alignment` (`_task_alignment.py`): start against end for one known task, on any data.
- `expected_kernel_alignment` and its forms (`_expected_alignment.py`): Lemma 2 and Theorem 1.
- `kernel_alignment_variance` and its form (`_alignment_variance.py`): the spread over tasks.
- `optimal_initial_gram`, `optimal_kernel_alignment` (`_optimal_start.py`): the laziest start.
- `aligned_kernel_alignment` (`_aligned_start.py`): Proposition 1, low rank and yet lazy.
- `partial_alignment`, `feature_overlap` and their expectations (`_partial_alignment.py`).
- `any_scale_kernel_alignment` (`_any_scale.py`): equal singular values of any size.
- `effective_rank` (`_effective_rank.py`).
- `numerical_expected_kernel_alignment`, `uniform_tasks` (`_numerical.py`): a mean over drawn tasks,
  for where no closed form is known.
- `predict`, `Prediction` (`_predict.py`): all of this for given weights, in one call.
- `theory.dynamics` (`dynamics/`), a package to import by its own name: how the network learns.

Every function is pure and works under `jax.jit`, `jax.vmap` and `jax.grad`, in float64 where the
user enables it. Products are at the highest precision on any device, and closed forms of alignments
hold at any scale. Values are checked where they are known, which under a transformation they are
not; shapes are checked always.
"""

from ._aligned_start import aligned_kernel_alignment
from ._alignment_variance import kernel_alignment_variance, kernel_alignment_variance_from_factor
from ._any_scale import any_scale_kernel_alignment
from ._effective_rank import effective_rank
from ._expected_alignment import (
    expected_kernel_alignment,
    expected_kernel_alignment_from_factor,
    expected_kernel_alignment_from_ratio,
    expected_kernel_alignment_multi_output,
)
from ._final_kernel import final_kernel_factor, final_kernel_factor_multi_output
from ._kernel import balance, deep_kernel_factor, kernel_factor, two_layer_ntk
from ._numerical import (
    NumericalExpectation,
    numerical_expected_kernel_alignment,
    uniform_tasks,
)
from ._optimal_start import optimal_initial_gram, optimal_kernel_alignment
from ._partial_alignment import (
    expected_feature_overlap,
    feature_overlap,
    feature_task_spectrum,
    partial_alignment,
)
from ._predict import Prediction, predict
from ._task_alignment import task_kernel_alignment

__all__ = [
    "NumericalExpectation",
    "Prediction",
    "aligned_kernel_alignment",
    "any_scale_kernel_alignment",
    "balance",
    "deep_kernel_factor",
    "effective_rank",
    "expected_feature_overlap",
    "expected_kernel_alignment",
    "expected_kernel_alignment_from_factor",
    "expected_kernel_alignment_from_ratio",
    "expected_kernel_alignment_multi_output",
    "feature_overlap",
    "feature_task_spectrum",
    "final_kernel_factor",
    "final_kernel_factor_multi_output",
    "kernel_alignment_variance",
    "kernel_alignment_variance_from_factor",
    "kernel_factor",
    "numerical_expected_kernel_alignment",
    "optimal_initial_gram",
    "optimal_kernel_alignment",
    "partial_alignment",
    "predict",
    "task_kernel_alignment",
    "two_layer_ntk",
    "uniform_tasks",
]
