"""What a comparison is made of: its kind, sessions, rigs, protocol and versions, in words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from analysis.comparison import Comparison
from analysis.protocol import get_protocol
from analysis.uncertainty_probes import CALIBRATION
from daq.analysed import Analysed
from daq.bouts import in_span
from viewer.report.compare_material import CompareMaterial, Shown
from viewer.report.labels import LIGHTS
from viewer.report.quality import WORDS
from viewer.report.recording import protocol_in_words
from viewer.report.words import count, duration, number, when

READ_OUT = {
    "calibrated": "calibrated",
    "assumed": "not calibrated: cells taken as right to 1 % and placed to 5 mm",
    "imported": "imported force; its own system calibrated it or not",
    "unknown": "not known",
}
"""State of a session's read-out, in words."""


@dataclass(frozen=True)
class SessionLine:
    """One session, as the page lists it."""

    name: str
    """Name of the file."""
    recorded: str
    """Date and time."""
    bouts: str
    """Which of its bouts belong where, and their valid steps."""
    verdict: str
    """What its quality lights say together."""
    lights: tuple[tuple[str, str, str], ...]
    """Those that ask for attention: state, what, text."""


def facts(material: CompareMaterial) -> list[str]:
    """The line under the title.

    Args:
        material: The comparison.

    Returns:
        Short texts.
    """
    runners = list(dict.fromkeys(shown.session.header.subject for shown in material.sessions))
    named = [runner for runner in runners if runner]
    design = material.comparison.design
    return [
        *([", ".join(named)] if len(named) == 1 else [count(len(runners), "runner")] if len(runners) > 1 else []),
        *filter(None, [_speeds(material)]),
        f"{design.bouts[0]} + {count(sum(design.bouts) - design.bouts[0], 'bout')}",
        f"{design.steps[0]:,} + {count(design.steps[1], 'valid step')}",
    ]


def because(comparison: Comparison) -> str:
    """Why it is a test or not, without the verdict itself, which stands before it everywhere."""
    why = comparison.design.why.removeprefix("Not a test: ")
    return why[:1].upper() + why[1:]


def design_rows(material: CompareMaterial) -> list[tuple[str, str]]:
    """What kind of comparison this is.

    Args:
        material: The comparison.

    Returns:
        What, and in words; rows without a value are left out.
    """
    design = material.comparison.design
    sessions = [shown.session for shown in material.sessions]
    protocol = get_protocol(sessions[0].results["protocol"])
    rows = [
        ("Kind", f"{_sentence(design.kind)}. {because(material.comparison)}"),
        ("Method", design.method),
        ("Made of", f"{count(design.sessions, 'session')} {_on_days(design.days)}, {_pair(design.bouts)} bouts, "
         f"{_pair(design.steps)} valid steps ({material.names[0]}, {material.names[1]})"),
        ("Own variation", _baseline(material)),
        ("Speed", _speeds(material) or "not known"),
        ("Incline", _each(sessions, lambda one: _incline(one.header.incline_deg))),
        ("Protocol", f"{protocol.name}, version {protocol.version}: {protocol_in_words(protocol)}"),
        ("Rig", _each(sessions, lambda one: str(one.results["rig"]))),
        ("Calibration", _each(sessions, lambda one: READ_OUT[one.results["uncertainty"].get(CALIBRATION, "unknown")])),
        ("Body weight", _each(sessions, _weight)),
        ("Software", _each(sessions, lambda one: str(one.results["software"]))),
    ]  # fmt: skip
    return [(what, text) for what, text in rows if text]


def session_lines(material: CompareMaterial) -> list[SessionLine]:
    """Every session compared, with its quality.

    Args:
        material: The comparison.

    Returns:
        One line each.
    """
    return [_line(shown, material.names) for shown in material.sessions]


def _line(shown: Shown, names: tuple[str, str]) -> SessionLine:
    results = shown.session.results
    lights = [(WORDS[light["state"]], LIGHTS.get(light["name"], _sentence(light["name"])), light["text"])
              for light in results["quality"]]  # fmt: skip
    asking = tuple(light for light in lights if light[0] in ("problem", "look"))
    told = [_bouts(shown, side, name) for side, name in enumerate(names) if shown.spans[side]]
    return SessionLine(
        name=shown.session.path.name,
        recorded=f"{when(shown.session.header.created_utc)}, {duration(results['duration_s'])}",
        bouts="; ".join(told),
        verdict="nothing asks for attention" if not asking else count(len(asking), "thing") + " to look at",
        lights=asking,
    )


def _bouts(shown: Shown, side: int, name: str) -> str:
    table = shown.session.table
    told = []
    for span in shown.spans[side]:
        steps = int(np.sum(in_span(table, span) & table["valid"]))
        told.append(f"{span.name} ({count(steps, 'valid step')})" if span.name else count(steps, "valid step"))
    return f"{name}: {', '.join(told)}"


def _speeds(material: CompareMaterial) -> str:
    """Belt speed of both sides, from the steps themselves; once where both print alike."""
    told = []
    for side in (0, 1):
        found = [speed for shown in material.sessions for speed in _side_speeds(shown, side)]
        if found:
            told.append(f"{number(float(np.mean(np.concatenate(found))), 2)} m/s")
    return "" if len(told) < 2 else told[0] if told[0] == told[1] else " and ".join(told)


def _side_speeds(shown: Shown, side: int) -> list[np.ndarray]:
    table = shown.session.table
    known = table["valid"] & ~np.isnan(table["belt_speed_m_s"])
    speeds = [table["belt_speed_m_s"][known & in_span(table, span)] for span in shown.spans[side]]
    return [speed for speed in speeds if speed.size]


def _on_days(days: int | None) -> str:
    return "of days that are not known" if days is None else "of one day" if days == 1 else f"of {days} days"


def _baseline(material: CompareMaterial) -> str:
    names = ", ".join(one.path.name for one in material.baseline)
    if any(one.mdc is not None for one in material.comparison.differences.values()):
        return f"from {names}" if names else f"from the days of “{material.names[0]}”"
    given = f"{names}: fewer than two days of the same kind whose dates are known" if names else "no baseline was given"
    return f"{given}; what this runner changes from day to day is not known"


def _each(sessions: Iterable[Analysed], text: Callable[[Analysed], str]) -> str:
    """What all sessions have alike, or what each has."""
    told = {one.path.name: text(one) for one in sessions}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return "; ".join(f"{name}: {words}" for name, words in told.items() if words)


def _weight(one: Analysed) -> str:
    source = {"mass": "from the mass given", "strides": "from the strides", "standing": "standing still"}
    bw_N = one.results["bw_N"]
    return "not known" if bw_N is None else f"{number(bw_N, 1)} N, {source[one.results['bw_source']]}"


def _incline(incline_deg: float | None) -> str:
    return "" if incline_deg is None else f"{number(incline_deg, 1)}°"


def _pair(counts: tuple[int, int]) -> str:
    return f"{counts[0]:,} and {counts[1]:,}"


def _sentence(name: str) -> str:
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]
