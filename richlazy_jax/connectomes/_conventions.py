"""How published connectomes write their tables: one entry for each convention.

`CONVENTIONS` is looked through in order, so that what asks for more columns stands first. Names of
columns are compared without regard to case, spaces and underscores.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple


class Convention(NamedTuple):
    """A kind of table that is known by its header.

    - `name`: as messages and the documentation call it.
    - `pre`, `post`: the columns of the sender and of the receiver.
    - `weight`: names that the column of the weight may have, one of which must be there; empty
      where each row counts one.
    - `also`: further columns by which it is known.
    - `duplicates`: what becomes of several rows for one connection.
    - `says`: a sentence about what that means.
    - `fly`: whether its transmitters are those of a fly.
    - `kinds`: the column of the kind of connection, where rows of some kinds are read otherwise.
    - `sends`, `receives`, `electrical`, `left`: such kinds. A row of one that receives is the
      connection seen from its other end; electrical ones go both ways; the last are left out.
    - `written`: its header, as files have it.
    """

    name: str
    pre: str
    post: str
    weight: tuple[str, ...]
    written: str
    also: tuple[str, ...] = ()
    duplicates: str = "error"
    says: str = ""
    fly: bool = False
    kinds: str = ""
    sends: tuple[str, ...] = ()
    receives: tuple[str, ...] = ()
    electrical: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


CONVENTIONS = (
    Convention(
        "FlyWire Codex",
        pre="pre_root_id",
        post="post_root_id",
        weight=("syn_count",),
        written="pre_root_id,post_root_id,neuropil,syn_count,nt_type",
        duplicates="sum",
        says="It has a row for each pair and neuropil, and the rows of a pair are added up.",
        fly=True,
    ),
    Convention(
        "FlyWire, as on Zenodo",
        pre="pre_pt_root_id",
        post="post_pt_root_id",
        weight=("syn_count",),
        written="pre_pt_root_id,post_pt_root_id,neuropil,syn_count",
        duplicates="sum",
        says="It has a row for each pair and neuropil, and the rows of a pair are added up.",
        fly=True,
    ),
    Convention(
        "CAVE (MICrONS)",
        pre="pre_pt_root_id",
        post="post_pt_root_id",
        weight=(),
        written="id,valid,pre_pt_root_id,post_pt_root_id,size",
        duplicates="sum",
        says="It has a row for each synapse: the weight is their number, or the sum of the column "
        "that weight= names.",
    ),
    Convention(
        "neuPrint",
        pre="bodyId_pre",
        post="bodyId_post",
        weight=("weight",),
        written="bodyId_pre,bodyId_post,roi,weight",
        duplicates="sum",
        says="It has a row for each pair and region (roi), and the rows of a pair are added up.",
        fly=True,
    ),
    Convention(
        "WormAtlas",
        pre="Neuron 1",
        post="Neuron 2",
        weight=("Nbr",),
        also=("Type",),
        written="Neuron 1,Neuron 2,Type,Nbr",
        duplicates="sum",
        says="S and Sp send from neuron 1 to neuron 2. R and Rp are the same connections seen by "
        "the receiver, neuron 1, and are read where the sender's row is missing.",
        kinds="Type",
        sends=("s", "sp"),
        receives=("r", "rp"),
        electrical=("ej",),
        left=("nmj",),
    ),
    Convention(
        "WormWiring (Cook et al. 2019)",
        pre="Source",
        post="Target",
        weight=("Weight",),
        also=("Type",),
        written="Source,Target,Weight,Type",
        says="Its type is chemical or electrical; where= chooses.",
    ),
    Convention(
        "Markov et al., fractions of labelled neurons",
        pre="SOURCE",
        post="TARGET",
        weight=("FLN", "FLNe"),
        written="SOURCE,TARGET,FLN",
        says="An area that was injected several times has several rows; "
        'duplicates="mean" takes their mean.',
    ),
    Convention(
        "CoCoMac",
        pre="SourceSite",
        post="TargetSite",
        weight=("Density",),
        written="SourceSite,TargetSite,Density",
        duplicates="max",
        says="Of several reports of a connection the densest is taken.",
    ),
)

# Columns by what they are called, where no convention is met.
SENDERS = (
    *("pre", "source", "from", "sender", "presynaptic", "pre_id", "pre_name", "source_id"),
    *("presynaptic_id", "pre_neuron", "presynaptic_neuron", "pre_cell", "presyn", "src"),
    *("pre_root_id", "pre_pt_root_id", "bodyId_pre", "neuron_1", "source_neuron", "source_site"),
)
RECEIVERS = (
    *("post", "target", "to", "receiver", "postsynaptic", "post_id", "post_name", "target_id"),
    *("postsynaptic_id", "post_neuron", "postsynaptic_neuron", "post_cell", "postsyn", "dst"),
    *("post_root_id", "post_pt_root_id", "bodyId_post", "neuron_2", "target_neuron", "target_site"),
)
WEIGHTS = (
    *(
        "weight",
        "weights",
        "w",
        "synapses",
        "count",
        "counts",
        "syn_count",
        "synapse_count",
        "n_syn",
    ),
    *("num_synapses", "n_synapses", "n_syn", "number_of_synapses", "synapse_number", "nbr"),
    "e_weight",
)
# Never taken for a weight: what numbers rows or says where something lies.
LABELS = (
    *("", "id", "ids", "index", "idx", "row", "key", "synapse_id", "edge_id", "connection_id"),
    *("valid", "created", "x", "y", "z", "unnamed: 0"),
)
KINDS = ("type", "kind", "synapse_type", "connection_type", "edge_type", "etype")
ELECTRICAL = (
    *("electrical", "electric", "gap", "gap_junction", "gap_junctions", "gj", "ej", "gap_jn"),
    *("electrical_synapse", "gapjunction", "gap_junction_synapse"),
)
TRANSMITTERS = ("nt_type", "nt", "neurotransmitter", "transmitter", "sign", "predicted_nt")

# Matrices that are known by the name of the file, or of the variable in it. In all, rows send.
LARVA = re.compile(r"(all-all|aa|ad|da|dd)_connectivity_matrix", re.IGNORECASE)
BCT = re.compile(r"CIJ", re.IGNORECASE)


def plain(name: str) -> str:
    """A name without what spellings differ in."""
    return re.sub(r"[\s_\-.]+", "", name).lower()


def convention_of(columns: Sequence[str]) -> Convention | None:
    """The convention whose columns are all there, or None."""
    there = {plain(column) for column in columns}
    for each in CONVENTIONS:
        weights = {plain(name) for name in each.weight}
        wanted = {plain(name) for name in (each.pre, each.post, *each.also)}
        if wanted <= there and (not weights or weights & there):
            return each
    return None


def is_one_of(name: str, names: Sequence[str]) -> bool:
    """Whether a name is one of some, but for what spellings differ in."""
    return plain(name) in {plain(each) for each in names}
