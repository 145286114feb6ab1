"""How good a recording is, line by line. It speaks of the data only, never of the runner.

What is judged are the lights of the results, with the limits that they were judged by; the page adds what else was
found, and judges nothing itself.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.flags import FLAG_NAMES
from daq.device_check import in_real_time
from viewer.report.labels import LIGHTS
from viewer.report.material import Material
from viewer.report.words import count, number

WORDS = {"green": "fine", "amber": "look", "red": "problem", "info": "info"}
"""States of the lights, in words that need no colour."""
MOST_NAMED = 5
UNKNOWN_PPM = 1_000.0
"""A standard uncertainty of the clock as large as this says what such oscillators are like, nothing of this one."""

_REASONS = {
    "adc": "with a reading that the device marked as wrong",
    "saturated": "with a reading at the end of the sensor's range",
    "gap": "touching a gap",
    "no_crossing": "without a clear touchdown or toe-off",
    "wrong_belt": "touching both belts",
    "handrail": "holding the handrail",
    "noisy": "beside a flight that rings or trembles",
}
"""Invalidating flags in words; the others leave a step valid."""
_COUNTERS = (
    ("link counters", "crc_errors", "damaged on the line"),
    ("link counters", "duplicates", "received twice"),
    ("device counters", "frames_dropped", "dropped by the device"),
    ("device counters", "missed", "missed by the device"),
    ("device counters", "late", "read late"),
    ("device counters", "adc_crc_errors", "damaged at the converter"),
)


@dataclass(frozen=True)
class Line:
    """One line about the recording."""

    state: str
    """"fine", "look", "problem" or "info"."""
    what: str
    """What it is about."""
    text: str
    """What was found."""


def quality_lines(material: Material) -> list[Line]:
    """Tell how good a recording is.

    Args:
        material: The session.

    Returns:
        Lines for the report: the lights first, then what nothing judges.
    """
    lights = [_light(light) for light in material.results["quality"]]
    about = (_ended, _gaps, _left_out, _counted, _weight, _episodes, _zero, _clock)
    return lights + [line for line in (describe(material) for describe in about) if line is not None]


def verdict(lines: list[Line]) -> str:
    """Say in one sentence how many of the lines ask for attention."""
    found = [
        count(sum(line.state == state for line in lines), *words)
        for state, words in _ASKING
        if any(line.state == state for line in lines)
    ]
    return f"Found: {' and '.join(found)}." if found else "Nothing in it asks for attention."


_ASKING = (("problem", ("problem",)), ("look", ("thing to look at", "things to look at")))


def light_name(name: str) -> str:
    """Name of a light for people."""
    plain = name.replace("_", " ")
    return LIGHTS.get(name, plain[:1].upper() + plain[1:])


def _light(light: Mapping[str, Any]) -> Line:
    return Line(WORDS[light["state"]], light_name(str(light["name"])), str(light["text"]))


def _ended(material: Material) -> Line | None:
    if material.results["ended_by"] is not None:
        return Line("look", "End", f"ended before its time: {material.results['ended_by']}")
    return None


def _gaps(material: Material) -> Line | None:
    gaps = material.results["gaps"]
    if not gaps:
        return None
    places = [
        f"{at:.2f} s ({count(gap['lost'], 'frame') if gap['lost'] is not None else gap['reason']})"
        for at, gap in zip(material.gap_s[:MOST_NAMED], gaps, strict=False)
    ]
    text = f"{len(gaps):,}, before {', '.join(places)}{_more(len(gaps))}"
    return Line("info", "Gaps", f"{text}; nothing was filled in, and steps that touch a gap are left out")


def _left_out(material: Material) -> Line | None:
    bits = material.table["flags"][~material.table["valid"]]
    found = {name: int(np.count_nonzero(bits & np.uint32(bit))) for bit, name in FLAG_NAMES.items() if name in _REASONS}
    reasons = Counter({name: n for name, n in found.items() if n})
    if not reasons:
        return None
    return Line("info", "Steps left out", "; ".join(f"{n:,} {_REASONS[flag]}" for flag, n in reasons.most_common()))


def _counted(material: Material) -> Line:
    found = [(_number(material.system.get(source), key), words) for source, key, words in _COUNTERS]
    known = [(value, words) for value, words in found if value is not None]
    if not known:
        return Line("info", "Counters", "the recorder left no counts of damaged or dropped frames")
    wrong = [f"{value:,.0f} {words}" for value, words in known if value]
    return Line("info", "Damaged or dropped frames", ", ".join(wrong) or "none counted, on the line or at the device")


def _weight(material: Material) -> Line:
    results = material.results
    if results["bw_N"] is None:
        nobody = "nobody stood still" if results["bw_source"] == "standing" else "no whole stride found"
        return Line("info", "Body weight", f"not known: no mass was given and {nobody}")
    if results["bw_source"] == "mass":
        mass = material.header.mass_kg
        source = "from the mass given" + (f", {mass:g} kg" if mass is not None else "")
    elif results["bw_source"] == "standing":
        source = "vertical force of standing still; no mass was given"
    else:
        source = "mean vertical force of the first whole strides; no mass was given"
    return Line("info", "Body weight", f"{number(results['bw_N'], 1)} N, {source}")


def _episodes(material: Material) -> Line | None:
    found = material.results["episodes"]
    if not found:
        return None
    side = {"L": " (left belt)", "R": " (right belt)"}
    named = [
        f"{episode['kind']}{side.get(episode['belt'], '')} {_from_to(episode['start_s'], episode['end_s'])}"
        for episode in found[:MOST_NAMED]
    ]
    return Line("info", "Besides running", ", ".join(named) + _more(len(found)))


def _from_to(start_s: float, end_s: float) -> str:
    if end_s - start_s < 1.0:
        return f"at {start_s:.1f} s"
    return f"from {start_s:.1f} to {end_s:.1f} s"


def _more(found: int) -> str:
    return f" and {found - MOST_NAMED:,} more" if found > MOST_NAMED else ""


def _zero(material: Material) -> Line:
    if material.tares:
        text = f"{count(material.tares, 'tare')} with nobody on the belt, then followed in every flight"
        return Line("info", "Zero", text)
    return Line("info", "Zero", "no tare; found from the flights, when nothing presses on the belt")


def _clock(material: Material) -> Line:
    if not material.clock_pairs:
        return Line("info", "Clock", "device time; it was not compared with another clock")
    text = f"device time, compared {count(material.clock_pairs, 'time')} with the computer's clock"
    link = material.system.get("link counters")
    ppm, u_ppm = _number(link, "clock_ppm"), _number(link, "u_clock_ppm")
    if ppm is None:
        return Line("info", "Clock", text)
    if not in_real_time(str(material.header.device.get("board", "")), 1.0 + 1e-6 * ppm):
        text += "; this virtual treadmill did not run in real time, so that tells nothing of its clock"
        return Line("info", "Clock", text)
    if u_ppm is not None and u_ppm >= UNKNOWN_PPM:
        return Line("info", "Clock", f"{text}, for too short a time to tell how fast it runs")
    if u_ppm is not None and abs(ppm) <= u_ppm:
        return Line("info", "Clock", f"{text}, from which it does not differ by more than {number(u_ppm, 1)} ppm")
    sure = "" if u_ppm is None else f" (standard uncertainty {number(u_ppm, 1)} ppm)"
    how = "fast" if ppm > 0 else "slow"
    return Line("info", "Clock", f"{text}, against which it runs {number(abs(ppm), 1)} ppm {how}{sure}")


def _number(data: Mapping[str, object] | None, key: str) -> float | None:
    value = data.get(key) if data else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
