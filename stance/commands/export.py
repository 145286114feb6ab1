"""`stance export`: force and steps for other programs."""

import math
from pathlib import Path
from typing import Any

import click

from daq.errors import FormatError
from stance.commands.recover import finish_if_unfinished
from stance.options import calibration_option, json_option, protocol_option
from stance.show import print_json, say

FORMATS = ("c3d", "mot", "csv", "parquet")


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--to", "to", type=click.Choice(FORMATS), help="Format; by default the file's ending tells.")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="FILE", help="New file.")
@click.option("--what", type=click.Choice(("force", "steps", "raw")), default="force", show_default=True,
              help="Zeroed force, the step table, or the samples as recorded (those two: csv, parquet).")  # fmt: skip
@click.option("--steps", "what", flag_value="steps", help="The same as --what steps.")
@click.option("--unfiltered", is_flag=True, help="Zeroed force without the protocol's filter and deck compensation.")
@protocol_option
@calibration_option
@click.option("--from", "start_s", type=float, default=0.0, metavar="SECONDS", help="Begin here.")
@click.option("--until", "end_s", type=float, default=math.inf, metavar="SECONDS", help="End here.")
@click.option("--bout", metavar="NAME", help="Only this bout.")
@click.option("--part", type=int, metavar="N", help="Only the Nth gap-free part.")
@click.option("--split", is_flag=True, help="One file per gap-free part: NAME_1, NAME_2 …")
@click.option("--no-events", is_flag=True, help="C3D without touchdowns, toe-offs, bouts and markers.")
@click.option("--allow-unobserved", is_flag=True,
              help="C3D, MOT: zeros, marked as not measured, for what the rig cannot see.")  # fmt: skip
@click.option("--with-subject", is_flag=True, help="With the runner's pseudonym.")
@click.option("--with-notes", is_flag=True, help="With notes and the texts of markers, as events (C3D).")
@click.option("--with-bouts", is_flag=True, help="With the names of bouts, as events (C3D); else they get numbers.")
@click.option("--with-dates", is_flag=True, help="With the date of recording.")
@json_option
def command(session: Path, to: str | None, out: Path, unfiltered: bool, no_events: bool, as_json: bool,
            **wanted: Any) -> None:  # fmt: skip
    """Write SESSION, or part of it, for other programs."""
    from stance.exporting import Choice, export_session

    finish_if_unfinished(session)
    _check_times(wanted["start_s"], wanted["end_s"])
    choice = Choice(to or _ending(out), filtered=not unfiltered, events=not no_events, **wanted)
    made = export_session(session, out, choice)
    for note in made["notes"]:
        say(note)
    if as_json:
        print_json(made)
        return
    for file in made["files"]:
        span = f", {file['start_s']:.3f} to {file['end_s']:.3f} s" if "start_s" in file else ""
        click.echo(f"{file['file']}: {file['rows']} {'steps' if made['what'] == 'steps' else 'samples'}{span}")


def _ending(out: Path) -> str:
    ending = out.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise FormatError(str(out), expected=f"a name that ends in .{', .'.join(FORMATS)}", seen=out.name,
                          next_step="Say --to FORMAT.")  # fmt: skip
    return ending


def _check_times(start_s: float, end_s: float) -> None:
    if not start_s < end_s:  # NaN too
        raise FormatError("--from, --until", expected="a beginning before the end",
                          seen=f"{start_s:g} s and {end_s:g} s")  # fmt: skip
