"""What a tap test comes to: the modes a rig file may take, what is to be said of them, and what the rig may print."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from analysis.modal import ModalFit
from analysis.protocol import get_protocol
from analysis.quality import Light
from analysis.setup import DeckModes, Mode, Setup
from analysis.tap_verdict import SECOND, Rocking, combined, loading_text, rocking, trusted, verdict
from daq.rig import Rig
from rigs.procedures.tapping import AXES, AxisFound

BELTS_AGREE = 0.02
"""Two decks that differ by more do not share one mode."""
NAMES = {"x": "fore-aft", "y": "sideways", "z": "vertical"}


@dataclass(frozen=True)
class TapReport:
    """All that a tap test says."""

    found: tuple[AxisFound, ...]
    """What was found along each axis, on each belt, with and without a person."""
    modes: dict[str, Mode]
    """Modes that may be written, by axis."""
    remarks: tuple[str, ...]
    """What there is to know about them."""
    lights: tuple[Light, ...]
    """What the rig may print with them."""

    @property
    def refused(self) -> bool:
        """Whether some axis that was tapped could not be told."""
        return any(one.fit is None for one in self.found) or not self.found

    def lines(self) -> list[str]:
        """The report for a terminal."""
        lines = [line for one in self.found for line in _axis_lines(one)]
        lines += [f"  {remark}" for remark in self.remarks]
        return [*lines, *(f"{light.state.upper():6s} {light.name}: {light.text}" for light in self.lights)]

    def as_dict(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "found": [asdict(one) for one in self.found],
            "modes": {axis: asdict(mode) for axis, mode in self.modes.items()},
            "remarks": list(self.remarks),
            "lights": [asdict(light) for light in self.lights],
        }


@dataclass
class _Axis:
    """What is gathered of one axis."""

    modes: list[Mode] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    whole: bool = True


def report(rig: Rig, found: Sequence[AxisFound], sample_rate_Hz: float) -> TapReport:
    """Draw the conclusions of a tap test.

    Args:
        rig: The rig.
        found: What was found.
        sample_rate_Hz: True sampling rate, Hz.

    Returns:
        The report.
    """
    modes: dict[str, Mode] = {}
    remarks: list[str] = []
    for axis in AXES:
        of_axis = [one for one in found if one.axis == axis]
        gathered = _Axis()
        for belt in sorted({one.belt for one in of_axis}):
            _gather(gathered, [one for one in of_axis if one.belt == belt])
        remarks += gathered.remarks
        mode = _shared(rig, axis, gathered, remarks) if gathered.modes and gathered.whole else None
        if mode is not None:
            modes[axis] = mode
    setup = Setup(
        sample_rate_Hz=sample_rate_Hz, tick_rate_Hz=1.0, belts=rig.belts(), protocol=get_protocol(),
        deck=with_modes(rig.deck_modes(), modes),
    )  # fmt: skip
    return TapReport(tuple(found), modes, tuple(remarks), verdict(setup))


def with_modes(deck: DeckModes, modes: dict[str, Mode]) -> DeckModes:
    """A deck with some of its modes replaced.

    Args:
        deck: The deck.
        modes: Modes by axis.

    Returns:
        The deck as the rig file would say it with them.
    """
    return replace(deck, x=modes.get("x", deck.x), y=modes.get("y", deck.y), z=modes.get("z", deck.z))


def _gather(axis: _Axis, found: Sequence[AxisFound]) -> None:
    """Take in what was found on one belt."""
    name = _name(found[0])
    fits: dict[bool, ModalFit | None] = {one.loaded: one.fit for one in found}
    rocks = [rocks for one in found if one.fit is not None and (rocks := rocking(one.fit, one.places)) is not None]
    for one in rocks:
        axis.remarks.append(_rocking_text(name, one))
    if any(fit is None for fit in fits.values()) or any(one.too_much for one in rocks):
        axis.whole = False
        return
    unloaded, loaded = fits.get(False), fits.get(True)
    mode = combined(unloaded, loaded)
    if rocks:
        spread = max(one.share for one in rocks) * mode.natural_frequency_Hz / np.sqrt(12.0)
        mode = replace(mode, u_natural_frequency_Hz=float(np.hypot(mode.u_natural_frequency_Hz, spread)))
    if unloaded is not None and loaded is not None:
        axis.remarks.append(f"{name}: {loading_text(unloaded, loaded)}")
    axis.modes.append(mode)


def _shared(rig: Rig, axis: str, gathered: _Axis, remarks: list[str]) -> Mode | None:
    """One mode for all belts, for a rig file has one table per axis; None if they do not share one."""
    if len(gathered.modes) < len(rig.belts()):
        remarks.append(f"{NAMES[axis]}: only one of the two decks was tapped; their mode is written when both were")
        return None
    frequency = np.array([mode.natural_frequency_Hz for mode in gathered.modes])
    damping = np.array([mode.damping for mode in gathered.modes])
    if np.ptp(frequency) > BELTS_AGREE * frequency.mean():
        one, other = frequency.tolist()
        remarks.append(f"{NAMES[axis]}: the decks differ, {one:.1f} and {other:.1f} Hz, and a rig file has one mode for"
                       " both: it is not written. Stiffen the softer one.")  # fmt: skip
        return None
    u = [max(getattr(mode, name) for mode in gathered.modes) for name in ("u_natural_frequency_Hz", "u_damping")]
    halves = 0.5 * float(np.ptp(frequency)), 0.5 * float(np.ptp(damping))
    return Mode(
        float(frequency.mean()), float(damping.mean()), float(np.hypot(u[0], halves[0])),
        float(np.hypot(u[1], halves[1])), identified=True,
    )  # fmt: skip


def _name(one: AxisFound) -> str:
    return NAMES[one.axis] + (f", belt {one.belt}" if one.belt else "")


def _rocking_text(name: str, one: Rocking) -> str:
    (low, low_Hz), (high, high_Hz) = one.lowest, one.highest
    text = f"{name}: {low_Hz:.1f} Hz at {low}, {high_Hz:.1f} Hz at {high}: the deck also rocks on its supports"
    if one.too_much:
        return f"{text}; one mode does not describe it, and none is written. Stiffen it, or level its feet."
    return f"{text}; the spread is in the uncertainty"


def _axis_lines(one: AxisFound) -> list[str]:
    head = f"{_name(one)}, {'with a person on it' if one.loaded else 'empty'}"
    if one.fit is None:
        return [f"{head}: REFUSED. {one.refusal}"]
    fit, mode = one.fit, trusted(one.fit.mode)
    lines = [
        f"{head}: {mode.natural_frequency_Hz:.2f} ± {max(mode.u_natural_frequency_Hz, 0.01):.2f} Hz, damping"
        f" {mode.damping:.3f} ± {max(mode.u_damping, 0.001):.3f} ({fit.taps} of {one.blows} blows used)"
    ]
    if fit.second is not None and fit.second.strength > 0.03:
        more = "; only the first is taken out" if fit.second.strength > SECOND else ""
        lines.append(f"  a second mode: {fit.second.natural_frequency_Hz:.1f} Hz, damping {fit.second.damping:.3f},"
                     f" {100 * fit.second.strength:.0f} % as strong{more}")  # fmt: skip
    if fit.lines_Hz:
        lines.append(f"  periodic forces beside it: {', '.join(f'{hz:.1f}' for hz in fit.lines_Hz)} Hz")
    return lines
