"""A tare and a warm-up as `stance tare` shows them."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daq.rig import Rig

if TYPE_CHECKING:
    from analysis.warmup import WarmupState
    from rigs.procedures.taring import TareReport

MARKS = {"green": "ok", "info": "–", "amber": "LOOK", "red": "PROBLEM"}


def drifts(state: "WarmupState") -> str:
    """The drift of every cell in a line that words follow.

    Args:
        state: Of the warm-up.

    Returns:
        Empty while nothing is known.
    """
    cells = "  ".join(f"{one.name} {one.drift_N_per_min:+.2f}" for one in state.signals)
    return f"{cells} N/min: " if cells else ""


def print_report(report: "TareReport", rig: Rig) -> None:
    """Print the zero of every cell, and what the belt adds.

    Args:
        report: What the tare says.
        rig: The rig.
    """
    tare = report.tare
    speed = "" if tare.speed_m_s is None else f" at {tare.speed_m_s:.2f} m/s"
    click.echo(f"{rig.name}: belt {tare.belt}{speed}, {tare.seconds:.1f} s")
    click.echo("cell      zero N       ±  noise N  moved N" + ("  belt adds N" if tare.belt == "on" else ""))
    for cell in report.cells:
        moved = "–" if cell.moved_N is None else f"{cell.moved_N:+.2f}"
        adds = (
            "" if tare.belt == "off" else f"{'–' if cell.belt_adds_N is None else format(cell.belt_adds_N, '+.2f'):>13}"
        )
        click.echo(f"{cell.name:6s}{cell.zero_N:10.2f}{cell.u_zero_N:8.3f}{cell.noise_N:9.2f}{moved:>9s}{adds}"
                   f"  {MARKS[cell.state]}: {cell.text}")  # fmt: skip
    from daq.kept_tare import age_text

    if report.since_s is not None:
        click.echo(f"compared with the tare {age_text(report.since_s)} ago")
    click.echo(f"noise of the vertical force {report.force_noise_N:.2f} N")
    if report.motor_noise_N is not None:
        from rigs.procedures.taring import MOTOR_N

        advice = (
            "" if report.motor_state == "green" else "; shield the motor's line, earth the frame, keep cables apart"
        )
        click.echo(f"of it the running belt adds {report.motor_noise_N:.2f} N, at most {MOTOR_N:g} N{advice}")
    elif tare.belt == "on":
        click.echo("what the motor adds is told once there is a tare with the belt off too")


def plain_report(report: "TareReport", kept_in: Path | None) -> dict[str, Any]:
    """The same for programs.

    Args:
        report: What the tare says.
        kept_in: File that holds the tare; None if it was not kept.

    Returns:
        Plain values.
    """
    tare = report.tare.model_dump()
    kept = None if kept_in is None else str(kept_in)
    return {**asdict(report), "tare": tare, "kept_in": kept, "by_recorder": tare["by_recorder"]}
