"""Cores, and programs that are compiled once."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import pytest

import experiments.cli._machine as machine
from experiments.kinds.recurrent import LowRank, Setting, run_task


def printed(code, **environment):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "RICHLAZY_"))}
    kept.pop("XLA_FLAGS", None)
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=kept | environment,
    )
    return run.stdout.split()


DEVICES = """
import sys, jax
from experiments.cli import app
try:
    app(sys.argv[1:] or %r, standalone_mode=False)
except Exception as error:  # of a command that is asked for nothing sensible
    pass
print(jax.local_device_count("cpu"))
"""


@pytest.mark.parametrize(
    ("arguments", "environment", "devices"),
    [
        (["--cores", "3", "inspect", "/no/file"], {}, 3),
        (["inspect", "/no/file"], {"RICHLAZY_CORES": "5"}, 5),
        (["--cores", "3", "inspect", "/no/file"], {"JAX_NUM_CPU_DEVICES": "2"}, 2),
    ],
)
@pytest.mark.slow
def test_there_are_as_many_devices_as_cores(arguments, environment, devices):
    keep = {"RICHLAZY_KEEP_COMPILED": "0"} | environment
    assert printed(DEVICES % arguments, **keep)[-1] == str(devices)


KEPT = """
import sys, jax
from pathlib import Path
from typing import Any
from experiments.cli._machine import keep_compiled_programs
keep_compiled_programs(Path(sys.argv[1] if len(sys.argv) > 1 else %r))
found = []
jax.monitoring.register_event_listener(lambda event, **_: found.append(event))
print(float(jax.jit(lambda x: x * 3 + 1)(2.0)))
print(sum(event.endswith("cache_hits") for event in found))
"""


@pytest.mark.slow
def test_a_program_is_compiled_by_the_first_process_alone(tmp_path):
    first, second = (printed(KEPT % str(tmp_path / "kept")) for _ in range(2))
    assert first == ["7.0", "0"]
    assert second[0] == "7.0"
    assert int(second[1]) >= 1


@pytest.mark.slow
def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    assert printed(KEPT % str(tmp_path / "file" / "kept")) == ["7.0", "0"]


def test_the_folder_is_of_this_processor():
    assert machine.cache_folder() == machine.cache_folder()
    assert machine.cache_folder().is_relative_to(Path.home()) or "XDG_CACHE_HOME" in os.environ


SMALL = Setting(starts=(LowRank(3),), seeds=2, n_hidden=8, iterations=6, batch=4)


@pytest.mark.slow
@pytest.mark.slow
def test_a_second_setting_of_the_same_shapes_compiles_nothing():
    compiled = []

    def listen(event: str, duration_secs: float, **_: Any) -> None:
        if event.endswith("backend_compile_duration"):
            compiled.append(event)

    run_task(SMALL)
    jax.monitoring.register_event_duration_secs_listener(listen)
    other = {"learning_rate": 0.01, "gain": 0.7, "random_seed": 5}
    dataset = run_task(Setting(**{**vars(SMALL), **other}))
    assert compiled == []
    # The program of the first has not kept its numbers.
    jax.clear_caches()
    alone = run_task(Setting(**{**vars(SMALL), **other}))
    assert compiled
    for name in ("loss", "weight_change_norm", "kernel_alignment"):
        assert dataset[name].equals(alone[name])
