"""What the paper shows, run: one module a figure, the verification of the theory, the command line.

- `verify/`: every statement of `theory` beside trained networks.
- `fig4.py`: figure 4, panel A.
- `cli.py`: the `richlazy` command.
"""
