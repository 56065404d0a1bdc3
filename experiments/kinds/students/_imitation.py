"""Students that learn what their teachers say, in place of the labels."""

import functools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import richlazy_jax as rj
from richlazy_jax.models import Recurrence

from ..recurrent import Learning, Setting, as_network, held, learning_of

# Where the weights of a student's teacher stand, among its own.
TEACHER = "teacher"


def with_teacher(params: Mapping[str, Any], taught: Mapping[str, Any]) -> dict[str, Any]:
    """The weights of students beside those of their teachers.

    Args:
        params: of students, with axes of starts and seeds before all others.
        taught: of teachers, with one axis of seeds, as networks have them.
    """
    kinds = len(params["recurrent"])
    return {**params, TEACHER: {name: jnp.stack([leaf] * kinds) for name, leaf in taught.items()}}


def without_teacher(params: Mapping[str, Any]) -> dict[str, Any]:
    """The weights of students alone."""
    return {name: leaf for name, leaf in params.items() if name != TEACHER}


def imitation_of(setting: Setting) -> Learning:
    """What students learn from their teachers, whose weights are among theirs and do not move.

    One and the same for settings that share all that it depends on, as `learning_of`.
    """
    trains = setting.trains()._replace(zeros=False, signs=False, inputs=None, outputs=None)
    usual = learning_of(setting)
    return _imitation(
        setting.made_task().decision_step, usual, setting.form(), float(setting.noise), trains
    )


@functools.lru_cache(maxsize=16)
def _imitation(
    decision_step: int, usual: Learning, form: Recurrence, noise: float, trains: Any
) -> Learning:
    def loss(params: Any, drawn: Any) -> tuple[Any, dict[str, Any]]:
        trials, key = drawn
        teacher = jax.lax.stop_gradient(params[TEACHER])
        own = as_network(held(trains, without_teacher(params)))
        said = rj.rnn_apply(teacher, trials.inputs, **form._asdict())
        outputs = rj.rnn_apply(own, trials.inputs, **form._asdict(), noise=noise, key=key)
        accuracy = rj.decision_accuracy(outputs, trials, decision_step)
        return imitation_loss(outputs, said, trials), {"accuracy": accuracy}

    return Learning(loss, usual.sample)


def imitation_loss(
    outputs: Float[Array, "n steps k"], said: Float[Array, "n steps k"], trials: rj.Trials
) -> Float[Array, ""]:
    r"""How far students are from what their teachers say.

    For outputs $z$ of a student, $\hat z$ of its teacher and weights $w$ of trials b and steps t it
    is the squared error over the length of what the teacher says,

    $$\frac{\frac 12 \langle \lVert z - \hat z \rVert^2 \rangle}
        {\sqrt{\langle \lVert \hat z \rVert^2 \rangle}}, \qquad
    \langle a \rangle = \frac{\sum_{bt} w_{bt} a_{bt}}{\sum_{bt} w_{bt}},$$

    the plain mean where the trials have no weights, as in `richlazy_jax.sequence_cross_entropy`.
    A student that says 0 then has a gradient of length about 1 in its outputs, as with
    cross-entropy, so that one learning rate serves both. Without the length, which grows as
    teachers learn, students diverge at that rate.
    """

    def mean(values: Any) -> Any:
        if trials.weights is None:
            return values.mean()
        return (trials.weights * values).sum() / trials.weights.sum()

    length = jnp.sqrt(mean(jnp.sum(said**2, axis=-1)))
    # A teacher that is silent is imitated by silence, at any scale.
    return 0.5 * mean(jnp.sum((outputs - said) ** 2, axis=-1)) / jnp.where(length > 0, length, 1.0)
