"""What the paper shows, and what we ask beside it: each a study, a figure and a table.

- `fig1.py`: rank against laziness, for recurrent networks.
- `fig2.py`: figures 2, 5 and 6, structures of connectomes against their nulls.
- `fig3/`: low-rank starts that are aligned with their task.
- `fig4.py`: rank against kernel alignment, for linear networks and for a ReLU network on images.
- `controls/`: does rank still matter when one thing is changed?
- `rich_lazy_map/`: where linear networks learn richly or lazily, and where a formula says so.
"""
