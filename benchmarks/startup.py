"""What it costs to start: processor time of help, of a typo and of imports.

    python benchmarks/startup.py [--rounds 9]

Beside the command stands a bare typer application of twelve commands that do nothing, and beside
the import of `richlazy_jax` that of `jax`. Each is a process of its own, and they take turns; the
table has medians of seconds of the processor, and quartiles of the ratio within a round.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

BARE = """
import typer

app = typer.Typer()


def command():
    "Do nothing."


for i in range(12):
    app.command(f"command-{i}")(command)
app(prog_name="bare")
"""
EVERY_NAME = "import richlazy_jax as rj; [getattr(rj, name) for name in rj.__all__]"
COMMAND = ("-m", "richlazy_jax")
# What is started, and which of them it stands beside.
CONTENDERS = {
    "bare typer application, --help": (("bare.py", "--help"), 0),
    "richlazy --help": ((*COMMAND, "--help"), 0),
    "richlazy verfy (a typo)": ((*COMMAND, "verfy"), 0),
    "richlazy --version": ((*COMMAND, "--version"), 0),
    "richlazy sweep --help": ((*COMMAND, "sweep", "--help"), 0),
    "import jax": (("-c", "import jax"), 5),
    "import richlazy_jax": (("-c", "import richlazy_jax"), 5),
    "import richlazy_jax, every name": (("-c", EVERY_NAME), 5),
}


def processor_seconds(arguments: tuple[str, ...], folder: str) -> float:
    """Of a process of Python and what it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
        capture_output=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bare.py").write_text(BARE)
        # The first turn writes bytecode and fills caches of files, and is not counted.
        seconds = np.array(
            [
                [processor_seconds(started, folder) for started, _ in CONTENDERS.values()]
                for _ in range(rounds + 1)
            ]
        )[1:]
    print(f"{'':34}{'seconds':>10}{'ratio (quartiles)':>26}")
    for place, (name, (_, beside)) in enumerate(CONTENDERS.items()):
        ratio = np.quantile(seconds[:, place] / seconds[:, beside], [0.25, 0.5, 0.75])
        shown = f"{ratio[1]:.2f} ({ratio[0]:.2f} to {ratio[2]:.2f})" if place != beside else "1"
        print(f"{name:34}{np.median(seconds[:, place]):10.3f}{shown:>26}")


if __name__ == "__main__":
    main()
