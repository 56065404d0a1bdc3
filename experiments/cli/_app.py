"""The commands and their names."""

from typing import Any

import typer

from ._compare import compare_command
from ._control import control_command
from ._fig1 import fig1_command
from ._fig2 import FIGURES, help_of, structured_command
from ._fig3 import fig3_command
from ._fig4 import fig4_command
from ._inspect import inspect_command
from ._machine import machine_options
from ._map import map_command
from ._measure import measure_command
from ._predict import predict_command
from ._report import report_command
from ._stops import stoppable
from ._sweep import sweep_command
from ._verify import verify_command


def _structured(figure: str) -> dict[str, Any]:
    # One command under three names, each with a task for its default.
    settings = {"default_map": {"task": FIGURES[figure]}}
    return {"help": help_of(figure), "context_settings": settings}


app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Does a network start rich or lazy? Theory beside trained networks.",
)
app.callback()(machine_options)
app.command("verify")(stoppable(verify_command))
app.command("control")(stoppable(control_command))
app.command("fig1")(stoppable(fig1_command))
app.command("fig2", **_structured("fig2"))(stoppable(structured_command))
app.command("fig3")(stoppable(fig3_command))
app.command("fig4")(stoppable(fig4_command))
app.command("fig5", **_structured("fig5"))(stoppable(structured_command))
app.command("fig6", **_structured("fig6"))(stoppable(structured_command))
app.command("inspect")(stoppable(inspect_command))
app.command("map")(stoppable(map_command))
app.command("measure")(stoppable(measure_command))
app.command("predict")(stoppable(predict_command))
app.command("compare")(stoppable(compare_command))
app.command("report")(stoppable(report_command))
app.command("sweep")(stoppable(sweep_command))
