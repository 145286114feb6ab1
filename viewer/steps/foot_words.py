"""What is said about the stances of a foot, from the step table's columns."""

from collections.abc import Mapping

import numpy as np

from analysis.flags import INVALIDATING, flag_list
from analysis.steps import StepTable
from viewer.report.words import count, number
from viewer.steps.foot_view import FootView
from viewer.steps.stance_choice import Foot, Ints

FEET = {"L": "L · left foot", "R": "R · right foot", "?": "Foot not known"}
VERDICTS = {"impact": "heel impact", "uncertain": "heel impact uncertain", "none": "no heel impact"}
"""Words for `impact_class`."""
SHORT_VERDICTS = {"impact": "impact", "uncertain": "uncertain", "none": "no impact"}
LONGEST_VERDICT = "heel impact not observed"
REASONS = {
    "adc": "wrong reading",
    "saturated": "sensor at its limit",
    "gap": "touches a gap",
    "no_crossing": "no clear touchdown or toe-off",
    "wrong_belt": "touches both belts",
    "handrail": "handrail held",
    "noisy": "flight too noisy",
}
"""Words for the flags that make a step invalid."""


def title(table: StepTable, foot: Foot) -> str:
    """Which foot, and which step is the current one."""
    words = FEET[foot.side]
    if foot.rows.size:
        row = foot.rows[-1]
        words += f" · step {table['step'][row]}" + (", walking" if table["gait"][row] == "walk" else "")
    return words


def short_title(table: StepTable, foot: Foot) -> str:
    """The same in a few letters."""
    return f"{foot.side} {table['step'][foot.rows[-1]]}" if foot.rows.size else foot.side


def left_out(table: StepTable, row: int) -> str:
    """Why a step does not count."""
    names = flag_list(int(table["flags"][row]) & int(INVALIDATING))
    reasons = ", ".join(REASONS.get(name, name.replace("_", " ")) for name in names)
    return f"step {table['step'][row]} left out: {reasons or 'not valid'}"


def note(table: StepTable, foot: Foot, view: FootView, missing: Mapping[str, str]) -> str:
    """What there is to say of the newest step; empty if nothing.

    Args:
        table: The steps.
        foot: The steps shown.
        view: What is drawn of them.
        missing: Why columns are empty.

    Returns:
        One short line.
    """
    if foot.left_out is not None:
        return left_out(table, foot.left_out)
    if not foot.rows.size:
        return ""
    if view.current is None:
        return "curve not there yet"
    return "" if view.parts or not view.vertical else no_parts(table, int(foot.rows[-1]), missing)


def no_parts(table: StepTable, row: int, missing: Mapping[str, str]) -> str:
    """Why no areas are drawn under a step, in one short line."""
    if table["gait"][row] == "walk":
        return "no split in walking"
    reason = missing.get("two_mass_r2", "")  # given also where the fit separates nothing
    if reason:
        return f"no split: {reason}"
    answer = str(table["two_mass_class"][row])
    return "no separable impact" + (f" (fit: {answer})" if answer else "")


def numbers(table: StepTable, shown: Ints, *, short: bool = False) -> str:
    """How many steps are drawn, and their contact time, mean ± SD.

    Args:
        table: The steps.
        shown: (k,) rows of the steps drawn.
        short: In fewer words.

    Returns:
        For the line under a foot.
    """
    if not shown.size:
        return "none yet" if short else "no step of this foot yet"
    contact = table["contact_time_ms"][shown]
    if np.isnan(contact).any():  # all of them, on a rig that must not print it
        return count(shown.size, "step") if short else f"{count(shown.size, 'step')} · contact time not observed"
    time = number(float(contact.mean()), 0)
    if shown.size > 1:
        time += f" ± {number(float(np.std(contact, ddof=1)), 0)}"
    return f"{time} ms" if short else f"{count(shown.size, 'step')} · contact {time} ms"


def verdict(table: StepTable, row: int, missing: Mapping[str, str], *, short: bool = False) -> str:
    """`impact_class` of a step in words; empty for a walking step, which has none."""
    answer = str(table["impact_class"][row])
    if answer or table["gait"][row] == "walk":
        return (SHORT_VERDICTS if short else VERDICTS).get(answer, answer)
    reason = missing.get("impact_class", "")
    return LONGEST_VERDICT + (f": {reason}" if reason else "")
