"""The `stance` command. Each subcommand lives in a module of its own, imported when it is called."""

import io
import sys
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from analysis.errors import StanceError

COMMANDS = {
    "demo": "Virtual treadmill → session → steps → report, in one go.",
    "rigs": "List, show, copy, validate and serve rigs.",
    "doctor": "Check a rig and its device, like a pre-flight list.",
    "tare": "Take the zero of the cells, and watch them warm up.",
    "calibrate": "Calibrate a rig with known loads, step by step.",
    "tap": "Find the deck's natural frequency and damping with a hammer.",
    "belt": "Measure the belt: length, pulses per metre, speed.",
    "record": "Record a session.",
    "view": "Watch a running recorder in a window.",
    "replay": "Open a recorded session in the same window.",
    "register": "Learn where a runner's feet lie, for strike index and loads.",
    "analyze": "Recompute steps from the raw counts of a session.",
    "report": "Write the one-page HTML report of a session.",
    "compare": "Before and after, with honest statistics.",
    "progress": "One runner over weeks: metrics at matched speed, load.",
    "import": "Make a session of a force file: CSV, C3D, MOT.",
    "export": "Write force and steps as C3D, MOT, CSV or Parquet.",
    "batch": "Analyse an archive, on all cores or a cluster.",
    "recover": "Finish a session whose recorder or machine died.",
    "anonymize": "Strip from a session what identifies a person.",
}
"""In the order of a day in the lab."""


class _Stance(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = import_module(f"stance.commands.{module}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # From the table above, not from the commands: listing them must not import them.
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from daq.results import software_version

        click.echo(software_version())
        ctx.exit()


@click.group(cls=_Stance, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
def stance() -> None:
    """An open instrumented treadmill: record, analyse and report ground reaction force."""


def main(argv: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 2 user's mistake or bad input, 1 our fault.

    Args:
        argv: Arguments; by default the process's own.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old console without "→" must not end a recording
    sys.exit(run(argv))


def run(argv: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: Arguments; by default the process's own.

    Returns:
        The exit code.
    """
    try:
        result: Any = stance.main(args=argv, prog_name="stance", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("stance: interrupted", err=True)
        return 2
    except click.ClickException as error:
        error.show()
        return 2
    except StanceError as error:
        click.echo(f"stance: {error}", err=True)
        for note in getattr(error, "__notes__", ()):
            click.echo(f"stance: {note}", err=True)
        return 2
    return result if isinstance(result, int) else 0
