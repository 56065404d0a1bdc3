"""NeuroGym environments as tasks."""

import copy
import functools
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from .._checks import require_whole
from ._protocol import Trials

# Enough that random timing shows itself, few enough to take milliseconds.
_PROBED_TRIALS = 32
# What `make` puts around every environment; these leave observations as they are.
_HARMLESS_WRAPPERS = ("OrderEnforcing", "PassiveEnvChecker", "TimeLimit")


def neurogym_task(
    environment: Any,
    n_steps: int,
    *,
    timing: Mapping[str, Any] | None = None,
    decision_step: int | None = None,
    **settings: Any,
) -> "NeuroGymTask":
    """A NeuroGym environment as a task, for the same training functions as any other.

    For instance `neurogym_task("PerceptualDecisionMaking-v0", 22)`, or with the timing of the paper
    `neurogym_task("DelayMatchSample-v0", 8, timing={"fixation": 0, "sample": 100, "delay": 500,
    "test": 100, "decision": 100})`.

    Allowed is any environment with trials of its own (a NeuroGym `TrialEnv`, wrapped or not), a
    vector as observation and one of finitely many actions as answer. One trial is one sequence.
    A trial shorter than `n_steps` is preceded by steps of zero input, with label 0 and no weight in
    the loss, so that all trials end at the last step; a network without biases that starts at rest
    stays there until the trial begins.

    NeuroGym's tasks change between releases. Those of the paper are as in 0.0.2 and differ from
    later ones: from 2.0 on ContextDecisionMaking names the context with `use_expl_context=True`
    only, and its noise is on the stimulus channels alone; from 2.1 on the fixation cue of
    PerceptualDecisionMaking and ContextDecisionMaking is on in the fixation period alone, which the
    paper's timing leaves empty.

    Args:
        environment: the name of a registered environment, or an environment object. An object is
            copied, and may be used freely afterwards. Only a name needs NeuroGym to be installed.
        n_steps: how many steps a sequence has, at least as many as the longest trial.
        timing: the times of the environment's periods, in ms, as NeuroGym takes them; those not
            named keep their defaults. For a name only.
        decision_step: the step whose answer is the decision, counted from 0. None stands for the
            last.
        settings: further arguments of the environment, such as `dt` in ms. For a name only.

    Raises:
        ImportError: a name is given, and NeuroGym cannot be imported; the message says what to do.
        ValueError: an argument is not as described, or the environment is not of the allowed kind.

    References:
        M. Molano-Mazon et al. (2022), "NeuroGym: an open resource for developing and sharing
        neuroscience tasks".
    """
    n_steps = require_whole("n_steps", n_steps)
    if decision_step is None:
        decision_step = n_steps - 1
    if isinstance(decision_step, bool) or decision_step not in range(n_steps):
        raise ValueError(
            f"decision_step is {decision_step!r}; allowed are None and 0 to {n_steps - 1}."
        )
    if timing is not None:
        settings = {"timing": dict(timing), **settings}
    if isinstance(environment, str):
        environment = _load_neurogym().make(environment, **settings)
    elif settings:
        raise ValueError(
            f"{next(iter(settings))} is given with an environment object; allowed is the name of "
            "an environment, since an object has its settings already."
        )
    return NeuroGymTask(copy.deepcopy(environment), n_steps, int(decision_step))


# Compared by identity, because environments do not compare by value.
@dataclass(frozen=True, eq=False)
class NeuroGymTask:
    """A task whose trials NeuroGym makes on the host; made by `neurogym_task`.

    A compiled program calls back to Python for each batch. What comes back depends on the key and
    nothing else: a copy of the environment, as it was when the task was made, draws the batch with
    a generator seeded from all bits of the key. So no trial is shown twice, and the task works
    under `jit`, `vmap` and `scan` as the others do, though more slowly: a batch of 32 trials takes
    some milliseconds, one key after the other.

    Attributes:
        environment: the environment, never stepped itself.
        n_steps: how many steps a sequence has.
        decision_step: the step whose answer is the decision, counted from 0.
    """

    environment: Any
    n_steps: int
    decision_step: int

    def __post_init__(self):
        observations = getattr(self.environment, "observation_space", None)
        actions = getattr(self.environment, "action_space", None)
        if len(getattr(observations, "shape", None) or ()) != 1:
            raise ValueError(
                f"environment {self.name} has the observation space {observations}; allowed are "
                "vectors."
            )
        if not hasattr(actions, "n"):
            raise ValueError(
                f"environment {self.name} has the action space {actions}; allowed are finitely "
                "many actions, numbered from 0."
            )
        _trial_source(self.environment)
        _refuse_wrappers_of_steps(self.environment, self.name)
        trials = list(self._host_trials(np.zeros(1, np.uint32), _PROBED_TRIALS))
        if all(labels is None for _, labels in trials):
            raise ValueError(
                f"environment {self.name} never sets the ground truth; allowed are environments "
                "that say which answer is correct."
            )
        again = self._host_trials(np.zeros(1, np.uint32), _PROBED_TRIALS)
        if not all(_same(*pair) for pair in zip(trials, again, strict=True)):
            raise ValueError(
                f"environment {self.name} gave two different samples for one seed, because some "
                "of its randomness comes from a generator outside it; allowed are environments "
                "whose trials depend on their seed alone."
            )

    @property
    def name(self) -> str:
        """The name of the environment's class."""
        return type(_unwrapped(self.environment)).__name__

    @property
    def n_inputs(self) -> int:
        """How many channels an observation has."""
        return self.environment.observation_space.shape[0]

    @property
    def n_outputs(self) -> int:
        """How many actions there are to choose from."""
        return int(self.environment.action_space.n)

    def sample(self, key: PRNGKeyArray, n_trials: int) -> Trials:
        """Draw `n_trials` trials, one after the other from a fresh copy of the environment.

        Where an environment's trials depend on those before, they do so within this batch only.

        Args:
            key: a key that is used here alone.
            n_trials: how many, at least 1. It sets a shape, so it is static under `jax.jit`.

        Returns:
            Inputs of shape `(n_trials, n_steps, n_inputs)`, and labels and weights of shape
            `(n_trials, n_steps)`. The weights are 1 within a trial and 0 before it.

        Raises:
            ValueError: `n_trials` is not an integer of at least 1. An error of the environment, or
                a trial longer than `n_steps`, comes as JAX reports errors from a callback.
        """
        n_trials = require_whole("n_trials", n_trials)
        floating, integer = jnp.result_type(float), jnp.result_type(int)
        shape = (n_trials, self.n_steps)
        result = (
            jax.ShapeDtypeStruct((*shape, self.n_inputs), floating),
            jax.ShapeDtypeStruct(shape, integer),
            jax.ShapeDtypeStruct(shape, floating),
        )
        # With "broadcast_all" a vmapped call is one callback, which sees all keys.
        return Trials(
            *jax.pure_callback(
                functools.partial(self._draw_for_keys, n_trials=n_trials, dtypes=result),
                result,
                jax.random.key_data(key),
                vmap_method="broadcast_all",
            )
        )

    def _draw_for_keys(self, words: Any, *, n_trials: int, dtypes: Any) -> tuple[np.ndarray, ...]:
        """The batches for an array of keys, given as unsigned words along the last axis."""
        words = np.asarray(words)
        keys = words.shape[:-1]
        drawn = [self._draw(key, n_trials) for key in words.reshape(-1, words.shape[-1])]
        return tuple(
            np.stack(parts).reshape(*keys, *parts[0].shape).astype(like.dtype)
            for parts, like in zip(zip(*drawn, strict=True), dtypes, strict=True)
        )

    def _draw(self, key_words: np.ndarray, n_trials: int) -> tuple[np.ndarray, ...]:
        inputs = np.zeros((n_trials, self.n_steps, self.n_inputs))
        labels = np.zeros((n_trials, self.n_steps), int)
        weights = np.zeros((n_trials, self.n_steps))
        for trial, (observed, correct) in enumerate(self._host_trials(key_words, n_trials)):
            start = self.n_steps - len(observed)
            inputs[trial, start:] = observed
            # An environment says nothing where the answer is to fixate throughout.
            labels[trial, start:] = 0 if correct is None else correct
            weights[trial, start:] = 1
        return inputs, labels, weights

    def _host_trials(self, key_words: np.ndarray, n_trials: int):
        """Pairs of the observations and, where the environment says it, the ground truth."""
        # A copy, because trials change an environment and callbacks may run side by side.
        environment = copy.deepcopy(self.environment)
        base, source = _unwrapped(environment), _trial_source(environment)
        seeds = np.random.SeedSequence(key_words.tolist()).generate_state(5)
        # `seed` also reaches the generators of random period lengths, with 32 bits.
        base.seed(int(seeds[0]))
        base.rng = np.random.RandomState(seeds[1:])
        for _ in range(n_trials):
            # Else a trial that sets none would seem to have the ground truth of the one before.
            vars(base).pop("gt", None)
            source.new_trial()
            observed, correct = getattr(base, "ob", None), getattr(base, "gt", None)
            if observed is None:
                raise ValueError(
                    f"environment {self.name} has no observations when a trial begins; allowed are "
                    "environments that lay out a whole trial in new_trial."
                )
            if len(observed) > self.n_steps:
                raise ValueError(
                    f"n_steps is {self.n_steps}; allowed for {self.name} is at least the length of "
                    f"its longest trial, and one of {len(observed)} steps was drawn."
                )
            if correct is not None and not 0 <= correct.min() <= correct.max() < self.n_outputs:
                raise ValueError(
                    f"environment {self.name} has the ground truth {correct.max()}; allowed are 0 "
                    f"to {self.n_outputs - 1}, the numbers of its actions."
                )
            # Copied, because the next trial may be laid out in the same memory.
            yield np.array(observed), None if correct is None else np.array(correct)


def _unwrapped(environment: Any) -> Any:
    return getattr(environment, "unwrapped", environment)


def _trial_source(environment: Any) -> Any:
    """The outermost wrapper that makes trials, or the environment itself."""
    candidate = environment
    # Asked of the class: a wrapper passes on attributes of what it wraps, with a warning.
    while not hasattr(type(candidate), "new_trial"):
        if not hasattr(candidate, "env"):
            raise ValueError(
                f"environment is {environment!r}; allowed are NeuroGym environments made of "
                "trials, with a method new_trial."
            )
        candidate = candidate.env
    return candidate


def _refuse_wrappers_of_steps(environment: Any, name: str) -> None:
    """Trials are taken whole, so what a wrapper does at each step would be lost in silence."""
    while environment is not _unwrapped(environment) and hasattr(environment, "env"):
        kind = type(environment)
        changes_steps = any(hasattr(kind, method) for method in ("step", "observation"))
        if (
            changes_steps
            and not hasattr(kind, "new_trial")
            and kind.__name__ not in _HARMLESS_WRAPPERS
        ):
            raise ValueError(
                f"environment {name} is wrapped in {kind.__name__}, which acts at every step; "
                "allowed are wrappers that make trials, with a method new_trial."
            )
        environment = environment.env


def _same(left: tuple[Any, Any], right: tuple[Any, Any]) -> bool:
    """Whether two trials have equal observations and equal ground truths."""
    return all(
        one is other if one is None or other is None else np.array_equal(one, other)
        for one, other in zip(left, right, strict=True)
    )


def _load_neurogym() -> Any:
    try:
        return importlib.import_module("neurogym")
    except ImportError as error:
        raise ImportError(
            f"NeuroGym cannot be imported: {error}. Install it with "
            "`pip install richlazy-jax[neurogym]`; from release 2.3 on it also needs PyTorch, "
            "`pip install torch`."
        ) from error
