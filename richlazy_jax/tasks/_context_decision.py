"""The context-dependent decision task, CXT."""

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from .._checks import require_whole
from ._checks import coherence_levels
from ._periods import PeriodTask
from ._protocol import Trials
from ._ring import ring_signal


@dataclass(frozen=True)
class ContextDecision(PeriodTask):
    r"""Context-dependent decision: which channel is the stronger, in the modality that counts?

    Seven inputs: 0 is the fixation cue, 1 until the decision; 1 and 2 carry the first modality, 3
    and 4 the second; 5 and 6 name the modality that counts, (1, 0) or (0, 1), at every step, the
    decision included. For each modality a choice from {1, 2} and a coherence $c$ from `coherences`
    are drawn uniformly, and the context too, all independent. At each stimulus step a modality is

    $$\frac{1}{2} \left( 1 + \frac{c}{100} \right), \quad
        \frac{1}{2} \left( 1 - \frac{c}{100} \right)$$

    for the choice 1 and the reverse for the choice 2, and each of the seven inputs receives noise
    $\sigma \xi / \sqrt{\Delta t}$, with $\xi$ standard normal, fresh for each step and channel. All
    other inputs are 0. The answer is 0 (fixate) until the decision, then the choice of the modality
    that counts.

    The defaults are those of the paper: two stimulus steps, five of delay and one of decision.
    Tasks that differ only in `noise_sigma` draw the same trials, noise apart, from the same key.

    Attributes:
        coherences: the strengths of a modality, in percent.
        noise_sigma: $\sigma$, with $\Delta t$ in ms; the default makes the noise of a step 0.1.
        dt_ms: $\Delta t$, the length of a step, in ms.
        fixation_ms: time before the stimulus, in ms; may be 0.
        stimulus_ms: time of the stimulus, in ms.
        delay_ms: time between stimulus and decision, in ms; may be 0.
        decision_ms: time of the decision, in ms. Accuracy is measured at its last step.

    Raises:
        ValueError: a setting is out of its range, or a time is not a whole multiple of `dt_ms`.

    References:
        Y. H. Liu, A. Baratin, J. Cornford, S. Mihalas, E. Shea-Brown and G. Lajoie (2024), "How
        connectivity structure shapes rich and lazy learning in neural circuits", for the timing.
        M. Molano-Mazon et al. (2022), "NeuroGym: an open resource for developing and sharing
        neuroscience tasks", whose ContextDecisionMaking (release 0.0.2) this is.
    """

    coherences: tuple[float, ...] = (5.0, 15.0, 50.0)
    noise_sigma: float = 1.0
    dt_ms: float = 100.0
    fixation_ms: float = 0.0
    stimulus_ms: float = 200.0
    delay_ms: float = 500.0
    decision_ms: float = 100.0

    name = "CXT"
    n_inputs = 7
    n_outputs = 3
    period_names = ("fixation", "stimulus", "delay", "decision")

    def __post_init__(self):
        super().__post_init__()
        self._settle("coherences", coherence_levels("coherences", self.coherences))

    def sample(self, key: PRNGKeyArray, n_trials: int) -> Trials:
        """Draw `n_trials` independent trials.

        Args:
            key: a key that is used here alone.
            n_trials: how many, at least 1. It sets a shape, so it is static under `jax.jit`.

        Returns:
            Inputs of shape `(n_trials, n_steps, 7)` and labels of shape `(n_trials, n_steps)`.

        Raises:
            ValueError: `n_trials` is not an integer of at least 1.
        """
        n_trials = require_whole("n_trials", n_trials)
        stimulus, decision = self.periods["stimulus"], self.periods["decision"]
        condition_key, noise_key = jax.random.split(key)

        # One draw among all combinations is uniform in each and independent, and quicker than five.
        levels = len(self.coherences)
        combinations = (2, 2, 2, levels, levels)
        combination = jax.random.randint(condition_key, (n_trials,), 0, math.prod(combinations))
        context, *choices_and_levels = jnp.unravel_index(combination, combinations)
        # The first column belongs to the first modality, the second to the second.
        choice = 1 + jnp.stack(choices_and_levels[:2], axis=1)
        coherence = jnp.array(self.coherences)[jnp.stack(choices_and_levels[2:], axis=1)]
        answer = jnp.where(context == 0, choice[:, 0], choice[:, 1])
        noise_shape = (n_trials, stimulus.stop - stimulus.start, self.n_inputs)
        noise = jax.random.normal(noise_key, noise_shape)

        inputs = jnp.zeros((n_trials, self.n_steps, self.n_inputs))
        inputs = inputs.at[:, : decision.start, 0].set(1.0)
        for modality, channels in enumerate((slice(1, 3), slice(3, 5))):
            ring = ring_signal(choice[:, modality], coherence[:, modality])
            inputs = inputs.at[:, stimulus, channels].set(ring[:, None])
        inputs = inputs.at[:, :, 5:].set(jax.nn.one_hot(context, 2)[:, None])
        inputs = inputs.at[:, stimulus].add(self.noise_sd * noise)
        labels = jnp.zeros((n_trials, self.n_steps), int)
        return Trials(inputs, labels.at[:, decision].set(answer[:, None]))
