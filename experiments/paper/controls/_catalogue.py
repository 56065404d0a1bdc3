"""The controls by name, each with its variants."""

from pathlib import Path
from typing import NamedTuple

SPECS = Path(__file__).parent / "specs"


class Control(NamedTuple):
    """One thing that is changed.

    - `line`: what is changed, in a line.
    - `noun`: what its variants are, in the plural.
    - `variants`: the names of the specs in its folder, in the order of the figure.
    - `varies`: what its starts differ in.
    """

    line: str
    noun: str
    variants: tuple[str, ...]
    varies: str = "rank"


THROUGH = "through-training"
CONTROLS = {
    "learning-rate": Control(
        "slower and faster learning", "learning rates", ("0.001", "0.003", "0.01")
    ),
    "optimizer": Control(
        "gradient descent without momentum, and Adam", "optimizers", ("sgd", "momentum", "adam")
    ),
    "gain": Control("a smaller and a larger start", "gains", ("0.75", "1.25", "1.5")),
    "readout-scale": Control(
        "smaller and larger readout weights at the start", "readout scales", ("0.3", "1", "3")
    ),
    "input-scale": Control(
        "smaller and larger input weights at the start", "input scales", ("0.3", "1", "3")
    ),
    "size": Control("fewer and more hidden units", "sizes", ("50", "100", "200")),
    "batch": Control("fewer and more trials an update", "batch sizes", ("8", "32", "128")),
    "dt": Control(
        "smaller steps of time, with leaky units", "time steps", ("100ms", "50ms", "25ms")
    ),
    "tanh": Control("units that saturate", "activations", ("relu", "tanh")),
    "all-weights-kernel": Control(
        "the kernel of input and readout weights as well", "kernels", ("recurrent", "all")
    ),
    "leading-singular-value": Control(
        "starts of equal leading singular value instead of equal norm",
        "sizes kept",
        ("frobenius", "leading"),
    ),
    "spectral-radius": Control(
        "starts of equal spectral radius instead of equal norm",
        "sizes kept",
        ("frobenius", "spectral_radius"),
    ),
    "regime": Control(
        "starts of equal Lyapunov exponent or mean activity instead of equal norm",
        "numbers kept",
        ("frobenius", "lyapunov_exponent", "mean_activity"),
    ),
    "smooth-spectra": Control(
        "singular values that fall smoothly instead of a rank",
        "families of spectra",
        ("power_law", "participation_ratio"),
        "participation ratio",
    ),
    THROUGH: Control("measures and ranks at updates on the way", "updates", ("paper",)),
}
