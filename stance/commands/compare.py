"""`stance compare`: before and after, with the statistics that the design carries."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stance.options import days_apart_option, json_option, protocol_option
from stance.show import print_json, say

if TYPE_CHECKING:
    from stance.comparing import Compared
    from viewer.report.compare_material import CompareMaterial

SIDE = (
    "Bouts of the given SESSIONS, by name or pattern; without SESSIONS, a session: FILE or FILE#BOUT. May be repeated."
)


@click.command()
@click.argument("sessions", nargs=-1, metavar="[SESSIONS]...")
@click.option("--before", multiple=True, metavar="NAME|FILE", help=SIDE)
@click.option("--after", multiple=True, metavar="NAME|FILE", help="The same of what is held against it.")
@click.option("--baseline", multiple=True, metavar="FILE",
              help="Earlier session of the same runner without any change: tells what changes from day to day anyway. "
              "May be repeated.")  # fmt: skip
@click.option(
    "--primary",
    metavar="METRIC",
    help="The one metric chosen before looking, for example contact_time_ms or heel_share.",
)
@days_apart_option
@protocol_option
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write a page, HTML.")
@json_option
def command(
    sessions: tuple[str, ...], before: tuple[str, ...], after: tuple[str, ...], baseline: tuple[str, ...],
    primary: str | None, days_apart: bool, protocol: str | None, out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Compare two sessions, bouts within sessions, or several sessions before and after.

    \b
    stance compare before.h5 after.h5
    stance compare session.h5 --before easy --after 'pose*'
    stance compare --before a1.h5 --before a2.h5 --after b1.h5 --after b2.h5
    stance compare week1.h5#steady week5.h5#steady --baseline week0.h5 --out page.html

    A side needs three bouts or more for a test; with fewer it is described. Sessions of one day
    are bouts of that day. Speeds, inclines and protocols must be alike.
    """  # noqa: D301 - click's own sign for lines that stay as they are
    from stance.comparing import prepare

    if out is not None:
        from viewer.report.pages import refuse_page

        refuse_page(out)
    _finish((*sessions, *before, *after, *baseline))

    def again(name: str) -> str:
        given = [(option, value) for option, values in
                 (("--before", before), ("--after", after), ("--baseline", baseline)) for value in values]  # fmt: skip
        given += [(option, str(value)) for option, value in (("--primary", primary), ("--out", out)) if value]
        words = ["stance", "compare", *sessions, *(word for pair in given for word in pair)]
        flags = [*(["--days-apart"] if days_apart else []), *(["--json"] if as_json else [])]
        return shlex.join([*words, *flags, "--protocol", name])

    compared = prepare(sessions, before, after, baseline, protocol=protocol, primary=primary, days_apart=days_apart,
                       again=again, progress=say)  # fmt: skip
    if out is not None:
        _write_page(compared, out)
    _print(compared, as_json=as_json, out=out)


def _finish(texts: Sequence[str]) -> None:
    """Finish what was interrupted; a text may also be the name of a bout, which is no file."""
    from stance.commands.recover import finish_if_unfinished

    for path in dict.fromkeys(Path(text.partition("#")[0]) for text in texts):
        if path.name:
            finish_if_unfinished(path)


def _write_page(compared: "Compared", out: Path) -> None:
    from viewer.report.compare_page import write_comparison

    say("Drawing the page …")
    write_comparison(material_of(compared), out)


def material_of(compared: "Compared") -> "CompareMaterial":
    """What the page of a comparison shows.

    Args:
        compared: The comparison.

    Returns:
        The same with its curves.
    """
    from viewer.report.compare_material import Shown, make_material

    choice = compared.choice
    sides = [{pick.path: pick.spans for pick in side} for side in (choice.before, choice.after)]
    shown = [Shown(one, (sides[0].get(one.path, ()), sides[1].get(one.path, ()))) for one in compared.sessions]
    return make_material(choice.names, compared.comparison, shown, compared.baseline)


def _print(compared: "Compared", *, as_json: bool, out: Path | None) -> None:
    if as_json:
        print_json(as_plain(compared, out))
        return
    from stance.comparing_text import comparison_lines

    for line in comparison_lines(compared):
        click.echo(line)
    if out is not None:
        say(f"Page {out}  (open it in a browser)")


def as_plain(compared: "Compared", out: Path | None = None) -> dict[str, Any]:
    """A comparison for JSON.

    Args:
        compared: The comparison.
        out: Its page, if there is one.

    Returns:
        What was found, and what it was made of.
    """
    sides = {
        name: [{"session": str(pick.path), "bouts": [span.name for span in pick.spans]} for pick in side]
        for name, side in (("before", compared.choice.before), ("after", compared.choice.after))
    }
    return {
        **compared.comparison.as_dict(),
        **sides,
        "baseline": [str(one.path) for one in compared.baseline],
        "protocol": compared.sessions[0].results["protocol"],
        "software": compared.sessions[0].results["software"],
        "page": None if out is None else str(out),
    }
