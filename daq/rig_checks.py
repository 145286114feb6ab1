"""Does a rig hang together: channels, belts, and whether statics can read a force and its place from these cells."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from daq.rig_errors import Problem
from daq.rig_schema import Adc, Cell, Machine, RigFile, Surface

MIN_SPREAD_MM = 50.0  # closer together, cells cannot tell where a foot is; or the positions are in other units


def check_rig(rig: RigFile) -> list[Problem]:
    """Everything that the types and ranges of single keys cannot tell.

    Args:
        rig: A file whose keys are each all right.

    Returns:
        The mistakes; empty if there are none.
    """
    return [
        *check_labels((cell.name, cell.channel) for cell in rig.cells),
        *_channels(rig.cells, rig.adc),
        *_sizes(rig.machine),
        *_belts(rig),
        *_deck(rig),
        *_modes(rig),
        *(problem for name in belt_names(rig) for problem in _statics(rig.cells, name)),
    ]


def belt_names(rig: RigFile) -> list[str | None]:
    """Names of the belts as the cells refer to them: [None] for a single belt."""
    return [belt.name for belt in rig.belts] or [None]


def check_labels(labels: Iterable[tuple[object, object]]) -> Iterator[Problem]:
    """Two cells must not share a name or a channel.

    Args:
        labels: Name and channel of every cell, as the file has them.

    Yields:
        Problem: One per repetition.
    """
    named: set[object] = set()
    wired: dict[object, object] = {}
    for name, channel in labels:
        if isinstance(name, str) and name in named:
            yield Problem("cells", "a different name for every cell", f'two cells called "{name}"')
        if isinstance(channel, int) and channel in wired:
            seen = f'channel {channel} twice, for "{wired[channel]}" and "{name}"'
            yield Problem("cells", "one cell per channel", seen)
        if isinstance(name, str):
            named.add(name)
        if isinstance(channel, int):
            wired[channel] = name


def _channels(cells: Sequence[Cell], adc: Adc) -> Iterator[Problem]:
    for cell in cells:
        if cell.channel >= adc.channels:
            key = f'cells "{cell.name}".channel'
            yield Problem(key, f"0 to {adc.channels - 1}, as adc.channels = {adc.channels}", str(cell.channel))


def _sizes(machine: Machine) -> Iterator[Problem]:
    if machine.belt_length_m < 2 * machine.surface_length_m:
        yield Problem(
            "machine.belt_length_m",
            f"the length of the whole loop, at least twice surface_length_m = {machine.surface_length_m:g}",
            f"{machine.belt_length_m:g}",
            "Measure once around the belt.",
        )


def _belts(rig: RigFile) -> Iterator[Problem]:
    if not rig.belts:
        named = [cell.name for cell in rig.cells if cell.belt]
        if named:
            seen = f"belt = ... at {', '.join(named)} but no [[belts]]"
            yield Problem("belts", "two tables, L and R, when cells name a belt", seen)
        return
    surfaces = {belt.name: belt for belt in rig.belts}
    if len(rig.belts) != 2 or len(surfaces) != 2:
        yield Problem("belts", "one table L and one table R", ", ".join(belt.name for belt in rig.belts))
        return
    yield from _sides(surfaces["L"], surfaces["R"])
    for cell in rig.cells:
        if cell.belt is None:
            yield Problem(f'cells "{cell.name}".belt', '"L" or "R", as there are two belts', "nothing")


def _sides(left: Surface, right: Surface) -> Iterator[Problem]:
    if left.centre_mm[1] <= right.centre_mm[1]:
        seen = f"y = {left.centre_mm[1]:g} for L and {right.centre_mm[1]:g} for R"
        yield Problem("belts.centre_mm", "L to the left of R: +y points left", seen)


def _deck(rig: RigFile) -> Iterator[Problem]:
    """A deck's horizontal cells read the belt's friction on the deck, not the runner (metrics: validity theorem)."""
    if rig.machine.carries != "deck":
        return
    for cell in rig.cells:
        if cell.axis != "z":
            yield Problem(
                f'cells "{cell.name}".axis',
                '"z", as machine.carries = "deck"',
                f'"{cell.axis}"',
                "Rollers and motor stand beside such cells, so they read how the belt drags on the deck, not the"
                " runner's braking. Leave the cell out (its counts are recorded all the same), or put the whole"
                ' machine on the cells and write carries = "whole".',
            )


def _modes(rig: RigFile) -> Iterator[Problem]:
    for axis in sorted({cell.axis for cell in rig.cells}):
        if getattr(rig.modes, axis) is None:
            yield Problem(f"modes.{axis}", f"a table [modes.{axis}], as cells measure {axis}", "nothing")


def _statics(cells: Sequence[Cell], belt: str | None) -> Iterator[Problem]:
    """Vertical force and its place take three vertical cells that are not in a line."""
    on = f" on belt {belt}" if belt else ""
    points = np.array([cell.position_mm for cell in cells if cell.axis == "z" and cell.belt == belt])
    if len(points) < 3:
        hint = "Vertical force and centre of pressure are three unknowns."
        yield Problem("cells", f"at least 3 cells of axis z{on}", f"{len(points)}", hint)
        return
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)[-1] / np.sqrt(len(points))
    if spread < MIN_SPREAD_MM / 2:
        seen = f"{spread:.3g} mm (RMS distance from the best line)"
        hint = "Positions are in millimetres."
        yield Problem("cells.position_mm", f"cells of axis z{on} that do not lie in one line", seen, hint)
