"""Images shown row by row, for instance sequential MNIST."""

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float32, Int, Int32, PRNGKeyArray

from .._checks import require_whole
from ..images import ImageSet
from ._protocol import Trials


# Compared by identity, as the images are; so one object compiles once.
@dataclasses.dataclass(frozen=True, eq=False)
class SequentialImages:
    """Which class is an image of, if its rows are seen one after the other, from the top?

    Step t shows row t, one input for each pixel of it: 28 steps of 28 inputs for MNIST. The answer
    is due after the last row, so the weights are 1 at the last step and 0 at all others, and
    `sequence_cross_entropy` is the mean over trials of the cross-entropy at the last step. The
    labels are the image's class at every step.

    Training trials are drawn from `train_images` with replacement. Images held out are never drawn;
    `held` shows them.

    All images become constants of each program that draws from them. For MNIST's 60,000 that takes
    0.2 GB of the device and some seconds of compiling.

    Attributes:
        images: the set, for instance `richlazy_jax.images.image_set()`.

    Source: Q. V. Le, N. Jaitly and G. E. Hinton (2015), arXiv 1504.00941, for MNIST as a sequence,
    there pixel by pixel.
    """

    images: ImageSet
    # On the device once, and not anew at every call.
    _pixels: Float32[Array, "n_train steps n_inputs"] = dataclasses.field(init=False, repr=False)
    _labels: Int32[Array, " n_train"] = dataclasses.field(init=False, repr=False)

    def __post_init__(self):
        # Where the task is made inside a compiled function, tracers would be stored otherwise.
        with jax.ensure_compile_time_eval():
            object.__setattr__(self, "_pixels", jnp.asarray(self.images.train_images))
            object.__setattr__(self, "_labels", jnp.asarray(self.images.train_labels))

    @property
    def name(self) -> str:
        """The name of the set after "sequential"."""
        return f"sequential {self.images.name}"

    @property
    def n_inputs(self) -> int:
        """How many pixels a row has."""
        return self.images.train_images.shape[2]

    @property
    def n_outputs(self) -> int:
        """How many classes there are."""
        return self.images.classes

    @property
    def n_steps(self) -> int:
        """How many rows an image has."""
        return self.images.train_images.shape[1]

    @property
    def decision_step(self) -> int:
        """The last step, counted from 0."""
        return self.n_steps - 1

    def sample(self, key: PRNGKeyArray, n_trials: int) -> Trials:
        """Draw `n_trials` training images, each with equal probability and independently.

        Args:
            key: a key that is used here alone.
            n_trials: how many, at least 1. It sets a shape, so it is static under `jax.jit`.

        Returns:
            Inputs of shape `(n_trials, n_steps, n_inputs)`, from 0 to 1, and labels and weights of
            shape `(n_trials, n_steps)`.

        Raises:
            ValueError: `n_trials` is not an integer of at least 1.
        """
        n_trials = require_whole("n_trials", n_trials)
        chosen = jax.random.randint(key, (n_trials,), 0, len(self._labels))
        return self._trials(self._pixels[chosen], self._labels[chosen])

    def held(self, n: int | None = None) -> Trials:
        """The first `n` images held out, in the order of the set; the same at every call.

        Args:
            n: how many, at least 1. None stands for all.

        Raises:
            ValueError: n is not a whole number from 1 to the number of test images.
        """
        most = len(self.images.test_labels)
        n = most if n is None else require_whole("n", n, most=most)
        return self._trials(
            jnp.asarray(self.images.test_images[:n]), jnp.asarray(self.images.test_labels[:n])
        )

    def _trials(
        self, images: Float32[Array, "n steps n_inputs"], labels: Int[Array, " n"]
    ) -> Trials:
        floating, integer = jnp.result_type(float), jnp.result_type(int)
        shape = (len(labels), self.n_steps)
        weights = jnp.zeros(shape, floating).at[:, -1].set(1.0)
        labels = jnp.broadcast_to(labels[:, None], shape).astype(integer)
        return Trials(images.astype(floating), labels, weights)
