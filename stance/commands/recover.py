"""`stance recover`: finish a session whose recorder or machine died."""

from pathlib import Path

import click

from daq.session import find_unfinished, recover
from stance.options import json_option
from stance.show import print_json, say


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@json_option
def command(session: Path, as_json: bool) -> None:
    """Finish SESSION from its journal and say what was found."""
    found = recover(session)
    if as_json:
        print_json({
            "session": str(found.path), "rows": found.rows, "seconds": found.seconds,
            "unusable_bytes": found.unusable_bytes,
        })  # fmt: skip
    else:
        click.echo(found.text)


def finish_if_unfinished(session: Path) -> None:
    """Whatever command meets an unfinished session finishes it and says so.

    Args:
        session: Session file, there or not.
    """
    if find_unfinished(session) is not None:
        say(recover(session).text)
