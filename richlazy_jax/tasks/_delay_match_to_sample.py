"""The delayed match-to-sample task, DMS."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from .._checks import require_whole
from ._periods import PeriodTask
from ._protocol import Trials
from ._ring import ring_signal


@dataclass(frozen=True)
class DelayMatchToSample(PeriodTask):
    r"""Delayed match to sample: is the test stimulus the sample seen before the delay?

    Three inputs: 0 is the fixation cue, 1 until the decision; 1 and 2 carry sample and test. The
    sample's direction is drawn uniformly from $\theta = (0, \pi)$, and the test has, with
    probability one half each, the same direction (a match) or the opposite one. At each step of
    sample and test

    $$x_i = \frac{1}{2} + \frac{1}{2} \cos(\theta_i - \theta_{\text{shown}})
        + \frac{\sigma}{\sqrt{\Delta t}} \xi_i,$$

    with $\xi$ standard normal, fresh for each step and channel. All other inputs are 0. The answer
    is 0 (fixate) until the decision, then 1 for a match and 2 for a non-match.

    The defaults are those of the paper: one step of sample, five of delay, one of test and one of
    decision. Tasks that differ only in `noise_sigma` draw the same directions from the same key.

    Attributes:
        noise_sigma: $\sigma$, with $\Delta t$ in ms; the default makes the noise of a step 0.1.
        dt_ms: $\Delta t$, the length of a step, in ms.
        fixation_ms: time before the sample, in ms; may be 0.
        sample_ms: time of the sample, in ms.
        delay_ms: time between sample and test, in ms; may be 0.
        test_ms: time of the test, in ms.
        decision_ms: time of the decision, in ms. Accuracy is measured at its last step.

    Raises:
        ValueError: a setting is out of its range, or a time is not a whole multiple of `dt_ms`.

    References:
        Y. H. Liu, A. Baratin, J. Cornford, S. Mihalas, E. Shea-Brown and G. Lajoie (2024), "How
        connectivity structure shapes rich and lazy learning in neural circuits", for the timing.
        M. Molano-Mazon et al. (2022), "NeuroGym: an open resource for developing and sharing
        neuroscience tasks", whose DelayMatchSample (release 0.0.2 and later) this is.
    """

    noise_sigma: float = 1.0
    dt_ms: float = 100.0
    fixation_ms: float = 0.0
    sample_ms: float = 100.0
    delay_ms: float = 500.0
    test_ms: float = 100.0
    decision_ms: float = 100.0

    name = "DMS"
    n_inputs = 3
    n_outputs = 3
    period_names = ("fixation", "sample", "delay", "test", "decision")

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
        sample, test, decision = (self.periods[name] for name in ("sample", "test", "decision"))
        condition_key, noise_key = jax.random.split(key)

        # One draw among all pairs is uniform in each and independent, and quicker than two.
        pair = jax.random.randint(condition_key, (n_trials,), 0, 4)
        sample_direction, label = 1 + pair // 2, 1 + pair % 2
        test_direction = jnp.where(label == 1, sample_direction, 3 - sample_direction)

        inputs = jnp.zeros((n_trials, self.n_steps, self.n_inputs))
        inputs = inputs.at[:, : decision.start, 0].set(1.0)
        inputs = inputs.at[:, sample, 1:].set(ring_signal(sample_direction, 100.0)[:, None])
        inputs = inputs.at[:, test, 1:].set(ring_signal(test_direction, 100.0)[:, None])
        noisy = np.r_[sample, test]
        noise = jax.random.normal(noise_key, (n_trials, len(noisy), 2))
        inputs = inputs.at[:, noisy, 1:].add(self.noise_sd * noise)
        labels = jnp.zeros((n_trials, self.n_steps), int)
        return Trials(inputs, labels.at[:, decision].set(label[:, None]))
