"""Damaged files of every kind: a message that fits, or a connectome, and never anything else.

`RICHLAZY_DAMAGED=2000` damages each kind so many times, where it is 150 otherwise.
"""

import bz2
import gzip
import io
import json
import lzma
import os
import random
import zipfile

import h5py
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse

from richlazy_jax.connectomes import Connectome, read_connectome

TIMES = int(os.environ.get("RICHLAZY_DAMAGED", "150"))
W = np.array([[0, 2, 0, 1], [1, 0.5, 5, 0], [0, 3, 0, 0], [7, 0, 0, 0]])
EDGES = pd.DataFrame(
    {"pre": ["A", "B", "C", "A"], "post": ["B", "C", "A", "C"], "weight": [5, 3, 1, 2]}
)
CSV = EDGES.to_csv(index=False).encode()


def written(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def graph():
    g = nx.DiGraph()
    g.add_weighted_edges_from(EDGES.itertuples(index=False, name=None))
    return g


def zipped(**members):
    def write(file):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name.replace("_csv", ".csv"), content)

    return written(write)


def matlab_7_3(dense):
    def write(file):
        with h5py.File(file, "w") as opened:
            if dense:
                opened["W"] = W.T
                return
            sparse = opened.create_group("S")
            sparse.attrs["MATLAB_sparse"] = 4
            csc = scipy.sparse.csc_array(W)
            sparse["data"], sparse["ir"], sparse["jc"] = csc.data, csc.indices, csc.indptr

    return written(write)


FILES = {
    "edges.csv": CSV,
    "codex.csv": b"pre_root_id,post_root_id,neuropil,syn_count,nt_type\n"
    b"720575940600000001,720575940600000002,AL_R,7,ACH\n"
    b"720575940600000002,720575940600000003,AL_R,9,GABA\n",
    "wormatlas.csv": b"Neuron 1,Neuron 2,Type,Nbr\nADAL,AIBL,S,1\nAIBL,AVAL,EJ,2\nAVAL,ADAL,R,1\n",
    "spaces.txt": b"# made\nA B 5\nB C 3\nC A 1\n",
    "semicolons.csv": b"source;target;weight\nA;B;0,5\nB;C;1,5\nC;A;2\n",
    "utf16.csv": CSV.decode().encode("utf-16"),
    "matrix.csv": b",A,B,C,D\n" + b"".join(b"%c,0,5,3,1\n" % c for c in b"ABCD"),
    "edges.csv.gz": gzip.compress(CSV, mtime=0),
    "edges.csv.bz2": bz2.compress(CSV),
    "edges.csv.xz": lzma.compress(CSV),
    "edges.zip": zipped(edges_csv=CSV),
    "edges.xlsx": written(lambda f: EDGES.to_excel(f, index=False)),
    "edges.parquet": written(EDGES.to_parquet),
    "edges.feather": written(EDGES.to_feather),
    "w.npy": written(lambda f: np.save(f, W)),
    "w.npz": written(lambda f: np.savez(f, weights=W, names=np.array(list("abcd")))),
    "packed.npz": written(lambda f: np.savez_compressed(f, weights=W, ids=np.arange(4))),
    "sparse.npz": written(lambda f: scipy.sparse.save_npz(f, scipy.sparse.csr_array(W))),
    "coo.npz": written(lambda f: scipy.sparse.save_npz(f, scipy.sparse.coo_array(W))),
    "w.mat": written(lambda f: scipy.io.savemat(f, {"W": W, "names": list("abcd")})),
    "packed.mat": written(lambda f: scipy.io.savemat(f, {"W": W}, do_compression=True)),
    "sparse.mat": written(lambda f: scipy.io.savemat(f, {"W": scipy.sparse.csc_array(W)})),
    "newer.mat": matlab_7_3(dense=True),
    "newer_sparse.mat": matlab_7_3(dense=False),
    "w.mtx": written(lambda f: scipy.io.mmwrite(f, scipy.sparse.coo_array(W))),
    "dense.mtx": written(lambda f: scipy.io.mmwrite(f, W)),
    "g.graphml": written(lambda f: nx.write_graphml(graph(), f)),
    "g.gexf": written(lambda f: nx.write_gexf(graph(), f)),
    "g.gml": written(lambda f: nx.write_gml(graph(), f)),
    "g.json": json.dumps(nx.node_link_data(graph(), edges="edges")).encode(),
}


def damaged(whole: bytes, draw: random.Random) -> bytes:
    """Bytes changed, cut off, doubled or put elsewhere, once or a few times."""
    content = bytearray(whole)
    for _ in range(draw.choice((1, 1, 2, 5))):
        i, j = sorted(draw.randrange(len(content) + 1) for _ in range(2))
        j = min(j, i + 40)
        match draw.randrange(6):
            case 0:
                content[i : i + 1] = bytes([draw.randrange(256)])
            case 1:
                content[i : i + 1] = bytes([(content[i % len(content)] ^ (1 << draw.randrange(8)))])
            case 2:
                del content[i:j]
            case 3:
                content[i:i] = content[i:j]
            case 4:
                content[i:i] = draw.choice((b"0", b"9" * 12, b",", b"\n", b"-", b"\xff" * 8, b'"'))
            case 5:
                del content[i:]
        if not content:
            break
    return bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
@pytest.mark.filterwarnings("ignore")
def test_a_message_or_a_connectome(tmp_path, name):
    draw = random.Random(name)
    path = tmp_path / name
    path.write_bytes(FILES[name])
    assert len(read_connectome(path).names) > 2
    for _ in range(TIMES):
        content = damaged(FILES[name], draw)
        path.write_bytes(content)
        try:
            found = read_connectome(path)
        except ValueError as error:
            assert len(str(error)) <= 300, content  # noqa: PT017
            assert str(error).startswith(name), content  # noqa: PT017
        else:
            assert isinstance(found, Connectome)
            assert np.isfinite(found.sparse.data).all()
