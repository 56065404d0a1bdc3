"""What the paper shows, run, beside what theory says of it.

- `verify/`: every statement of `theory` beside trained networks.
- `rich_lazy_map/`: linear networks over rank, scale, readout and alignment with the task.
- `linear/`: linear networks with theory's expectation of each, for sweeps.
- `recurrent/`: recurrent networks trained from structured starts.
- `findings/`: the only statistics, and the only rule for verdicts.
- `fig1.py`, `fig2.py`, `fig3/`, `fig4.py`: the paper's figures, `image_mlp.py` the networks of the
  last.
- `controls/`: does rank still matter when one thing is changed?
- `inspection/`: is a connectome rich or lazy?
- `plot/`: what all figures are drawn with.
- `engine/`: experiments in grids, run and kept in studies that grow; it knows no network.
- `report/`: a page about a study.
- `cli/`: the `richlazy` command.
- `_means.py`: the table of means that figures and controls share.
- `_whole.py`: files that are written whole or not at all.
- `_signals.py`: how a command is stopped.
"""
