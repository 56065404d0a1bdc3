"""The kinds of experiment that a study may hold, each an `Experiment` of the engine.

- `recurrent/`: recurrent networks trained from structured starts.
- `students/`: students whose starts are aligned with their task, recurrent and linear.
- `image_mlp.py`: ReLU networks that learn images.
- `linear/`: linear networks with theory's expectation of each.
- `forecast.py`: recurrent networks whose kernel alignment is estimated from the start beforehand.
- `gru.py`: the same of GRUs.
- `map_cell/`: linear networks of one rank, scale, readout and alignment with the task.
"""
