"""`stance report`: the HTML report of a session, for a coach, a physiotherapist or a lab."""

from pathlib import Path

import click

from stance.commands.recover import finish_if_unfinished
from stance.options import protocol_option
from stance.show import say


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="By default SESSION.html.")
@click.option("--for", "audience", type=click.Choice(("coach", "physio", "lab")), default="lab", show_default=True,
              help="coach: one page of plain words; physio: impact, load and sides; lab: everything.")  # fmt: skip
@protocol_option
@click.option("--targets", type=click.Path(path_type=Path), metavar="FILE",
              help="Target bands shown on the coach's page, a TOML file as for the window.")  # fmt: skip
@click.option("--open", "open_it", is_flag=True, help="Open it in the browser.")
def command(
    session: Path, out: Path | None, audience: str, protocol: str | None, targets: Path | None, open_it: bool
) -> None:
    """Write the report of SESSION: one HTML file, complete in itself, that prints on A4."""
    from viewer.numbers.targets import load_targets
    from viewer.report import write_report

    bands = {} if targets is None else load_targets(targets)
    finish_if_unfinished(session)
    page = out if out is not None else session.with_suffix(".html")
    write_report(session, page, audience=audience, protocol=protocol, targets=bands, say=say)
    say(f"Report {page}" + ("" if open_it else "  (open it in a browser)"))
    if open_it and click.launch(page.resolve().as_uri()) != 0:
        say("No browser could be started; open the file yourself.")
