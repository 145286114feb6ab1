"""`stance analyze`: recompute steps from raw counts, under any protocol."""

from pathlib import Path

import click

from analysis.setup import Runner
from analysis.steps import StepTable
from daq.formats.new_files import NewFiles, refuse_existing_file
from daq.optional import need
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
@click.option("--parquet", "parquet_file", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the step table as Parquet.")  # fmt: skip
def command(
    session: Path, protocol: str | None, levels: tuple[str, ...], subject: Runner, calibration: str | None,
    as_json: bool, metric: str | None, csv_file: Path | None, parquet_file: Path | None,
) -> None:  # fmt: skip
    """Recompute the steps of SESSION from its raw counts. What is said of the runner wins over what it holds."""
    from stance.api import analyze

    finish_if_unfinished(session)
    for path in (csv_file, parquet_file):
        if path is not None:
            refuse_existing_file(path)
    if parquet_file is not None:
        need("pyarrow", "export")
    analysis = analyze(session, protocol, contact_levels=levels, runner=subject, calibration=calibration)
    results = analysis.results
    if csv_file is not None:
        write_csv(csv_file, analysis.steps)
        say(f"Step table in {csv_file}")
    if parquet_file is not None:
        write_parquet(parquet_file, session, analysis.steps, results)
        say(f"Step table in {parquet_file}")
    if metric is not None:
        print_budget(results, metric, as_json=as_json)
    elif as_json:
        print_json(results)
    elif csv_file is None and parquet_file is None:
        print_results(results)


def print_budget(results: Results, metric: str, *, as_json: bool) -> None:
    """Print where the uncertainty of a metric comes from."""
    from stance.budget import budget_lines, budget_of

    if as_json:
        print_json({metric: budget_of(results, metric)})
        return
    for line in budget_lines(results, metric):
        click.echo(line)


def write_csv(path: Path, table: StepTable) -> None:
    """Write the step table; null is an empty field, flags are joined by blanks.

    Args:
        path: New file; a FormatError says that it exists or cannot be written.
        table: The steps.
    """
    from daq.formats.csv_out import write_records

    with NewFiles() as files:
        write_records(files.begin(path), list(table), table.records())


def write_parquet(path: Path, session: Path, table: StepTable, results: Results) -> None:
    """Write the step table with units and meanings; flags are lists of names.

    Args:
        path: New file; a FormatError says that it exists or cannot be written.
        session: Of which session.
        table: The steps.
        results: What was found, which says by which protocol.
    """
    from daq.formats.about import about_session
    from daq.formats.parquet_out import write_steps
    from stance.api import open_session

    with open_session(session) as opened:
        about = about_session(opened.session_id, opened.header, results["protocol"], results["software"])
    with NewFiles() as files:
        write_steps(files.begin(path), table, about)
