"""Colours and sizes of the window, light and dark.

The palette is Okabe and Ito's, which colour-blind people can tell apart: left is blue, right is orange, everywhere. On
light ground what may be text is darker than theirs, for a contrast of 4.5, and impact stands out from body for all.
Colour never says anything alone: place, shape or a word says it once more.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """One set of colours, as #rrggbb."""

    name: str
    """"light" or "dark"."""
    window: str
    """Behind everything."""
    panel: str
    """Behind a plot or a number."""
    ink: str
    """Text and the curve that matters."""
    dim: str
    """Less important text, axes."""
    grid: str
    """Lines that only help the eye."""
    left: str
    """Left foot."""
    right: str
    """Right foot."""
    impact: str
    """Area of the heel impact (limb's part)."""
    body: str
    """Area of midfoot loading (body's part)."""
    fore_aft: str
    """Fore-aft force."""
    sideways: str
    """Sideways force."""
    good: str
    """Light: green."""
    warn: str
    """Light: amber; a number outside its target band."""
    bad: str
    """Light: red."""
    accent: str
    """What can be pressed, or is selected."""

    def side(self, side: str) -> str:
        """Colour of a foot: "L", "R", or anything else for a foot not known."""
        return {"L": self.left, "R": self.right}.get(side, self.dim)


LIGHT = Theme(
    name="light", window="#eef1f4", panel="#ffffff", ink="#111827", dim="#5b6470", grid="#dde2e8",
    left="#0072b2", right="#b54a00", impact="#b3548a", body="#8fbcd9", fore_aft="#007a5a", sideways="#826400",
    good="#00795a", warn="#8f5f00", bad="#c0262d", accent="#1f5fbf",
)  # fmt: skip
DARK = Theme(
    name="dark", window="#14181d", panel="#1d232a", ink="#f2f5f8", dim="#a3adb8", grid="#333c46",
    left="#56b4e9", right="#ff9a4d", impact="#e08fbf", body="#2f5f80", fore_aft="#2fcf9f", sideways="#e6c84a",
    good="#2fcf9f", warn="#f0b429", bad="#ff6b6b", accent="#6aa8ff",
)  # fmt: skip
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}
