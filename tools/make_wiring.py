"""Makes the drawings of docs/img: wiring of each converter, a cell's bridge, and where the cells of each rig sit.

    python tools/make_wiring.py

Pins come from tools/pins.py, cells from the rig files. A test makes them again and compares.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import wiring_boards  # noqa: E402
import wiring_cells  # noqa: E402

from daq.rig import load_rig  # noqa: E402

IMAGES = ROOT / "docs" / "img"
RIGS = ("deck_4z", "frame_6", "frame_8", "split_belt")


def drawings() -> dict[str, str]:
    """Draw everything.

    Returns:
        File name, then the SVG's text.
    """
    made = {
        "wiring-mega-ads131m08": wiring_boards.ads131m08("mega"),
        "wiring-uno-ads131m08": wiring_boards.ads131m08("uno"),
        "wiring-mega-ads1256": wiring_boards.ads1256("mega"),
        "wiring-hx711": wiring_boards.hx711(),
        "cell-wiring": wiring_cells.bridge(),
        **{f"cells-{name}": wiring_cells.placement(load_rig(name)) for name in RIGS},
    }
    return {f"{name}.svg": drawing.svg() for name, drawing in made.items()}


def main() -> None:
    """Write the drawings."""
    for name, text in drawings().items():
        (IMAGES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
