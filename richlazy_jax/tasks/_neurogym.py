"""NeuroGym environments as tasks."""

import copy
import functools
import importlib
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from .._checks import require_whole
from ._protocol import Trials

# Enough that random timing and rare answers show themselves, few enough to take little time.
_PROBED_TRIALS = 128
# Where lengths differ, n_steps exceeds the longest trial by this share: later ones may be longer.
_SPARE = 0.25
# What `make` puts around every environment; these leave observations as they are.
_HARMLESS_WRAPPERS = ("OrderEnforcing", "PassiveEnvChecker", "TimeLimit")


def neurogym_task(
    environment: Any,
    n_steps: int | None = None,
    *,
    weighted: bool = False,
    timing: Mapping[str, Any] | None = None,
    decision_step: int | None = None,
    **settings: Any,
) -> "NeuroGymTask":
    """A NeuroGym environment as a task, for the same training functions as any other.

    For instance `neurogym_task("PerceptualDecisionMaking-v0")`, or with the timing of the paper
    `neurogym_task("DelayMatchSample-v0", 8, timing={"fixation": 0, "sample": 100, "delay": 500,
    "test": 100, "decision": 100})`.

    Allowed is any environment with trials of its own (a NeuroGym `TrialEnv`, wrapped or not), a
    vector as observation and one of finitely many actions as answer. One trial is one sequence.
    A trial shorter than `n_steps` is preceded by steps of zero input, with label 0 and no weight in
    the loss, so that all trials end at the last step; a network without biases that starts at rest
    stays there until the trial begins.

    Refused by name are environments

    - that never say which answer is correct (Bandit), as nothing could be learned from them;
    - without observations when a trial begins (DawTwoStep), as a sequence is laid out as a whole;
    - whose actions are numbers on a scale rather than choices (ReachingDelayResponse);
    - whose correct answer is outside their own actions (Reaching1D);
    - that give two different samples for one seed, as their generator is out of reach;
    - in wrappers that act at every step (Noise, PassAction), as no step is ever taken. Monitor is
      one of these: it would record nothing.

    NeuroGym's tasks change between releases. Those of the paper are as in 0.0.2 and differ from
    later ones: from 2.0 on ContextDecisionMaking names the context with `use_expl_context=True`
    only, and its noise is on the stimulus channels alone; from 2.1 on the fixation cue of
    PerceptualDecisionMaking and ContextDecisionMaking is on in the fixation period alone, which the
    paper's timing leaves empty.

    Args:
        environment: the name of a registered environment, or an environment object. An object is
            copied, and may be used freely afterwards. Only a name needs NeuroGym to be installed.
        n_steps: how many steps a sequence has, at least as many as the longest trial. None stands
            for the longest of 128 trials, and a quarter more where their lengths differ; `said`
            tells it.
        weighted: whether each class counts in the loss by the inverse of its frequency in these
            trials, so that all classes weigh the same in total. Otherwise all steps weigh the same,
            and a network may do well by always giving the most frequent answer.
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
    if n_steps is not None:
        n_steps = require_whole("n_steps", n_steps)
        _require_step(decision_step, n_steps)
    if not isinstance(weighted, bool):
        raise ValueError(f"weighted is {weighted!r}; allowed are True and False.")
    if timing is not None:
        settings = {"timing": dict(timing), **settings}
    if isinstance(environment, str):
        environment = _load_neurogym().make(environment, **settings)
    elif settings:
        raise ValueError(
            f"{next(iter(settings))} is given with an environment object; allowed is the name of "
            "an environment, since an object has its settings already."
        )
    environment = _copied(environment)
    trials = _probed(environment, n_steps)
    lengths = [len(observed) for observed, _ in trials]
    said = []
    if n_steps is None:
        n_steps = max(lengths)
        if min(lengths) == n_steps:
            said.append(f"n_steps is {n_steps}, the length of all {len(trials)} trials drawn.")
        else:
            n_steps = math.ceil((1 + _SPARE) * n_steps)
            said.append(
                f"n_steps is {n_steps}: {len(trials)} trials drawn had {min(lengths)} to "
                f"{max(lengths)} steps, and a quarter is added as later ones may be longer."
            )
        _require_step(decision_step, n_steps)
    shares = _shares(trials, int(environment.action_space.n))
    # A class that was not seen counts like one that was seen once.
    class_weights = 1 / np.maximum(shares, 1 / sum(lengths)) / np.count_nonzero(shares)
    common = int(shares.argmax())
    said.append(
        f"Label {common} is correct at {100 * shares[common]:.0f} % of the steps; "
        + ("classes are" if weighted else "no class is")
        + " weighted by inverse frequency."
    )
    return NeuroGymTask(
        environment,
        n_steps,
        n_steps - 1 if decision_step is None else int(decision_step),
        tuple(class_weights.tolist()) if weighted else None,
        tuple(said),
    )


def _require_step(decision_step: Any, n_steps: int) -> None:
    if decision_step is None:
        return
    if isinstance(decision_step, bool) or decision_step not in range(n_steps):
        raise ValueError(
            f"decision_step is {decision_step!r}; allowed are None and 0 to {n_steps - 1}."
        )


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
        class_weights: the weight in the loss of a step at which each label is correct; None where
            all weigh the same.
        said: sentences on what was assumed and found when the task was made.
    """

    environment: Any
    n_steps: int
    decision_step: int
    class_weights: tuple[float, ...] | None = None
    said: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the environment's class."""
        return _name(self.environment)

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
            `(n_trials, n_steps)`. The weights are 0 before a trial, and 1 or those of
            `class_weights` within.

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
        trials = _host_trials(self.environment, key_words, n_trials, self.n_steps)
        for trial, (observed, correct) in enumerate(trials):
            start = self.n_steps - len(observed)
            inputs[trial, start:] = observed
            # An environment says nothing where the answer is to fixate throughout.
            labels[trial, start:] = 0 if correct is None else correct
            weights[trial, start:] = 1
        if self.class_weights is not None:
            weights *= np.array(self.class_weights)[labels]
        return inputs, labels, weights


def _probed(environment: Any, n_steps: int | None) -> list[tuple[Any, Any]]:
    """Some trials of an environment, which is refused where it cannot be a task."""
    name = _name(environment)
    observations = getattr(environment, "observation_space", None)
    actions = getattr(environment, "action_space", None)
    if len(getattr(observations, "shape", None) or ()) != 1:
        raise ValueError(
            f"environment {name} has the observation space {observations}; allowed are vectors."
        )
    if not hasattr(actions, "n"):
        raise ValueError(
            f"environment {name} has the action space {actions}; allowed are finitely many "
            "actions, numbered from 0."
        )
    _trial_source(environment)
    _refuse_wrappers_of_steps(environment, name)
    trials, again = (
        list(_host_trials(environment, np.zeros(1, np.uint32), _PROBED_TRIALS, n_steps))
        for _ in range(2)
    )
    if all(labels is None for _, labels in trials):
        raise ValueError(
            f"environment {name} never sets the ground truth; allowed are environments that say "
            "which answer is correct."
        )
    if not all(_same(*pair) for pair in zip(trials, again, strict=True)):
        raise ValueError(
            f"environment {name} gave two different samples for one seed, because some of its "
            "randomness comes from a generator outside it; allowed are environments whose trials "
            "depend on their seed alone."
        )
    return trials


def _host_trials(environment: Any, key_words: np.ndarray, n_trials: int, n_steps: int | None):
    """Pairs of the observations and, where the environment says it, the ground truth."""
    name, n_actions = _name(environment), environment.action_space.n
    # A copy, because trials change an environment and callbacks may run side by side.
    environment = _copied(environment)
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
                f"environment {name} has no observations when a trial begins; allowed are "
                "environments that lay out a whole trial in new_trial."
            )
        if n_steps is not None and len(observed) > n_steps:
            raise ValueError(
                f"n_steps is {n_steps}; allowed for {name} is at least the length of its longest "
                f"trial, and one of {len(observed)} steps was drawn."
            )
        if correct is not None and not 0 <= correct.min() <= correct.max() < n_actions:
            wrong = correct.max() if correct.min() >= 0 else correct.min()
            raise ValueError(
                f"environment {name} has the ground truth {wrong}; allowed are 0 to "
                f"{n_actions - 1}, the numbers of its actions."
            )
        # Copied, because the next trial may be laid out in the same memory.
        yield np.array(observed), None if correct is None else np.array(correct)


def _shares(trials: list[tuple[Any, Any]], n_classes: int) -> np.ndarray:
    """The share of all steps at which each label is correct; 0 stands where none is said."""
    counts = np.zeros(n_classes)
    for observed, correct in trials:
        labels = np.broadcast_to(0 if correct is None else correct, len(observed))
        counts += np.bincount(labels.astype(int), minlength=n_classes)
    return counts / counts.sum()


def _copied(environment: Any) -> Any:
    """A copy that shares no generator with the environment.

    Random times are often functions that close over the environment, and a deep copy keeps
    functions as they are: they would go on drawing from the first environment. So those that the
    environment holds, by itself or in a dictionary, are made anew around the copy.
    """
    copied = copy.deepcopy(environment)
    old, new = _unwrapped(environment), _unwrapped(copied)

    def rebound(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: rebound(item) for key, item in value.items()}
        if not isinstance(value, types.FunctionType) or not value.__closure__:
            return value
        cells = tuple(
            types.CellType(new) if cell.cell_contents is old else cell for cell in value.__closure__
        )
        made = types.FunctionType(
            value.__code__, value.__globals__, value.__name__, value.__defaults__, cells
        )
        made.__kwdefaults__ = value.__kwdefaults__
        return made

    vars(new).update({name: rebound(value) for name, value in vars(new).items()})
    return copied


def _name(environment: Any) -> str:
    return type(_unwrapped(environment)).__name__


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
