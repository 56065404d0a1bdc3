"""How much of some activity, or of its change, lies along the readout: aligned or oblique."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import require_axes
from .._powers import scaled
from .._products import product


class ReadoutAlignment(NamedTuple):
    """How far directions among the units agree with a readout. Both are from 0 to 1.

    - `correlation`: the size of what is read out, over the largest that it could be.
    - `share`: the share of the squared size that lies in the space that the readout can see.
    """

    correlation: Float[Array, ""]
    share: Float[Array, ""]


def readout_alignment(
    directions: Float[Array, "many units"], readout: Float[Array, "outputs units"]
) -> ReadoutAlignment:
    r"""How far directions are aligned with a readout, or oblique to it.

    With directions $D$ (many, N), readout $W_o$ (k, N) and $Q$ an orthonormal basis of its rows,

    $$\text{correlation} = \frac{\lVert D W_o^\top \rVert_F}{\lVert D \rVert_F \lVert W_o \rVert_F},
        \qquad \text{share} = \frac{\lVert D Q \rVert_F^2}{\lVert D \rVert_F^2}.$$

    The correlation depends on how large the outputs are beside each other, and with k orthogonal
    outputs of one size it is at most $k^{-1/2}$; the share does not depend on the size of an output
    and can be 1 for any readout. For directions at random the correlation has a mean square of
    $1 / N$, and the share a mean of $\operatorname{rank}(W_o) / N$.

    For activity give a row for each trial or step; for its change, the difference of two. For a
    change of recurrent weights give `change.T`: a column of the weights is the direction in which
    one sending unit drives all others, and these are then the rows.

    Args:
        directions: one direction among the units in each row. Where all are 0 the result is NaN.
        readout: readout weights; where all are 0 the result is NaN.

    Raises:
        ValueError: the arrays are not matrices, or differ in the number of units.

    Source: F. Schuessler, F. Mastrogiuseppe, S. Ostojic and O. Barak (2024), "Aligned and oblique
    dynamics in recurrent neural networks", eLife 13:RP93060, whose correlation of output weights
    and activity is that of one output; the matrix form and the share are ours.
    """
    d = scaled(require_axes("directions", directions, "many", "units"))
    w = scaled(require_axes("readout", readout, "outputs", "units"))
    if d.shape[1] != w.shape[1]:
        raise ValueError(
            f"readout has {w.shape[1]} units; allowed is {d.shape[1]}, as directions have."
        )
    size = jnp.sum(d**2)
    correlation = jnp.sqrt(jnp.sum(product(d, w.T) ** 2) / size / jnp.sum(w**2))
    _, s, basis = jnp.linalg.svd(w, full_matrices=False)
    # Rows that depend on each other count once, up to rounding, as in numpy.linalg.matrix_rank.
    seen = s > max(w.shape) * jnp.finfo(w.dtype).eps * s[0]
    along = jnp.sum(jnp.where(seen, product(d, basis.T), 0.0) ** 2)
    return ReadoutAlignment(correlation, jnp.where(s[0] > 0, along / size, jnp.nan))
