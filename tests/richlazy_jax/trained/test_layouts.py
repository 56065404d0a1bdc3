"""Networks of other libraries, against their equations and, where it is there, PyTorch itself."""

import numpy as np
import pytest

import richlazy_jax as rj

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
        (torch_state(1), {"names": {"input": "fc.weight"}}, "names is for input; allowed are"),
    ],
)
def test_what_is_not_known_is_refused(state, asked, message):
    with pytest.raises(ValueError, match=message):
        rj.trained_network(state, **asked)
