"""Networks trained by PyTorch, against PyTorch's own outputs and gradients."""

import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj

torch = pytest.importorskip("torch", reason="PyTorch is not a dependency")

N, STEPS, INPUTS, UNITS, OUTPUTS = 6, 5, 3, 8, 2
LEAK = 0.8


class Recurrent(torch.nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.core = cell(INPUTS, UNITS, batch_first=True)
        self.readout = torch.nn.Linear(UNITS, OUTPUTS)

    def forward(self, x):
        return self.readout(self.core(x)[0])


class Leaky(torch.nn.Module):
    """A leaky network with a bias of the inputs and one of the state, by NeuroGym's names."""

    def __init__(self):
        super().__init__()
        self.input2h = torch.nn.Linear(INPUTS, UNITS)
        self.h2h = torch.nn.Linear(UNITS, UNITS)
        self.fc = torch.nn.Linear(UNITS, OUTPUTS)

    def forward(self, x):
        hidden, outputs = torch.zeros(len(x), UNITS), []
        for inputs in x.unbind(1):
            net = self.input2h(inputs) + self.h2h(hidden)
            hidden = LEAK * hidden + (1 - LEAK) * torch.relu(net)
            outputs.append(self.fc(hidden))
        return torch.stack(outputs, 1)


def layers():
    return torch.nn.Sequential(
        torch.nn.Linear(INPUTS, UNITS),
        torch.nn.GELU(),
        torch.nn.Linear(UNITS, UNITS),
        torch.nn.GELU(),
        torch.nn.Linear(UNITS, OUTPUTS),
    )


NETWORKS = {
    "RNN": (lambda: Recurrent(torch.nn.RNN), {}),
    "GRU": (lambda: Recurrent(torch.nn.GRU), {}),
    "LSTM": (lambda: Recurrent(torch.nn.LSTM), {}),
    "leaky": (Leaky, {"leak": LEAK, "leak_form": "rate"}),
    "MLP": (layers, {"activation": "gelu"}),
}


def trained(name, updates=50):
    """A model, its state before training as a network of ours, inputs, classes, first kernel."""
    torch.manual_seed(0)
    make, stated = NETWORKS[name]
    model = make()
    shape = (N,) if name == "MLP" else (N, STEPS)
    x, y = torch.randn(*shape, INPUTS), torch.randint(0, OUTPUTS, shape)
    before, first = rj.trained_network(model.state_dict(), **stated), kernel(model, x)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(updates):
        optimizer.zero_grad()
        loss_of(model, x, y).backward()
        optimizer.step()
    return model, before, x, y, first


def loss_of(model, x, y):
    return torch.nn.functional.cross_entropy(model(x).reshape(-1, OUTPUTS), y.reshape(-1))


def kernel(model, x):
    """All inner products of gradients, one backward pass for each output."""
    rows = []
    for value in model(x).reshape(-1):
        gradients = torch.autograd.grad(value, list(model.parameters()), retain_graph=True)
        rows.append(torch.cat([g.reshape(-1) for g in gradients]).numpy())
    rows = np.stack(rows).astype(np.float64)
    return rows @ rows.T


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_trained_network(name):
    model, before, x, y, first = trained(name)
    after = rj.trained_network(model.state_dict(), **NETWORKS[name][1])
    second, outputs = kernel(model, x), model(x).detach().numpy()
    x, y = jnp.asarray(x.numpy()), y.numpy()
    np.testing.assert_allclose(after.apply(after.params, x), outputs, rtol=0, atol=1e-5)
    found = rj.laziness(
        after.apply, before.params, after.params, x, targets=y, known_outputs=outputs
    )
    cosine = np.sum(first * second) / np.linalg.norm(first) / np.linalg.norm(second)
    np.testing.assert_allclose(found.kernel_alignment.alignment, cosine, rtol=1e-5)
    assert cosine < 0.998
    loss = loss_of(model, torch.from_numpy(np.array(x)), torch.from_numpy(y))
    assert found.loss is not None
    np.testing.assert_allclose(found.loss.after, float(loss.detach()), rtol=1e-5)


def test_training_that_goes_on_does_not_change_what_was_read():
    model = Recurrent(torch.nn.RNN)
    before = rj.trained_network(model.state_dict())
    kept = {name: np.array(array) for name, array in before.params.items()}
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(1.0)
    for name, array in before.params.items():
        np.testing.assert_array_equal(array, kept[name])


def changed(state, name, by):
    return {**state, name: by(state[name])}


SWAPS = {
    "another activation": ("RNN", {"activation": "relu"}, lambda s: s),
    "another activation of layers": ("MLP", {"activation": "gelu_tanh"}, lambda s: s),
    "another leak": ("leaky", {"leak": LEAK + 0.05, "leak_form": "rate"}, lambda s: s),
    "another form of the leak": ("leaky", {"leak": LEAK, "leak_form": "paper"}, lambda s: s),
    "turned recurrent weights": (
        "leaky",
        NETWORKS["leaky"][1],
        lambda s: changed(s, "h2h.weight", lambda w: w.T),
    ),
    "turned recurrent weights of an RNN": (
        "RNN",
        {},
        lambda s: changed(s, "core.weight_hh_l0", lambda w: w.T),
    ),
    "no bias of the inputs": (
        "RNN",
        {},
        lambda s: {n: a for n, a in s.items() if n != "core.bias_ih_l0"},
    ),
    "no bias of the readout": (
        "GRU",
        {},
        lambda s: {n: a for n, a in s.items() if n != "readout.bias"},
    ),
    "one of two biases named": (
        "RNN",
        {
            "activation": "tanh",
            "names": {
                "input": "core.weight_ih_l0",
                "recurrent": "core.weight_hh_l0",
                "bias": "core.bias_ih_l0",
                "readout": "readout.weight",
                "readout_bias": "readout.bias",
            },
        },
        lambda s: s,
    ),
}


@pytest.mark.parametrize("swap", SWAPS)
def test_known_outputs_refuse_another_network(swap):
    name, stated, change = SWAPS[swap]
    model, _, x, _, _ = trained(name, updates=5)
    state = {n: w.detach().numpy() for n, w in model.state_dict().items()}
    other = rj.trained_network(change(state), **stated)
    outputs, x = model(x).detach().numpy(), jnp.asarray(x.numpy())
    with pytest.raises(ValueError, match="known_outputs differ from those of `apply`"):
        rj.laziness(other.apply, other.params, other.params, x, known_outputs=outputs)


def test_a_sum_of_two_named_biases_is_the_network():
    model, _, x, _, _ = trained("RNN", updates=5)
    _, stated, _ = SWAPS["one of two biases named"]
    both = {**stated["names"], "bias": "core.bias_ih_l0 + core.bias_hh_l0"}
    network = rj.trained_network(model.state_dict(), activation="tanh", names=both)
    outputs = network.apply(network.params, x.numpy())
    np.testing.assert_allclose(outputs, model(x).detach().numpy(), rtol=0, atol=1e-5)
    dropped = rj.trained_network(model.state_dict(), **stated)
    assert "Not used: core.bias_hh_l0." in dropped.said


def test_exchanged_axes_of_trials_and_steps():
    model, _, x, _, _ = trained("GRU", updates=5)
    network = rj.trained_network(model.state_dict())
    outputs, x = model(x).detach().numpy(), jnp.asarray(x.numpy())
    turned = jnp.swapaxes(x, 0, 1)
    with pytest.raises(ValueError, match=r"known_outputs has shape \(6, 5, 2\); allowed is"):
        rj.laziness(network.apply, network.params, network.params, turned, known_outputs=outputs)
    # As many trials as steps have the shape of each other.
    square, turned = x[:STEPS], jnp.swapaxes(x[:STEPS], 0, 1)
    known = {"known_outputs": outputs[:STEPS]}
    rj.laziness(network.apply, network.params, network.params, square, **known)
    with pytest.raises(ValueError, match="known_outputs differ"):
        rj.laziness(network.apply, network.params, network.params, turned, **known)
    said = rj.laziness(network.apply, network.params, network.params, x).said
    assert "Inputs were taken for 6 trials of 5 steps." in said
    with pytest.raises(ValueError, match=r"x has shape .*; allowed for this network is \(trials, "):
        network.apply(network.params, jnp.swapaxes(x, 1, 2))
