"""Session lights as items of the health line: a short form, the number and its limit, beside the light's own words."""

from collections.abc import Sequence
from dataclasses import replace

from analysis.quality import GREEN, INFO, RED, Light
from viewer.health.health_item import UNKNOWN, Item, label_of
from viewer.report.words import number

AWAITED = ("weight_closure", "drift", "noise")
"""Lights that the line always has, known or not."""
_FIRST = ("cells", *AWAITED)
"""What stands first in the list, behind the zero."""
_ZERO_SEEN = ("noise", "flight_residual", "tare_shift")
"""Lights that there are only once a zero is known."""
_SHARES = ("lost_frames", "invalid_steps", "net_fore_aft_impulse", "belt_dips")
"""Numbers that are shares, for people in percent."""
_SHORT = {"weight_closure": "weight", "drift": "drift", "noise": "noise", "lost_frames": "lost"}
"""The first word of the short form; other lights have none while they are fine."""
_COUNTED_LIVE = ("lost_frames",)
"""What the recorder counts itself."""


_AWAITED_WORDS = {"steps": "waiting for steps", "zero": "zero not known yet: tare, or run"}
"""Lights that are no trouble before anybody has run."""


def light_items(lights: Sequence[Light], live: bool, *, waiting: bool = False) -> tuple[Item, ...]:
    """Turn lights into items.

    Args:
        lights: Of the session, as far as they are known.
        live: Whether a recorder counts some of it itself.
        waiting: Whether nobody need have run yet.

    Returns:
        The items, the more important ones first; those that are awaited are there in any case.
    """
    known = {light.name: light for light in lights if not (live and light.name in _COUNTED_LIVE)}
    for name, words in _AWAITED_WORDS.items():
        if waiting and name in known:
            known[name] = replace(known[name], state=INFO, text=words)
    first = [_item(known[name]) if name in known else _awaited(name) for name in _FIRST if name in {*known, *AWAITED}]
    return (_zero(known), *first, *(_item(light) for name, light in known.items() if name not in {*_FIRST, "zero"}))


def _awaited(name: str) -> Item:
    return Item(name, INFO, f"{_SHORT[name]} ?", UNKNOWN)


def _zero(lights: dict[str, Light]) -> Item:
    """There is a light of the zero only where it was not found."""
    if "zero" in lights:
        short = "no zero" if lights["zero"].state != INFO else "zero ?"
        return Item("zero", lights["zero"].state, short, lights["zero"].text)
    if any(name in lights for name in _ZERO_SEEN):
        return Item("zero", GREEN, "", "found, and followed in every flight")
    return Item("zero", INFO, "zero ?", UNKNOWN)


def _item(light: Light) -> Item:
    value = _value(light)
    short = _SHORT.get(light.name, "")
    if short:
        short = f"{short} {value or '?'}"
    elif light.state not in (GREEN, INFO):
        short = label_of(light.name).lower()
    return Item(light.name, light.state, short, light.text, value, _limit(light))


def _value(light: Light) -> str:
    if light.value is None:
        return ""
    if light.name in _SHARES:
        return f"{number(100 * light.value, 1 if abs(light.value) >= 1e-3 or not light.value else 3)} %"
    whole = abs(light.value) >= 100 or not light.unit
    decimals = 3 if light.name == "weight_closure" else 0 if whole else 2 if light.unit == "m/s" else 1
    return f"{number(round(light.value, decimals) + 0.0, decimals)} {light.unit}".strip()  # + 0.0: no minus zero


def _limit(light: Light) -> str:
    if light.limit is None or (light.value is None and light.state != RED and light.name not in AWAITED):
        return ""
    if light.name == "weight_closure":
        return f"1 ± {light.limit:g}"
    if light.name == "belt_speed":
        return f"within {100 * light.limit:g} %"
    if light.unit == "Hz":
        return f"at least {light.limit:g} Hz"
    if not light.limit:
        return "none"
    size = f"{100 * light.limit:g} %" if light.name in _SHARES else f"{light.limit:g} {light.unit}"
    return f"up to {size.strip()}"
