"""`stance progress`: one runner over weeks of sessions."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stance.options import days_apart_option, json_option, protocol_option
from stance.show import print_json, say

if TYPE_CHECKING:
    from analysis.progress import Progress, SpeedTrends
    from stance.progress_data import Found

MOST_WEEKS = 8
"""Weeks shown in a terminal, the latest."""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--runner", metavar="NAME", help="Pseudonym of the runner, where the folder holds several.")
@click.option("--speed", type=click.FloatRange(min=0, min_open=True), metavar="M_PER_S", help="Only this belt speed.")
@click.option("--baseline", type=click.IntRange(2), default=2, show_default=True, metavar="N",
              help="How many first days at a speed tell the runner's own variation.")  # fmt: skip
@days_apart_option
@protocol_option
@json_option
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), metavar="FILE",
              help="Write every point and every sum as CSV.")  # fmt: skip
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write a page (HTML) for a coach.")
def command(
    folder: Path, runner: str | None, speed: float | None, baseline: int, days_apart: bool, protocol: str | None,
    as_json: bool, csv_file: Path | None, out: Path | None,
) -> None:  # fmt: skip
    """One runner's sessions in DIR and below: every metric at matched speed, day by day, and the load."""
    from stance.progress_data import gather_progress
    from stance.progress_tables import progress_json, write_progress_csv
    from viewer.report.pages import refuse_page
    from viewer.report.progress_page import write_progress

    for new in (one for one in (out, csv_file) if one is not None):
        refuse_page(new)  # before the work
    found = gather_progress(
        folder,
        runner=runner,
        protocol=protocol,
        baseline_days=baseline,
        speed_m_s=speed,
        days_apart=days_apart,
        say=say,
    )
    for skipped in found.skipped:
        say(f"left out: {skipped.path}: {skipped.reason}")
    if csv_file is not None:
        write_progress_csv(csv_file, found.progress)
        say(f"Points and sums in {csv_file}")
    if out is not None:
        left = [(one.path.name, one.reason) for one in found.skipped]
        write_progress(found.progress, out, skipped=left, notes=found.notes)
        say(f"Page {out}  (open it in a browser)")
    if as_json:
        print_json(progress_json(found))
    elif out is None and csv_file is None:
        for line in progress_lines(found):
            click.echo(line)


def progress_lines(found: "Found") -> Iterator[str]:
    """A runner's progress for a terminal.

    Args:
        found: What the folder held.

    Yields:
        str: Lines.
    """
    from viewer.report.progress_words import change_lines, day_words, notes_of

    progress = found.progress
    first, last = (day_words(progress, number) for number in (0, len(progress.sessions) - 1))
    sessions = f"{len(progress.sessions)} session{'s' if len(progress.sessions) > 1 else ''}"
    yield f"{progress.runner or 'no name'}: {sessions}, {first} to {last}, protocol {progress.protocol}"
    for speeds in progress.speeds:
        yield from _speed_lines(progress, speeds)
    yield from _load_lines(progress)
    yield from change_lines(progress)
    for number, session in enumerate(progress.sessions):
        if session.marks:
            yield f"drills on {day_words(progress, number)}: {', '.join(session.marks)}"
    for note in (*found.notes, *notes_of(progress)):
        yield f"note: {note}"


def _speed_lines(progress: "Progress", speeds: "SpeedTrends") -> Iterator[str]:
    from viewer.report.progress_words import MAIN, speed_words, trend_rows

    rows = trend_rows(progress, speeds, MAIN)
    yield ""
    yield f"At {speed_words(speeds)} ({len(speeds.sessions)} of {len(progress.sessions)} sessions)"
    yield f"{'':32s} {'baseline':>10s} {'band':>9s} {'latest':>10s} {'95 % interval':>20s}  {'from':8s} latest is"
    for row in rows:
        label = f"{row.label}, {row.unit}" if row.unit else row.label
        doubt = " ?" if row.doubt else ""
        yield (
            f"{label:32s} {row.baseline:>10s} {row.band:>9s} {row.latest:>10s} {row.interval:>20s}  {row.method:8s} "
            f"{row.state}{doubt}"
        )
    for row in rows:
        yield f"  {row.line}"


def _load_lines(progress: "Progress") -> Iterator[str]:
    from viewer.report.progress_page import week_row

    if not progress.weeks:
        return
    yield ""
    left = len(progress.weeks) - MOST_WEEKS
    yield "Load by week, running only (described, not judged)" + (f"; {left} earlier weeks not shown" * (left > 0))
    yield f"{'week from':10s} {'sessions':>8s} {'contacts':>9s} {'impacts':>8s} {'km':>8s}  impulse"
    for week in progress.weeks[-MOST_WEEKS:]:
        row = week_row(week)
        yield (
            f"{row['when']:10s} {row['sessions']:>8s} {row['contacts']:>9s} {row['impacts']:>8s} {row['km']:>8s}  "
            f"{row['impulse']}; against the week before: {row['ratio']}"
        )
    yield ""
