"""How good a recording is, line by line. It speaks of the data only, never of the runner."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from daq.results import invalid_steps
from viewer.report.material import Material
from viewer.report.words import count, number

FINE, LOOK, TOLD = "fine", "look", "info"
MOST_NAMED = 5
CLOSURE_FINE = 0.01
"""Further from 1, the mass given, the scale or the zero is wrong."""

_REASONS = {
    "adc": "with a reading that the device marked as wrong",
    "saturated": "with a reading at the end of the sensor's range",
    "gap": "touching a gap",
    "no_crossing": "without a clear touchdown or toe-off",
}
"""Invalidating flags in words; `late` and `no_next` leave a step valid."""
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
    """"fine", "look" or "info"."""
    what: str
    """What it is about."""
    text: str
    """What was found."""


def quality_lines(material: Material) -> list[Line]:
    """Tell how good a recording is.

    Args:
        material: The session.

    Returns:
        Lines for the report.
    """
    about = (_lost, _gaps, _counted, _steps, _weight, _closure, _zero, _clock)
    lines = [describe(material) for describe in about]
    if material.results["ended_by"] is not None:
        lines.append(Line(LOOK, "End", f"ended before its time: {material.results['ended_by']}"))
    return lines


def _lost(material: Material) -> Line:
    frames, lost = material.results["frames"], material.results["lost_frames"]
    resets = sum(gap["lost"] is None for gap in material.results["gaps"])
    if not frames:
        return Line(LOOK, "Frames", "nothing was recorded")
    if not lost and not resets:
        return Line(FINE, "Lost frames", f"none of {frames:,}")
    text = f"{lost:,} of {frames + lost:,} ({number(100 * lost / (frames + lost), 3)} %)"
    if resets:
        text += f", and an unknown number at {count(resets, 'reset')} of the device"
    return Line(LOOK, "Lost frames", text)


def _gaps(material: Material) -> Line:
    gaps = material.results["gaps"]
    if not gaps:
        return Line(FINE, "Gaps", "none")
    places = [
        f"{at:.2f} s ({count(gap['lost'], 'frame') if gap['lost'] is not None else gap['reason']})"
        for at, gap in zip(material.gap_s[:MOST_NAMED], gaps, strict=False)
    ]
    more = f" and {len(gaps) - MOST_NAMED:,} more" if len(gaps) > MOST_NAMED else ""
    text = f"{len(gaps):,}, before {', '.join(places)}{more}"
    return Line(LOOK, "Gaps", f"{text}; nothing was filled in, and steps that touch a gap are left out")


def _counted(material: Material) -> Line:
    found = [(_number(material.system.get(source), key), words) for source, key, words in _COUNTERS]
    known = [(value, words) for value, words in found if value is not None]
    if not known:
        return Line(TOLD, "Counters", "the recorder left no counts of damaged or dropped frames")
    wrong = [f"{value:,.0f} {words}" for value, words in known if value]
    if not wrong:
        return Line(FINE, "Damaged or dropped frames", "none counted, on the line or at the device")
    return Line(LOOK, "Damaged or dropped frames", ", ".join(wrong))


def _steps(material: Material) -> Line:
    steps = material.results["steps"]
    bad = invalid_steps(material.results)
    if not steps:
        return Line(LOOK, "Steps", "none found")
    if not bad:
        return Line(FINE, "Steps", f"{len(steps):,}, all valid")
    reasons = Counter(flag for step in steps if not step["valid"] for flag in step["flags"] if flag in _REASONS)
    why = "; ".join(f"{n:,} {_REASONS[flag]}" for flag, n in reasons.most_common())
    return Line(LOOK, "Steps", f"{len(steps):,}, {bad:,} left out of the means" + (f": {why}" if why else ""))


def _weight(material: Material) -> Line:
    results = material.results
    if results["bw_N"] is None:
        return Line(LOOK, "Body weight", "not known: no mass was given and no whole stride found")
    if results["bw_source"] == "mass":
        mass = material.header.mass_kg
        source = "from the mass given" + (f", {mass:g} kg" if mass is not None else "")
    else:
        source = "mean vertical force of the first whole strides; no mass was given"
    return Line(TOLD, "Body weight", f"{number(results['bw_N'], 1)} N, {source}")


def _closure(material: Material) -> Line:
    closure = material.results["weight_closure"]
    if closure is not None:
        told = "mean vertical force over whole strides ÷ body weight, 1 if scale and zero are right"
        state = FINE if abs(closure - 1.0) <= CLOSURE_FINE else LOOK
        return Line(state, "Weight closure", f"{number(closure, 4)}: {told}")
    if material.results["bw_N"] is not None and material.results["bw_source"] == "strides":
        text = "not available: body weight was itself taken from the strides; give the runner's mass to check the scale"
        return Line(TOLD, "Weight closure", text)
    return Line(LOOK, "Weight closure", "not available: no whole stride was found")


def _zero(material: Material) -> Line:
    if material.tares:
        text = f"{count(material.tares, 'tare')} with nobody on the belt, then followed in every flight"
        return Line(TOLD, "Zero", text)
    return Line(TOLD, "Zero", "no tare; found from the flights, when nothing presses on the belt")


def _clock(material: Material) -> Line:
    if not material.clock_pairs:
        return Line(TOLD, "Clock", "device time; it was not compared with another clock")
    text = f"device time, compared {count(material.clock_pairs, 'time')} with the computer's clock"
    link = material.system.get("link counters")
    ppm, u_ppm = _number(link, "clock_ppm"), _number(link, "u_clock_ppm")
    if ppm is None:
        return Line(TOLD, "Clock", text)
    sure = "" if u_ppm is None else f" (standard uncertainty {number(u_ppm, 1)} ppm)"
    how = "fast" if ppm > 0 else "slow"
    return Line(TOLD, "Clock", f"{text}, against which it runs {number(abs(ppm), 1)} ppm {how}{sure}")


def _number(data: Mapping[str, object] | None, key: str) -> float | None:
    value = data.get(key) if data else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
