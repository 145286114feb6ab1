"""`stance belt`: how the belt runs, how many pulses one turn of it has, and how far it slows down under the foot."""

import sys
import threading
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daq.rig import Rig, load_rig
from stance.options import json_option
from stance.show import print_json, say

if TYPE_CHECKING:
    from daq.chunk import Chunk
    from rigs.procedures.belt import BeltReport, Passings

HELP = """\b
Let the empty belt run. One of three ways tells a turn:
  the seam        nothing to do: most belts have one that the cells feel; a minute at 3 m/s
  --laps 20       a strip of tape on the belt: run slowly, press Enter as it passes, and after 20 turns
  --laps 20 --lap-seconds 22.7   the same with a stopwatch
"""


STOPWATCH = "With a stopwatch, give --lap-seconds."


@click.command(epilog=HELP)
@click.argument("session", required=False, type=click.Path(path_type=Path))
@click.option("--rig", metavar="NAME|FILE", help="Rig description; with SESSION by default the session's own.")
@click.option("--port", metavar="PORT|URL", help="/dev/ttyACM0, COM3, socket://…, virtual://…")
@click.option("--baud", default=500_000, show_default=True, type=click.IntRange(1), help="Bits per second.")
@click.option(
    "--seconds", default=60.0, show_default=True, type=click.FloatRange(3.0, 3600.0), help="How long to look."
)
@click.option("--laps", type=click.IntRange(1, 10_000), help="Turns of a tape mark that you count.")
@click.option("--lap-seconds", type=click.FloatRange(0.1, 36_000.0), help="Time that they took, by a stopwatch.")
@click.option("--length-m", type=click.FloatRange(0.5, 30.0), help="Length of the loop; by default the rig file's.")
@click.option("--u-length-mm", default=3.0, show_default=True, type=click.FloatRange(0.0, 500.0),
              help="How well that is known, standard uncertainty.")  # fmt: skip
@click.option("--belt-speed", type=click.FloatRange(0.1, 15.0), metavar="M/S",
              help="About how fast it runs, for a belt without a sensor: the seam then tells it exactly.")  # fmt: skip
@click.option("--by-pulses", is_flag=True, help="The pulses per metre are right; find the length.")
@click.option("--write", is_flag=True, help="Write what was found into the rig file; the old one is kept as .bak.")
@json_option
def command(session: Path | None, **asked: Any) -> int:
    """Measure the belt: speed, pulses per metre or length; or, of SESSION, how far it slows down in contact.

    Docs: docs/rig-file.md.
    """
    if session is not None:
        if asked["port"] is not None or asked["write"]:
            raise click.UsageError("A session is only looked at: leave out --port and --write.")
        report = _of_session(session, asked)
        _tell(report, asked)
        return 2 if report.refused else 0
    if asked["lap_seconds"] is not None and asked["laps"] is None:
        raise click.UsageError("--lap-seconds needs --laps: how many turns took so long.")
    rig = load_rig(asked["rig"] or "virtual")
    if asked["write"]:
        from daq.rig_edit import rig_file

        rig_file(rig)  # before anybody counts
    report = _live(rig, asked)
    _tell(report, asked)
    if asked["write"]:
        _write(rig, report, asked)
    return 2 if report.refused else 0


def _live(rig: Rig, asked: dict[str, Any]) -> "BeltReport":
    from daq.stream import Stream
    from rigs.procedures.belt import Passings, measure_belt
    from stance.commands.record import choose_port

    with Stream(rig, choose_port(rig.where, asked["port"]), asked["baud"]) as stream:
        say("Nobody on the belt, and let it run.")
        passings = None
        if asked["laps"] is not None and asked["lap_seconds"] is None:
            record, passings = _counted(stream, asked)
        else:
            record = stream.collect(asked["seconds"])
            if asked["laps"] is not None:
                passings = Passings(asked["laps"], asked["lap_seconds"])
        rate = stream.sample_rate_Hz
    return measure_belt(
        rig, record, rate, passings=passings, length_m=asked["length_m"], u_length_m=1e-3 * asked["u_length_mm"],
        by_pulses=asked["by_pulses"], speed_m_s=asked["belt_speed"],
    )  # fmt: skip


def _counted(stream: Any, asked: dict[str, Any]) -> "tuple[Chunk, Passings]":
    """Record while a person counts, from one Enter to the next; a moment more for the speed."""
    from daq.chunk import Chunk
    from rigs.procedures.belt import passings_between

    if sys.stdin is None:
        raise click.UsageError(f"There is no keyboard to press Enter on. {STOPWATCH}")
    typed = sys.stdin
    pressed: list[float] = []
    done = threading.Event()

    def listen() -> None:
        try:
            for _ in range(2):
                if not typed.readline():
                    break
                pressed.append(time.monotonic())
        finally:  # whatever is wrong with the keyboard
            done.set()

    say(f"Press Enter as the mark passes; then count {asked['laps']} turns and press it again.")
    threading.Thread(target=listen, name="stance-marks", daemon=True).start()
    began = time.monotonic()
    chunks: list[Chunk] = []
    marks: list[Chunk] = []
    while not (done.is_set() and len(marks) >= len(pressed)):
        chunk = stream.read()
        if len(chunk):
            chunks.append(chunk)
        if len(marks) < len(pressed) and chunks:
            marks.append(chunks[-1])
            say("First passing." if len(marks) == 1 else "Last passing.")
        if time.monotonic() - began > 3600.0:
            break
    if len(marks) < 2:
        raise click.UsageError(f"Nobody pressed Enter twice. {STOPWATCH}")
    first, last = marks
    return Chunk.concat(chunks), passings_between(first, last, asked["laps"], stream.hello.tick_rate_Hz)


def _of_session(path: Path, asked: dict[str, Any]) -> "BeltReport":
    """Dips of the steps; and of a session without steps what the empty belt tells."""
    from daq.chunk import Chunk
    from daq.setups import rig_of_header
    from rigs.procedures.belt import Passings, dips_of, measure_belt
    from stance.api import analyze, open_session
    from stance.commands.recover import finish_if_unfinished

    finish_if_unfinished(path)
    with open_session(path) as session:
        rig = load_rig(asked["rig"]) if asked["rig"] else rig_of_header(session.header, path)
        steps = analyze(session).steps
        found, light = dips_of(steps["belt_dip_pct"])
        record = Chunk.concat(list(session.chunks()))
        laps = asked["laps"]
        passings = None if laps is None or asked["lap_seconds"] is None else Passings(laps, asked["lap_seconds"])
        report = measure_belt(
            rig, record, session.header.sample_rate_Hz, passings=passings, length_m=asked["length_m"],
            u_length_m=1e-3 * asked["u_length_mm"], by_pulses=asked["by_pulses"], speed_m_s=asked["belt_speed"],
        )  # fmt: skip
    lights = report.lights
    if steps.rows:  # under a runner the seam is for the session's own quality list
        lights = tuple(one for one in lights if one.name != "turn")
        return replace(report, lights=(*lights, light), dips=found, lap=None, pulses_per_m=None, u_pulses_per_m=None)
    return report


def _tell(report: "BeltReport", asked: dict[str, Any]) -> None:
    if asked["as_json"]:
        print_json(report.as_dict())
        return
    for light in report.lights:
        click.echo(f"{light.state.upper():6s} {light.name.replace('_', ' ')}: {light.text}")
    if report.pulses_per_m is not None:
        click.echo(f"pulses_per_m = {report.pulses_per_m:.2f} ± {report.u_pulses_per_m:.2g}")
    if report.belt_length_m is not None:
        click.echo(f"belt_length_m = {report.belt_length_m:.4f} ± {report.u_belt_length_m:.2g}")


def _write(rig: Rig, report: "BeltReport", asked: dict[str, Any]) -> None:
    """Write what was found, if it is certain to the accepted share."""
    from analysis.belt_length import ACCEPTED
    from daq.rig_edit import write_belt

    lap = report.lap
    if lap is None or (report.pulses_per_m is None and report.belt_length_m is None):
        say("Nothing was found: the rig file is as it was.")
        return
    if 2.0 * lap.u_turns > ACCEPTED * lap.turns:
        known = 100 * lap.u_turns / lap.turns
        say(f"A turn is known to {known:.2g} % only: the rig file is as it was. Count more turns, or run slower.")
        return
    length = report.belt_length_m if report.belt_length_m is not None else asked["length_m"]
    written = write_belt(rig, date.today(), pulses_per_m=report.pulses_per_m, belt_length_m=length)
    say(f"Written into {rig.where}. The file as it was: {written.backup}.")
