"""Connectomes: read, checked, and made into weights that networks may start from.

In every matrix here rows receive and columns send.

- `Connectome` (`_connectome.py`): names, sparse weights and where they come from.
- `read_connectome` (`_read.py`): from a file of nearly any kind, with an account of what was read.
  `_asked.py` checks what the caller says of the file, `_files.py` unpacks it. Tables are laid out
  in `_text.py` and read in `_tables.py`; `_edge_tables.py` says which column is what, by the
  conventions of `_conventions.py`, and `_transmitters.py` what excites. `_matrices.py` and
  `_graphs.py` read the rest (`_mat_elements.py` looks whether a .mat file is whole), `_edges.py`
  makes weights of edges, and `_words.py` short messages.
- `read_signs`, `gabaergic_signs` (`_signs.py`): which nodes excite and which inhibit.
- `shipped_connectome`, `SHIPPED` (`_shipped.py`, `data/`): two connectomes of C. elegans.
- `chosen_nodes`, `read_names`, `read_classes` (`_choose.py`): which nodes are meant, by name, by
  class or by a file.
- `read_coordinates` (`_coordinates.py`): where nodes lie.
- `resampled_weights` (`_resample.py`): another size, the same shape of spectrum.
- `subsampled_connectome` (`_subsample.py`): fewer nodes, with zeros, signs and names.
- `shuffled_weights` (`_shuffle.py`): the same weights at random places.
- `dominating_nodes`, `receive_only`, `Dominating` (`_dominating.py`): nodes to look at before a
  connectome is believed.
"""

from ._choose import chosen_nodes, read_classes, read_names
from ._connectome import Connectome
from ._coordinates import read_coordinates
from ._dominating import Dominating, dominating_nodes, receive_only
from ._read import read_connectome
from ._resample import resampled_weights
from ._shipped import SHIPPED, shipped_connectome
from ._shuffle import shuffled_weights
from ._signs import gabaergic_signs, read_signs
from ._subsample import subsampled_connectome

__all__ = [
    "SHIPPED",
    "Connectome",
    "Dominating",
    "chosen_nodes",
    "dominating_nodes",
    "gabaergic_signs",
    "read_classes",
    "read_connectome",
    "read_coordinates",
    "read_names",
    "read_signs",
    "receive_only",
    "resampled_weights",
    "shipped_connectome",
    "shuffled_weights",
    "subsampled_connectome",
]
