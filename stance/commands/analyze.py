"""`stance analyze`: recompute steps from raw counts, under any protocol."""

import csv
from pathlib import Path

import click

from analysis.setup import Runner
from daq.errors import SessionError
from daq.results import Results
from stance.commands.recover import finish_if_unfinished
from stance.options import json_option, protocol_option, subject_options
from stance.show import print_json, print_results, say


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@protocol_option
@click.option(
    "--contact-level",
    "levels",
    multiple=True,
    metavar="LEVEL",
    help="Contact time at one more threshold, for example 30N or 10pctBW; may be repeated.",
)
@subject_options
@json_option
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the step table as CSV.")
def command(
    session: Path, protocol: str | None, levels: tuple[str, ...], subject: Runner, as_json: bool, csv_file: Path | None
) -> None:
    """Recompute the steps of SESSION from its raw counts. What is said of the runner wins over what it holds."""
    from stance.api import analyze

    finish_if_unfinished(session)
    results = analyze(session, protocol, contact_levels=levels, runner=subject).results
    if csv_file is not None:
        write_csv(csv_file, results)
        say(f"Step table in {csv_file}")
    if as_json:
        print_json(results)
    elif csv_file is None:
        print_results(results)


def write_csv(path: Path, results: Results) -> None:
    """Write the step table; null is an empty field, flags are joined by blanks.

    Args:
        path: New file.
        results: Of an analysis.

    Raises:
        SessionError: The file exists or cannot be written.
    """
    from analysis.steps import COLUMNS

    columns = list(results["steps"][0]) if results["steps"] else [column.name for column in COLUMNS]
    try:
        with path.open("x", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            for step in results["steps"]:
                writer.writerow({**step, "flags": " ".join(step["flags"])})
    except OSError as error:
        raise SessionError(str(path), expected="a new file to write", seen=str(error.strerror or error),
                           next_step="Choose another name.") from error  # fmt: skip
