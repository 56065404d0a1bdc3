"""How a network's answers are scored."""

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from ._protocol import Trials


def sequence_cross_entropy(
    logits: Float[Array, "n steps n_outputs"], trials: Trials
) -> Float[Array, ""]:
    r"""The cross-entropy of the answers, averaged over all steps and trials, in nats.

    For logits $z$, labels $y$ and weights $w$ over trials $b$ and steps $t$ it is

    $$\frac{\sum_{bt} w_{bt} \left( \log \sum_k e^{z_{btk}} - z_{bt y_{bt}} \right)}
        {\sum_{bt} w_{bt}},$$

    the plain mean where the trials have no weights. It can be differentiated in the logits.

    Raises:
        ValueError: `logits` does not have the trials and steps of `trials`.
    """
    _check_shape(logits, trials)
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, trials.labels)
    if trials.weights is None:
        return losses.mean()
    return (trials.weights * losses).sum() / trials.weights.sum()


def decision_accuracy(
    logits: Float[Array, "n steps n_outputs"], trials: Trials, decision_step: int = -1
) -> Float[Array, ""]:
    """The fraction of trials whose largest logit at the decision step is that of the label.

    Args:
        logits: what the network says of each answer at each step.
        trials: the trials it was shown.
        decision_step: the task's `decision_step`; by default the last step, as in all tasks here.

    Raises:
        ValueError: `logits` does not have the trials and steps of `trials`, or there is no such
            step.
    """
    _check_shape(logits, trials)
    steps = trials.labels.shape[1]
    if not -steps <= decision_step < steps:
        raise ValueError(
            f"decision_step is {decision_step!r}; allowed are {-steps} to {steps - 1}, "
            f"for trials of {steps} steps."
        )
    answers = logits[:, decision_step].argmax(axis=-1)
    return jnp.mean(answers == trials.labels[:, decision_step])


def _check_shape(logits: Array, trials: Trials) -> None:
    if logits.shape[:2] != trials.labels.shape:
        raise ValueError(
            f"logits has shape {logits.shape}; allowed are {trials.labels.shape} trials and steps, "
            "as in the labels, and the outputs along a third axis."
        )
