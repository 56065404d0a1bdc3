"""Time, accepted swaps and mixing of the nulls of a connectome, on one core.

    python benchmarks/nulls.py [--graph worm larva flywire] [--null degrees ...] [--sweeps 200]
    python benchmarks/nulls.py --ladder 6 --graph larva flywire

The worm is shipped; the other two are random graphs of the sizes of the larva of the fly and of
FlyWire. A sweep is one swap for each connection. The ratio is the participation ratio of the
pattern of connections, without weights, so that it moves by swaps alone. Its autocorrelation is
that of a chain of sweeps after the first tenth of it; without correlation it is about one over the
root of the number of sweeps. `--ladder` climbs the ladder, with so many draws of each null.
"""

import argparse
import time

import jax
import numpy as np
import scipy.sparse as sp
from rich.console import Console
from rich.table import Table
from whole_brain import FLYWIRE, LARVA, whole_brain

import richlazy_jax as rj
from experiments.inspection import ladder, ladder_lines
from richlazy_jax.nulls import _chain
from richlazy_jax.spectra import participation_ratio

GRAPHS = {
    "worm": lambda: sp.csr_array(rj.shipped_connectome("celegans_varshney2011").weights),
    "larva": lambda: whole_brain(jax.random.key(0), *LARVA),
    "flywire": lambda: whole_brain(jax.random.key(0), *FLYWIRE),
}
SWAPPED = [name for name in rj.NULLS if name not in ("gaussian", "places")]
LAGS = (1, 2, 5, 10)


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--graph", nargs="*", choices=GRAPHS, default=["worm", "larva"])
    parser.add_argument("--null", nargs="*", choices=SWAPPED, default=SWAPPED)
    parser.add_argument("--sweeps", type=int, default=200)
    parser.add_argument("--ladder", type=int, default=0)
    return parser.parse_args()


def main():
    arguments = parsed_arguments()
    console = Console(width=140)
    for graph in arguments.graph:
        weights = GRAPHS[graph]()
        n = weights.shape[0]
        if arguments.ladder:
            start = time.process_time()
            lines = ladder_lines(ladder(weights, arguments.ladder))
            console.print(f"\n{graph}, {n} nodes, {weights.nnz} connections", *lines, sep="\n")
            console.print(f"{time.process_time() - start:.1f} s of processor time")
        else:
            console.print(measured(graph, weights, arguments.null, arguments.sweeps))


def measured(graph, weights, nulls, sweeps):
    """A row for each null."""
    table = Table(title=f"{graph}: {weights.shape[0]} nodes, {weights.nnz} connections")
    for column in ("null", "s for 10 swaps", "accepted", "ratio before", "ratio after 10 swaps"):
        table.add_column(column)
    for lag in LAGS:
        table.add_column(f"lag {lag}")
    rng = np.random.default_rng(0)
    # Classes by how much a node sends, and places without meaning.
    sends = np.diff(weights.tocsc().indptr)
    classes = np.searchsorted(np.quantile(sends, np.arange(1, 10) / 10), sends)
    places = rng.random((len(sends), 3))
    more = {"classes": {"classes": classes}, "distances": {"coordinates": places}}
    pattern = sp.csr_array((np.ones(weights.nnz), weights.indices, weights.indptr), weights.shape)
    tried = []
    plain = _chain.run_chain

    def counted(*given):
        made = plain(*given)
        tried.append(made / max(1, given[-1]))
        return made

    _chain.run_chain = counted
    for null in nulls:

        def drawn(key, w, swaps, null=null):
            return rj.null_weights(key, w, null, swaps=swaps, **more.get(null, {}))

        # Compiled before it is timed.
        drawn(jax.random.key(0), sp.csr_array(np.eye(3, k=1)) if not more.get(null) else pattern, 1)
        start = time.process_time()
        after = drawn(jax.random.key(1), pattern, 10)
        took = time.process_time() - start
        row = [null, f"{took:.2f}", f"{tried[-1]:.3f}"]
        row += [f"{participation_ratio(each):.1f}" for each in (pattern, after)]
        ratios, now = [], pattern
        for key in jax.random.split(jax.random.key(2), sweeps):
            now = drawn(key, now, 1)
            ratios.append(participation_ratio(now))
        kept = np.array(ratios[sweeps // 10 :])
        if len(kept) > max(LAGS) + 1:
            kept -= kept.mean()
            row += [f"{np.mean(kept[lag:] * kept[:-lag]) / np.mean(kept**2):+.2f}" for lag in LAGS]
        table.add_row(*row)
    _chain.run_chain = plain
    return table


if __name__ == "__main__":
    main()
