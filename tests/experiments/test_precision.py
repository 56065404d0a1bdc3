"""The precision that networks are trained with, and how a record says so."""

import dataclasses

import jax
import pytest

import richlazy_jax as rj
from experiments.kinds.image_mlp import ImageSetting
from experiments.kinds.linear import LinearSetting
from experiments.kinds.map_cell import MapCell
from experiments.kinds.recurrent import LowRank, Null, Setting, run_task
from experiments.kinds.recurrent._measure import laziness
from experiments.kinds.recurrent._train import initial_params, learning_of, network_of
from tests.products import products_at_default  # pyright: ignore[reportMissingImports]

SMALL = Setting(starts=(Null(),), seeds=1, n_hidden=6, iterations=2, kernel_trials=2)
ROUNDED = dataclasses.replace(SMALL, precision="default")


def rounded_in_training(setting):
    learning = learning_of(setting)
    params = network_of(setting).init(jax.random.key(1))
    drawn = learning.sample(jax.random.key(0))
    step = jax.make_jaxpr(jax.value_and_grad(learning.loss, has_aux=True))(params, drawn)
    return products_at_default(step)


def test_training_is_rounded_only_where_it_is_asked_for():
    assert rounded_in_training(SMALL) == []
    # Forward and back: the input, the recurrent and the readout weights.
    assert len(rounded_in_training(ROUNDED)) > 3


def test_measures_are_never_rounded():
    params = jax.tree.map(lambda leaf: leaf[0], initial_params(ROUNDED))

    def measures(end):
        pieces = []

        def kept(value):
            pieces.append(value)
            return dict.fromkeys(value, 0.0)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(jax, "device_get", kept)
            laziness(ROUNDED, params, end)
        return [leaf for one in pieces for leaf in one.values()]

    program = jax.make_jaxpr(measures)(params)
    assert products_at_default(program) == []
    assert "dot_general" in str(program)


@pytest.mark.parametrize(
    "setting",
    [
        *(Setting(), LinearSetting(), MapCell()),
        ImageSetting(images=rj.digits_8x8(), start=LowRank(1)),
    ],
)
def test_a_record_says_how_precise_its_numbers_are(setting, request):
    assert "dtype" not in setting.record()
    if hasattr(setting, "precision"):
        assert dataclasses.replace(setting, precision="default").record() == (
            setting.record() | {"precision": "default"}
        )
    before = setting.record()
    request.getfixturevalue("x64")
    assert setting.record() == before | {"dtype": "float64"}


# Studies on disk are named by them, so they must never become others.
HASHES = {
    Setting(starts=(Null(),)): "ce15dfe14959a8be",
    LinearSetting(): "25395cde7779fea7",
    MapCell(): "690d3eaa4f913202",
}


@pytest.mark.parametrize("setting", HASHES)
def test_a_cell_keeps_its_hash(setting):
    assert setting.wanted().hash == HASHES[setting]


@pytest.mark.slow
def test_a_dataset_says_that_it_is_of_float64(x64):
    dataset = run_task(SMALL)
    assert dataset.attrs["dtype"] == dataset["weight_change_norm"].dtype == "float64"
