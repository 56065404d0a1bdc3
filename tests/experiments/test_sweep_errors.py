"""Sweeps that are wrong: every fault at once, each at its place."""

import pickle
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments import engine
from experiments.cli._kinds import EXPERIMENTS
from experiments.engine import FieldError, SpecError, spec_grids
from experiments.kinds.recurrent import LowRank, PowerLaw, Setting


def sweep_spec(text, name="spec", folder=None):
    """The one grid of a text."""
    return spec_grids(text, EXPERIMENTS, name, folder)[0]


def read_spec(path):
    """The one grid of a file."""
    return engine.read_spec(path, EXPERIMENTS)[0]


NULL = "start: {kind: null}\n"
WORM = "celegans_varshney2011"


def faults(text, **how):
    with pytest.raises(SpecError) as caught:
        sweep_spec(text, "spec.yaml", **how)
    return caught.value.faults


def places(text, **how):
    return [(f.line, f.column) for f in faults(text, **how)]


def test_all_faults_are_told_at_once_each_at_its_place():
    text = """\
task: [2AF, 3AF]
start:
  - {kind: nul}
  - {kind: low_rank, rank: [1, 30, 0]}
  - {kind: dale, excitatory: 2, balance: [mean, odd], excitatary: 3}
learning_rate: [0.003, fast]
momentun: 0.9
n_hidden: [20, 25]
leak: 1.0
gain: []
leak: 0.5
measures: [speed]
"""
    with pytest.raises(SpecError) as caught:
        sweep_spec(text, "spec.yaml")
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.faults)
    expected = [
        (
            1,
            13,
            "task is '3AF'; allowed are 2AF, DMS, CXT, sMNIST, module:Class, neuro",
        ),
        (3, 12, "start.kind is 'nul'; allowed are null, low_rank, "),
        (4, 32, "start.rank is 30 with n_hidden 20: ranks holds 30; allowed are whole numbers "),
        (4, 36, "start.rank is 0; allowed are whole decimal numbers from 1 to "),
        (5, 30, "start.excitatory is 2; allowed are numbers from 0 to 1."),
        (5, 49, "start.balance is 'odd'; allowed are mean, rows, none."),
        (5, 55, "'excitatary' is not a field of start dale; allowed are kind, excitatory, "),
        (6, 24, "learning_rate is 'fast'; allowed are numbers above 0."),
        (7, 1, "'momentun' is not a field; allowed are experiment, task, start"),
        (9, 7, "leak is 1.0; allowed are numbers of at least 0 and below 1."),
        (10, 7, "gain is an empty list; allowed are one or more values."),
        (11, 1, "leak is there already, in line 9; allowed is each field once."),
        (12, 12, "measures is 'speed'; allowed are kernel_alignment, "),
    ]
    for line, (row, column, start) in zip(lines, expected, strict=True):
        assert line.startswith(f"spec.yaml, line {row}, column {column}: {start}")
    assert "the nearest of them is 'momentum'" in lines[8]
    # It is passed whole between processes.
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.faults == caught.value.faults


COUNTS = ("n_hidden", "iterations", "batch", "kernel_trials", "activity_trials")
NUMBERS = ("learning_rate", "momentum", "gain", "leak", "dt")
WRONG = [
    ("", r"line 1, column 1: the text is empty; allowed is a mapping"),
    ("# nothing", r"the text is empty"),
    ("- task", r"line 1, column 3: the file is 'task'; allowed is a mapping"),
    ("task", r"the file is 'task'; allowed is a mapping"),
    ("{}", r"line 1, column 1: start is missing; allowed are one or more"),
    ("start: {kind: null\n", r"line 2, column 1: this is not YAML, .*expected ',' or '}'"),
    ("start: @", r"line 1, column 8: this is not YAML, "),
    ("a: 1\n b: 2", r"line 2, column 3: this is not YAML, "),
    (NULL + "---\ntask: 2AF\n", r"line 2, column 1: this is not YAML, expected a single document"),
    (NULL + "gain: \x07", r"line 2, column 7: the text holds the character 0x0007"),
    (NULL + "start: {kind: null}", r"line 2, column 1: start is there already, in line 1"),
    (
        NULL + "? [a]\n: 3",
        r"line 2, column 3: a list is not a field; allowed are experiment",
    ),
    (NULL + "null: 3", r"line 2, column 1: null is not a field"),
    (NULL + "<<: {gain: 3}", r"line 2, column 1: '<<' merges mappings; allowed are fields"),
    (
        NULL + "images: digits",
        r"line 2, column 9: images is 'digits 8x8'; allowed are images",
    ),
    (NULL + "task: sMNIST", r"line 2, column 7: task is 'sMNIST'; allowed are tasks other"),
    (
        NULL + "task: [2AF, sMNIST]\nimages: nowhere",
        r"column 9: images is '.*nowhere': that is no fold",
    ),
    (
        NULL + "task: sMNIST\nimages: digits\nkernel_trials: [32, 356]",
        r"line 4, column 21: kernel_trials is 356; allowed is at most the 355 images",
    ),
    (NULL + "task: 2af", r"task is '2af'; .*nearest of them is '2AF'"),
    (NULL + "task: 2", r"task is 2; allowed are 2AF"),
    (NULL + "task: [[2AF]]", r"line 2, column 8: task is a list; allowed are 2AF"),
    (
        NULL + "task: [2AF, DMS, 2AF]",
        r"column 18: task '2AF' is there already, in line 2",
    ),
    (NULL + "gain: [1, 1.0]", r"column 11: gain holds 1\.0 twice"),
    (NULL + "activation: gelu", r"activation is 'gelu'; allowed are relu, tanh"),
    (NULL + "measures: []", r"measures is an empty list"),
    (NULL + "measures: [sign_agreement, sign_agreement]", r"measures holds 'sign_agreement' twice"),
    (NULL + "measures: sign_agrement", r"nearest of them is 'sign_agreement'"),
    (NULL + "seeds: [1, 2]", r"seeds is a list; allowed is one value, the same for all cells"),
    (NULL + "seeds: 0", r"seeds is 0; allowed are whole decimal numbers from 1"),
    (NULL + "seeds: two", r"seeds is 'two'"),
    (NULL + "random_seed: -1", r"random_seed is -1; allowed are .*from 0 to 4294967295"),
    (NULL + "random_seed: 4294967296", r"random_seed is 4294967296; "),
    (NULL + "n_hidden: 100001", r"n_hidden is 100001; allowed are .*from 1 to 100000"),
    (NULL + f"batch: {'9' * 5000}", r"batch is 9{77}\.\.\.; allowed"),
    (NULL + "learning_rate: 0", r"learning_rate is 0; allowed are numbers above 0"),
    (NULL + "momentum: 1", r"momentum is 1; allowed are numbers of at least 0 and below 1"),
    (NULL + "gain: -1", r"gain is -1; allowed are numbers above 0"),
    (
        NULL + "dt: 30",
        r"line 2, column 5: dt is 30\.0; allowed is 100\.0 divided by a whole number",
    ),
    (NULL + "optimizer: adm", r"optimizer is 'adm'; allowed are sgd, adam, .*nearest .* 'adam'"),
    (
        NULL + "optimizer: [sgd, adam]\nmomentum: 0",
        r"line 3, column 11: momentum is 0\.0; allowed .* 0\.9 with 'adam'",
    ),
    (NULL + "precision: high", r"precision is 'high'; allowed are highest, default"),
    (
        NULL + "task: linear\nprecision: default",
        r"precision is given and the experiment is 'linear'; allowed with it are task",
    ),
    (NULL + "kernel_weights: input", r"kernel_weights is 'input'; allowed are recurrent, all"),
    (
        NULL + "task: sMNIST\nimages: digits\ndt: [100, 50]",
        r"line 4, column 11: dt is 50\.0; allowed is 100\.0 with images",
    ),
    ("start: {kind: power_law, exponent: -1}", r"start.exponent is -1; .*at least 0"),
    (
        "start: {kind: participation_ratio, share: 0.1}\nn_hidden: [9, 10]",
        r"line 1, column 43: start.share is 0\.1 of 9 units; allowed is from 1/9 to 1",
    ),
    (NULL + "leak: -0.1", r"leak is -0\.1; allowed are numbers of at least 0"),
    (NULL + "gain: 1e999", r"gain is '1e999'; allowed are numbers above 0"),
    *[
        (
            f"{NULL}{field}: {value}",
            rf"{field} is {shown}; allowed are whole decimal numbers from 1",
        )
        for field in COUNTS
        for value, shown in [
            ("true", "true"),
            ("1.0", r"1\.0"),
            ("'3'", "'3'"),
            ("1e3", "'1e3'"),
            ("{a: 1}", "a mapping"),
            ("", "null"),
            ("010", "010"),
            ("0x10", "0x10"),
            ("1:30", "1:30"),
            ("0", "0"),
            ("2147483648", "2147483648"),
        ]
    ],
    *[
        (f"{NULL}{field}: {value}", rf"{field} is {shown}; allowed are (finite decimal )?numbers")
        for field in NUMBERS
        for value, shown in [
            ("yes", "yes"),
            ("'0.5'", r"'0\.5'"),
            ("half", "'half'"),
            (".inf", r"\.inf"),
            (".nan", r"\.nan"),
            ("~", "null"),
            ("010", "010"),
            ("1:30.5", r"1:30\.5"),
            ("2001-01-01", "2001-01-01"),
        ]
    ],
]
WRONG_STARTS = [
    ("[]", r"line 1, column 8: start is an empty list"),
    ("null", r"line 1, column 8: start is null; allowed is a mapping"),
    ("[low_rank]", r"line 1, column 9: start is 'low_rank'; allowed is a mapping"),
    ("{rank: 3}", r"line 1, column 8: start\.kind is missing; allowed are null, low_rank"),
    ("{rnk: 3}", r"'rnk' is not a field of start; .*nearest of them is 'rank'"),
    ("{kind: [null, dale]}", r"line 1, column 15: start\.kind is a list"),
    ("{kind: lowrank, rank: 3}", r"start\.kind is 'lowrank'; .*nearest of them is 'low_rank'"),
    ("{kind: 3}", r"start\.kind is 3; allowed are null"),
    ("{kind: null, rank: 3}", r"column 21: 'rank' is not a field of start null; allowed are kind"),
    ("{kind: dale, kind: null}", r"column 21: kind is there already, in line 1"),
    ("{kind: low_rank}", r"line 1, column 8: start\.rank is missing; allowed with low_rank are"),
    ("{kind: low_rank, rank: 301}", r"column 31: start\.rank is 301 with n_hidden 300: .*to 300"),
    ("{kind: low_rank, rank: 1.5}", r"start\.rank is 1\.5; allowed are whole"),
    ("{kind: low_rank, rank: [1, 1]}", r"column 35: start\.rank holds 1 twice"),
    ("{kind: low_rank, rank: []}", r"start\.rank is an empty list"),
    ("{kind: low_rank, rank: 1, keep: trace}", r"start\.keep is 'trace'; allowed are frobenius"),
    ("{kind: dale, excitatory: 1.5}", r"start\.excitatory is 1\.5; allowed are numbers from 0"),
    ("{kind: dale, excitatory: 1}", r"column 33: start\.excitatory is 1\.0 of 300 units; allowed"),
    ("{kind: dale, excitatory: true}", r"start\.excitatory is true"),
    ("{kind: dale, density: 0}", r"start\.density is 0; allowed are numbers above 0"),
    ("{kind: dale, balance: odd}", r"start\.balance is 'odd'; allowed are mean, rows, none"),
    ("{kind: motifs}", r"start\.probability is missing"),
    ("{kind: motifs, probability: 1}", r"start\.probability is 1; allowed .*below 1"),
    ("{kind: motifs, probability: 0.1, chain: -2}", r"start\.chain is -2; allowed .*at least -1"),
    ("{kind: motifs, probability: 0.1, chain: 10}", r"column 48: start\.chain is 10\.0; allowed"),
    ("{kind: motifs, probability: 0.1, chain: 0.5}", r"column 48: start\.chain is 0\.5, which"),
    ("{kind: motifs, probability: 0.1, convergent: -0.1}", r"start\.convergent is -0\.1; allowed"),
    ("{kind: motifs, probability: 0.1, centred: 1}", r"start\.centred is 1; allowed are true"),
    ("{kind: motifs, probability: 0.1, reciprocal: x}", r"start\.reciprocal is 'x'; .*and null"),
    ("{kind: cell_types, distribution: odd}", r"start\.distribution is 'odd'; allowed are lognorm"),
    ("{kind: cell_types, table: nowhere.csv}", r"column 34: .*nowhere\.csv is no file"),
    ("{kind: connectome}", r"start\.source is missing; allowed with connectome are celegans"),
    ("{kind: connectome, source: 3}", r"start\.source is 3; allowed are celegans"),
    ("{kind: connectome, source: nowhere.npy}", r"column 35: .*nowhere\.npy is no file; allowed"),
    (
        f"{{kind: connectome, source: {WORM}}}",
        rf"column 35: start\.source is '{WORM}' with n_hidden 300: EM has 279 neurons",
    ),
    (
        f"{{kind: connectome, source: {WORM}, signs: gabergic, resampled: true}}",
        r"column 65: start\.signs is 'gabergic': .*is no file; allowed are gabaergic, balanced",
    ),
    (f"{{kind: connectome, source: {WORM}, resampled: maybe}}", r"start\.resampled is 'maybe'"),
    ("[{kind: dale}, {kind: dale}]", r"column 23: start 'dale' is there already, in line 1"),
    ("[{kind: dale}, {kind: dale, excitatory: 0.8}]", r"column 23: start 'dale' is there already"),
]


@pytest.mark.parametrize(
    ("text", "message"),
    [*WRONG, *((f"start: {start}", message) for start, message in WRONG_STARTS)],
)
def test_each_fault_is_told_once(text, message):
    with pytest.raises(SpecError, match=message) as caught:
        sweep_spec(text, "spec.yaml")
    # Beside a start without a kind its other fields may be wrong too.
    assert len(caught.value.faults) == (2 if "rnk" in text else 1)
    assert str(caught.value).startswith("spec.yaml, line ")


def test_what_fails_in_many_combinations_is_told_once():
    text = "start:\n- {kind: low_rank, rank: [5, 40], keep: [frobenius, leading]}\n"
    text += "n_hidden: [10, 20, 50]\nlearning_rate: [0.1, 0.2]\nmomentum: [0.5, 1.5]\n"
    assert places(text) == [(2, 30), (5, 17)]
    # A size that is wrong by itself says nothing of ranks.
    assert places(text.replace("[10, 20, 50]", "[0, 50]")) == [(3, 12), (5, 17)]


def test_a_task_that_was_misspelt_may_have_been_that_of_the_images():
    assert places(NULL + "task: sMNST\nimages: digits\n") == [(2, 7)]


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.abort []",
        "!!python/object/new:os.abort {}",
        "!!python/name:os.abort",
        "!!python/tuple [1, 2]",
        "!local 3",
        "!!binary aGk=",
        "!!set {a}",
    ],
)
def test_tags_construct_nothing(tag):
    (fault,) = faults(f"{NULL}gain: {tag}\n")
    assert (fault.line, fault.column) == (2, 7)
    assert "the tag is " in fault.message
    assert "allowed are plain values" in fault.message
    # Wherever they stand, and beside other faults.
    assert places(f"start:\n- {tag}\ngain: -1\n") == [(2, 3), (3, 7)]
    assert places(f"{NULL}? {tag}\n: 3\n") == [(2, 3)]


def test_an_alias_bomb_is_refused_before_it_goes_off():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    begun = time.perf_counter()
    found = faults("\n".join(lines))
    assert time.perf_counter() - begun < 5
    aliases = [f for f in found if "is an alias; allowed are values written out" in f.message]
    assert len(aliases) == 29 * 9
    assert (aliases[0].line, aliases[0].column) == (2, 10)
    # One that holds itself, and one that is harmless.
    assert places("start: &a [*a]") == [(1, 12)]
    assert places(f"{NULL}gain: &g 2\nleak: *g\n") == [(3, 7)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 50_000, r"column 11: the text has more than 10 levels"),
        ("gain: [" + "1," * 20_000 + "]", r"more than 20000 values"),
        ("# " + "a" * 200_000, r"the text has 200002 characters; allowed are 200000"),
    ],
)
def test_what_no_specification_needs_is_refused(text, message):
    with pytest.raises(SpecError, match=message):
        sweep_spec(text)


def test_a_grid_that_is_too_large_is_never_multiplied_out(monkeypatch):
    monkeypatch.setattr(engine._read, "make_parts", lambda *_: pytest.fail("starts were made"))
    many = list(range(1, 201))
    text = f"start: {{kind: low_rank, rank: {many}}}\nrandom_seed: {many}\nbatch: {many}\n"
    (fault,) = faults(text)
    assert fault.message == "the grid has 8000000 cells; allowed are at most 10000."


def test_a_combination_that_only_the_whole_setting_refuses_has_its_place(monkeypatch):
    """A check that `Setting` does not have yet, of two fields beside each other."""
    real = Setting.of_cell

    def stricter(values):
        if values["gain"] > 1 and values["leak"] > 0:
            raise FieldError("leak", values["leak"], f"0.0 with gain {values['gain']}")
        return real(values)

    monkeypatch.setattr(Setting, "of_cell", stricter)
    (fault,) = faults(NULL + "gain: [0.5, 2, 3]\nleak: [0, 0.5]\n")
    assert (fault.line, fault.column) == (3, 11)
    assert fault.message == "leak is 0.5; allowed is 0.0 with gain 2.0."


@pytest.fixture
def folder(tmp_path):
    weights = np.arange(9.0).reshape(3, 3)
    np.save(tmp_path / "w.npy", weights)
    np.save(tmp_path / "negative.npy", -weights)
    np.save(tmp_path / "flat.npy", np.zeros((3, 2)))
    (tmp_path / "empty").mkdir()
    (tmp_path / "signs.csv").write_text("name,sign\n0,E\n1,maybe\n2,E\n")
    (tmp_path / "plus.csv").write_text("name,sign\n0,E\n1,E\n2,E\n")
    header = "target,source,connection_probability,mean,sd,size\n"
    (tmp_path / "types.csv").write_text(f"{header}E,E,0.1,0,0.5,4\n")
    (tmp_path / "wrong.csv").write_text(f"{header}E,E,7,1,0.5,4\n")
    return tmp_path


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("{kind: connectome, source: flat.npy}", r"start\.source is 'flat\.npy': .*flat\.npy"),
        ("{kind: connectome, source: empty}", r"start\.source is 'empty': .*empty is no file"),
        (
            "{kind: connectome, source: w.npy, signs: signs.csv}",
            r"column 49: start\.signs is 'signs\.csv': .*signs\.csv, line 3: sign is 'maybe'",
        ),
        (
            "{kind: connectome, source: w.npy, signs: gabaergic}",
            r"column 49: start\.signs is 'gabaergic': names holds none of the 26",
        ),
        (
            "{kind: connectome, source: negative.npy, signs: balanced}",
            r"column 56: start\.signs is 'balanced': .*negative\.npy has negative weights",
        ),
        (
            "{kind: connectome, source: w.npy, signs: [as_given, plus.csv]}",
            r"column 8: start .*plus\.csv' is there already, in line 1",
        ),
        (
            "{kind: connectome, source: w.npy, rows: both}",
            r"start\.source is 'w\.npy': w\.npy: rows is 'both'; allowed are 'receive', 'send'",
        ),
        (
            "{kind: connectome, source: w.npy, where: type}",
            r"column 49: start\.where is 'type'; allowed is such as type=chemical",
        ),
        (
            f"{{kind: connectome, source: {WORM}, weight: n}}",
            r"start\.weight is 'n': allowed with celegans_varshney2011 is null",
        ),
        ("{kind: cell_types, table: wrong.csv}", r"start\.table is 'wrong\.csv': .*line 2"),
        (
            "{kind: cell_types, table: types.csv}",
            r"start\.kind is 'cell_types': sd of E from E is 0\.5 with mean 0; allowed",
        ),
    ],
)
def test_faults_of_files_are_told_at_their_names(folder, start, message):
    with pytest.raises(SpecError, match=message) as caught:
        sweep_spec(f"start: {start}\nn_hidden: 3\n", folder=folder)
    assert len(caught.value.faults) == 1


def test_the_default_table_is_the_fault_of_its_kind():
    (fault,) = faults("start: {kind: cell_types}\nn_hidden: 12\n")
    assert (fault.line, fault.column) == (1, 15)
    assert fault.message.startswith("start.kind is 'cell_types' with n_hidden 12: size is 12")


def test_files_that_cannot_be_read(folder):
    with pytest.raises(FileNotFoundError):
        read_spec(folder / "nowhere.yaml")
    path = folder / "sweep.yaml"
    path.write_bytes(b"start: {kind: null}\ngain: \xff\n")
    with pytest.raises(SpecError, match=r"sweep\.yaml, line 2, column 7: the byte is 0xff"):
        read_spec(path)
    path.write_text(f"{NULL}gain: -1\ntask: sMNIST\nimages: empty\n")
    with pytest.raises(SpecError) as caught:
        read_spec(path)
    assert [(f.line, f.column) for f in caught.value.faults] == [(2, 7), (4, 9)]
    assert str(caught.value).startswith(f"{path}, line 2, column 7: gain is -1")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (
            "start: {kind: connectome, source: ~nosuchuser/x.csv}\n",
            "line 1, column 35: start.source",
        ),
        ("start: {kind: cell_types, table: ~nosuchuser/x.csv}\n", "column 34: start.table"),
        (f"{NULL}task: sMNIST\nimages: ~nosuchuser/x\n", "column 9: images"),
    ],
)
def test_the_home_of_nobody_is_a_fault_with_its_place(text, where):
    with pytest.raises(SpecError, match="a user whom nobody knows") as raised:
        sweep_spec(text)
    assert where in str(raised.value)


@pytest.mark.parametrize("digits", ["1" * 190_000, "1_" * 90_000 + "x", "." + "3" * 190_000])
def test_a_number_is_read_in_linear_time(digits):
    begun = time.process_time()
    with pytest.raises(SpecError, match="gain is "):
        sweep_spec(f"{NULL}gain: {digits}\n")
    # The square of the length would take a minute.
    assert time.process_time() - begun < 5


def test_starts_that_are_checked_whole_are_not_traced(monkeypatch):
    monkeypatch.setattr(jax, "eval_shape", lambda *_: pytest.fail("it takes 4 ms"))
    ranks = ", ".join(map(str, range(1, 301)))
    start = f"[{{kind: low_rank, rank: [{ranks}]}}, {{kind: power_law, exponent: [0, 1e30]}}]"
    assert len(sweep_spec(f"n_hidden: 300\nstart: {start}\n").axes["start"]) == 302


@pytest.mark.parametrize(
    "start",
    [LowRank(0), LowRank(7), LowRank(2, "nothing"), PowerLaw(-1.0), PowerLaw(float("inf"))],
)
def test_what_is_not_traced_is_refused_by_its_check(start):
    with pytest.raises(ValueError, match="allowed are"):
        start.check(6)
    with pytest.raises(ValueError, match="allowed"):
        start.draw(jax.random.key(0), jnp.ones((6, 6)))
