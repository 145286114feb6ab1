"""What a tap test means: the mode to write down, whether the deck rocks, and what the rig may print with its modes.

Limits are those of `analysis.gates`; nothing is decided here a second time.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.deck import compensates
from analysis.gates import BRAKING_IMPULSES, BRAKING_PEAKS, IMPACT, SHAPE, deck_lights, gated_columns
from analysis.modal import ModalFit
from analysis.quality import AMBER, GREEN, RED, Light
from analysis.setup import Mode, Setup

GROUPS = (
    ("loading rates and impact", "z", IMPACT, "vertical_mode"),
    ("contact times and peaks", "z", tuple(name for name in SHAPE if name not in IMPACT), "vertical_mode"),
    ("braking peaks", "x", BRAKING_PEAKS, "fore_aft_mode"),
    ("braking impulses", "x", BRAKING_IMPULSES, "fore_aft_mode"),
)
"""What may be printed or not, by the axis that decides it, its columns, and the light that speaks of that axis."""
ROCKS_BY = 0.005
"""Places whose frequencies differ by less than this share do no harm."""
BY_CHANCE = 1e-3
ROCKS_TOO_MUCH = 0.04
"""One mode per axis is off by half of it at the worst place: by more than the 2 % that a tap test must be right to."""
SECOND = 0.3
"""A second mode of this relative strength is not taken out with the first and is worth a word."""
LEAST_U_FREQUENCY, LEAST_U_DAMPING = 0.002, 0.02
"""Shares to which a frequency and a damping are known at best: one mode is a model of the deck. Its mounts soften with
warmth and with the force on them, and damp by friction, so that a runner meets another mode than the mallet, however
well the blows agree among themselves."""
COST = ((25.0, 2.9, 0.6), (35.0, 2.5, 2.3), (45.0, 0.5, 3.9), (60.0, 0.5, 1.5), (90.0, 0.1, 0.6))
"""Frequency, Hz, and what 5 % of error in it add to the error of the impact peak and of VALR, % (metrics, 9.2)."""


@dataclass(frozen=True)
class Rocking:
    """How the frequency depends on the place that is hit."""

    lowest: tuple[str, float]
    """Place and frequency, Hz, where it is lowest …"""
    highest: tuple[str, float]
    """… and where it is highest."""

    @property
    def share(self) -> float:
        """Their difference over their mean."""
        return 2.0 * (self.highest[1] - self.lowest[1]) / (self.highest[1] + self.lowest[1])

    @property
    def too_much(self) -> bool:
        """Whether one mode does not describe the axis."""
        return self.share > ROCKS_TOO_MUCH


def rocking(fit: ModalFit, places: Sequence[str]) -> Rocking | None:
    """Look whether the frequency depends on the place.

    Args:
        fit: Of blows in several places.
        places: Place of each blow, of those not used too.

    Returns:
        The two extremes; None if the places agree within their uncertainty, or to half a per cent.
    """
    from scipy.stats import chi2

    by_place: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for blow, found, u in zip(fit.alone, fit.tap_frequency_Hz, fit.u_tap_frequency_Hz, strict=True):
        by_place[places[blow]].append((found, max(u, 1e-9)))
    if len(by_place) < 2:
        return None
    mean, u_mean, misfit, freedom = {}, {}, 0.0, 0
    for place, taps in by_place.items():
        value, u = np.array(taps).T
        mean[place] = float(np.average(value, weights=u**-2))
        u_mean[place] = float(np.sum(u**-2) ** -0.5)
        misfit += float(np.sum(((value - mean[place]) / u) ** 2))
        freedom += value.size - 1
    inflated = max(1.0, misfit / freedom) if freedom else 1.0
    at, weight = np.array(list(mean.values())), np.array(list(u_mean.values())) ** -2.0
    between = float(np.sum(weight * (at - np.average(at, weights=weight)) ** 2)) / inflated
    low, high = min(mean, key=mean.__getitem__), max(mean, key=mean.__getitem__)
    found_rocking = Rocking((low, mean[low]), (high, mean[high]))
    certain = between > chi2.isf(BY_CHANCE, len(mean) - 1)
    return found_rocking if certain and found_rocking.share > ROCKS_BY else None


def trusted(mode: Mode) -> Mode:
    """A mode as well known as any mode can be.

    Args:
        mode: As blows told it.

    Returns:
        The same, with the least uncertainties that may be believed.
    """
    return replace(
        mode,
        u_natural_frequency_Hz=max(mode.u_natural_frequency_Hz, LEAST_U_FREQUENCY * mode.natural_frequency_Hz),
        u_damping=max(mode.u_damping, LEAST_U_DAMPING * mode.damping),
    )


def combined(unloaded: ModalFit | None, loaded: ModalFit | None) -> Mode:
    """The mode that the inverse filter shall use.

    The force that matters acts while somebody is on the deck, so the loaded mode is it if it was measured. How far the
    runner's leg loads the deck changes within a step: half the difference to the empty deck joins the uncertainty.

    Args:
        unloaded: The empty deck.
        loaded: The deck with a person; None if nobody stood there.

    Returns:
        The mode, identified.

    Raises:
        ValueError: There is neither.
    """
    used = loaded or unloaded
    if used is None:
        raise ValueError("neither loaded nor unloaded")
    mode = replace(trusted(used.mode), identified=True)
    if loaded is None or unloaded is None:
        return mode
    half_f = 0.5 * (loaded.natural_frequency_Hz - unloaded.natural_frequency_Hz)
    half_z = 0.5 * (loaded.damping - unloaded.damping)
    return replace(
        mode, u_natural_frequency_Hz=float(np.hypot(mode.u_natural_frequency_Hz, half_f)),
        u_damping=float(np.hypot(mode.u_damping, half_z)),
    )  # fmt: skip


def cost_of(frequency_Hz: float, share: float) -> tuple[float, float]:
    """What an error of the frequency costs behind the inverse filter.

    Args:
        frequency_Hz: Natural frequency, Hz.
        share: Relative error of it.

    Returns:
        Error of the impact peak and of VALR, %.
    """
    at, impact, valr = np.array(COST).T
    scale = abs(share) / 0.05
    return float(np.interp(frequency_Hz, at, impact)) * scale, float(np.interp(frequency_Hz, at, valr)) * scale


def loading_text(unloaded: ModalFit, loaded: ModalFit) -> str:
    """The difference that a person makes, and what it means, in words.

    Args:
        unloaded: The empty deck.
        loaded: The deck with a person.

    Returns:
        One sentence or two.
    """
    share = loaded.natural_frequency_Hz / unloaded.natural_frequency_Hz - 1.0
    text = (
        f"with a person on it {loaded.natural_frequency_Hz:.1f} Hz instead of {unloaded.natural_frequency_Hz:.1f}"
        f" ({100 * share:+.1f} %), damping {loaded.damping:.3f} instead of {unloaded.damping:.3f}"
    )
    impact, valr = cost_of(loaded.natural_frequency_Hz, 0.5 * share)
    return f"{text}; half of that costs {impact:.1f} % of the impact peak and {valr:.1f} % of VALR"


def verdict(setup: Setup) -> tuple[Light, ...]:
    """What a rig with these modes may print, a line for each group of columns.

    Args:
        setup: The rig with the modes that were found.

    Returns:
        Green: printed. Amber: printed, with an error that the text names, or on the word of a rig file that nobody has
        tapped. Red: withheld, with the reason.
    """
    gated, lights = gated_columns(setup), {light.name: light for light in deck_lights(setup)}
    deck, braking = setup.deck, any(belt.measures_braking for belt in setup.belts)
    found = []
    for name, axis, columns, light_name in GROUPS:
        if deck is None or (axis == "x" and not braking):
            continue
        mode, light = getattr(deck, axis), lights.get(light_name)
        reasons = [gated[column] for column in columns if column in gated]
        if reasons:
            found.append(Light(name, RED, None, None, "", f"withheld: {reasons[0]}"))
            continue
        tapped = mode is not None and deck.is_identified(mode)
        quiet = light is None or light.state == GREEN
        how = "yes, after compensation" if compensates(mode, identified=tapped) else "yes"
        what = "not known" if mode is None else f"{mode.natural_frequency_Hz:.4g} Hz"
        what += "" if tapped or mode is None else ", nominal, not tapped"
        more = "" if quiet or light is None else f" – {light.text.split('; ', 1)[-1]}"
        state = GREEN if tapped and quiet else AMBER
        found.append(Light(name, state, None, None, "", f"{how} ({axis} mode {what}){more}"))
    return tuple(found)
