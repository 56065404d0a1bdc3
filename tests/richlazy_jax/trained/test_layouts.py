"""Networks of other libraries, against their equations and, where it is there, PyTorch itself."""

import itertools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj

STORED = Path(__file__).parents[2] / "data" / "trained"
N, STEPS, INPUTS, UNITS, OUTPUTS = 5, 6, 3, 4, 2
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, STEPS, INPUTS)).astype(np.float32)


def drawn(**shapes):
    return {n: RNG.standard_normal(s).astype(np.float32) * 0.5 for n, s in shapes.items()}


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def relu(a):
    return np.maximum(a, 0)


def torch_state(gates, layers=1, biases=True, prefix="core."):
    state = {}
    for i in range(layers):
        rows, inputs = gates * UNITS, UNITS if i else INPUTS
        arrays = {f"weight_ih_l{i}": (rows, inputs), f"weight_hh_l{i}": (rows, UNITS)}
        if biases:
            arrays |= {f"bias_ih_l{i}": (rows,), f"bias_hh_l{i}": (rows,)}
        state |= {f"{prefix}{name}": a for name, a in drawn(**arrays).items()}
    readout = drawn(weight=(OUTPUTS, UNITS), bias=(OUTPUTS,))
    return state | {f"fc.{name}": a for name, a in readout.items()}


def by_numpy(state, cell, layers=1, phi=np.tanh):
    """One unit of PyTorch's documentation after the other."""
    x = X.astype(float)
    for i in range(layers):
        part = [
            state.get(f"core.{kind}_l{i}", np.zeros(1))
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        w, u, b, d = part
        hidden, memory, states = np.zeros((N, UNITS)), np.zeros((N, UNITS)), []
        for t in range(STEPS):
            a, c = x[:, t] @ w.T + b, hidden @ u.T + d
            if cell == "RNN":
                hidden = phi(a + c)
            elif cell == "GRU":
                (ar, az, an), (cr, cz, cn) = np.split(a, 3, -1), np.split(c, 3, -1)
                z = sigmoid(az + cz)
                hidden = (1 - z) * np.tanh(an + sigmoid(ar + cr) * cn) + z * hidden
            else:
                i_, f, g, o = np.split(a + c, 4, -1)
                memory = sigmoid(f) * memory + sigmoid(i_) * np.tanh(g)
                hidden = sigmoid(o) * np.tanh(memory)
            states.append(hidden)
        x = np.stack(states, 1)
    return x, x @ state["fc.weight"].T + state["fc.bias"]


CELLS = [("RNN", 1, 1, True), ("RNN", 1, 1, False), ("GRU", 3, 2, True), ("LSTM", 4, 2, True)]


@pytest.mark.parametrize(("cell", "gates", "layers", "biases"), CELLS)
def test_layers_of_pytorch(cell, gates, layers, biases):
    state = torch_state(gates, layers, biases)
    network = rj.trained_network(state)
    activity, outputs = by_numpy(state, cell, layers)
    np.testing.assert_allclose(network.apply(network.params, X), outputs, atol=1e-5)
    np.testing.assert_allclose(network.activity(network.params, X), activity, atol=1e-5)
    assert set(network.params) == set(state)
    assert f"torch.nn.{cell} of {layers} layer" in network.said[0]


def test_the_activation_of_an_rnn_may_be_stated():
    state = torch_state(1)
    network = rj.trained_network(state, activation="relu")
    outputs = by_numpy(state, "RNN", phi=relu)[1]
    np.testing.assert_allclose(network.apply(network.params, X), outputs, atol=1e-5)
    assert any("PyTorch's default" in said for said in rj.trained_network(state).said)


@pytest.mark.parametrize(("cell", "gates", "layers", "biases"), CELLS)
def test_equals_pytorch_itself(cell, gates, layers, biases):
    torch = pytest.importorskip("torch", reason="PyTorch is not a dependency")
    core = getattr(torch.nn, cell)(INPUTS, UNITS, layers, bias=biases, batch_first=True)
    readout = torch.nn.Linear(UNITS, OUTPUTS)
    state = {f"core.{n}": v.detach().numpy() for n, v in core.state_dict().items()}
    state |= {f"fc.{n}": v.detach().numpy() for n, v in readout.state_dict().items()}
    network = rj.trained_network(state)
    outputs = readout(core(torch.from_numpy(X))[0]).detach().numpy()
    np.testing.assert_allclose(network.apply(network.params, X), outputs, atol=1e-6)


def leaky(w, u, b, leak, form, start=0.0):
    z, found = np.zeros((N, UNITS)) + start, []
    for t in range(STEPS):
        if form == "rate":
            z = leak * z + (1 - leak) * relu(X[:, t] @ w.T + z @ u.T + b)
            hidden = z
        else:
            z = leak * z + (1 - leak) * (X[:, t] @ w.T + relu(z) @ u.T + b)
            hidden = relu(z)
        found.append(hidden)
    return np.stack(found, 1)


def test_a_network_of_the_neurogym_tutorials():
    state = {
        f"rnn.{name}": a
        for name, a in drawn(
            **{
                "input2h.weight": (UNITS, INPUTS),
                "input2h.bias": (UNITS,),
                "h2h.weight": (UNITS, UNITS),
                "h2h.bias": (UNITS,),
            }
        ).items()
    } | {f"fc.{n}": a for n, a in drawn(weight=(OUTPUTS, UNITS), bias=(OUTPUTS,)).items()}
    network = rj.trained_network(state, leak=0.8)
    bias = state["rnn.input2h.bias"] + state["rnn.h2h.bias"]
    states = leaky(state["rnn.input2h.weight"], state["rnn.h2h.weight"], bias, 0.8, "rate")
    outputs = states @ state["fc.weight"].T + state["fc.bias"]
    np.testing.assert_allclose(network.apply(network.params, X), outputs, atol=1e-5)
    np.testing.assert_allclose(network.activity(network.params, X), states, atol=1e-5)
    with pytest.raises(ValueError, match="leak is None; allowed for this network"):
        rj.trained_network(state)


def test_a_network_of_psychrnn():
    shapes = {"W_in": (UNITS, INPUTS), "W_rec": (UNITS, UNITS), "W_out": (OUTPUTS, UNITS)}
    state = drawn(**shapes, b_rec=(UNITS,), b_out=(OUTPUTS,), init_state=(1, UNITS))
    mask = (RNG.random((UNITS, UNITS)) < 0.5).astype(np.float32)
    network = rj.trained_network(state | {"rec_connectivity": mask}, leak=0.7)
    recurrent = state["W_rec"] * mask
    states = leaky(state["W_in"], recurrent, state["b_rec"], 0.7, "current", state["init_state"])
    outputs = states @ state["W_out"].T + state["b_out"]
    np.testing.assert_allclose(network.apply(network.params, X), outputs, atol=1e-5)
    with pytest.raises(ValueError, match="dale_ratio, whose signs are not applied"):
        rj.trained_network(state | {"dale_ratio": np.array(0.8)}, leak=0.7)


def test_names_and_transposes():
    state = drawn(win=(INPUTS, UNITS), wrec=(UNITS, UNITS), wout=(OUTPUTS, UNITS), extra=(3,))
    names = {"input": "win.T", "recurrent": "wrec.T", "readout": "wout"}
    network = rj.trained_network(state, names=names, leak=0.5, leak_form="rate")
    states = leaky(state["win"].T, state["wrec"].T, 0, 0.5, "rate")
    np.testing.assert_allclose(
        network.apply(network.params, X), states @ state["wout"].T, atol=1e-5
    )
    assert "Not used: extra." in network.said
    with pytest.raises(ValueError, match=r"input has shape .* name it with \.T"):
        rj.trained_network(state, names=names | {"input": "win"})
    with pytest.raises(ValueError, match="leak_form is None; allowed with a leak"):
        rj.trained_network(state, names=names, leak=0.5)


def keras_dense(*sizes):
    state = {}
    for i, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        name = f"layers.dense_{i}" if i else "layers.dense"
        arrays = drawn(a=(inputs, outputs), b=(outputs,))
        state |= {f"{name}.vars.0": arrays["a"], f"{name}.vars.1": arrays["b"]}
    return state


def keras_model(*layers):
    named = [{"class_name": name, "config": config} for name, config in layers]
    return {"class_name": "Sequential", "config": {"layers": named}}


def test_a_whole_model_of_keras_says_its_activations():
    state = keras_dense(INPUTS, UNITS, OUTPUTS)
    layers = [
        ("InputLayer", {}),
        ("Dense", {"activation": "linear"}),
        ("ReLU", {}),
        ("Dropout", {}),
        ("Dense", {"activation": "softmax"}),
    ]
    whole = rj.TrainedState(state, model=keras_model(*layers))
    network = rj.trained_network(whole)
    stated = rj.trained_network(state, activation="relu")
    x = X[:, 0]
    np.testing.assert_array_equal(network.apply(network.params, x), stated.apply(stated.params, x))
    assert "The activation is relu, as the file says." in network.said
    assert any("ends with the activation softmax; outputs here are" in s for s in network.said)
    with pytest.raises(ValueError, match="activation is 'tanh'; allowed is 'relu', as the file"):
        rj.trained_network(whole, activation="tanh")


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([("GRU", {"go_backwards": True})], "whose GRU has go_backwards=True; allowed is False"),
        ([("RNN", {"cell": {"class_name": "LSTMCell", "config": {"activation": "relu"}}})], "relu"),
        (
            [("GRU", {"recurrent_activation": "hard_sigmoid"})],
            "recurrent_activation='hard_sigmoid'; allowed is 'sigmoid'",
        ),
        ([("Bidirectional", {}), ("Dense", {})], "a layer Bidirectional; allowed are Dense"),
        (
            [("Dense", {"activation": name}) for name in ("relu", "tanh", "linear")],
            "the activations relu, tanh; allowed is one",
        ),
    ],
)
def test_models_of_keras_that_are_refused(layers, message):
    state = rj.TrainedState(keras_dense(3, 2), model=keras_model(*layers))
    with pytest.raises(ValueError, match=message):
        rj.trained_network(state)


def test_a_model_that_reads_out_its_last_step():
    with np.load(STORED / "keras.npz", allow_pickle=False) as kept:
        start = "gru.after."
        state = {n.removeprefix(start): kept[n] for n in kept.files if n.startswith(start)}
    model = keras_model(("GRU", {"return_sequences": False}), ("Dense", {"activation": "linear"}))
    said = rj.trained_network(rj.TrainedState(state, model=model)).said
    assert any("reads out its last step alone" in each for each in said)


def test_weights_of_keras_2_have_names():
    """Whatever of its layers have no number, and with recurrent layers of one width."""
    names = {"vars.0": "kernel:0", "vars.1": "recurrent_kernel:0", "vars.2": "bias:0"}
    shapes = {"vars.0": (UNITS, 3 * UNITS), "vars.1": (UNITS, 3 * UNITS), "vars.2": (2, 3 * UNITS)}
    third, second = {}, {}
    for i in ("", "_1"):
        for old, array in drawn(**shapes).items():
            third[f"layers.gru{i}.cell.{old}"] = second[f"gru{i}.gru{i}.gru_cell.{names[old]}"] = (
                array
            )
    readout = drawn(kernel=(UNITS, OUTPUTS), bias=(OUTPUTS,))
    third |= {"layers.dense.vars.0": readout["kernel"], "layers.dense.vars.1": readout["bias"]}
    second |= {f"dense.dense.{name}:0": array for name, array in readout.items()}
    x = np.concatenate([X, X], -1)[..., :UNITS]
    first, other = (rj.trained_network(state) for state in (third, second))
    np.testing.assert_array_equal(first.apply(first.params, x), other.apply(other.params, x))
    for said in (first.said, other.said):
        assert "a Keras GRU (reset_after=True) of 2 layers and 4 units" in said[0]
        assert any("as their names count" in each for each in said)


def dense(**sizes):
    """Layers of PyTorch by name, each from so many to so many numbers."""
    return {
        f"{name}.weight": a for name, a in drawn(**{n: s[::-1] for n, s in sizes.items()}).items()
    }


def test_layers_follow_each_other_by_their_widths():
    """Whatever their names are."""
    state = dense(out=(4, 2), middle=(5, 4), into=(3, 5))
    network = rj.trained_network(state, activation="tanh")
    x = X[:, 0]
    hidden = np.tanh(np.tanh(x @ state["into.weight"].T) @ state["middle.weight"].T)
    np.testing.assert_allclose(network.activity(network.params, x), hidden, atol=1e-6)
    outputs = hidden @ state["out.weight"].T
    np.testing.assert_allclose(network.apply(network.params, x), outputs, atol=1e-6)
    assert "into (3 to 5), middle (5 to 4), out (4 to 2)" in network.said[0]
    assert "No bias is there of into, middle, out." in network.said


def test_layers_of_one_width_follow_each_other_as_they_count():
    state = {f"layers.{i}.weight": drawn(w=(3, 3))["w"] for i in range(11)}
    network = rj.trained_network(state, activation="linear")
    x = expected = X[:, 0].astype(float)
    for i in range(11):
        expected = expected @ state[f"layers.{i}.weight"].T
    np.testing.assert_allclose(network.apply(network.params, x), expected, atol=1e-5)
    assert any("as their names count; another order would fit too" in s for s in network.said)


def test_a_recurrent_network_that_looks_like_layers_is_not_run_as_such():
    """Names of arrays alone do not say that h2h leads back to the units."""
    state = dense(i2h=(INPUTS, UNITS), h2h=(UNITS, UNITS), out=(UNITS, OUTPUTS))
    network = rj.trained_network(state, activation="tanh")
    with pytest.raises(
        ValueError, match=r"is \(trials, 3\); name the arrays of a recurrent network"
    ):
        network.apply(network.params, X)


def test_our_own_networks():
    for layers in ((3, 4), (3, 4, 5, 2)):
        own = rj.mlp(layers, "relu")
        params = own.init(jax.random.key(0))
        network = rj.trained_network(params, activation="relu")
        np.testing.assert_allclose(
            network.apply(network.params, X[:, 0]),
            own.apply(params, jnp.asarray(X[:, 0])),
            atol=1e-6,
        )


@pytest.mark.parametrize(
    ("state", "asked", "message"),
    [
        (drawn(a=(2, 2)), {}, "has the arrays a, which are of no network that is known"),
        (
            torch_state(1) | drawn(more=(3,)),
            {},
            "state has more beside the arrays of a torch.nn.RNN",
        ),
        (torch_state(2), {}, r"weight_hh_l0 has shape \(8, 4\); allowed are 1, 3 or 4"),
        (torch_state(3), {"activation": "relu"}, "allowed for a torch.nn.GRU is neither"),
        (torch_state(1), {"leak": 0.5}, "allowed for a torch.nn.RNN, which has none"),
        (torch_state(1), {"activation": "gelu"}, "activation is 'gelu'"),
        (
            {n: a for n, a in torch_state(1).items() if n != "fc.weight"},
            {},
            "allowed is one readout",
        ),
        (
            torch_state(1) | {"core.weight_ih_l0_reverse": np.zeros((UNITS, INPUTS), np.float32)},
            {},
            "one network that runs forward in time",
        ),
        (
            torch_state(1) | {"fc.bias": np.full(OUTPUTS, np.nan, np.float32)},
            {},
            r"state\['fc.bias'\] has numbers that are not finite",
        ),
        (dense(a=(3, 4), b=(5, 2)), {"activation": "relu"}, "which do not follow each other"),
        (dense(a=(3, 3), b=(3, 3)), {"activation": "relu"}, "follow each other in more than one"),
        (dense(a=(3, 4), b=(4, 2)), {}, "activation is None; allowed for fully connected layers"),
        (dense(a=(3, 4), b=(4, 2)), {"activation": "sine"}, "activation is 'sine'"),
        (dense(a=(3, 4), b=(4, 2)), {"leak": 0.5}, "allowed for fully connected layers, which has"),
        (
            dense(a=(3, 4)) | {"norm.weight": np.ones(4, np.float32)},
            {},
            "state has norm.weight beside the arrays of fully connected layers",
        ),
        (
            torch_state(3) | {"core.bias_ih_l0": np.ones(UNITS, np.float32)},
            {},
            "the arrays of the torch.nn.GRU core._l0 have shapes that do not fit each other",
        ),
        (
            {n: a for n, a in torch_state(1).items() if n != "core.weight_ih_l0"},
            {},
            "state has no weight_ih of the torch.nn.RNN",
        ),
        (torch_state(1), {"names": {"input": "fc.weight"}}, "names is for input; allowed are"),
    ],
)
def test_what_is_not_known_is_refused(state, asked, message):
    with pytest.raises(ValueError, match=message):
        rj.trained_network(state, **asked)
