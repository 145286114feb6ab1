"""`stance calibrate`: known loads at known places, one after the other, and from them how the rig truly reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daq.errors import StanceError
from daq.rig import Rig, load_rig
from stance.calibration_files import CERTIFICATE, Files, check_target, page_of, rig_name_of
from stance.calibration_plan import begin, remark, write_plan
from stance.options import json_option
from stance.show import print_json, say

if TYPE_CHECKING:
    from analysis.calibration_fit import Fit
    from daq.calibration import Calibration
    from daq.stream import Stream
    from rigs.procedures.calibrating import CalibrationRun
    from rigs.procedures.plan_loads import Plan
    from rigs.rehearsal import Player, Truth

HELP = """\b
While it asks for a load:
  Enter  take the reading as soon as it is steady
  s      skip this load
  b      back: do the step before again
  a      take it anyway, although something is suspicious
  q      stop; what was taken is kept, the same command goes on
"""
ALONE = ("port", "masses", "plan_file", "write_plan", "out", "rehearse", "window", "auto", "restart")


class _Masses(click.ParamType):  # type: ignore[type-arg]  # generic only in newer releases
    """Masses with commas between."""

    name = "kg,kg,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(part) for part in str(value).split(",") if part.strip())
        except ValueError:
            self.fail(f"{value!r} is not a list of kilograms such as 5,10,20 (1 lb is 0.45359 kg)", param, ctx)


@click.command(epilog=HELP)
@click.option("--rig", metavar="NAME|FILE", help="Rig description. [default: virtual]")
@click.option("--port", metavar="PORT|URL", help="/dev/ttyACM0, COM3, socket://…, virtual://…")
@click.option("--baud", default=500_000, show_default=True, type=click.IntRange(1), help="Bits per second.")
@click.option("--masses", type=_Masses(), help="What can be put on, weighed to 10 g: for example 5,10,20.")
@click.option("--person", type=float, metavar="KG", help="Mass of somebody who will stand on the belt.")
@click.option("--pull", type=float, metavar="KG", help="Mass that hangs on a line over a pulley, for horizontal force.")
@click.option("--pull-N", "pull_N", type=float, metavar="N", help="The same as a force, from a good force gauge.")
@click.option("--pull-height-mm", type=float, default=0.0, metavar="MM",
              help="Height of the line above the belt's surface.")  # fmt: skip
@click.option("--pole-N", "pole_N", type=float, metavar="N", help="Force to press down with an instrumented pole.")
@click.option("--u-mass-kg", type=click.FloatRange(0, 5), help="How well the masses are known. [default: 0.01]")
@click.option("--u-place-mm", type=click.FloatRange(0, 200), help="How well the places are known. [default: 2]")
@click.option("--gravity", type=float, metavar="M/S2", help="Local gravity. [default: 9.80665]")
@click.option("--plan", "plan_file", type=click.Path(path_type=Path), metavar="FILE",
              help="Loads from a plan instead, see --write-plan.")  # fmt: skip
@click.option("--write-plan", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the plan to a file that you can edit, and do nothing else.")  # fmt: skip
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE",
              help="Calibration file; by default beside the rig file, where every command finds it.")  # fmt: skip
@click.option("--operator", default="", metavar="NAME", help="Who calibrates.")
@click.option("--note", default="", metavar="TEXT", help="Anything worth knowing later.")
@click.option("--auto", is_flag=True, help="Take every steady reading without being asked to.")
@click.option("--certificate", type=click.Path(path_type=Path), metavar="FILE",
              help="Make the page of this calibration file again, and do nothing else.")  # fmt: skip
@click.option("--restart", is_flag=True, help="Begin anew, though an earlier calibration was not finished.")
@click.option("--rehearse", metavar="QUERY",
              help="No hardware: the program plays you, on a virtual twin of the rig with these faults, for example "
              '"gain_error_pct=3&position_error_mm=5&crosstalk_pct=2&seed=4".')  # fmt: skip
@click.option("--window", is_flag=True, help="Lead through it in a window instead of the terminal.")
@json_option
def command(**asked: Any) -> int:
    """Calibrate a rig with known loads, step by step. It makes a calibration file and a certificate.

    Docs: docs/calibration.md says what to borrow and how to put it on.
    """
    if asked["certificate"] is not None:
        _certificate(asked["certificate"], asked)
        return 0
    asked["rig"] = asked["rig"] or "virtual"
    rig = load_rig(asked["rig"], calibration="none")
    if asked["write_plan"] is not None:
        write_plan(asked["write_plan"], rig, asked)
        return 0
    files = Files.of(rig, asked["out"], rehearsed=asked["rehearse"] is not None)
    run = begin(rig, files, asked)
    remark(run.plan)
    if asked["window"]:
        return _in_window(rig, run, files, asked)
    try:
        done = _calibrate(rig, run, files, asked)
    except KeyboardInterrupt:
        done = None
    except StanceError as error:
        if kept := _kept(run):
            error.add_note(kept)
        raise
    if done is None:
        say(f"Stopped. {_kept(run)}".rstrip())
        return 2
    _tell(rig, files, *done, asked=asked)
    return 0


def _certificate(path: Path, asked: dict[str, Any]) -> None:
    """Make the page of a calibration file again."""
    from daq.calibration import check_calibration, load_calibration
    from viewer.report.certificate import write_certificate

    if others := [f"--{name.replace('_', '-')}" for name in ALONE if asked[name]]:
        raise click.UsageError(f"--certificate goes with --rig only: leave out {' and '.join(others)}.")
    calibration = load_calibration(path)
    rig = load_rig(asked["rig"] or rig_name_of(path, calibration.rig_name), calibration="none")
    check_calibration(calibration, rig)
    page = page_of(path)
    check_target(page, CERTIFICATE)
    write_certificate(page, rig, calibration)
    if asked["as_json"]:
        print_json({"calibration": str(path), "certificate": str(page), "rig": rig.name})
    say(f"Certificate in {page}.")


def _kept(run: "CalibrationRun") -> str:
    if run.path is None or not run.path.exists():
        return ""
    return f"What was taken is kept in {run.path}: the same command goes on there."


@contextmanager
def _device(rig: Rig, plan: "Plan", asked: dict[str, Any]) -> "Iterator[tuple[Player | None, str]]":
    """Who puts the loads on, if it is the program, and the port."""
    from rigs.rehearsal import rehearsing
    from stance.commands.record import choose_port

    if asked["rehearse"] is None:
        yield None, choose_port(asked["rig"], asked["port"])
        return
    if asked["port"] is not None:
        raise click.UsageError("A rehearsal has no port: leave out --port or --rehearse.")
    with rehearsing(rig, plan, asked["rehearse"]) as (player, url):
        yield player, url


def _opened(run: "CalibrationRun", url: str, asked: dict[str, Any]) -> "Stream":
    """Open the device; what a virtual treadmill says is a rehearsal, by whatever port it comes."""
    from daq.device_check import is_virtual
    from daq.stream import Stream

    stream = Stream(run.rig, url, asked["baud"])
    if is_virtual(stream.hello.board):
        run.rehearse()
    return stream


def _calibrate(
    rig: Rig, run: "CalibrationRun", files: Files, asked: dict[str, Any]
) -> "tuple[Fit, Truth | None, Calibration] | None":
    """Lead through the calibration and write it; None if the person stopped."""
    from rigs.rehearsal import truth_of
    from stance.calibration_guide import Guide
    from stance.calibration_keys import answers
    from stance.calibration_screen import Screen

    with _device(rig, run.plan, asked) as (player, url), _opened(run, url, asked) as stream, answers() as typed:
        guide = Guide(run, Screen(rig), typed, auto=asked["auto"], player=player)
        fit = guide.settle(stream) if guide.follow(stream) else None
        if fit is None:
            return None
        truth = truth_of(rig, url, fit.matrices) if player is not None else None
    return fit, truth, run.save(files.out, asked["operator"], _note(asked))


def _note(asked: dict[str, Any]) -> str:
    """The note of the calibration file; a rehearsal is called one."""
    if asked["rehearse"] is None:
        return str(asked["note"])
    return f"REHEARSAL on a virtual treadmill, {asked['rehearse']}. {asked['note']}".strip()


def _in_window(rig: Rig, run: "CalibrationRun", files: Files, asked: dict[str, Any]) -> int:
    """The same in a window, certificate included."""
    from viewer.calibrate.app import run_window
    from viewer.qt import need_window

    need_window()
    with _device(rig, run.plan, asked) as (player, url):
        code = run_window(
            run, lambda: _opened(run, url, asked), path=files.out, certificate=files.certificate,
            operator=asked["operator"], note=_note(asked), on_step=None if player is None else player.act,
        )  # fmt: skip
    done = f"Calibration in {files.out}, certificate in {files.certificate}."
    say(f"Stopped. {_kept(run)}".rstrip() if code else done)
    return code


def _tell(
    rig: Rig, files: Files, fit: "Fit", truth: "Truth | None", calibration: "Calibration", *, asked: dict[str, Any]
) -> None:
    """Say how good it became, and write the certificate."""
    from daq.session_format import plain
    from stance.calibration_screen import quality_lines
    from viewer.report.certificate import write_certificate_of_saved

    if not asked["as_json"]:
        for line in quality_lines(fit, calibration.gravity_m_s2, truth):
            click.echo(line)
    write_certificate_of_saved(files.certificate, rig, calibration)
    if asked["as_json"]:
        print_json({
            "calibration": str(files.out), "certificate": str(files.certificate), "rig": rig.name,
            "gravity_m_s2": calibration.gravity_m_s2, "quality": plain(asdict(fit.quality)),
            "outlying": list(fit.outlying), "truth": truth and asdict(truth),
            "left_out": [one.load.label for one in calibration.readings if not one.accepted],
        })  # fmt: skip
    say(f"Calibration in {files.out}, certificate in {files.certificate}.")
    if truth is None:
        say(f"Next: stance record --rig {rig.where} …; it is used from now on.")
