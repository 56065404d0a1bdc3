"""How every command uses the machine: which cores, and where compiled programs are kept."""

import contextlib
import hashlib
import os
import platform
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

import richlazy_jax as rj

from ._said import QUIET

CORES = "RICHLAZY_CORES"
KEEP_COMPILED = "RICHLAZY_KEEP_COMPILED"
# Beyond it, what was not used for longest is deleted.
CACHE_BYTES = 2**30
# No machine has more, and JAX makes a device for each.
MOST_CORES = 4096


def _tell_version(asked: bool) -> bool:
    if asked:
        typer.echo(f"richlazy {rj.__version__}")
        raise typer.Exit()
    return asked


def machine_options(
    cores: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_CORES,
            envvar=CORES,
            help="CPU cores that networks are spread over; all by default.",
        ),
    ] = None,
    keep_compiled: Annotated[
        bool,
        typer.Option(
            envvar=KEEP_COMPILED,
            help="Keep compiled programs in the user's cache folder, so that the next command of "
            "the same shapes starts at once.",
        ),
    ] = True,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Show results only, and no progress on the way.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Options that stand before the name of the command."""
    QUIET.set(quiet)
    spread_over(cores or usable_cores())
    if keep_compiled:
        keep_compiled_programs(cache_folder())


def usable_cores() -> int:
    """How many cores this process may use."""
    # Not all platforms can tell which of the cores those are.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread_over(cores: int) -> None:
    """As many CPU devices as cores, so that each trains networks of its own.

    Two networks on two devices are faster than one after the other on two threads. Kernels and
    single large networks still use all threads. Where the caller has set a number of devices
    already, it stays.
    """
    named = "device_count" in os.environ.get("XLA_FLAGS", "")
    if named or "JAX_NUM_CPU_DEVICES" in os.environ:
        return
    # JAX takes seconds to import, which `richlazy --help` need not wait for.
    import jax

    # An older JAX, or one that was used in this process before, refuses: one device serves as well.
    with contextlib.suppress(AttributeError, RuntimeError):
        jax.config.update("jax_num_cpu_devices", cores)


def keep_compiled_programs(folder: Path) -> None:
    """Have JAX keep every compiled program in a folder, and take it from there.

    A folder that the caller has named to JAX stays. Processes that this one starts do the same.
    """
    settings = {
        "jax_compilation_cache_dir": str(folder),
        "jax_persistent_cache_min_compile_time_secs": 0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
        "jax_compilation_cache_max_size": CACHE_BYTES,
    }
    import jax

    if getattr(jax.config, "jax_compilation_cache_dir", None) is not None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        # Without a home to write to, all is compiled anew, which only takes longer.
        return
    for name, value in settings.items():
        jax.config.update(name, value)
        os.environ[name.upper()] = str(value)


def cache_folder() -> Path:
    """The folder of compiled programs of this user, on processors like this one.

    A program compiled for one processor may not run on another that shares the home folder.
    """
    described = platform.machine() + platform.processor()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        described += next((line for line in lines if line.startswith(("flags", "Features"))), "")
    name = hashlib.sha256(described.encode()).hexdigest()[:12]
    return platformdirs.user_cache_path("richlazy", "richlazy") / f"compiled-{name}"
