"""No public function lets a device round the factors of its matrix products, unless it is asked."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import richlazy_jax as rj
from richlazy_jax.trained._targets import energy_along
from tests.products import products_at_default  # pyright: ignore[reportMissingImports]

KEY = jax.random.key(0)
SQUARE, OTHER = jax.random.normal(KEY, (2, 6, 6))
X, Y = jax.random.normal(KEY, (5, 6)), jnp.ones((5, 2))
TRIALS = jax.random.normal(KEY, (3, 4, 2))
MOTIFS = rj.MotifStatistics(probability=0.3, chain=0.05, convergent=0.06, divergent=0.06)
LINEAR, RELU = rj.mlp((6, 4, 2)), rj.mlp((6, 4, 2), "relu")
RECURRENT = rj.rnn(2, 6, 3)
PARAMS, RECURRENT_PARAMS = LINEAR.init(KEY), RECURRENT.init(KEY)
# A network with all that it may have, and calls of its kernels in which all of that matters.
BIASED_PARAMS = rj.rnn(2, 6, 3, biases=True, initial_state="trained").init(KEY)
NOISY = {"wrt": tuple(BIASED_PARAMS), "leak": 0.2, "noise": 0.1, "key": KEY}
# Layers of each kind as PyTorch has them.
GATED = [
    rj.trained_network(
        {
            "weight_ih_l0": np.ones((rows * 4, 2)),
            "weight_hh_l0": np.ones((rows * 4, 4)),
            "fc.weight": np.ones((3, 4)),
        }
    )
    for rows in (1, 3, 4)
]
# A GRU whose reset comes before its product, by the names of Haiku, and a vanilla network.
RESET_BEFORE = {"gru.w_i": np.ones((2, 12)), "gru.w_h": np.ones((4, 12)), "out.w": np.ones((4, 3))}
GATED += [rj.trained_network(state) for state in (RESET_BEFORE, RECURRENT_PARAMS)]
TASK = rj.PerceptualDecision()
TASK_TRIALS = TASK.sample(KEY, 3)


def linear_kernel(implementation):
    return functools.partial(rj.empirical_ntk, RELU.apply, implementation=implementation)


def of_blocks(measure, w, other, **options):
    def kernel(weights):
        return lambda x, x2: rj.empirical_ntk(LINEAR.apply, {**PARAMS, "w1": weights}, x, x2=x2)

    return measure(kernel(w), kernel(other), X, **options)


def trained(params, run):
    loss = rj.half_squared_error(LINEAR.apply)
    return run(loss, params, optax.adam(0.1), rj.minibatches(X, Y, 3))


def of_runs(params):
    stack = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), params)
    keys = jax.random.split(KEY, 2)
    # What the program of `train_runs` is made of; the loop around that is not for tracing.
    return jax.vmap(
        lambda one, key: trained(one, lambda *parts: rj.train(*parts, key=key, steps=2)).params
    )(stack, keys)


def continued(loss, params, optimizer, sample):
    state = rj.start_training(params, optimizer, KEY)
    return rj.continue_training(loss, state, optimizer, sample, 2)[1].params


def module(build, *shape):
    return lambda x: rj.functional(build).apply(rj.functional(build).init(KEY), x), x_of(*shape)


def x_of(*shape):
    return jax.random.normal(KEY, shape)


def recurrent(function, **options):
    return functools.partial(function, **options)


W1 = PARAMS["w1"]
SPLIT = rj.split_module(rj.MLP((6, 4, 2), rngs=nnx.Rngs(0)))
KERNELS = {"outputs": ("all", "last"), "activation": ("relu", "tanh")}
# Each public name that computes with arrays, with calls of it: a function, and the arrays that it
# is traced and differentiated in.
CALLS = (
    {
        "aligned_weights": [(lambda b: rj.aligned_weights(KEY, b, 4, rank=2), X[0])],
        "balanced_columns": [(lambda w: rj.balanced_columns(KEY, w), SQUARE)],
        "blocked_kernel_alignment": [
            (functools.partial(of_blocks, rj.blocked_kernel_alignment, block=2), W1, 2 * W1)
        ],
        "cell_type_weights": [(lambda: rj.cell_type_weights(KEY, 400, rj.potjans_diesmann()),)],
        "continue_training": [(lambda p: trained(p, continued), PARAMS)],
        "dale_weights": [(lambda: rj.dale_weights(KEY, 6, balance="rows", density=0.9),)],
        "decision_accuracy": [
            (
                lambda y: rj.decision_accuracy(y, TASK_TRIALS, TASK.decision_step),
                x_of(3, TASK.n_steps, TASK.n_outputs),
            )
        ],
        "readout_alignment": [(rj.readout_alignment, X, SQUARE)],
        "lyapunov_exponents": [
            (functools.partial(rj.lyapunov_exponents, key=KEY), RECURRENT_PARAMS, TRIALS)
        ],
        "regime": [(functools.partial(rj.regime, key=KEY), RECURRENT_PARAMS, TRIALS)],
        "effective_ranks": [(rj.effective_ranks, SQUARE), (rj.effective_ranks, X)],
        "empirical_ntk": [(linear_kernel(how), PARAMS, X) for how in (1, 2, 3, "jacobian")]
        + [(lambda p, x: rj.empirical_ntk(RELU.apply, p, x, vmap_axes=0), PARAMS, X)]
        + [
            (
                lambda p, x: rj.empirical_ntk(
                    RECURRENT.apply, p, x, implementation="factors", vmap_axes=0
                ),
                RECURRENT_PARAMS,
                trials,
            )
            for trials in (TRIALS, x_of(2, 24, 2))
        ],
        "split_module": [
            (lambda x: SPLIT.apply(SPLIT.params, x), X),
            (lambda p: SPLIT.apply(p, X), SPLIT.params),
        ],
        "equal_singular_values": [(lambda: rj.equal_singular_values(2, 6),)],
        "functional": [module(lambda rngs: rj.MLP((6, 4, 2), rngs=rngs), 5, 6)],
        "gaussian_weights": [(lambda: rj.gaussian_weights(KEY, 6),)],
        "haar_orthonormal": [(lambda: rj.haar_orthonormal(KEY, 6, 3),)],
        "half_squared_error": [(lambda p: trained(p, lambda loss, p, *_: loss(p, (X, Y))), PARAMS)],
        "kernel_alignment": [(rj.kernel_alignment, SQUARE, OTHER)],
        "kernel_target_alignment": [(rj.kernel_target_alignment, SQUARE, OTHER[:, :2])],
        "kernel_alignment_between": [
            (
                lambda p, other, x: rj.kernel_alignment_between(RELU.apply, p, other, x)[:3],
                PARAMS,
                PARAMS,
                X,
            )
        ],
        "low_rank": [(lambda w: rj.low_rank(w, 2), SQUARE)],
        "low_rank_step": [(lambda w: rj.low_rank_step(w, 2, 0.5), SQUARE)],
        "matched_scale": [
            (
                lambda p, x: rj.matched_scale(
                    {**p, "recurrent": 0.7 * p["recurrent"]}, p, x, key=KEY
                ),
                RECURRENT_PARAMS,
                TRIALS,
            )
        ],
        "low_rank_plus_noise_weights": [
            (lambda: rj.low_rank_plus_noise_weights(KEY, 6, rank=2, overlap=1.5),)
        ],
        "mean_shifted_weights": [(lambda: rj.mean_shifted_weights(KEY, 6, mean=2.0),)],
        "measured_motifs": [(lambda a: rj.measured_motifs(a), (SQUARE > 0).astype(float))],
        "mlp": [(rj.mlp((6, 4, 2), kind).apply, PARAMS, X) for kind in ("linear", "relu", "tanh")],
        "modular_weights": [
            (lambda: rj.modular_weights(KEY, 6, modules=2, within=0.9, between=0.3),)
        ],
        "motif_weights": [(lambda: rj.motif_weights(KEY, 6, MOTIFS),)],
        "feed_forward_weights": [(lambda: rj.feed_forward_weights(KEY, 6),)],
        "identity_weights": [(lambda: rj.identity_weights(KEY, 6, noise=0.5),)],
        "orthogonal_weights": [(lambda: rj.orthogonal_weights(KEY, 6),)],
        "power_law_spectrum": [(lambda a: rj.power_law_spectrum(6, a), jnp.asarray(0.5))],
        "recurrent_kernel_alignment": [
            (
                recurrent(rj.recurrent_kernel_alignment, wrt=("input", "recurrent", "readout")),
                RECURRENT_PARAMS,
                RECURRENT_PARAMS,
                TRIALS,
            ),
            (
                recurrent(rj.recurrent_kernel_alignment, leak_form="current", **NOISY),
                BIASED_PARAMS,
                BIASED_PARAMS,
                TRIALS,
            ),
        ],
        "recurrent_ntk": [
            (
                recurrent(rj.recurrent_ntk, outputs=outputs, leak=0.2, implementation=how),
                RECURRENT_PARAMS,
                trials,
            )
            for outputs in ("all", "last")
            # Few steps and many are summed in two ways.
            for trials in (TRIALS, x_of(2, 24, 2))
            for how in ("exact", *((1,) if trials is TRIALS else ()))
        ]
        + [
            (recurrent(rj.recurrent_ntk, leak_form=form, **NOISY), BIASED_PARAMS, TRIALS)
            for form in ("rate", "current")
        ]
        + [
            (
                recurrent(
                    rj.recurrent_ntk,
                    wrt=("recurrent", "readout"),
                    masks={name: RECURRENT_PARAMS[name] > 0 for name in ("recurrent", "readout")},
                ),
                RECURRENT_PARAMS,
                TRIALS,
            )
        ],
        "representation_alignment": [
            (rj.representation_alignment, X, X**2),
            (rj.representation_alignment, X.T, X.T**2),
        ],
        "resampled_weights": [(lambda: rj.resampled_weights(KEY, np.asarray(SQUARE), 4),)],
        "rnn": [(RECURRENT.apply, RECURRENT_PARAMS, TRIALS)],
        "rnn_activity": [(rj.rnn_activity, RECURRENT_PARAMS, TRIALS)],
        "rnn_apply": [(rj.rnn_apply, RECURRENT_PARAMS, TRIALS)],
        "sampled_kernel_alignment": [
            (
                lambda w, other: of_blocks(
                    rj.sampled_kernel_alignment, w, other, block=2, subsample=4, key=KEY
                )[:3],
                W1,
                2 * W1,
            )
        ],
        "sequence_cross_entropy": [
            (
                lambda y: rj.sequence_cross_entropy(y, TASK_TRIALS),
                x_of(3, TASK.n_steps, TASK.n_outputs),
            )
        ],
        "shuffled_weights": [(lambda w: rj.shuffled_weights(KEY, w, diagonal=True), SQUARE)],
        "sign_agreement": [(rj.sign_agreement, X, -X)],
        "small_world_weights": [
            (lambda: rj.small_world_weights(KEY, 6, neighbours=2, rewired=0.3),)
        ],
        "sonet_adjacency": [(lambda: rj.sonet_adjacency(KEY, 6, MOTIFS),)],
        "sparse_weights": [(lambda: rj.sparse_weights(KEY, 6, density=0.5),)],
        "spectrum_of_participation_ratio": [(lambda: rj.spectrum_of_participation_ratio(6, 2.5),)],
        "start_training": [
            (lambda p: rj.start_training(p, optax.adam(0.1), KEY).optimizer_state, PARAMS)
        ],
        "symmetric_weights": [(lambda: rj.symmetric_weights(KEY, 6, symmetry=0.5),)],
        "projected": [
            (
                lambda p: trained(
                    p,
                    lambda loss, p, optimizer, sample: (
                        rj.train(
                            loss,
                            p,
                            rj.projected(optimizer, lambda p, kept: p),
                            sample,
                            key=KEY,
                            steps=2,
                        ).params
                    ),
                ),
                PARAMS,
            )
        ],
        "train": [
            (lambda p: trained(p, lambda *parts: rj.train(*parts, key=KEY, steps=2)).params, PARAMS)
        ],
        "train_runs": [(of_runs, PARAMS)],
        # What it is made of beside functions that stand here too.
        "descend": [
            (lambda p: rj.descend(lambda q: jnp.sum((LINEAR.apply(q, X) - Y) ** 2), p, 2), PARAMS)
        ],
        "laziness": [
            (lambda p: energy_along(LINEAR.apply, p, X, Y, 2), PARAMS),
        ],
        "trained_network": [(lambda p, net=net: net.apply(p, TRIALS), net.params) for net in GATED],
        "weight_change_norm": [(rj.weight_change_norm, SQUARE, OTHER)],
        "weights_with_spectrum": [(lambda s: rj.weights_with_spectrum(KEY, s, 6, 4), jnp.ones(4))],
        "without_leak": [(lambda w: rj.without_leak(w, 0.5), SQUARE)],
        "with_norm_of": [(rj.with_norm_of, SQUARE, OTHER)],
        "with_singular_values": [
            (lambda w: rj.with_singular_values(w, jnp.arange(6.0, 0, -1)), SQUARE)
        ],
        "with_spectral_radius_of": [(rj.with_spectral_radius_of, SQUARE, OTHER)],
        "MLP": [module(lambda rngs: rj.MLP((6, 4, 2), rngs=rngs), 5, 6)],
        "RNN": [module(lambda rngs: rj.RNN(2, 6, 3, rngs=rngs), 3, 4, 2)],
    }
    | {
        task.__name__: [(lambda task=task: task().sample(KEY, 3),)]
        for task in (rj.ContextDecision, rj.DelayMatchToSample, rj.PerceptualDecision)
    }
    | {
        "SequentialImages": [(lambda: rj.SequentialImages(rj.digits_8x8()).sample(KEY, 3),)],
    }
)
RECORD = "it holds what others have computed"
FILE = "it reads a file or looks a name up, with NumPy"
NO_PRODUCTS = {
    "read_state": "it reads a file",
    "ActivityChange": RECORD,
    "Change": RECORD,
    "Descent": RECORD,
    "Forecast": RECORD,
    "fast_forward": "it is made of descend, laziness's parts and kernels, which stand above",
    "Laziness": RECORD,
    "ParameterChange": RECORD,
    "TrainedNetwork": RECORD,
    "TrainedState": RECORD,
    "NULLS": "it is a table of names",
    "SHIPPED_CONNECTOMES": "it is a tuple of names",
    "BrokenCheckpointWarning": "it is a warning",
    "Bounds": RECORD,
    "CheckpointError": "it is an error",
    "NeuralTangentsUnavailable": "it is an error",
    "CellTypes": RECORD,
    "Checkpoints": RECORD,
    "Connectome": RECORD,
    "Dominating": RECORD,
    "EffectiveRanks": RECORD,
    "ReadoutAlignment": RECORD,
    "Regime": RECORD,
    "MATCHED": "it is a tuple of names",
    "REGIMES": "it is a tuple of names",
    "ImageSet": RECORD,
    "MeasuredMotifs": RECORD,
    "MotifStatistics": RECORD,
    "Network": RECORD,
    "Progress": RECORD,
    "Projected": RECORD,
    "SampledAlignment": RECORD,
    "SplitModule": RECORD,
    "Task": "it says what a task has",
    "Trained": RECORD,
    "TrainingState": RECORD,
    "Trials": RECORD,
    "chosen_nodes": "it compares names",
    "cell_type_counts": "it counts with fractions",
    "digits_8x8": FILE,
    "dominating_nodes": "it computes in float64 with NumPy",
    "full_batch": "it hands out what it was given",
    "gabaergic_signs": FILE,
    "image_set": FILE,
    "minibatches": "it takes some of what it was given",
    "mnist_5k": FILE,
    "mnist_folder": FILE,
    "mnist_openml": FILE,
    "neurogym_task": "it calls another library, with NumPy",
    "null_weights": "it computes in float64 with NumPy and numba",
    "open_study": FILE,
    "potjans_diesmann": FILE,
    "read_cell_types": FILE,
    "read_classes": FILE,
    "read_coordinates": FILE,
    "read_connectome": FILE,
    "read_names": FILE,
    "read_signs": FILE,
    "receive_only": "it compares with 0, with NumPy",
    "shipped_connectome": FILE,
    "subsampled_connectome": "it takes some of what it was given, with NumPy",
    "weight_bounds": "it compares with 0",
    "task_by_name": "it hands out one of the tasks above",
}


def rounded(function, *arrays):
    """The products that the function or its derivative would round."""

    def floats(*given):
        return [
            leaf
            for leaf in jax.tree.leaves(function(*given))
            if jnp.issubdtype(leaf.dtype, jnp.floating)
        ]

    def derivative(*given):
        values, back = jax.vjp(floats, *given)
        return back([jnp.ones_like(value) for value in values])

    found = products_at_default(jax.make_jaxpr(function)(*arrays))
    return found + (products_at_default(jax.make_jaxpr(derivative)(*arrays)) if arrays else [])


def test_every_public_name_is_looked_at():
    assert sorted({*CALLS, *NO_PRODUCTS}) == sorted(rj.__all__)
    assert not CALLS.keys() & NO_PRODUCTS.keys()


@pytest.mark.parametrize("name", CALLS)
def test_no_product_is_rounded(name):
    for function, *arrays in CALLS[name]:
        assert rounded(function, *arrays) == []


@pytest.mark.parametrize(
    ("function", "arrays"),
    [
        (rj.mlp((6, 4, 2), precision="default").apply, (PARAMS, X)),
        (rj.rnn(2, 6, 3, precision="default").apply, (RECURRENT_PARAMS, TRIALS)),
        (functools.partial(rj.rnn_activity, precision="default"), (RECURRENT_PARAMS, TRIALS)),
        (functools.partial(rj.rnn_apply, precision="default"), (RECURRENT_PARAMS, TRIALS)),
    ],
)
def test_a_network_is_rounded_where_it_is_asked_for_and_its_kernel_is_not(function, arrays):
    assert rounded(function, *arrays)
    if function is not CALLS["rnn_activity"][0][0]:
        assert rounded(functools.partial(rj.empirical_ntk, function), *arrays) == []


@pytest.mark.parametrize(
    "build",
    [lambda: rj.mlp((3, 2), precision="high"), lambda: rj.rnn(2, 3, 2, precision="float32")],
)
def test_other_names_of_precision_are_refused(build):
    with pytest.raises(ValueError, match=r"precision is '.*'; allowed are 'highest', 'default'"):
        build()
