"""A network trained by PyTorch, against PyTorch's own outputs and gradients."""

import jax.numpy as jnp
import numpy as np
import pytest

import richlazy_jax as rj

torch = pytest.importorskip("torch", reason="PyTorch is not a dependency")

N, STEPS, INPUTS, UNITS, OUTPUTS = 6, 5, 3, 8, 2


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.core = torch.nn.RNN(INPUTS, UNITS, batch_first=True)
        self.readout = torch.nn.Linear(UNITS, OUTPUTS)

    def forward(self, x):
        return self.readout(self.core(x)[0])

    def arrays(self):
        """Copies of its state, as a user would keep them."""
        return {name: leaf.detach().numpy().copy() for name, leaf in self.state_dict().items()}


def apply(params, x):
    weights = {
        "input": params["core.weight_ih_l0"],
        "recurrent": params["core.weight_hh_l0"],
        "bias": params["core.bias_ih_l0"] + params["core.bias_hh_l0"],
        "readout": params["readout.weight"],
        "readout_bias": params["readout.bias"],
    }
    return rj.rnn_apply(weights, x, activation="tanh")


def kernel(model, x):
    """All inner products of gradients, one backward pass for each output."""
    rows = []
    for value in model(x).reshape(-1):
        gradients = torch.autograd.grad(value, list(model.parameters()), retain_graph=True)
        rows.append(torch.cat([g.reshape(-1) for g in gradients]).numpy())
    rows = np.stack(rows).astype(np.float64)
    return rows @ rows.T


@pytest.mark.slow
def test_a_recurrent_network_with_two_biases():
    torch.manual_seed(0)
    model, x = Model(), torch.randn(N, STEPS, INPUTS)
    y = torch.randint(0, OUTPUTS, (N, STEPS))
    before, first = model.arrays(), kernel(model, x)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(50):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x).reshape(-1, OUTPUTS), y.reshape(-1)).backward()
        optimizer.step()
    second, outputs = kernel(model, x), model(x).detach().numpy()
    asked = {"targets": y.numpy(), "known_outputs": outputs}
    found = rj.laziness(apply, before, model.arrays(), jnp.asarray(x.numpy()), **asked)
    cosine = np.sum(first * second) / np.linalg.norm(first) / np.linalg.norm(second)
    np.testing.assert_allclose(found.kernel_alignment.alignment, cosine, rtol=1e-5)
    loss = torch.nn.functional.cross_entropy(model(x).reshape(-1, OUTPUTS), y.reshape(-1))
    assert found.loss is not None
    np.testing.assert_allclose(found.loss.after, float(loss.detach()), rtol=1e-5)
    # One bias dropped is another network.
    dropped = {**model.arrays(), "core.bias_hh_l0": np.zeros(UNITS, np.float32)}
    with pytest.raises(ValueError, match="known_outputs differ"):
        rj.laziness(apply, before, dropped, jnp.asarray(x.numpy()), **asked)
