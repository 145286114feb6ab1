"""`stance replay`: a recorded session in the window."""

from pathlib import Path

import click

from stance.window_options import window_options
from viewer.look import Look


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--at", "at_s", type=click.FloatRange(min=0.0), metavar="SECONDS", help="Moment to begin with.")
@click.option("--speed", type=click.FloatRange(0.1, 20.0), default=1.0, show_default=True, help="Times real time.")
@click.option("--paused", is_flag=True, help="Do not begin to play.")
@window_options
def command(session: Path, at_s: float | None, speed: float, paused: bool, look: Look) -> int:
    """Open a recorded session: play, step from stance to stance, seek, loop, compare bouts."""
    from viewer.app import show_session

    return show_session(session, look, at_s=at_s, speed=speed, paused=paused)
