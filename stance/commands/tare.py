"""`stance tare`: the zero of the cells, and how they warm up."""

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from daq.control import ControlClient, running_recorders
from daq.errors import DeviceError, LinkError
from daq.rig import Rig, load_rig
from daq.stream import Stream
from daq.tare_file import Belt, KeptTare, TareNeed, device_name, gain_of, keep_tare, load_tares, now_text, tare_path
from stance.commands.record import choose_port, rig_of
from stance.options import SECONDS, calibration_option, json_option
from stance.show import print_json, say
from stance.tare_screen import drifts, plain_report, print_report

if TYPE_CHECKING:
    from rigs.procedures.warming import WarmupWatch

TARE_S = 10.0
EVERY_S = 10.0
START_S = 60.0
"""How long a belt that was asked for may take to start."""
PATIENCE_S = 10.0
RECORDED = "The recorder has begun to use that zero: tare again before you record."


@click.command()
@click.option("--rig", metavar="NAME|FILE", help="Rig description; by default that of a virtual:// port, else virtual.")
@click.option("--port", metavar="PORT|URL", help="/dev/ttyACM0, COM3, socket://…, virtual://…")
@click.option("--baud", default=500_000, show_default=True, type=click.IntRange(1), help="Bits per second.")
@click.option(
    "--seconds", type=SECONDS, help=f"How long to take the zero, by default {TARE_S:g}; with --watch, to watch."
)
@click.option("--belt-on", is_flag=True, help="Take it with the belt running at the speed of the test, nobody on it.")
@click.option("--belt-speed", type=click.FloatRange(0, 15), metavar="M/S",
              help="That speed, to be noted, where no sensor tells it.")  # fmt: skip
@click.option("--watch", is_flag=True, help="Watch the cells warm up, until they drift slowly enough to tare.")
@click.option("--anew", is_flag=True, help="Do not compare: cells or frame were changed.")
@calibration_option
@json_option
def command(
    rig: str | None, port: str | None, baud: int, seconds: float | None, belt_on: bool, belt_speed: float | None,
    watch: bool, anew: bool, calibration: str | None, as_json: bool,
) -> int:  # fmt: skip
    """Take the zero of the cells, belt off and nobody on it, and keep it beside the rig file.

    Recordings that begin within the hour begin with it.
    """
    name = rig if rig is not None else rig_of(port)
    loaded, where = load_rig(name, calibration), choose_port(name, port)
    if watch:
        return _watch(loaded, where, baud, seconds, as_json=as_json)
    from daq.tare import MOST_SECONDS

    seconds = TARE_S if seconds is None else seconds
    if seconds > MOST_SECONDS:
        raise DeviceError("--seconds", expected=f"at most {MOST_SECONDS:g} for a tare", seen=f"{seconds:g}")
    return _tare(
        loaded, where, baud, seconds, "on" if belt_on or belt_speed else "off", belt_speed, anew=anew, as_json=as_json
    )


def _tare(
    rig: Rig, port: str, baud: int, seconds: float, belt: Belt, speed_m_s: float | None, *, anew: bool, as_json: bool
) -> int:
    from rigs.procedures.taring import report_tare

    path = tare_path(rig)
    before = () if path is None else load_tares(path, rig.name)  # a file that cannot be read is told at once
    compared = () if anew else before
    recorder = _recorder_of(rig, port)
    if recorder is not None:
        with recorder:
            tare = _by_recorder(recorder, rig, seconds, belt, speed_m_s, compared)
    else:
        tare = _by_port(rig, port, baud, seconds, belt, speed_m_s, compared)
    report = report_tare(rig, tare, compared, datetime.now(UTC))
    if path is not None and not report.dead:
        keep_tare(path, rig.name, tare)
    if as_json:
        print_json(plain_report(report, None if report.dead else path))
    else:
        print_report(report, rig)
    if report.dead:
        recorded = f" {RECORDED}" if tare.by_recorder else ""
        say(f"Not kept: no zero of {', '.join(report.dead)}; the tares before are as they were.{recorded}")
        return 2
    if not as_json:
        copy = f"Not kept: {rig.name} is a shipped rig. For one of your own: stance rigs copy {rig.name}"
        say(copy if path is None else f"Kept in {path}; recordings within the hour begin with it.")
    return 0


def _by_port(
    rig: Rig, port: str, baud: int, seconds: float, belt: Belt, speed_m_s: float | None, before: tuple[KeptTare, ...]
) -> KeptTare:
    from rigs.procedures.taring import find_zero

    with Stream(rig, port, baud) as stream:
        hello = stream.hello
        need = TareNeed(device_name(hello.board, hello.adc), gain_of(rig, hello.gains))
        last = need.latest(before)
        if belt == "on":
            _await_belt(rig, stream)
        say(f"Keep off the belt for {seconds:g} s.")
        chunk = stream.collect(seconds)
        return find_zero(rig, chunk, belt, need, now_text(), last=last, speed_m_s=speed_m_s)


def _await_belt(rig: Rig, stream: Stream) -> None:
    """Ask for the belt to be started; a sensor tells when it runs evenly, else the Enter key."""
    from rigs.procedures.taring import MOVING_M_S, measured_speed

    say("Start the belt at the speed of the test, with nobody on it.")
    if rig.belt_sensor is None:
        if sys.stdin is not None and sys.stdin.isatty():
            click.prompt("Press Enter when it runs evenly", default="", show_default=False, err=True)
            _drop_waiting(stream)
        return
    before = 0.0
    for _ in range(round(START_S)):
        speed = measured_speed(rig, stream.collect(1.0)) or 0.0
        if abs(speed) > MOVING_M_S and abs(speed - before) <= 0.02 * abs(speed):
            return
        before = speed


def _drop_waiting(stream: Stream) -> None:
    """Samples that gathered while nobody read are of the time before."""
    for _ in range(10_000):
        if not len(stream.read(0.0)):
            return


def _recorder_of(rig: Rig, port: str) -> ControlClient | None:
    """A running recorder that holds this rig's port, if there is one."""
    for info in running_recorders():
        try:
            client = ControlClient.connect(info)
        except LinkError:
            continue  # just ending
        try:
            facts = client.call("facts")
        except LinkError:
            facts = {}
        if (facts.get("rig"), facts.get("port")) == (rig.name, port):
            return client
        client.close()
    return None


def _by_recorder(
    recorder: ControlClient, rig: Rig, seconds: float, belt: Belt, speed_m_s: float | None, before: tuple[KeptTare, ...]
) -> KeptTare:
    """Have the recorder take it. It tells neither pulses nor samples: what follows from them is not checked."""
    import numpy as np

    from rigs.procedures.taring import check_empty

    say(f"The recorder that runs takes the zero. Keep off the belt for {seconds:g} s.")
    facts = recorder.call("facts")
    found = recorder.call("tare", timeout_s=seconds + PATIENCE_S, seconds=seconds)["tare"]
    need = TareNeed(str(facts["device"]), gain_of(rig, facts["gains"]))
    try:
        check_empty(rig, np.array(found["counts"]), need.latest(before))
    except DeviceError as error:
        error.add_note(RECORDED)
        raise
    doing = "runs, and how fast" if belt == "on" else "stands"
    say(f"Not checked, for the recorder does not tell it: that the belt {doing}, and drift meanwhile.")
    root = max(found["n"], 1) ** 0.5
    return KeptTare(
        made_utc=now_text(), belt=belt, speed_m_s=speed_m_s, seconds=seconds, device=need.device, gain=need.gain,
        by_recorder=True, counts=tuple(found["counts"]), sd=tuple(found["sd"]),
        u_counts=tuple(sd / root for sd in found["sd"]), force_sd_N=found["force_sd_N"],
    )  # fmt: skip


def _watch(rig: Rig, port: str, baud: int, seconds: float | None, *, as_json: bool) -> int:
    from rigs.procedures.warming import WarmupWatch, words

    recorder = _recorder_of(rig, port)
    if recorder is not None:
        recorder.close()
        raise DeviceError("tare --watch", expected="a port that is free", seen="a recorder on it",
                          next_step="End the recorder; its window shows the drift of every cell too.")  # fmt: skip
    say("Watching the cells warm up: belt off, nobody on it. Ctrl-C ends.")
    with Stream(rig, port, baud) as stream:
        watch = WarmupWatch(rig, stream.sample_rate_Hz)
        ended = ""
        try:
            _follow(stream, watch, seconds)
        except KeyboardInterrupt:
            ended = "Ended by Ctrl-C. "
    state = watch.state()
    if as_json:
        print_json({"rig": rig.name, "passed_s": watch.passed_s, **asdict(state)})
    if state.ready:
        say(f"{ended}Now take the zero: stance tare")
        return 0
    worst = max(state.signals, key=lambda one: abs(one.drift_N_per_min), default=None)
    seen = "too little was seen to tell"
    if worst is not None:
        seen = f"{worst.name} at {worst.drift_N_per_min:+.1f} N/min, at most 5 wanted; {words(state)}"
    say(f"{ended}Not warm after {watch.passed_s:.0f} s: {seen}.")
    return 2


def _follow(stream: Stream, watch: "WarmupWatch", seconds: float | None) -> None:
    """Watch until it is warm or the time is over, and tell of it every `EVERY_S`."""
    from rigs.procedures.warming import words

    told = 0
    while seconds is None or watch.passed_s < seconds - 1e-3:
        stream.collect(EVERY_S if seconds is None else min(EVERY_S, seconds - watch.passed_s), watch.feed)
        state = watch.state()
        if watch.disturbances > told:
            told = watch.disturbances
            say("Something touched the belt: the watch begins anew.")
        say(f"{watch.passed_s:6.0f} s  {drifts(state)}{words(state)}")
        if state.ready:
            return
