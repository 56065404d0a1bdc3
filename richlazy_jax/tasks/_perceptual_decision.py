"""The perceptual decision task, 2AF."""

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
class PerceptualDecision(PeriodTask):
    r"""Two-alternative perceptual decision: which of two noisy channels is the stronger?

    Three inputs: 0 is the fixation cue, 1 until the decision; 1 and 2 carry the stimulus. A choice
    from {1, 2} and a coherence $c$ from `coherences` are drawn uniformly. At each stimulus step

    $$x_i = \frac{1}{2} + \frac{c}{200} \cos(\theta_i - \theta_{\text{choice}})
        + \frac{\sigma}{\sqrt{\Delta t}} \xi_i, \qquad \theta = (0, \pi),$$

    with $\xi$ standard normal, fresh for each step and channel. All other inputs are 0. The answer
    is 0 (fixate) until the decision, then the choice.

    The defaults are those of the paper: seven stimulus steps and a decision step. Tasks that differ
    only in `noise_sigma` draw the same choices and coherences from the same key.

    Attributes:
        coherences: the strengths of the stimulus, in percent.
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
        neuroscience tasks", whose PerceptualDecisionMaking (release 0.0.2) this is.
    """

    coherences: tuple[float, ...] = (0.0, 6.4, 12.8, 25.6, 51.2)
    noise_sigma: float = 1.0
    dt_ms: float = 100.0
    fixation_ms: float = 0.0
    stimulus_ms: float = 700.0
    delay_ms: float = 0.0
    decision_ms: float = 100.0

    name = "2AF"
    n_inputs = 3
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
            Inputs of shape `(n_trials, n_steps, 3)` and labels of shape `(n_trials, n_steps)`.

        Raises:
            ValueError: `n_trials` is not an integer of at least 1.
        """
        n_trials = require_whole("n_trials", n_trials)
        stimulus, decision = self.periods["stimulus"], self.periods["decision"]
        condition_key, noise_key = jax.random.split(key)

        # One draw among all pairs is uniform in each and independent, and quicker than two.
        pairs = (2, len(self.coherences))
        pair = jax.random.randint(condition_key, (n_trials,), 0, math.prod(pairs))
        choice, level = jnp.unravel_index(pair, pairs)
        choice, coherence = choice + 1, jnp.array(self.coherences)[level]
        noise = jax.random.normal(noise_key, (n_trials, stimulus.stop - stimulus.start, 2))

        inputs = jnp.zeros((n_trials, self.n_steps, self.n_inputs))
        inputs = inputs.at[:, : decision.start, 0].set(1.0)
        ring = ring_signal(choice, coherence)[:, None] + self.noise_sd * noise
        inputs = inputs.at[:, stimulus, 1:].set(ring)
        labels = jnp.zeros((n_trials, self.n_steps), int)
        return Trials(inputs, labels.at[:, decision].set(choice[:, None]))
