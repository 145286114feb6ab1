"""How results look in a terminal: prose on standard error, results on standard output."""

import json
from collections.abc import Iterator
from typing import Any

import click

from analysis.statistics import Z95
from analysis.steps import EXTRA
from analysis.timing import ALWAYS
from daq.force_layout import IMPORTED, IMPORTED_UNKNOWN
from daq.results import Results, invalid_steps

SHOWN = (
    ("cadence_spm", "cadence", "steps/min", 1),
    ("contact_time_ms", "contact (support) time", "ms", 1),
    ("flight_time_ms", "flight time", "ms", 1),
    ("step_length_m", "step length", "m", 3),
    ("vertical_oscillation_mm", "vertical oscillation", "mm", 1),
    ("active_peak_BW", "active peak", "BW", 2),
    ("impact_peak_BW", "impact peak", "BW", 2),
    ("hf_peak_BW", "peak above 10 Hz", "BW", 3),
    ("valr_BW_s", "loading rate (VALR)", "BW/s", 1),
    ("vertical_impulse_BW_s", "vertical impulse", "BW·s", 3),
    ("braking_peak_BW", "braking peak", "BW", 3),
    ("braking_impulse_BW_s", "braking impulse", "BW·s", 4),
    ("propulsive_impulse_BW_s", "propulsive impulse", "BW·s", 4),
    ("modelled_braking_peak_BW", "braking peak (modelled)", "BW, not measured", 3),
)
"""Column, words, unit, decimals."""
ASKING = {"red": "PROBLEM", "amber": "look"}
"""States of the quality lights that are told, in words, the worst first."""
MOST_LIGHTS = 10
FEET = {"L": "left", "R": "right"}
SOURCES = {
    "mass": "from the mass given",
    "strides": "mean force of the first strides",
    "standing": "force of standing still",
}
"""Where body weight comes from."""


def print_json(results: Any) -> None:
    """One JSON object on standard output; NaN would be a bug and raises."""
    click.echo(json.dumps(results, allow_nan=False))


def say(text: str) -> None:
    """A line of prose on standard error."""
    click.echo(text, err=True)


def print_results(results: Results) -> None:
    """A session on one screen.

    Args:
        results: As `stance analyze --json` prints them.
    """
    for line in (*_recording(results), *_table(results), *_landing(results), *_lights(results)):
        click.echo(line)


def _recording(results: Results) -> Iterator[str]:
    resets = sum(gap["lost"] is None for gap in results["gaps"])
    losses = f"{results['lost_frames']} lost" + (f" and {_count(resets, 'device reset')}" if resets else "")
    yield (
        f"{results['duration_s']:.1f} s at {results['sample_rate_Hz']:g} Hz, {results['frames']} frames, {losses}, "
        f"{_count(len(results['gaps']), 'gap')}"
    )
    if results["ended_by"] is not None:
        yield f"ended before its time: {results['ended_by']}"
    if not results["steps"] and "contact_time_ms" in results["missing"]:
        yield f"no steps: {results['missing']['contact_time_ms']}"
    else:
        yield _steps(results)
    if results["standing_N"] is not None:
        yield f"standing weight {results['standing_N']:.1f} N"
    if results["bw_N"] is not None:
        yield f"body weight {results['bw_N']:.1f} N ({SOURCES[results['bw_source']]})"
    if results["weight_closure"] is not None:
        yield f"weight closure {results['weight_closure']:.4f} (1 if mass, scale and zero are right)"


def _steps(results: Results) -> str:
    bad = invalid_steps(results)
    return (
        f"{len(results['steps'])} steps" + (f", {bad} of them invalid" if bad else "") + _sides(results["steps"])
        + f"; protocol {results['protocol']}"
    )  # fmt: skip


def _sides(steps: list[dict[str, Any]]) -> str:
    """How many steps each foot made."""
    if not steps:
        return ""
    sides = [step["side"] for step in steps]
    if not set(sides) & set(FEET):
        return " (left and right not known)"
    unknown = sum(side not in FEET for side in sides)
    told = [f"{sides.count(side)} {words}" for side, words in FEET.items()]
    return f" ({', '.join(told)}" + (f", {unknown} unknown)" if unknown else ")")


def _table(results: Results) -> Iterator[str]:
    summary = results["summary"]
    if summary:
        yield f"{'':24s} {'mean':>9s} {'±':>8s} {'SD':>8s} {'median':>9s} {'n':>5s}"
    for column, words, unit, digits in SHOWN:
        if column in summary:
            yield _line(words, unit, digits, summary[column], doubt=column in results["doubtful"])
        if column == "contact_time_ms":
            yield from _contact_levels(results)
    if results["steps"] and "braking_peak_BW" not in summary:
        yield f"braking: not observable ({results['missing'].get('braking_peak_BW', 'no valid step has it')})"
    if summary:
        yield f"± holds the true mean about 95 times in 100{_assumption(results)}"
    if any(column in summary for column in results["doubtful"]):
        yield "? in doubt: see the lines below, or all of it in the report"


def _assumption(results: Results) -> str:
    """What the uncertainty rests on, if on no calibration."""
    if results["rig"] == IMPORTED:
        return f"; {IMPORTED_UNKNOWN}"
    rests = results.get("uncertainty", {}).get("calibration")
    return "; not calibrated: cells taken as right to 1 % and placed to 5 mm" if rests == "assumed" else ""


def _contact_levels(results: Results) -> Iterator[str]:
    """Contact times at the thresholds that were asked for."""
    columns = results["steps"][0] if results["steps"] else ()
    for column in columns:
        level = column.removeprefix("contact_time_").removesuffix("_ms")
        if not EXTRA.fullmatch(column) or level in ALWAYS:
            continue
        words = "contact at " + level.replace("pctBW", " % BW").replace("N", " N")
        if column in results["summary"]:
            yield _line(words, "ms", 1, results["summary"][column], doubt=column in results["doubtful"])
        else:
            yield f"{words}: not known ({_why(results, column)})"


def _landing(results: Results) -> Iterator[str]:
    """Impact and foot strike: two questions, each with how sure the answer is."""
    shares = results["shares"]["impact_class"]
    if shares:
        words = {"impact": "steps with impact", "none": "steps without impact", "uncertain": "impact uncertain"}
        doubt = " ?" if "impact_class" in results["doubtful"] else ""
        yield from (f"{what:24s} {_share(shares[name])}{doubt}" for name, what in words.items() if name in shares)
        yield f"{'impact estimators agree':24s} in {_agreement(results['steps'])}"
    elif results["steps"]:
        yield f"impact: nothing can be said ({_why(results, 'impact_class')})"
    strikes = results["foot_strike"]
    feet = [f"{words} {_strike(strikes[side])}" for side, words in FEET.items() if side in strikes]
    if feet:
        doubt = " ?" if "foot_strike" in results["doubtful"] else ""
        yield f"{'foot strike':24s} {', '.join(feet)}{doubt}"
    if "heel_share" in strikes:
        yield f"{'landings on the heel':24s} {_heel(strikes['heel_share'])}"
    elif results["steps"] and not feet:
        yield f"foot strike: nothing can be said ({_why(results, 'foot_strike')})"


def _why(results: Results, column: str) -> str:
    return str(results["missing"].get(column, "no valid step has a verdict"))


def _share(share: dict[str, Any]) -> str:
    return f"{100 * share['share']:.0f} % (95 % interval {100 * share['low']:.0f} to {100 * share['high']:.0f} %)"


def _heel(share: dict[str, Any]) -> str:
    unsure, steps = share["uncertain"], share["steps"]
    if unsure > steps:
        return f"not told: {unsure} of {_count(unsure + steps, 'step')} are uncertain"
    return f"{_share(share)} of {_count(steps, 'step')} with a verdict"


def _agreement(steps: list[dict[str, Any]]) -> str:
    told = [step["impact_agreement"] for step in steps if step["valid"] and step["impact_class"] is not None]
    return f"{sum(told)} of {_count(len(told), 'step')}"


def _strike(foot: dict[str, Any]) -> str:
    if foot["name"] == "uncertain":
        return f"uncertain (rearfoot with {100 * foot['rearfoot_p']:.0f} %)"
    return f"{foot['name']} ({100 * foot['p']:.0f} % probable)"


def _lights(results: Results) -> Iterator[str]:
    """The quality lights that ask for attention, the worst first, as many as a screen has room for."""
    asking = [light for state in ASKING for light in results["quality"] if light["state"] == state]
    for light in asking[:MOST_LIGHTS]:
        name = light["name"].replace("_", " ").replace("fore aft", "fore-aft")
        yield f"{ASKING[light['state']]}: {name}: {light['text']}"
    if len(asking) > MOST_LIGHTS:
        yield f"and {len(asking) - MOST_LIGHTS} more such lines: see the report"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def _line(words: str, unit: str, digits: int, values: dict[str, Any], *, doubt: bool = False) -> str:
    sd = "" if values["sd"] is None else f"{values['sd']:.{digits}f}"
    sure = "" if values["u"] is None else f"{Z95 * values['u']:.2g}"
    return (f"{words:24s} {values['mean']:9.{digits}f} {sure:>8s} {sd:>8s} {values['median']:9.{digits}f} "
            f"{values['n']:5d}  {unit}{' ?' if doubt else ''}")  # fmt: skip
