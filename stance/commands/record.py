"""`stance record`: acquire to a session file."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from analysis.protocol import DEFAULT_PROTOCOL
from analysis.setup import Runner
from daq.errors import LinkError, SessionError, StanceError
from daq.lsl.wish import Wish
from daq.record_options import MOST_REPLUG_S
from daq.recorder import Recorder, RecordOptions
from daq.results import Results
from daq.rig import WITHOUT, load_rig
from stance.ending import ending
from stance.keys import keys_to
from stance.lsl_beside import lsl_beside
from stance.lsl_options import lsl_options
from stance.options import SECONDS, TARE_SECONDS, calibration_option, json_option, protocol_option, subject_options
from stance.progress_line import ProgressLine, logging_to
from stance.show import print_json, print_results, say
from stance.window_process import Window, open_window

FOLDER = "recordings"
NO_LSL = Wish()


@click.command()
@click.option("--rig", metavar="NAME|FILE", help="Rig description; by default that of a virtual:// port, else virtual.")
@click.option("--port", metavar="PORT|URL", help="/dev/ttyACM0, COM3, socket://…, virtual://…")
@click.option("--baud", default=500_000, show_default=True, type=click.IntRange(1), help="Bits per second.")
@click.option("--seconds", type=SECONDS, help="Stop by itself after this time.")
@click.option("--tare", "tare_s", type=TARE_SECONDS, metavar="SECONDS",
              help="Take the zero from the first SECONDS, for example 3, with nobody on the belt; best with the belt "
              "running at the speed of the test.")  # fmt: skip
@click.option("--no-tare", is_flag=True,
              help="Do not begin with the fresh zero that `stance tare` kept beside the rig file.")  # fmt: skip
@click.option("-o", "--out", metavar="FILE|FOLDER",
              help="Session file to make. In a folder (one that exists, or a name that ends with /) each recording is "
              f"named by its date and time. With --wait by default {FOLDER}/.")  # fmt: skip
@click.option("--wait", is_flag=True,
              help="Show the force, but record only when told to, by the window or with the key r; then wait for the "
              "next recording. Ctrl-C ends.")  # fmt: skip
@click.option("--view", is_flag=True, help="Open the window too. Closing it does not end the recording.")
@click.option(
    "--metronome", type=click.FloatRange(30, 400), metavar="STEPS_PER_MIN", help="Beat this cadence, audibly."
)
@click.option("--replug-s", default=60.0, show_default=True, type=click.FloatRange(0, MOST_REPLUG_S), metavar="SECONDS",
              help="Wait so long for a board that is unplugged; what it missed is a gap. 0 does not wait.")  # fmt: skip
@click.option("--bout", default="", metavar="NAME", help="Name of the bout with which the recording begins.")
@lsl_options
@protocol_option
@calibration_option
@subject_options
@json_option
def command(
    rig: str, port: str | None, baud: int, seconds: float | None, tare_s: float | None, no_tare: bool,
    out: str | None, wait: bool, view: bool, metronome: float | None, replug_s: float, bout: str,
    lsl: Wish, protocol: str | None, calibration: str | None, subject: Runner, as_json: bool,
) -> None:  # fmt: skip
    """Record a session. Ctrl-C ends it properly."""
    rig = rig if rig is not None else rig_of(port)
    options = RecordOptions(
        rig=rig, port=choose_port(rig, port), out=choose_out(out, wait=wait), baud=baud, seconds=seconds,
        protocol=protocol or DEFAULT_PROTOCOL, subject=subject, autostart=not wait, stays=wait, tare_s=tare_s,
        kept_tare=not no_tare, replug_s=replug_s, bout=bout, calibration=calibration,
    )  # fmt: skip
    with beating(metronome):
        results = record(options, view=[] if view else None, lsl=lsl)
    if as_json:
        print_json(results)
    elif results["session"] is None:
        say("Nothing was recorded.")
    else:
        print_results(results)
        say(f"Recorded in {results['session']}")


def choose_out(out: str | None, *, wait: bool) -> str:
    """Where to record.

    Args:
        out: File or folder, if given.
        wait: Whether there may be many recordings: then a name without an ending is a folder.

    Returns:
        File, or folder with a separator at its end.

    Raises:
        click.UsageError: None is given.
        SessionError: It is empty.
    """
    if out is None:
        if not wait:
            raise click.UsageError("Missing option '-o' / '--out': the session file to make.")
        return FOLDER + os.sep
    if not out:
        raise SessionError("--out", expected="the name of a session file or a folder", seen="nothing")
    return out + os.sep if wait and not Path(out).suffix else out


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
    name = load_rig(rig, WITHOUT).name
    if name == "virtual":
        return "virtual://virtual"
    raise LinkError(
        f"rig {name}", expected="a port", seen="none",
        next_step=f"Give --port; 'stance doctor' lists the ports. To rehearse without hardware: --port virtual://{name}",
    )  # fmt: skip


def record(
    options: RecordOptions,
    *,
    view: Sequence[str] | None = None,
    on_window: Callable[[Window], None] | None = None,
    lsl: Wish = NO_LSL,
) -> Results:
    """Record with a status line; Ctrl-C, a polite kill or a closed terminal ends the recording properly.

    Args:
        options: What to record.
        view: Arguments of the window that is to be opened too; None for no window.
        on_window: Is given that window.
        lsl: What is wanted of LSL.

    Returns:
        The results.

    Raises:
        SessionError: The recording would be over before its tare is.
    """
    line = ProgressLine()

    def finished(path: Path, error: BaseException | None) -> None:
        if options.stays:
            line.say(f"Recorded in {path}" if error is None else f"stance: {error}")

    def ready(file: Path) -> None:
        if beside is not None:
            beside.follow(file)
        if view is not None:
            window = open_window(file, line.say, view)
            if on_window is not None:
                on_window(window)

    recorder = Recorder(
        options,
        on_progress=line,
        on_zero=lambda: line.say("Zero taken: step on the belt."),
        on_ready=ready,
        on_finished=finished,
    )
    if options.tare_s is not None:
        if options.seconds is not None and options.seconds <= options.tare_s:
            raise SessionError("--tare", expected=f"less than the {options.seconds:g} s of the recording",
                               seen=f"{options.tare_s:g} s", next_step="Record for longer.")  # fmt: skip
        say(f"Keep off the belt for {options.tare_s:g} s: they give the zero.")
    with ExitStack() as cleanup:
        cleanup.callback(line.end)
        beside = cleanup.enter_context(lsl_beside(lsl, line.say))
        if lsl.name is not None and options.subject.mass_kg is None:
            line.say("LSL: without --mass the stream of steps begins when 20 strides have told body weight.")
        cleanup.enter_context(logging_to(line.say))
        cleanup.enter_context(ending(recorder))
        line.keys = cleanup.enter_context(keys_to(lambda key: press(recorder, key, line)))
        return recorder.run()


def press(recorder: Recorder, key: str, line: ProgressLine) -> None:
    """Do what a key stands for.

    Args:
        recorder: The running recorder.
        key: q stops, r records, any other letter or digit is a marker.
        line: Where to say what went wrong.
    """
    try:
        if key == "q":
            waiting = recorder.options.stays and recorder.ask("status")["state"] == "waiting"
            recorder.ask("quit" if waiting else "stop")
        elif key == "r" and recorder.options.stays:
            recorder.ask("start")
        elif key.isalnum():
            recorder.ask("marker", text=key)
            line.say(f"marker {key}")
    except StanceError as error:
        line.say(f"stance: {error}")
    except Exception as error:  # our fault; the keys must go on working
        line.say(f"stance: our fault, please report it: {error!r}")


@contextmanager
def beating(cadence_spm: float | None) -> Iterator[None]:
    """Let a metronome beat while the block runs; without sound it says so, and the recording goes on.

    Args:
        cadence_spm: Steps per minute; None for no metronome.

    Yields:
        None: Nothing.
    """
    if cadence_spm is None:
        yield
        return
    from viewer.beat.metronome import Metronome

    metronome = Metronome()
    metronome.start(cadence_spm)
    if metronome.problem:
        say(f"No metronome: {metronome.problem}")
    try:
        yield
    finally:
        metronome.stop()
