"""What the paper shows, run: one module a figure, the verification of the theory, the command line.

- `verify/`: every statement of `theory` beside trained networks.
- `recurrent/`: recurrent networks trained from structured starts.
- `fig1.py`, `fig4.py`: figure 1, and figure 4 panel A.
- `rich_lazy_map/`: linear networks over rank, scale, readout and alignment with the task.
- `controls/`: does rank still matter when one thing is changed?
- `cli/`: the `richlazy` command.
- `_whole.py`: files that are written whole or not at all.
"""
