"""Are kernel alignments foretold by the fast-forward? The plan is docs/predictions.md.

    richlazy sweep experiments/prediction/specs/confirmation-64.yaml --out STUDY
    python -m experiments.prediction STUDY [STUDY ...] [--networks NETWORKS.csv]

- `specs`: the studies, of the kind `experiments.kinds.forecast`.
- `_networks.py`: forecast, rivals and outcome of each network of a study, and whether it counts.
- `_judge.py`: what the plan asks of each population.
"""

from ._judge import Population, judge, verdict
from ._networks import Network, networks_of

__all__ = ["Network", "Population", "judge", "networks_of", "verdict"]
