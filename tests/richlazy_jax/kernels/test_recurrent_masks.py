"""The recurrent kernel of the weights that can change, where some entries cannot."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import richlazy_jax as rj
import richlazy_jax.kernels._sums as sums
from tests.richlazy_jax.kernels.test_recurrent_forms import (  # pyright: ignore[reportMissingImports]
    FORMS,
    OPTIONAL,
    assert_close,
    kernel_of,
    network,
)

MASKABLE = ("input", "recurrent", "readout")


def masked_rows(params, x, wrt, masks, options):
    """The Jacobian of the network by V, where its weights are W + M * (V - W) at V = W."""

    def outputs(trained):
        moved = {
            name: params[name] + masks.get(name, 1) * (leaf - params[name])
            for name, leaf in trained.items()
        }
        return rj.rnn_apply({**params, **moved}, x, **options)

    found = jax.jit(jax.jacrev(outputs))({name: params[name] for name in wrt})
    shape = jax.eval_shape(outputs, {}).shape
    return np.concatenate([found[n].reshape(*shape, -1) for n in wrt], axis=-1)


def drawn_masks(seed, params, names):
    keys = jax.random.split(jax.random.key(seed), len(MASKABLE))
    return {
        name: jax.random.bernoulli(key, 0.4, params[name].shape)
        for key, name in zip(keys, MASKABLE, strict=True)
        if name in names
    }


@given(data=st.data())
def test_equals_products_of_gradients_by_what_can_change(x64, data):
    draw = data.draw
    optional = tuple(sorted(draw(st.sets(st.sampled_from(OPTIONAL)))))
    n, width, n_in, n_out, steps = (draw(st.integers(1, most)) for most in (4, 6, 3, 3, 5))
    block = draw(st.none() | st.integers(1, 3))
    seed = draw(st.integers(0, 99))
    params = network(seed, optional, width, n_out, n_in)
    wrt = draw(st.sets(st.sampled_from(sorted(params)), min_size=1))
    masks = drawn_masks(seed, params, draw(st.sets(st.sampled_from(MASKABLE))) & wrt)
    options = {
        "outputs": draw(st.sampled_from(["all", "last"])),
        "activation": draw(st.sampled_from(["relu", "tanh"])),
        "leak": draw(st.sampled_from([0.0, 0.4])),
        "leak_form": draw(st.sampled_from(FORMS)),
    }
    x, x2 = (jax.random.normal(jax.random.key(seed + i), (n, steps, n_in)) for i in (1, 2))
    ours = options | {"wrt": tuple(wrt), "masks": masks, "block": block}
    first = masked_rows(params, x, wrt, masks, options)
    second = masked_rows(params, x2, wrt, masks, options)
    assert_close(rj.recurrent_ntk(params, x, **ours), kernel_of(first, first), 1e-11)
    assert_close(rj.recurrent_ntk(params, x, x2=x2, **ours), kernel_of(first, second), 1e-11)
    other = network(seed + 7, optional, width, n_out, n_in)
    after = masked_rows(other, x, wrt, masks, options)
    wanted, after = kernel_of(first, first), kernel_of(after, after)
    with np.errstate(invalid="ignore"):
        cosine = np.sum(wanted * after) / np.linalg.norm(wanted) / np.linalg.norm(after)
    aligned = rj.recurrent_kernel_alignment(params, other, x, **ours)
    np.testing.assert_allclose(aligned, cosine, atol=1e-10)


def test_rows_are_masked_in_every_chunk_of_units(x64, monkeypatch):
    monkeypatch.setattr(sums, "_ROW_BYTES", 2**11)
    jax.clear_caches()
    params = network(3, ("bias",), 7, 2)
    masks = drawn_masks(1, params, ("input", "recurrent"))
    x = jax.random.normal(jax.random.key(5), (5, 4, 2))
    wrt = ("input", "recurrent", "bias")
    first = masked_rows(params, x, wrt, masks, {})
    found = rj.recurrent_ntk(params, x, wrt=wrt, masks=masks)
    assert_close(found, kernel_of(first, first), 1e-11)
    jax.clear_caches()


@pytest.mark.parametrize("implementation", [1, 2, "jacobian"])
def test_other_implementations_mask_too(implementation):
    params = network(2, OPTIONAL[:2])
    masks = drawn_masks(2, params, MASKABLE)
    x = jax.random.normal(jax.random.key(0), (3, 4, 2))
    options = {"wrt": (*MASKABLE, "bias"), "masks": masks}
    found = rj.recurrent_ntk(params, x, implementation=implementation, **options)
    assert_close(found, np.asarray(rj.recurrent_ntk(params, x, **options)), 1e-5)


def test_masks_of_all_entries_change_nothing_and_masks_may_be_traced():
    params = network(2, ())
    x = jax.random.normal(jax.random.key(0), (3, 4, 2))
    every = {"recurrent": jnp.ones((5, 5), bool)}
    kernel = jax.jit(lambda masks: rj.recurrent_ntk(params, x, masks=masks))
    assert_close(kernel(every), np.asarray(rj.recurrent_ntk(params, x)), 1e-6)


@pytest.mark.parametrize(
    ("masks", "named"),
    [
        ({"bias": jnp.ones(5, bool)}, "masks has the key 'bias'; .*'recurrent'"),
        ({"input": jnp.ones((5, 2), bool)}, "masks has the key 'input'; .*wrt .*'recurrent'"),
        ({"recurrent": jnp.ones((5, 5))}, r"masks\['recurrent'\] has dtype float32"),
        ({"recurrent": jnp.ones((5, 4), bool)}, r"shape \(5, 4\); .*\(5, 5\)"),
        ([jnp.ones((5, 5), bool)], "masks is a list"),
    ],
)
def test_bad_masks(no_shape_checks, masks, named):
    with pytest.raises(ValueError, match=named):
        rj.recurrent_ntk(network(0, ()), jnp.ones((3, 4, 2)), masks=masks)
