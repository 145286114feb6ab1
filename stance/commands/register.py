"""`stance register`: where the runner's feet lie about the centre of pressure, for strike index and load shares."""

from dataclasses import asdict
from pathlib import Path

import click

from analysis.setup import Runner
from rigs.procedures.registration import INSTRUCTIONS, METHODS, Registered, register
from stance.commands.recover import finish_if_unfinished
from stance.options import json_option, subject_options
from stance.show import print_json, say
from stance.subject_file import keep_registration

HELP = "\b\n" + "\n".join(
    f"{method}:\n" + "\n".join(f"  {number}. {text}" for number, text in enumerate(steps, 1))
    for method, steps in INSTRUCTIONS.items()
)


@click.command(epilog=HELP)
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--method", type=click.Choice(METHODS), default=METHODS[0], show_default=True, help="What was recorded.")
@click.option("--line-mm", type=float, metavar="NUMBER", help="Place of the line before the belt's centre, mm.")
@click.option("--write", type=click.Path(path_type=Path), metavar="FILE",
              help="Subject file to keep it in, new or not; by default the one of --subject.")  # fmt: skip
@subject_options
@json_option
def command(
    session: Path, method: str, line_mm: float | None, write: Path | None, subject: Runner, as_json: bool
) -> None:
    """Register the runner's feet from SESSION, a short recording of heel-first steps or of hops off a line.

    Strike index and load shares need it. Keep it in the subject file and pass that with --subject to record or analyze.
    """
    from stance.api import open_session

    finish_if_unfinished(session)
    keep = write or click.get_current_context().params["subject_file"]
    line_m = None if line_mm is None else line_mm / 1e3
    with open_session(session) as opened:
        found = register(opened, method, said=subject, line_m=line_m)
    if keep is not None:
        keep_registration(keep, found.foot)
    if as_json:
        print_json({"session": str(session), **asdict(found)})
    else:
        _print(found)
    say(f"Kept in {keep}: pass it with --subject." if keep is not None else "Not kept: give --subject or --write.")


def _print(found: Registered) -> None:
    foot = found.foot
    click.echo(f"foot registration by {foot.method}, shoe of {1e3 * foot.foot_length_m:.0f} mm")
    for name, count, ball, u in (
        ("left", found.left, foot.ball_L_m, foot.u_ball_L_m),
        ("right", found.right, foot.ball_R_m, foot.u_ball_R_m),
    ):
        if ball is None or u is None:
            click.echo(f"  {name:5s} not registered: {count} usable steps are too few")
        else:
            points = 100.0 * u / foot.foot_length_m
            click.echo(f"  {name:5s} heel to ball {1e3 * ball:.0f} ± {1e3 * u:.0f} mm from {count} steps; "
                       f"strike index ± {points:.1f} points")  # fmt: skip
