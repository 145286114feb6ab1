"""`stance analyze`: recompute steps from raw counts, under any protocol."""

import csv
from pathlib import Path

import click

from analysis.setup import Runner
from daq.errors import SessionError
from daq.results import Results
from stance.commands.recover import finish_if_unfinished
from stance.options import calibration_option, json_option, protocol_option, subject_options
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
@calibration_option
@json_option
@click.option("--budget", "metric", metavar="METRIC", help="Print where the uncertainty of one column comes from.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the step table as CSV.")
def command(
    session: Path, protocol: str | None, levels: tuple[str, ...], subject: Runner, calibration: str | None,
    as_json: bool, metric: str | None, csv_file: Path | None,
) -> None:  # fmt: skip
    """Recompute the steps of SESSION from its raw counts. What is said of the runner wins over what it holds."""
    from stance.api import analyze

    finish_if_unfinished(session)
    results = analyze(session, protocol, contact_levels=levels, runner=subject, calibration=calibration).results
    if csv_file is not None:
        write_csv(csv_file, results)
        say(f"Step table in {csv_file}")
    if metric is not None:
        print_budget(results, metric, as_json=as_json)
    elif as_json:
        print_json(results)
    elif csv_file is None:
        print_results(results)


def print_budget(results: Results, metric: str, *, as_json: bool) -> None:
    """Print where the uncertainty of a metric comes from."""
    from stance.budget import budget_lines, budget_of

    if as_json:
        print_json({metric: budget_of(results, metric)})
        return
    for line in budget_lines(results, metric):
        click.echo(line)


def write_csv(path: Path, results: Results) -> None:
    """Write the step table; null is an empty field, flags are joined by blanks.

    Args:
        path: New file.
        results: Of an analysis.

    Raises:
        SessionError: The file exists or cannot be written.
    """
    from analysis.steps import ALL_COLUMNS

    columns = list(results["steps"][0]) if results["steps"] else [column.name for column in ALL_COLUMNS]
    try:
        with path.open("x", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            for step in results["steps"]:
                writer.writerow({**step, "flags": " ".join(step["flags"])})
    except OSError as error:
        raise SessionError(str(path), expected="a new file to write", seen=str(error.strerror or error),
                           next_step="Choose another name.") from error  # fmt: skip
