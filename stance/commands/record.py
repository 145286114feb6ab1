"""`stance record`: acquire to a session file."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from analysis.protocol import DEFAULT_PROTOCOL
from analysis.setup import Runner
from daq.errors import LinkError, SessionError
from daq.recorder import Recorder, RecordOptions
from daq.results import Results
from daq.rig import load_rig
from stance.options import SECONDS, TARE_SECONDS, json_option, protocol_option, subject_options
from stance.show import ProgressLine, print_json, print_results, say


@click.command()
@click.option("--rig", metavar="NAME|FILE", help="Rig description; by default that of a virtual:// port, else virtual.")
@click.option("--port", metavar="PORT|URL", help="/dev/ttyACM0, COM3, socket://…, virtual://…")
@click.option("--baud", default=500_000, show_default=True, type=click.IntRange(1), help="Bits per second.")
@click.option("--seconds", type=SECONDS, help="Stop by itself after this time.")
@click.option("--tare", "tare_s", type=TARE_SECONDS, metavar="SECONDS",
              help="Take the zero from the first SECONDS, for example 3, with nobody on the belt; best with the belt "
              "running at the speed of the test.")  # fmt: skip
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="Session file to make."
)
@protocol_option
@subject_options
@json_option
def command(
    rig: str, port: str | None, baud: int, seconds: float | None, tare_s: float | None, out: Path,
    protocol: str | None, subject: Runner, as_json: bool,
) -> None:  # fmt: skip
    """Record a session. Ctrl-C ends it properly."""
    rig = rig if rig is not None else rig_of(port)
    options = RecordOptions(
        rig=rig, port=choose_port(rig, port), out=str(out), baud=baud, seconds=seconds,
        protocol=protocol or DEFAULT_PROTOCOL, subject=subject, tare_s=tare_s,
    )  # fmt: skip
    results = record(options)
    if as_json:
        print_json(results)
    else:
        print_results(results)
        say(f"Recorded in {out}")


def rig_of(port: str | None) -> str:
    """The rig of a virtual:// URL; for any other port the embedded default.

    Args:
        port: Port or URL, if given.

    Returns:
        Name or path of a rig.
    """
    if port is None or not port.lower().startswith("virtual:"):
        return "virtual"
    from rigs.virtual_url import VirtualUrl

    return VirtualUrl.parse(port).rig


def choose_port(rig: str, port: str | None) -> str:
    """The port asked for, or the virtual device of the virtual rig.

    Args:
        rig: Name or path of the rig.
        port: Port or URL, if given.

    Returns:
        Port or URL.

    Raises:
        LinkError: No port is given for a real rig.
    """
    if port is not None:
        return port
    name = load_rig(rig).name
    if name == "virtual":
        return "virtual://virtual"
    raise LinkError(
        f"rig {name}", expected="a port", seen="none",
        next_step=f"Give --port; 'stance doctor' lists the ports. To rehearse without hardware: --port virtual://{name}",
    )  # fmt: skip


def record(options: RecordOptions) -> Results:
    """Record with a status line; Ctrl-C or a polite kill ends the recording properly.

    Args:
        options: What to record.

    Returns:
        The results.

    Raises:
        SessionError: The recording would be over before its tare is.
    """
    line = ProgressLine()

    def tared() -> None:
        line.end()
        say("Zero taken: step on the belt.")

    recorder = Recorder(options, on_progress=line, on_zero=tared)
    if options.tare_s is not None:
        if options.seconds is not None and options.seconds <= options.tare_s:
            raise SessionError("--tare", expected=f"less than the {options.seconds:g} s of the recording",
                               seen=f"{options.tare_s:g} s", next_step="Record for longer.")  # fmt: skip
        say(f"Keep off the belt for {options.tare_s:g} s: they give the zero.")
    with _ending(recorder):
        try:
            return recorder.run()
        finally:
            line.end()


@contextmanager
def _ending(recorder: Recorder) -> Iterator[None]:
    """Let the first SIGINT or SIGTERM stop the recorder; a second one interrupts at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        recorder.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
