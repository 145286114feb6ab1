"""What an import understood, in plain words, for people."""

from dataclasses import dataclass

import numpy as np

from analysis.protocol import G
from analysis.setup import Runner
from daq.force_session import ForceRecording
from daq.imports.axes import Axes
from daq.imports.belts import Arrangement
from daq.imports.imported import ForeignForce


@dataclass(frozen=True)
class Fact:
    """One line of what was understood."""

    name: str
    """For example "forward"."""
    value: str
    """For example "+y of the file"."""
    why: str = ""
    """What tells it."""


def left_axis(axes: Axes) -> str:
    """Axis of the file that points to the left, for example "-z"."""
    row = axes.matrix[1]
    number = int(np.argmax(np.abs(row)))
    return f"{'-' if row[number] < 0 else '+'}{'xyz'[number]}"


def make_facts(
    foreign: ForeignForce, axes: Axes, arrangement: Arrangement, recording: ForceRecording, runner: Runner,
    mean_N: float | None,
) -> tuple[Fact, ...]:  # fmt: skip
    """Tell what was understood.

    Args:
        foreign: The force.
        axes: How its axes lie.
        arrangement: Which belt is which.
        recording: What became of it.
        runner: What is known of the runner.
        mean_N: Mean vertical force over whole strides, N; None if there are too few.

    Returns:
        One line each.
    """
    seen = next(iter(recording.observable.values()))
    facts = [
        Fact("file", f"{foreign.format}, {foreign.n} samples at {foreign.sample_rate_Hz:g} Hz", _length(foreign)),
        Fact("belts", _belts(arrangement), arrangement.why),
        Fact("units", ", ".join(f"{quantity} {unit}" for quantity, unit in foreign.units.items()) or "N, N·m"),
        Fact("up", f"{axes.up} of the file", axes.up_why),
    ]
    if len(seen) > 1:
        facts += [
            Fact("forward", f"{axes.forward} of the file", _forward_why(axes)),
            Fact("left", f"{left_axis(axes)} of the file", _left_why(foreign)),
            Fact("belt's centre", _place(arrangement), arrangement.origin_why),
        ]
    facts += [Fact("sign", "ground reaction" if axes.sign > 0 else "reversed", axes.sign_why), _weight(mean_N, runner)]
    facts.append(
        Fact("measured", ", ".join(part for part in ("Fx", "Fy", "Fz", "Mx", "My", "Mz") if part in seen), _lack(seen))
    )
    facts.append(
        Fact("date", foreign.measured or "not known", foreign.measured_why or "the file does not tell; --date")
    )
    if foreign.events:
        facts.append(Fact("events", _events(foreign)))
    if foreign.ignored:
        facts.append(Fact("not used", ", ".join(foreign.ignored)[:120]))
    return tuple(facts)


def _left_why(foreign: ForeignForce) -> str:
    why = "our names say so" if foreign.ours else foreign.handed
    return f"up × forward; right-handed axes{f': {why}' if why else ', as taken: the file does not tell'}"


def _length(foreign: ForeignForce) -> str:
    lost = 0 if foreign.missing is None else int(foreign.missing.sum())
    return f"{foreign.n / foreign.sample_rate_Hz:.1f} s, {f'{lost} samples missing' if lost else 'no gaps'}"


def _belts(arrangement: Arrangement) -> str:
    names = {"": "one belt", "L": "left", "R": "right"}
    return "; ".join(
        f"{names[side]}: {' + '.join(belt.name for belt in parts)}" for side, parts in arrangement.belts.items()
    )


def _forward_why(axes: Axes) -> str:
    parts = [axes.forward_why]
    if axes.cop_speed_m_s is not None:
        parts.append(f"{axes.cop_speed_m_s:+.2f} m/s in stance")
    return "; ".join(parts)


def _place(arrangement: Arrangement) -> str:
    return "(" + ", ".join(f"{value:.3f}" for value in arrangement.origin) + ") m of the file"


def _weight(mean_N: float | None, runner: Runner) -> Fact:
    if mean_N is None:
        return Fact("body weight", "not seen", "fewer than four steps")
    if runner.mass_kg is None:
        return Fact("body weight", f"{mean_N:.1f} N, {mean_N / G:.1f} kg", "mean vertical force over whole strides")
    ratio = mean_N / (runner.mass_kg * G)
    return Fact(
        "body weight", f"{ratio:.3f} of {runner.mass_kg:g} kg", "mean vertical force over whole strides per weight"
    )


def _lack(seen: frozenset[str]) -> str:
    lacks = []
    if "Fx" not in seen:
        lacks.append("braking only modelled")
    if "My" not in seen:
        lacks.append("no foot strike, no COP along the foot")
    if "Mx" not in seen:
        lacks.append("no left and right, no step width")
    if "Mz" not in seen and not lacks:
        lacks.append("no free moment")
    return "; ".join(lacks) or "all six components"


def _events(foreign: ForeignForce) -> str:
    counts: dict[str, int] = {}
    for event in foreign.events:
        counts[event.text] = counts.get(event.text, 0) + 1
    return ", ".join(f"{number} {text}" for text, number in counts.items())[:160]
