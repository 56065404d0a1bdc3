"""What one experiment with recurrent networks is: task, network, starts and training."""

import dataclasses
import functools
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.models import INITIAL_STATES, LEAK_FORMS, PRECISIONS, Recurrence, recurrence
from richlazy_jax.studies import Wanted

from ...engine import (
    BELOW_1,
    POSITIVE,
    USUAL,
    Cost,
    Experiment,
    FieldError,
    How,
    Parts,
    Training,
    checked,
    choice,
    field,
    flag,
    number,
    record_of,
    whole,
)
from ...findings import FURTHER_MEASURES, MEASURES, OF_START, variables_of
from ._kept import (
    KEPT_OF_WEIGHTS,
    NOTHING,
    Trains,
    as_network,
    frozen_names,
    started,
    trained_names,
)
from ._leaky_starts import OfLeak
from ._nodes import Nodes
from ._parts import IMAGE_SETS, NODES, STARTS, TASKS
from ._starts import LowRank, Null, Start, require_starts
from ._tasks import SEQUENTIAL, sequential_images, task_label, task_record

OPTIMIZERS = ("sgd", "adam")
# The weights that a kernel is of.
KERNEL_WEIGHTS = ("recurrent", "all")
# The measures that take kernels.
OF_KERNELS = {"kernel_alignment", "kernel_target_alignment"}
# What every finished cell has beside its measures.
ALWAYS = ("loss", "first_loss", "accuracy", "diverged")


def low_rank_starts(ranks: Iterable[int], keep: str = "frobenius") -> tuple[LowRank, ...]:
    """A start for each rank."""
    return tuple(LowRank(rank, keep) for rank in ranks)


@dataclasses.dataclass(frozen=True)
class Setting(Experiment):
    """Recurrent networks of several starts on one task. The defaults are the paper's.

    With one start it is a cell of a study.

    Args:
        task: "2AF", "DMS" or "CXT"; "sMNIST", whose images are given; or any `richlazy_jax.Task`
            that is a frozen dataclass.
        images: for "sMNIST" only.
        starts: structures of the recurrent weights at the start, with labels that differ.
        seeds: how many networks for each start. Networks of one seed share all that the start
            leaves open: the Gaussian draw, input and readout weights, and the trials they see.
        n_hidden: hidden units.
        iterations: updates.
        batch: trials in each.
        optimizer: "sgd", stochastic gradient descent, or "adam", with optax's other parameters.
        learning_rate: of the optimizer.
        momentum: of "sgd". With "adam", which has none, only the default is allowed.
        gain: standard deviation of the recurrent weights times the root of `n_hidden`.
        readout_scale: what the readout weights of every start are multiplied by before training.
            A small readout must learn with activity that is aligned with it, and a large one can
            learn with activity that is oblique to it (Schuessler et al. 2024).
        input_scale: the same for the input weights.
        activation: "relu" or "tanh".
        leak: rho, at least 0 and below 1.
        leak_form: "paper", "rate" or "current", as in `richlazy_jax.rnn_activity`.
        biases: whether hidden units and readout have biases, which start at 0.
        initial_state: "zero", or "trained": one for all trials, which starts at 0.
        noise: standard deviation of the noise of each unit's net input at each step while it
            learns, fresh at each update. Measures and the accuracy are without it.
        dt: the time of a step of a cognitive task in ms, 100 divided by a whole number; all periods
            keep their times and have more steps. A unit of time constant 100 ms then has a leak of
            1 - dt / 100, which is for the caller to set.
        kernel_weights: "recurrent", or "all" for all that is trained.
        kernel_trials: held trials for the kernel.
        activity_trials: held trials for the representation.
        measures: what to measure, some of `MEASURES`, which are those of laziness, and of
            `FURTHER_MEASURES`: "kernel_target_alignment", of the kernel with the targets before and
            after training; "readout_alignment", of the change of activity with the trained readout;
            "sign_agreement_all_steps", that of activity at all steps, where `sign_agreement` is at
            the decision; and "regime", that of the start under its inputs (`richlazy_jax.regime`).
        measure_at: updates on the way at which to take them as well, with loss, accuracy and
            effective ranks of the weights.
        precision: of the matrix products of training, "highest", or "default" for JAX's own, which
            GPUs and TPUs may round. Measures are always at the highest.
        random_seed: all randomness follows from it.
        keep: what the recurrent weights keep of their start at every update, by projection:
            "nothing"; "zeros", so that an entry that is 0 stays 0; "signs", so that no entry takes
            the sign that it did not have (`richlazy_jax.weight_bounds`); or "zeros+signs".
        frozen: parameters that do not train, with + between: some of "input", "recurrent",
            "readout", "bias", "readout_bias" and "initial_state". "nothing" trains all.
        gains: whether the recurrent weights change by one factor for each unit alone,
            W = diag(g) W_0 with g from 1. It keeps zeros by itself, and with `keep` "signs" no
            factor falls below 0.
        match: what the recurrent weights are scaled to have of the Gaussian draw of their seed in
            place of its norm, under the inputs of the task: "lyapunov_exponent" or "mean_activity",
            by `richlazy_jax.matched_scale`, so that starts differ in structure and not in this part
            of their regime. Networks that no size brings there are left out. "nothing" leaves
            starts as they are drawn.
        input_nodes: units with input weights; those of all others are 0 and stay 0. None stands
            for all.
        output_nodes: units that the readout sees, likewise. It is drawn as for so many units.

    The kernel is of what trains. With `keep` "zeros" it is of the entries that are not 0 at the
    start, and with `gains` of the gains in place of the recurrent weights; frozen parameters, and
    weights of units without input or readout, are left out. Signs take no parameter away, so that
    the kernel with them is the one without. The weight change is that of the recurrent weights as
    the network has them.

    Raises:
        FieldError: an argument is not as described above. It is a ValueError.

    Source: Liu et al. (2024), arXiv 2310.08513, figures 1 and 2 and its appendix on training.
    """

    KIND: ClassVar[str] = "recurrent"
    PARTS: ClassVar[Mapping[str, Parts]] = {
        "task": TASKS,
        "start": STARTS,
        "images": IMAGE_SETS,
        **NODES,
    }

    task: str | rj.Task = "2AF"
    images: rj.ImageSet | None = None
    starts: tuple[Start, ...] = low_rank_starts((1, 30, 100, 300))
    seeds: int = field(10, whole(), "Networks of each start.", axis=False, identity=False)
    # The recurrent weights of one network take 40 GB there; checks may allocate an array of it.
    n_hidden: int = field(300, whole(most=100_000), "Hidden units.")
    iterations: int = field(10_000, whole(), "Updates.")
    batch: int = field(32, whole(), "Trials in an update.")
    optimizer: str = field("sgd", choice(OPTIMIZERS), "The optimizer, sgd or adam.")
    learning_rate: float = field(0.003, POSITIVE, "Learning rate of the optimizer.")
    momentum: float = field(0.9, BELOW_1, "Momentum of sgd.")
    gain: float = field(
        1.25, POSITIVE, "Standard deviation of the recurrent weights times the root of n_hidden."
    )
    activation: str = field("relu", choice(("relu", "tanh")), "The nonlinearity, relu or tanh.")
    leak: float = field(0.0, BELOW_1, "What a unit keeps of its state at each step.")
    leak_form: str = field("paper", choice(LEAK_FORMS), "Which equation the leak stands in.")
    biases: bool = field(False, flag(), "Whether units and readout have biases.")
    initial_state: str = field("zero", choice(INITIAL_STATES), "The first state, zero or trained.")
    noise: float = field(
        0.0,
        number("numbers of at least 0", lambda x: x >= 0),
        "Standard deviation of the noise of a unit's net input while it learns.",
    )
    dt: float = field(100.0, number(), "Time of a step of a cognitive task, in ms.")
    kernel_weights: str = field(
        "recurrent", choice(KERNEL_WEIGHTS), "The weights that the kernel is of, recurrent or all."
    )
    kernel_trials: int = field(32, whole(), "Held trials for the kernel.")
    activity_trials: int = field(320, whole(), "Held trials for the representation.")
    measures: tuple[str, ...] = field(
        tuple(MEASURES),
        choice((*MEASURES, *FURTHER_MEASURES)),
        "What to measure.",
        axis=False,
        many=True,
        identity=False,
    )
    measure_at: tuple[int, ...] = field(
        (),
        whole(least=0),
        "Updates on the way at which to measure as well.",
        axis=False,
        many=True,
        identity=False,
    )
    precision: str = field(
        "highest",
        choice(tuple(PRECISIONS)),
        "Of matrix products in training: highest, or default, which GPUs round.",
    )
    # Beyond, they wrap around: JAX keeps 32 bits of them.
    random_seed: int = field(0, whole(least=0, most=2**32 - 1), "All randomness follows from it.")
    keep: str = field(
        NOTHING,
        choice(KEPT_OF_WEIGHTS),
        "What the recurrent weights keep of their start: nothing, zeros, signs or zeros+signs.",
        late=True,
    )
    frozen: str = field(
        NOTHING,
        frozen_names(),
        "Parameters that do not train, with + between, such as input+readout.",
        late=True,
    )
    gains: bool = field(
        False, flag(), "Whether only a gain for each unit trains, W = diag(g) W_0.", late=True
    )
    readout_scale: float = field(
        1.0, POSITIVE, "What the readout weights are multiplied by at the start.", late=True
    )
    input_scale: float = field(
        1.0, POSITIVE, "What the input weights are multiplied by at the start.", late=True
    )
    match: str = field(
        NOTHING,
        choice((NOTHING, *rj.MATCHED)),
        "What weights are scaled to have of their null: lyapunov_exponent, mean_activity, nothing.",
        late=True,
    )
    input_nodes: Nodes | None = None
    output_nodes: Nodes | None = None

    def __post_init__(self):
        checked(self)
        if (self.task == SEQUENTIAL) != (self.images is not None):
            if self.images is None:
                raise FieldError("task", self.task, "tasks other than 'sMNIST', or images with it")
            raise FieldError(
                "images", self.images.name, f"images with the task {SEQUENTIAL!r} alone"
            )
        self._require_dt()
        for name in NODES:
            if getattr(self, name) is not None and not isinstance(getattr(self, name), Nodes):
                raise FieldError(name, getattr(self, name), "`Nodes`, and None")
        task = self.made_task()
        if not isinstance(task, rj.Task):
            raise FieldError("task", task, "names of tasks and objects that are one")
        require_starts(self.starts, self.n_hidden)
        for start in self.starts:
            if isinstance(start, OfLeak) and start.leak != self.leak:
                raise FieldError(
                    "leak", self.leak, f"{start.leak:g} with a start of kind {start.KIND} for it"
                )
        if self.optimizer == "adam" and self.momentum != Setting.momentum:
            raise FieldError(
                "momentum",
                self.momentum,
                f"{Setting.momentum} with 'adam', which makes no use of it",
            )
        self._require_training()
        for update in self.measure_at:
            if update > self.iterations:
                raise FieldError(
                    "measure_at", update, f"updates from 0 to {self.iterations}, the iterations"
                )
        if self.images is not None:
            held = len(self.images.test_labels)
            for name in ("kernel_trials", "activity_trials"):
                if getattr(self, name) > held:
                    raise FieldError(
                        name,
                        getattr(self, name),
                        f"at most the {held} images that {self.images.name} holds back",
                    )

    @classmethod
    def of_cell(cls, values: Mapping[str, Any]) -> "Setting":
        """The setting of one combination of values, which has one start."""
        values = dict(values)
        start = values.pop("start")
        if values.get("task", cls.task) != SEQUENTIAL:
            # The other tasks of a grid have no use for images.
            values["images"] = None
        return cls(**values, starts=(start,))

    @classmethod
    def together(cls, axes: Mapping[str, Sequence[Any]]) -> None:
        """Refuse images that no task of a grid has a use for."""
        tasks = [task for task in axes["task"] if task == SEQUENTIAL]
        if axes["images"] != (None,) and not tasks:
            raise FieldError(
                "images", axes["images"][0].name, "images with the task 'sMNIST' alone"
            )

    @classmethod
    def sizes(cls, axes: Mapping[str, Sequence[Any]]) -> dict[str, int]:
        """Recurrent weights have as many rows and columns as there are hidden units."""
        return {f"n_hidden {h}": h for h in axes["n_hidden"]}

    def made_task(self) -> rj.Task:
        """The task itself, which draws trials. Equal settings have one that compares as equal."""
        if self.images is not None:
            return sequential_images(self.images)
        return rj.task_by_name(self.task, self.dt) if isinstance(self.task, str) else self.task

    @property
    def task_label(self) -> str:
        """A short name of the task."""
        return task_label(self.task)

    def trains(self) -> Trains:
        """What of the networks can change."""
        names = self.keep.split("+")
        frozen = () if self.frozen == NOTHING else tuple(self.frozen.split("+"))
        units = (self._units(name) for name in NODES)
        return Trains("zeros" in names, "signs" in names, frozen, self.gains, *units)

    @property
    def weights(self) -> tuple[str, ...]:
        """The names of all parameters of its networks."""
        names = ["input", "recurrent", "readout"]
        names += ["bias", "readout_bias"] if self.biases else []
        return (*names, *(["initial_state"] if self.initial_state == "trained" else []))

    def of_kernel(self) -> tuple[str, ...]:
        """The parameters that the kernel is of; "gains" stand for the recurrent weights."""
        names = self.weights if self.kernel_weights == "all" else ("recurrent",)
        return trained_names(self.trains(), names)

    def form(self) -> Recurrence:
        """What a step of the network does besides its weights."""
        return recurrence(self.activation, self.leak, self.leak_form, self.precision)

    def held_trials(self, key: Any, n_trials: int) -> rj.Trials:
        """Trials that training does not see: new ones, or images of the test set."""
        task = self.made_task()
        if not isinstance(task, rj.SequentialImages):
            return task.sample(key, n_trials)
        trials = task.held()
        chosen = jax.random.permutation(key, len(trials.labels))[:n_trials]
        return jax.tree.map(lambda leaf: leaf[chosen], trials)

    def record(self) -> dict[str, Any]:
        """All that decides the numbers of a seed, as plain data."""
        starts = [start.record() for start in self.starts]
        parts: dict[str, Any] = {"task": task_record(self.task)}
        parts |= {"start": starts[0]} if len(starts) == 1 else {"starts": starts}
        if self.images is not None:
            parts["images"] = {"name": self.images.name, "digest": images_digest(self.images)}
        for name in NODES:
            if (units := self._units(name)) is not None:
                parts[name] = {"units": list(units)}
        return record_of(self, parts)

    def wanted(self) -> Wanted:
        """The record, and what a finished cell must hold."""
        at = {"update": self.measure_at} if self.measure_at else {}
        through = [f"{name}_through" for name in self.through] if self.measure_at else []
        variables = (*variables_of(self.measures), *ALWAYS, *through)
        variables += () if self.match == NOTHING else ("unmatched",)
        return Wanted(self.record(), variables, {"seed": range(self.seeds), **at})

    @property
    def through(self) -> tuple[str, ...]:
        """The variables that it measures which change while its networks learn."""
        return tuple(name for name in variables_of(self.measures) if name not in OF_START)

    def only(self, seeds: int, missing: Mapping[str, Sequence[Any]]) -> "Setting":
        """The same with other seeds, and of what it measures only what is missing."""
        names, updates = missing.get("variables", ()), tuple(missing.get("update", ()))
        if not updates and any(name.endswith("_through") for name in names):
            updates = self.measure_at
        named = [
            measure
            for measure in (*MEASURES, *FURTHER_MEASURES)
            if any(n in names or f"{n}_through" in names for n in variables_of([measure]))
        ]
        measures = tuple(named) if names else self.measures
        return dataclasses.replace(self, seeds=seeds, measures=measures, measure_at=updates)

    def run(self, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
        """Train and measure its networks, as `run_task`."""
        from ._run import run_task

        # A cell has one start, which needs no axis.
        return run_task(self, first_seed=first_seed, how=how).squeeze("start")

    def cost(self) -> Cost:
        r"""How much work and memory it takes.

        With $P$ bytes of weights and $O$ of optimizer state in one network, a cell keeps
        seeds $\times (2 P + O)$, as the weights of the start are kept for the measures. Activity,
        gradients and trials come on top, for the networks trained side by side. The kernel of one
        network with $m$ trials, $T$ steps and $k$ outputs of $b$ bytes is $b (m T k)^2$, or
        $b (m k)^2$ for images, of which only the last step is read; the alignment works in blocks
        and needs less. Weights are counted by shape, without drawing any.
        """
        kernel = 0
        if OF_KERNELS & set(self.measures):
            task = self.made_task()
            steps = task.n_steps if self.images is None else 1
            float_bytes = np.dtype(jnp.result_type(float)).itemsize
            kernel = float_bytes * (self.kernel_trials * steps * task.n_outputs) ** 2
        # Of what a network's size follows from, as thousands of cells may share it.
        shape = {n: getattr(self, n) for n in ("task", "images", "n_hidden", "biases", "dt")}
        few: dict[str, Any] = {"kernel_trials": 1, "activity_trials": 1}
        held = _held_bytes(Setting(**shape, **self._memory(), **few, starts=(Null(),)))
        runs = self.seeds * len(self.starts)
        return Cost(runs * self.iterations, runs * held, kernel)

    def _memory(self) -> dict[str, Any]:
        names = ("initial_state", "optimizer", "kernel_weights", "keep", "frozen", "gains")
        memory = {name: getattr(self, name) for name in names}
        for name in NODES:
            if (units := self._units(name)) is not None:
                # By numbers, as a null has no names.
                every = tuple(map(str, range(self.n_hidden)))
                memory[name] = Nodes(tuple(map(str, units)), of=every)
        # Without momentum there is no trace of it to keep.
        return memory if self.momentum else memory | {"momentum": 0.0}

    def training(self) -> Training:
        """What one of its networks is trained with."""
        from ._train import learning_of, network_of, optimizer_of

        learning, drawn, trains = learning_of(self), network_of(self), self.trains()
        network = rj.Network(
            lambda key: started(trains, drawn.init(key)),
            lambda params, x: drawn.apply(as_network(params), x),
        )
        return Training(
            network,
            lambda params, drawn: learning.loss(params, drawn)[0],
            optimizer_of(self),
            learning.sample,
        )

    def _units(self, name: str) -> tuple[int, ...] | None:
        """The units that a field of nodes names."""
        nodes = getattr(self, name)
        if nodes is None:
            return None
        try:
            return nodes.units(self.starts, self.n_hidden)
        except ValueError as error:
            raise FieldError(name, nodes.label, str(error)) from error

    def _require_training(self) -> None:
        """Refuse what leaves nothing to train or to measure."""
        trains = self.trains()
        for name in trains.frozen:
            if name not in self.weights:
                raise FieldError("frozen", self.frozen, f"some of {', '.join(self.weights)}")
        if not trained_names(trains, self.weights):
            raise FieldError("frozen", self.frozen, "names that leave something to train")
        if self.gains and "recurrent" in trains.frozen:
            raise FieldError("gains", True, "False where frozen holds 'recurrent'")
        if OF_KERNELS & set(self.measures) and not self.of_kernel():
            raise FieldError(
                "kernel_weights",
                self.kernel_weights,
                "'all' where the recurrent weights are frozen, as the kernel is of what trains",
            )

    def _require_dt(self) -> None:
        # All periods are multiples of 100 ms, and the decision is as short as that.
        steps = Setting.dt / self.dt if self.dt > 0 else 0.0
        if not (1 <= steps <= Setting.dt and abs(steps - round(steps)) < 1e-9 * steps):
            raise FieldError("dt", self.dt, f"{Setting.dt} divided by a whole number, at least 1.0")
        if self.dt != Setting.dt and (self.images is not None or not isinstance(self.task, str)):
            raise FieldError("dt", self.dt, f"{Setting.dt} with images and tasks of your own")


def images_digest(images: rj.ImageSet) -> str:
    """Sixteen hexadecimal digits that change with any pixel or label of a set."""
    # Kept with the set, which nobody can change.
    if "_digest" not in vars(images):
        found = hashlib.sha256()
        for each in (
            images.train_images,
            images.train_labels,
            images.test_images,
            images.test_labels,
        ):
            found.update(repr(each.shape).encode())
            found.update(np.ascontiguousarray(each).tobytes())
        object.__setattr__(images, "_digest", found.hexdigest()[:16])
    return vars(images)["_digest"]


@functools.lru_cache(maxsize=256)
def _held_bytes(setting: Setting) -> int:
    """Bytes of one network's weights, twice, and of its optimizer's state."""
    training = setting.training()
    weights = jax.eval_shape(training.network.init, jax.random.key(0))
    state = jax.eval_shape(training.optimizer.init, weights)
    return 2 * _bytes(weights) + _bytes(state)


def _bytes(tree: object) -> int:
    return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
