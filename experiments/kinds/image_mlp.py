"""Two-layer networks on images from first layers of chosen rank (figure 4, panel B)."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.models import PRECISIONS
from richlazy_jax.studies import Wanted

from ..engine import (
    BELOW_1,
    POSITIVE,
    USUAL,
    Cost,
    Experiment,
    FieldError,
    How,
    Parts,
    Training,
    attributes,
    checked,
    choice,
    field,
    record_of,
    whole,
)
from .recurrent import (
    IMAGE_SETS,
    KERNEL_BLOCK,
    LABELS,
    LOW_RANK_KINDS,
    LowRank,
    images_digest,
)

MEASURED = ("kernel_alignment", "representation_alignment", "weight_change_norm")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageSetting(Experiment):
    """Networks of one rank on one set of images. The size is the paper's.

    Args:
        images: what to learn.
        start: of the first layer, a rank from 1 to `n_hidden` and to the pixels.
        seeds: how many networks. Networks of one seed share all that rank leaves open.
        n_hidden: hidden units.
        iterations: updates.
        batch: images in each.
        learning_rate: of stochastic gradient descent.
        momentum: of the same.
        activation: "relu", "tanh" or "linear".
        kernel_images: test images for the kernel of all outputs and all weights, and for the
            representation.
        precision: of the matrix products of training, "highest" or "default", as in
            `experiments.kinds.recurrent.Setting`.
        random_seed: all randomness follows from it.

    Raises:
        FieldError: an argument is not as described above. It is a ValueError.

    Source: Liu et al. (2024), arXiv 2310.08513, figure 4 B.
    """

    KIND: ClassVar[str] = "images"
    PARTS: ClassVar[Mapping[str, Parts]] = {
        "images": IMAGE_SETS,
        "start": Parts("start", LOW_RANK_KINDS),
    }

    images: rj.ImageSet
    start: LowRank
    seeds: int = field(10, whole(), "Networks of each start.", axis=False, identity=False)
    n_hidden: int = field(300, whole(most=100_000), "Hidden units.")
    iterations: int = field(3000, whole(), "Updates.")
    batch: int = field(200, whole(), "Images in an update.")
    learning_rate: float = field(0.003, POSITIVE, "Learning rate of gradient descent.")
    momentum: float = field(0.9, BELOW_1, "Momentum of the same.")
    activation: str = field("relu", choice(("relu", "tanh", "linear")), "The nonlinearity.")
    kernel_images: int = field(200, whole(), "Test images of the kernel, drawn at random.")
    precision: str = field(
        "highest",
        choice(tuple(PRECISIONS)),
        "Of matrix products in training: highest, or default, which GPUs round.",
    )
    random_seed: int = field(0, whole(least=0, most=2**32 - 1), "All randomness follows from it.")

    def __post_init__(self):
        checked(self)
        most = min(self.n_hidden, self.images.test_images[0].size)
        if not isinstance(self.start, LowRank) or not 1 <= self.start.rank <= most:
            raise FieldError("start", self.start, f"LowRank of ranks from 1 to {most}")
        for name, most in (
            ("batch", len(self.images.train_labels)),
            ("kernel_images", len(self.images.test_labels)),
        ):
            if getattr(self, name) > most:
                source = f"at most {most}, the images of {self.images.name} it is drawn from"
                raise FieldError(name, getattr(self, name), source)

    @classmethod
    def sizes(cls, axes: Mapping[str, Sequence[Any]]) -> dict[str, int]:
        """The first layer has no more singular values than hidden units."""
        return {f"n_hidden {h}": h for h in axes["n_hidden"]}

    @property
    def task_label(self) -> str:
        """The name of the images."""
        return self.images.name

    def record(self) -> dict[str, Any]:
        """All that decides the numbers of a seed, as plain data."""
        parts = {
            "task": self.images.name,
            "images": {"name": self.images.name, "digest": images_digest(self.images)},
            "start": self.start.record(),
        }
        return record_of(self, parts)

    def wanted(self) -> Wanted:
        """The record, and what a finished cell must hold."""
        return Wanted(self.record(), (*MEASURED, "loss"), {"seed": range(self.seeds)})

    def run(self, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
        """Train and measure its networks, as `run_images`."""
        return run_images(self, first_seed=first_seed, how=how)

    def cost(self) -> Cost:
        """How much work and memory it takes: weights at start and end, and their momentum."""
        pixels, classes = self.images.test_images[0].size, self.images.classes
        float_bytes = np.dtype(jnp.result_type(float)).itemsize
        weights = float_bytes * self.n_hidden * (pixels + classes)
        kernel = float_bytes * (self.kernel_images * classes) ** 2
        return Cost(self.seeds * self.iterations, 3 * self.seeds * weights, kernel)

    def training(self) -> Training:
        """What one of its networks is trained with."""
        widths = (self.images.test_images[0].size, self.n_hidden, self.images.classes)
        network = rj.mlp(widths, self.activation, precision=self.precision)
        x = jnp.asarray(self.images.train_images.reshape(len(self.images.train_images), -1))

        def loss(params: Any, batch: Any) -> Any:
            logits = network.apply(params, batch[0])
            losses = optax.softmax_cross_entropy_with_integer_labels(logits, batch[1])
            return losses.mean(), {"accuracy": jnp.mean(logits.argmax(axis=-1) == batch[1])}

        return Training(
            network,
            loss,
            optax.sgd(self.learning_rate, momentum=self.momentum),
            rj.minibatches(x, jnp.asarray(self.images.train_labels), self.batch),
            has_metrics=True,
        )


def run_images(setting: ImageSetting, *, first_seed: int = 0, how: How = USUAL) -> xr.Dataset:
    """Train networks of all seeds and measure how lazily they learned.

    Args:
        setting: what to run.
        first_seed: the number of the first seed.
        how: which networks are trained side by side, and where they are kept meanwhile.

    Returns:
        As a cell of `experiments.kinds.recurrent.run_task`, with `rank`. Kernels are those of all
        outputs with respect to all weights, on test images; `accuracy` is that on the whole test
        set.
    """
    images, training = setting.images, setting.training()
    key = jax.random.key(setting.random_seed)
    numbers = jnp.arange(first_seed, first_seed + setting.seeds)
    seeds = jax.vmap(lambda i: jax.random.fold_in(key, i))(numbers)
    x_test = jnp.asarray(images.test_images.reshape(len(images.test_images), -1))
    network = rj.mlp((x_test.shape[1], setting.n_hidden, images.classes), setting.activation)
    full = jax.vmap(lambda k: network.init(jax.random.fold_in(k, 0)))(seeds)
    start = setting.start
    starts = {
        "w1": jnp.stack([rj.low_rank(w, start.rank, start.keep) for w in full["w1"]]),
        "w2": full["w2"],
    }
    trained = rj.train_runs(
        training.loss,
        starts,
        training.optimizer,
        training.sample,
        jax.vmap(lambda k: jax.random.fold_in(k, 1))(seeds),
        setting.iterations,
        has_metrics=True,
        **how._asdict(),
    )
    held = jax.random.permutation(jax.random.fold_in(key, 2**31 - 1), len(x_test))
    found = _measures(
        network,
        starts,
        trained.params,
        x_test[held[: setting.kernel_images]],
        (x_test, jnp.asarray(images.test_labels)),
        setting.activation,
    )
    diverged = np.asarray(trained.diverged)
    for name in (*MEASURED, "accuracy"):
        found[name] = np.where(diverged, np.nan, found[name])
    losses = np.asarray(trained.losses)
    found |= {"loss": losses[:, -100:].mean(axis=1), "first_loss": losses[:, 0]}
    found["diverged"] = diverged
    s = np.linalg.svd(np.asarray(starts["w1"], np.float64), compute_uv=False)
    found["participation_ratio"] = (s**2).sum(axis=1) ** 2 / (s**4).sum(axis=1)
    return xr.Dataset(
        {name: ("seed", value, {"long_name": LABELS[name]}) for name, value in found.items()},
        coords={"start": start.label, "seed": np.asarray(numbers), "rank": start.rank},
        attrs=attributes(setting.record()) | {"seeds": setting.seeds, "task": images.name},
    )


def _measures(
    network: rj.Network, before: Any, after: Any, x: Any, test: Any, activation: str
) -> dict[str, np.ndarray]:
    hidden_of = rj.mlp((x.shape[1], before["w1"].shape[1]), activation)
    phi = {"relu": jax.nn.relu, "tanh": jnp.tanh, "linear": lambda z: z}[activation]

    @jax.jit
    def of_one(start: Any, end: Any) -> dict[str, Any]:
        # Of the general implementations the third is here hundreds of times faster than the first.
        def kernel(params: Any) -> Callable[[Any, Any], Any]:
            return lambda x, x2: rj.empirical_ntk(
                network.apply, params, x, x2=x2, implementation=3, vmap_axes=0
            )

        sampled = rj.sampled_kernel_alignment(kernel(start), kernel(end), x, block=KERNEL_BLOCK)
        hidden = [phi(hidden_of.apply({"w1": p["w1"]}, x)) for p in (start, end)]
        right = network.apply(end, test[0]).argmax(axis=-1) == test[1]
        return {
            "kernel_alignment": sampled.alignment,
            "kernel_alignment_error": sampled.standard_error,
            "representation_alignment": rj.representation_alignment(*hidden),
            "weight_change_norm": rj.weight_change_norm(start["w1"], end["w1"]),
            "accuracy": jnp.mean(right),
        }

    each = [
        jax.device_get(
            of_one(*(jax.tree.map(lambda leaf, i=i: leaf[i], p) for p in (before, after)))
        )
        for i in range(len(before["w1"]))
    ]
    return {name: np.array([one[name] for one in each]) for name in each[0]}
