"""What the paper shows, run, beside what theory says of it.

- `engine/`: experiments in grids, run and kept in studies that grow; it knows no network.
- `findings/`: the only statistics, and the only rule for verdicts.
- `kinds/`: what a study may hold: recurrent networks, students, linear networks, image networks.
- `plot/`: what all figures are drawn with.
- `report/`: a page about a study.
- `verify/`: every statement of `theory` beside trained networks.
- `inspection/`: is a connectome rich or lazy?
- `paper/`: the paper's figures, the controls, the map of linear networks, and the atlas of starts.
- `prediction/`: are kernel alignments foretold? The study of `docs/predictions.md`.
- `aligned_students/`: are students that start along their teacher lazier? The study of
  `results/fig3c_plan.md`.
- `phases/`: when does rank order the kernel's turn? The study of `results/phases_plan.md`.
- `cli/`: the `richlazy` command.
- `_whole.py`: files that are written whole or not at all.
- `_signals.py`: how a command is stopped.

Each imports from those above it alone, `cli` from all.
"""
