"""`stance import`: make a session of a force file of another system."""

import sys
from pathlib import Path

import click

from analysis.setup import Runner
from daq.errors import FormatError
from stance.options import json_option, protocol_option, subject_options
from stance.show import print_json, print_results, say


def _pairs(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.rpartition("=") for value in values]
    wrong = [value for value, (theirs, mark, ours) in zip(values, pairs, strict=True) if not (theirs and mark and ours)]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is not theirs=ours, for example 'FP1_Fz=Fz_N'")
    return {theirs.strip(): ours.strip() for theirs, _mark, ours in pairs}


_AXIS = click.Choice(["+x", "-x", "+y", "-y", "+z", "-z", "x", "y", "z"])


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE [SECOND]")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="New session file.")
@click.option(
    "--map",
    "columns",
    multiple=True,
    callback=_pairs,
    metavar="THEIRS=OURS",
    help="What a column of a table is, for example 'FP1 Fz=Fz_N'; may be repeated.",
)
@click.option(
    "--units",
    multiple=True,
    metavar="QUANTITY=UNIT",
    help="Unit of force (N, kN, lbf, kgf, BW), length, moment, time or speed, where the file does not say.",
)
@click.option(
    "--flip",
    "flips",
    multiple=True,
    metavar="WHAT",
    help="Turn a sign, in the file's axes: all (force on the belt), x, y, z, Fx, …, copy, Mz, Tz.",
)
@click.option("--forward", type=_AXIS, help="Axis of the file along which the runner faces.")
@click.option("--up", type=_AXIS, help="Axis of the file that points up.")
@click.option(
    "--plates",
    "--plate",
    "plates",
    metavar="L=1,R=2",
    help="Which platform is which belt; one number for one belt, 1+2 for one belt on two platforms.",
)
@click.option("--skip-rows", type=click.IntRange(0), metavar="N", help="Lines above the header of a table.")
@click.option(
    "--rate", "rate_Hz", type=click.FloatRange(1, 1e5), metavar="HZ", help="Sample rate, if the file has no times."
)
@click.option(
    "--date",
    metavar="DATE",
    help="When it was measured, for example 2025-03-04 or 2025-03-04T15:30, if the file does not say.",
)
@click.option(
    "--yes", is_flag=True, help="Go on in spite of doubts that a person may settle; not of those that need a flag."
)
@click.option("--dry-run", is_flag=True, help="Only show what is understood; write nothing.")
@subject_options
@protocol_option
@json_option
def command(
    files: tuple[Path, ...], out: Path, columns: dict[str, str], units: tuple[str, ...], flips: tuple[str, ...],
    forward: str | None, up: str | None, plates: str | None, skip_rows: int | None, rate_Hz: float | None,
    date: str | None, yes: bool, dry_run: bool, subject: Runner, protocol: str | None, as_json: bool,
) -> int:  # fmt: skip
    """Make a session of FILE: a table (CSV, TSV), C3D, or OpenSim's MOT and STO.

    Two tables, one for each belt, may be given together. What is understood is shown before anything is written; what
    is in doubt needs --yes or the flag that is named.
    """
    from daq.imports.dates import parse_date
    from daq.imports.read import parse_plates
    from daq.imports.understand import ImportOptions
    from stance.importing import import_lines, understand, write_import

    options = ImportOptions(
        columns,
        units,
        flips,
        _axis(up),
        _axis(forward),
        parse_plates(plates) if plates else {},
        skip_rows,
        rate_Hz,
        parse_date(date) if date else "",
    )
    _refuse(out)
    understanding = understand(files, options, subject, protocol=protocol)
    for line in import_lines(understanding):
        say(line)
    if understanding.stops:
        flags = "; ".join(doubt.flag for doubt in understanding.stops)
        say(f"Not imported. Settle it: {flags}.")
        _print_doubts(understanding, as_json)
        return 2
    if understanding.open_doubts and not yes and not dry_run and not _agreed(as_json):
        flags = "; ".join(doubt.flag for doubt in understanding.open_doubts if doubt.flag)
        say(
            f"Not imported: {len(understanding.open_doubts)} in doubt. If it is right as shown: --yes."
            + (f" Else: {flags}." if flags else "")
        )
        _print_doubts(understanding, as_json)
        return 2
    if dry_run:
        _print_doubts(understanding, as_json)
        return 0
    results = write_import(out, understanding, subject, protocol)
    say(f"Session in {out}")
    if as_json:
        print_json(results)
    else:
        print_results(results)
    return 0


def _axis(axis: str | None) -> str:
    return "" if axis is None else axis if axis[0] in "+-" else f"+{axis}"


def _refuse(out: Path) -> None:
    if out.exists():
        raise FormatError(str(out), expected="a new file", seen="one of that name", next_step="Choose another --out.")


def _agreed(as_json: bool) -> bool:
    """Ask the person at the terminal, if there is one."""
    if as_json or sys.stdin is None or not sys.stdin.isatty():
        return False
    return click.confirm("Import it as shown?", default=False, err=True)


def _print_doubts(understanding: object, as_json: bool) -> None:
    if as_json:
        from stance.importing import import_dict

        print_json(import_dict(understanding))  # type: ignore[arg-type]
