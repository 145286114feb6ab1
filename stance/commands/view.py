"""`stance view`: the live window of a running recorder."""

from pathlib import Path

import click

from daq.errors import LinkError
from daq.recorders import RecorderInfo, running_recorders
from stance.window_options import window_options
from viewer.look import Look


@click.command()
@click.argument("where", required=False, type=click.Path(path_type=Path))
@click.option("--then-replay", is_flag=True, help="When the recording has ended, turn to it by itself.")
@window_options
def command(where: Path | None, then_replay: bool, look: Look) -> int:
    """Watch a running recorder; WHERE is the session being recorded, if there are several.

    The recorder goes on when the window is closed. Several windows may watch it at once.
    """
    from viewer.app import show_recorder

    return show_recorder(find_recorder(where), look, then_replay=then_replay)


def find_recorder(where: Path | None) -> RecorderInfo:
    """The recorder meant.

    Args:
        where: Session being recorded, or a recorder's own file; None takes the only one.

    Returns:
        The recorder.

    Raises:
        LinkError: There is none, or there are several.
    """
    running = running_recorders()
    if where is not None:
        asked = where.resolve()
        for info in running:
            if asked == info.file.resolve() or (info.session and asked == Path(info.session).resolve()):
                return info
        raise LinkError(str(where), expected="a session that is being recorded right now", seen=_named(running),
                        next_step=f"If it is a recorded one: stance replay {where}{_instead(running)}")  # fmt: skip
    if not running:
        raise LinkError(
            "window", expected="a running recorder", seen="none",
            next_step="Start one with its window: stance record --wait --view --rig NAME --port PORT. "
            "Without hardware: stance demo. A recorded session: stance replay FILE.",
        )  # fmt: skip
    if len(running) > 1:
        raise LinkError("window", expected="one running recorder", seen=_named(running),
                        next_step=f"Say which one: {' or '.join(map(_typed, running))}")  # fmt: skip
    return running[0]


def _named(running: list[RecorderInfo]) -> str:
    return ", ".join(_name(info) for info in running) if running else "no running recorder"


def _name(info: RecorderInfo) -> str:
    """By what a person knows it."""
    return info.session or f"a recorder that waits (pid {info.pid})"


def _typed(info: RecorderInfo) -> str:
    """What to type to watch it; one that waits has no session yet, but its own file says which it is."""
    return f"stance view {info.session}" if info.session else f"stance view {info.file} (pid {info.pid})"


def _instead(running: list[RecorderInfo]) -> str:
    """How to watch what there is, if it is one."""
    return f". To watch {_name(running[0])}: stance view" if len(running) == 1 else ""
