"""How a window opens. No Qt: the command line reads it."""

from dataclasses import dataclass
from pathlib import Path

PAGES = ("standard", "large", "compare")
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Look:
    """How a window opens."""

    theme: str | None = None
    """"light" or "dark"; None for what was chosen last."""
    page: str = "standard"
    """One of PAGES."""
    size: tuple[int, int] | None = None
    """Width and height, pixels; None for what was chosen last."""
    screenshot: Path | None = None
    """Picture to write instead of opening a window."""
    reference: Path | None = None
    """Session whose mean stance stands behind the steps."""
    targets: Path | None = None
    """File of target bands."""
