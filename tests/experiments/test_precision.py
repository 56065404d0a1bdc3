"""The precision that networks are trained with, and how a record says so."""

import dataclasses

import jax
import pytest

import richlazy_jax as rj
from experiments.image_mlp import ImageSetting
from experiments.linear import LinearSetting
from experiments.recurrent import Setting, run_task, setting_differences
from experiments.recurrent._starts import Null
from experiments.recurrent._train import initial_params, laziness, learning_of, network_of
from experiments.rich_lazy_map import MapSetting
from richlazy_jax.studies import cell_hash
from tests.products import products_at_default  # pyright: ignore[reportMissingImports]

SMALL = Setting(starts=(Null(),), seeds=1, n_hidden=6, iterations=2, kernel_trials=2)
IN_FLOAT32 = SMALL.record()
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


# Of before there was a choice.
EARLIER = {Setting(): "d7caba2960c3cf86", LinearSetting(): "8d869ca322370c08"}


@pytest.mark.parametrize("setting", EARLIER)
def test_a_cell_keeps_the_hash_that_it_had(setting):
    assert cell_hash(setting.record()) == EARLIER[setting]


@pytest.mark.parametrize(
    "setting", [Setting(), LinearSetting(), MapSetting(), ImageSetting(rj.digits_8x8(), (1,))]
)
def test_a_record_says_what_is_not_as_it_always_was(setting, request):
    assert not {"precision", "dtype"} & setting.record().keys()
    if hasattr(setting, "precision"):
        assert dataclasses.replace(setting, precision="default").record() == (
            setting.record() | {"precision": "default"}
        )
    before = setting.record()
    request.getfixturevalue("x64")
    assert setting.record() == before | {"dtype": "float64"}


def test_a_dataset_of_one_precision_is_not_taken_for_the_other():
    kept = {s.precision: run_task(s) for s in (SMALL, ROUNDED)}
    assert setting_differences(kept["highest"], SMALL.record()) == ""
    assert setting_differences(kept["default"], ROUNDED.record()) == ""
    assert setting_differences(kept["highest"], ROUNDED.record()) == (
        "precision highest, asked for default"
    )
    assert setting_differences(kept["default"], SMALL.record()) == (
        "precision default, asked for highest"
    )


@pytest.mark.slow
def test_a_dataset_of_one_type_of_float_is_not_taken_for_the_other(x64):
    dataset = run_task(SMALL)
    assert dataset.attrs["dtype"] == dataset["weight_change_norm"].dtype == "float64"
    assert setting_differences(dataset, IN_FLOAT32) == "dtype float64, asked for float32"
