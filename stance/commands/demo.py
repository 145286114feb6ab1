"""`stance demo`: the main job in one go, without hardware."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import click

from analysis.setup import Runner
from daq.errors import SessionError
from daq.recorder import RecordOptions
from stance.commands.record import record
from stance.options import SECONDS, json_option, subject_options
from stance.show import print_json, print_results, say
from stance.window_process import Window

URL = "virtual://virtual?seed=1"


@click.command()
@click.option("--headless", is_flag=True, help="No window, even if there is a display.")
@click.option("--seconds", default=20.0, show_default=True, type=SECONDS, help="How long to run.")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="DIR",
              help="Directory for session.h5 and report.html; by default demo/1, demo/2, …")  # fmt: skip
@subject_options
@json_option
def command(headless: bool, seconds: float, out: Path | None, subject: Runner, as_json: bool) -> None:
    """Run a virtual treadmill with a real runner's force, record it, and write a report."""
    from viewer.report import write_report

    view = not headless and window_possible()

    directory = out if out is not None else _fresh_directory()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SessionError(str(directory), expected="a directory to write in", seen=str(error.strerror or error),
                           next_step="Choose another --out.") from error  # fmt: skip
    report = directory / "report.html"
    if report.exists():
        raise SessionError(
            str(report), expected="a new file", seen="one that exists", next_step="Choose another --out."
        )
    say(f"A real runner on a virtual treadmill, {seconds:g} s …")
    session = directory / "session.h5"
    runner = replace(subject, name=subject.name or "demo")
    options = RecordOptions(rig="virtual", port=URL, out=str(session), seconds=seconds, subject=runner)
    windows: list[Window] = []
    results = record(options, view=["--then-replay"] if view else None, on_window=windows.append)
    write_report(session, report)
    if as_json:
        print_json({**results, "report": str(report)})
        return
    print_results(results)
    say(f"Session {session}")
    say(f"Report  {report}  (open it in a browser)")
    if any(window.alive for window in windows):
        say("The window now replays the session; close it when you have seen enough.")
    else:
        say(f"Window  stance replay {session}")


def window_possible() -> bool:
    """Whether a window can open here; if not, says in one line why the demo goes on without it."""
    from viewer.errors import ViewerError
    from viewer.qt import need_window

    try:
        need_window()
    except ViewerError as error:
        say(f"No window, because it needs {error.expected}, and there is {error.seen}. {error.next_step}".rstrip())
        return False
    return True


def _fresh_directory() -> Path:
    return next(path for path in (Path("demo") / str(n) for n in count(1)) if not path.exists())
