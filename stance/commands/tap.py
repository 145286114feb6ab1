"""`stance tap`: the deck's natural frequency and damping from hammer blows, and what the rig may print with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daq.errors import RigError
from daq.rig import Rig
from stance.options import json_option
from stance.show import print_json, say

if TYPE_CHECKING:
    from rigs.procedures.tap_player import TapPlayer
    from rigs.procedures.tap_report import TapReport

HELP = """\b
With SESSION, a recording of blows is judged; without, the program leads through the test:
  1. nobody on the deck: ten blows straight down, two in the middle and two near each corner
  2. along and across the belt, six blows each, if the rig has such cells
  3. with --loaded, the same once more while somebody stands on the deck
A rubber mallet or a fist with a short swing will do. The belt may run.
"""


@click.command(epilog=HELP)
@click.argument("session", required=False, type=click.Path(path_type=Path))
@click.option("--rig", metavar="NAME|FILE", help="Rig description; with SESSION by default the session's own.")
@click.option("--port", metavar="PORT|URL", help="/dev/ttyACM0, COM3, socket://…, virtual://…")
@click.option("--baud", default=500_000, show_default=True, type=click.IntRange(1), help="Bits per second.")
@click.option("--axis", "axes", multiple=True, type=click.Choice(["x", "y", "z"]),
              help="Axis to test, may be repeated; by default all that the cells see.")  # fmt: skip
@click.option("--loaded", is_flag=True, help="Repeat it with a person standing; with SESSION: somebody stood there.")
@click.option("--seconds", default=60.0, show_default=True, type=click.FloatRange(5.0, 3600.0),
              help="Longest time for each series of blows.")  # fmt: skip
@click.option("--write", is_flag=True, help="Write what was found into the rig file; the old one is kept as .bak.")
@click.option("--rehearse", metavar="QUERY",
              help='No hardware: the program strikes a virtual twin, such as "fn_Hz=48&speed=max".')  # fmt: skip
@json_option
def command(session: Path | None, **asked: Any) -> int:
    """Find the deck's natural frequency and damping from hammer blows, live or in SESSION.

    Docs: docs/rig-file.md, "Finding your deck's modes".
    """
    if session is not None and (asked["port"] is not None or asked["rehearse"] is not None):
        raise click.UsageError("A session has no port: leave out --port and --rehearse.")
    if asked["rehearse"] is not None and (asked["port"] is not None or asked["write"]):
        raise click.UsageError("A rehearsal has no port, and its result is not written.")
    rig = _rig(session, asked)
    if asked["write"]:
        from daq.rig_edit import rig_file

        rig_file(rig)  # before anybody strikes
    said = _of_session(session, rig, asked) if session is not None else _live(rig, asked)
    _tell(rig, said, asked)
    return 2 if said.refused else 0


def _rig(session: Path | None, asked: dict[str, Any]) -> Rig:
    if session is None or asked["rig"] is not None:
        from daq.doctor_papers import load_leniently

        rig, refused = load_leniently(asked["rig"] or "virtual")
        if refused is not None:
            say(f"{refused} The deck is tapped without the calibration.")
        return rig
    if asked["write"]:
        raise click.UsageError("Give --rig, the file to write into.")
    from daq.setups import rig_of_header
    from stance.api import open_session
    from stance.commands.recover import finish_if_unfinished

    finish_if_unfinished(session)
    with open_session(session) as opened:
        return rig_of_header(opened.header, session)


def _of_session(path: Path, rig: Rig, asked: dict[str, Any]) -> "TapReport":
    from rigs.procedures.tap_report import report
    from rigs.procedures.tapping import AXES, TapRun
    from stance.api import open_session

    with open_session(path) as session:
        rate = session.header.sample_rate_Hz
        if session.header.rig_name != rig.name:
            raise RigError(rig.where, expected=f"the rig of the session, {session.header.rig_name}", seen=rig.name)
        run = TapRun(rig, rate, asked["axes"] or AXES)
        for chunk in session.chunks():
            run.feed(chunk)
    return report(rig, run.results(True if asked["loaded"] else None), rate)


def _live(rig: Rig, asked: dict[str, Any]) -> "TapReport":
    from daq.stream import Stream
    from rigs.procedures.tap_report import report
    from rigs.procedures.tapping import tapped_axes
    from stance.tap_guide import TapGuide

    seen = tapped_axes(rig)
    for axis in asked["axes"]:
        if axis not in seen:
            raise RigError(rig.where, expected=f"cells that see {axis}", seen=f"cells for {', '.join(seen)}")
    with _device(rig, asked) as (player, url), Stream(rig, url, asked["baud"]) as stream:
        guide = TapGuide(rig, stream, asked["seconds"], player)
        found = guide.follow(asked["axes"] or seen, loaded=asked["loaded"])
        return report(rig, found, stream.sample_rate_Hz)


@contextmanager
def _device(rig: Rig, asked: dict[str, Any]) -> "Iterator[tuple[TapPlayer | None, str]]":
    """Who strikes, if it is the program, and the port."""
    from rigs.hand import hand_on
    from rigs.mounting import belt_centres
    from rigs.procedures.tap_player import TapPlayer
    from stance.commands.record import choose_port

    if asked["rehearse"] is None:
        yield None, choose_port(rig.where, asked["port"])
        return
    with hand_on(rig.where, asked["rehearse"]) as (hand, url):
        surface = rig.machine.surface_length_m, rig.machine.surface_width_m
        yield TapPlayer(hand, belt_centres(rig), surface), url


def _tell(rig: Rig, said: "TapReport", asked: dict[str, Any]) -> None:
    """Print it, and write what may be written."""
    if asked["as_json"]:
        print_json({"rig": rig.name, **said.as_dict(), "written": asked["write"] and bool(said.modes)})
    else:
        for line in said.lines():
            click.echo(line)
    if not asked["write"]:
        if said.modes and asked["rehearse"] is None:
            say("Not written; --write puts it into the rig file.")
        return
    if not said.modes:
        say("Nothing was found for certain: the rig file is as it was.")
        return
    from daq.rig_edit import write_modes

    written = write_modes(rig, said.modes, date.today())
    say(f"Written into {rig.where}: {', '.join(sorted(said.modes))}. The file as it was: {written.backup}.")
