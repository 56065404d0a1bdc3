"""Two-layer networks on images from first layers of chosen rank (figure 4, panel B)."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

import richlazy_jax as rj
from richlazy_jax.models import require_precision

from ._precision import recorded
from .recurrent._train import KERNEL_BLOCK, LABELS

MEASURED = ("kernel_alignment", "representation_alignment", "weight_change_norm")


@dataclasses.dataclass(frozen=True)
class ImageSetting:
    """Networks of several ranks on one set of images. The size is the paper's.

    Args:
        images: what to learn.
        ranks: of the first layer at the start, each from 1 to `n_hidden` and to the pixels.
        seeds: how many networks for each rank. Networks of one seed share all that rank leaves
            open.
        n_hidden: hidden units.
        iterations: updates.
        batch: images in each.
        learning_rate: of stochastic gradient descent.
        momentum: of the same.
        activation: "relu", "tanh" or "linear".
        kernel_images: test images for the kernel of all outputs and all weights, and for the
            representation.
        precision: of the matrix products of training, "highest" or "default", as in
            `experiments.recurrent.Setting`.
        random_seed: all randomness follows from it.

    Raises:
        ValueError: an argument is not as described above.

    Source: Liu et al. (2024), arXiv 2310.08513, figure 4 B.
    """

    images: rj.ImageSet
    ranks: tuple[int, ...] = (1, 10, 30, 100, 300)
    seeds: int = 10
    n_hidden: int = 300
    iterations: int = 3000
    batch: int = 200
    learning_rate: float = 0.003
    momentum: float = 0.9
    activation: str = "relu"
    kernel_images: int = 200
    precision: str = "highest"
    random_seed: int = 0

    def __post_init__(self):
        for name in ("seeds", "n_hidden", "iterations", "batch", "kernel_images"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is {value!r}; allowed are whole numbers from 1.")
        most = min(self.n_hidden, self.images.test_images[0].size)
        if not self.ranks or len(set(self.ranks)) < len(self.ranks):
            raise ValueError(f"ranks is {self.ranks}; allowed are one or more that differ.")
        for rank in self.ranks:
            if not isinstance(rank, int) or not 1 <= rank <= most:
                raise ValueError(
                    f"ranks holds {rank!r}; allowed are whole numbers from 1 to {most}."
                )
        for name, most in (
            ("batch", len(self.images.train_labels)),
            ("kernel_images", len(self.images.test_labels)),
        ):
            if getattr(self, name) > most:
                raise ValueError(
                    f"{name} is {getattr(self, name)}; allowed are at most {most}, the images of "
                    f"{self.images.name} it is drawn from."
                )
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate is {self.learning_rate!r}; allowed is above 0.")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum is {self.momentum!r}; allowed is at least 0, below 1.")
        require_precision(self.precision)

    def record(self) -> dict[str, Any]:
        """All that decides the numbers, as netCDF can hold it.

        It has "precision" where that is not "highest", and "dtype" where JAX computes in float64.
        """
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        fields["images"] = self.images.name
        fields["ranks"] = list(self.ranks)
        return recorded(fields)


def run_images(
    setting: ImageSetting,
    *,
    piece: int = 200,
    batch_runs: int | None = None,
    on_piece: Callable[[rj.Progress], None] = lambda progress: None,
) -> xr.Dataset:
    """Train networks of all ranks and seeds and measure how lazily they learned.

    Args:
        setting: what to run.
        piece: updates between two reports.
        batch_runs: as in `richlazy_jax.train_runs`.
        on_piece: called with the progress after each piece.

    Returns:
        As `experiments.recurrent.run_task`, with `rank` along the starts. Kernels are those of all
        outputs with respect to all weights, on test images; `accuracy` is that on the whole test
        set.
    """
    images = setting.images
    key = jax.random.key(setting.random_seed)
    seeds = jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.arange(setting.seeds))
    x, x_test = (
        jnp.asarray(each.reshape(len(each), -1))
        for each in (images.train_images, images.test_images)
    )
    widths = (x.shape[1], setting.n_hidden, images.classes)
    network = rj.mlp(widths, setting.activation)
    trained_as = rj.mlp(widths, setting.activation, precision=setting.precision)
    full = jax.vmap(lambda k: network.init(jax.random.fold_in(k, 0)))(seeds)
    starts = {
        "w1": jnp.concatenate(
            [jnp.stack([rj.low_rank(w, rank) for w in full["w1"]]) for rank in setting.ranks]
        ),
        "w2": jnp.tile(full["w2"], (len(setting.ranks), 1, 1)),
    }

    def loss(params: Any, batch: Any) -> Any:
        logits = trained_as.apply(params, batch[0])
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, batch[1])
        return losses.mean(), {"accuracy": jnp.mean(logits.argmax(axis=-1) == batch[1])}

    trained = rj.train_runs(
        loss,
        starts,
        optax.sgd(setting.learning_rate, momentum=setting.momentum),
        rj.minibatches(x, jnp.asarray(images.train_labels), setting.batch),
        jnp.tile(jax.vmap(lambda k: jax.random.fold_in(k, 1))(seeds), len(setting.ranks)),
        setting.iterations,
        has_metrics=True,
        piece=piece,
        batch_runs=batch_runs,
        on_piece=on_piece,
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
    shape = (len(setting.ranks), setting.seeds)
    return xr.Dataset(
        {
            name: (("start", "seed"), value.reshape(shape), {"long_name": LABELS[name]})
            for name, value in found.items()
        },
        coords={
            "start": [f"rank {rank}" for rank in setting.ranks],
            "seed": range(setting.seeds),
            "rank": ("start", list(setting.ranks)),
        },
        attrs=setting.record() | {"task": images.name},
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
