"""`stance report`: the one-page HTML report of a session."""

from pathlib import Path

import click

from stance.commands.recover import finish_if_unfinished
from stance.show import say


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="By default SESSION.html.")
def command(session: Path, out: Path | None) -> None:
    """Write the report of SESSION."""
    from viewer.report import write_report

    finish_if_unfinished(session)
    page = out if out is not None else session.with_suffix(".html")
    write_report(session, page)
    say(f"Report {page}  (open it in a browser)")
