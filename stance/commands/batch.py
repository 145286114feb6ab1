"""`stance batch`: an archive of sessions into one table of steps and one of sessions."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stance.options import json_option, protocol_option
from stance.show import print_json, say

if TYPE_CHECKING:
    from stance.batch import BatchReport, Workers

MOST_NAMES = 20
"""Sessions that are named in the list at the end; all are in the table."""


@click.command()
@click.argument("archive", metavar="DIR", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), metavar="OUTDIR",
              help="Folder for steps.parquet and sessions.parquet: new, or that of a run to go on with.")  # fmt: skip
@protocol_option
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes; by default one for every core.")
@click.option("--scheduler", metavar="tcp://HOST:PORT", help="Let the workers of this Dask scheduler do it.")
@click.option("--stored", is_flag=True, help="Take steps kept in a session where algorithms and protocol are the same.")
@click.option("--retry", is_flag=True, help="Try sessions again that failed in an earlier run.")
@click.option("--with-subject", is_flag=True, help="Let the runner's pseudonym go along.")
@click.option("--with-date", is_flag=True, help="Let the time of the recording go along.")
@json_option
def command(
    archive: Path, out: Path, protocol: str | None, jobs: int | None, scheduler: str | None, *, stored: bool,
    retry: bool, with_subject: bool, with_date: bool, as_json: bool,
) -> int:  # fmt: skip
    """Analyse every session in DIR and its folders; stopped, the same command goes on where it was."""
    from stance.batch import run_batch
    from stance.batch_job import Settings

    if jobs is not None and scheduler is not None:
        raise click.UsageError("--jobs is for this machine, --scheduler for a cluster: give one of them.")
    settings = Settings(protocol, stored, with_subject, with_date)
    report = run_batch(archive, out, settings, _workers(jobs, scheduler), retry=retry)
    if as_json:
        print_json(report.as_dict())
    else:
        for line in _summary(report):
            click.echo(line)
    merged = report.merged
    _tell("skipped", [f"{path}: {why}" for path, why in merged.failed])
    _tell("left out, for another file holds the same session", [f"{path}: {first}" for path, first in merged.copies])
    _tell("not finished, `stance recover` does it", list(report.unfinished))
    return 0 if report.merged.done else 2


def _workers(jobs: int | None, scheduler: str | None) -> "AbstractContextManager[Workers]":
    if scheduler is not None:
        from stance.batch_cluster import ClusterWorkers

        return ClusterWorkers(scheduler, say)
    from stance.batch_local import LocalWorkers, cores

    return LocalWorkers(jobs or cores())


def _summary(report: "BatchReport") -> Iterator[str]:
    merged = report.merged
    yield (
        f"{report.found:,} session files: {report.analysed:,} analysed now, {report.kept:,} from earlier runs; "
        f"protocol {report.protocol or 'of each session'}"
    )
    steps, sessions = report.files
    yield f"{merged.done:,} sessions with {merged.steps:,} steps in {steps} and {sessions}"


def _tell(title: str, entries: list[str]) -> None:
    if entries:
        say(f"{len(entries):,} {title}:")
        for entry in entries[:MOST_NAMES]:
            say(f"  {entry}")
        if len(entries) > MOST_NAMES:
            say(f"  and {len(entries) - MOST_NAMES:,} more, see the table of sessions")
