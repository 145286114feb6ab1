"""The plan that the options of `stance calibrate` ask for, and the calibration that begins or goes on with it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from click import UsageError

from daq.errors import SessionError
from daq.rig import Rig
from stance.calibration_files import PLAN, Files, check_target
from stance.show import say

if TYPE_CHECKING:
    from rigs.procedures.calibrating import CalibrationRun
    from rigs.procedures.plan_loads import Plan

REHEARSED = {"masses": (5.0, 10.0, 25.0), "person": 72.0, "pull": 10.0}
"""What is at hand at a rehearsal if nothing else is said, kg."""


def _plan(rig: Rig, asked: dict[str, Any]) -> "Plan | None":
    """The plan that was asked for; None if nothing was said of one."""
    from rigs.procedures.plan import make_plan, read_plan

    if asked["plan_file"] is not None:
        if asked["masses"] is not None or asked["gravity"] is not None:
            raise UsageError("Give --plan or --masses (and --gravity), not both: the plan says all by itself.")
        return read_plan(asked["plan_file"], rig)
    if asked["rehearse"] is not None and asked["masses"] is None:
        asked = {**asked, **REHEARSED}
    if asked["masses"] is None:
        return None
    if asked["pull"] is not None and asked["pull_N"] is not None:
        raise UsageError("Give --pull or --pull-N, not both.")
    names = ("u_mass_kg", "u_place_mm", "pull_height_mm")
    more = {name: asked[name] for name in names if asked[name] is not None}
    if asked["gravity"] is not None:
        more["gravity_m_s2"] = asked["gravity"]
    return make_plan(
        rig, masses_kg=asked["masses"], person_kg=asked["person"], pull_kg=asked["pull"], pull_N=asked["pull_N"],
        pole_N=asked["pole_N"], **more,
    )  # fmt: skip


def write_plan(path: Path, rig: Rig, asked: dict[str, Any]) -> None:
    """Write the plan to a file that people edit; an older plan there is kept under a name with its day.

    Args:
        path: The file.
        rig: The rig.
        asked: What was asked for on the command line.

    Raises:
        UsageError: Nothing was said of a plan.
        SessionError: It cannot be written.
    """
    from daq.calibration_store import keep_older
    from daq.replace_file import replace_file
    from rigs.procedures.plan import lacking, plan_text

    plan = _plan(rig, asked)
    if plan is None:
        raise UsageError("Give --masses: what can be put on, for example 5,10,20.")
    check_target(path, PLAN)
    try:
        replace_file(path, plan_text(plan), before=lambda: keep_older(path))
    except OSError as error:
        raise SessionError(str(path), expected="a file that can be written", seen=str(error.strerror)) from None
    say(f"{len(plan.known)} loads in {path}: edit it, then pass it with --plan.")
    remark(plan)
    for missing in lacking(plan, rig):
        say(f"As it is, it lacks something: {missing}.")


def begin(rig: Rig, files: Files, asked: dict[str, Any]) -> "CalibrationRun":
    """A new calibration, or the interrupted one; a plan that cannot do is refused before anything is loaded.

    Args:
        rig: The rig.
        files: Where everything goes.
        asked: What was asked for on the command line.

    Returns:
        The calibration.

    Raises:
        SessionError: Another plan was begun.
        UsageError: Nothing was said of a plan.
    """
    from rigs.procedures.calibrating import CalibrationRun
    from rigs.procedures.plan import check_plan, plan_text

    plan, begun = _plan(rig, asked), files.progress is not None and files.progress.exists()
    if begun and files.progress is not None and not asked["restart"]:
        run = CalibrationRun.resume(files.progress, rig)
        if plan is not None and plan_text(plan) != plan_text(run.plan):
            raise SessionError(
                str(files.progress), expected="the plan that was begun", seen="another one",
                next_step="Go on with the old one by leaving out --masses and --plan, or begin anew: --restart.",
            )  # fmt: skip
        say(f"Going on with {files.progress}: {len(run.readings)} of {len(run.plan.known)} loads are taken. "
            "The empty belt comes first.")  # fmt: skip
        return run
    if plan is None:
        raise UsageError("Give --masses: what can be put on, for example 5,10,20. Or a --plan.")
    check_plan(plan, rig)
    if begun and files.progress is not None:
        files.progress.replace(files.progress.with_name(files.progress.name + ".old"))
    return CalibrationRun(rig, plan, files.progress)


def remark(plan: "Plan") -> None:
    """Say what is worth a thought before the first load.

    Args:
        plan: The plan.
    """
    from rigs.procedures.plan import STANDARD_GRAVITY_M_S2, plan_hints
    from stance.calibration_screen import gravity_line

    for hint in plan_hints(plan):
        say(hint)
    if plan.gravity_m_s2 == STANDARD_GRAVITY_M_S2:
        say(gravity_line(plan.gravity_m_s2))
