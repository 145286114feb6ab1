"""What the force curve says in words: names, units, and why something is not shown."""

import math

from viewer.source import Scene, Source

NAMES = {"Fz": "Vertical", "Fx": "Fore-aft", "Fy": "Sideways"}
"""Components from top to bottom."""
UPWARDS = {"Fx": "+ forward", "Fy": "+ left"}
"""What a positive force means."""
_UNSEEN = {
    "Fx": "this rig's sensors do not measure fore-aft force",
    "Fy": "this rig's sensors do not measure sideways force",
}


def visible(source: Source, chosen: frozenset[str]) -> tuple[str, ...]:
    """Components that were chosen and that the rig measures, from top to bottom."""
    return tuple(name for name in NAMES if name in chosen and name in source.facts.observable)


def reasons(scene: Scene, chosen: frozenset[str]) -> str:
    """One line about what is not shown, and why.

    Args:
        scene: The moment.
        chosen: Components that somebody wants to see.

    Returns:
        A line, empty if everything is shown.
    """
    source = scene.source
    unseen = [name for name in NAMES if name in chosen and name not in source.facts.observable]
    why = {name: _UNSEEN.get(name, "this rig's sensors do not measure vertical force") for name in unseen}
    if "Fx" in why:
        why["Fx"] = source.missing.get("braking_peak_BW", why["Fx"])
    said = [why[name] for name in unseen]
    if unseen == ["Fx", "Fy"] and said == [_UNSEEN["Fx"], _UNSEEN["Fy"]]:
        said = ["this rig's sensors measure neither fore-aft nor sideways force"]
    if scene.in_BW and not known(source.bw_N):
        said.append("body weight is not known yet, so forces are in newtons")
    return " · ".join(text[:1].upper() + text[1:] for text in said)


def known(bw_N: float) -> bool:
    """Whether forces can be told in body weights."""
    return math.isfinite(bw_N) and bw_N > 0
