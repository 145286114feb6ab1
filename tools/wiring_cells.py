"""Drawings of a cell's bridge, and of where the cells of a rig sit."""

from itertools import pairwise

from svg import BLUE, GREEN, GREY, INK, LIGHT, ORANGE, RED, Drawing, Point

from daq.rig import Cell, Rig

PX_PER_MM = 0.4
AXIS_COLOUR = {"x": RED, "y": GREEN, "z": BLUE}
ARROW_PX = 46


def bridge() -> Drawing:
    """Draw the Wheatstone bridge, its cable and its shield.

    Returns:
        The drawing.
    """
    d = Drawing(1100, 520, "A cell, its cable and its shield")
    d.text((40, 36), d.title, size=19, bold=True)
    subtitle = "Four wires, or six with sense wires; the shield is joined to ground at the converter's end only"
    d.text((40, 60), subtitle, fill=GREY)
    corners = {"E+": (200, 130), "S+": (300, 230), "E−": (200, 330), "S−": (100, 230)}
    ring = [corners[name] for name in ("E+", "S+", "E−", "S−", "E+")]
    d.rect((60, 95), (280, 270), dash="6 4", stroke=GREY, r=12)
    d.text((200, 388), "cell: 4 strain gauges, 350 Ω or 1 kΩ", size=12, anchor="middle", fill=GREY)
    d.line(ring)
    for a, b in pairwise(ring):
        middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        d.rect((middle[0] - 17, middle[1] - 10), (34, 20))
        d.text((middle[0], middle[1] + 4), "R", size=11, anchor="middle")
    wires = [("E+", 150, RED), ("S+", 200, GREEN), ("S−", 240, BLUE), ("E−", 300, INK)]
    d.line([corners["E+"], (380, 130), (380, 150), (720, 150)], stroke=RED)
    d.line([corners["S+"], (350, 230), (350, 200), (720, 200)], stroke=GREEN)
    d.line([corners["E−"], (380, 330), (380, 300), (720, 300)])
    d.line([corners["S−"], (84, 230), (84, 350), (365, 350), (365, 240), (720, 240)], stroke=BLUE)
    for at in corners.values():
        d.circle(at, 4, fill=INK)
    d.rect((430, 135), (220, 180), fill="none", stroke=ORANGE, dash="2 3", r=30)
    d.text((540, 128), "shield round twisted pairs", size=12, anchor="middle", fill=ORANGE)
    d.text((540, 268), "twisted: E+ with E−, S+ with S−", size=11, anchor="middle", fill=GREY)
    colours = ("often red", "often green", "often white (here blue)", "often black")
    for (name, y, _), words in zip(wires, colours, strict=True):
        d.text((540, y + 14 if name == "E+" else y - 5), words, size=11, anchor="middle", fill=GREY)
    d.line([(650, 285), (680, 285), (680, 345), (720, 345)], stroke=ORANGE)
    d.text((420, 345), "cell's end of the shield: free, insulated", size=11, fill=ORANGE)
    d.rect((720, 120), (330, 250), fill=LIGHT)
    for name, y, colour in wires:
        d.text((732, y + 4), name, bold=True, fill=colour)
    d.text((762, 154), "excitation (and sense +, if there are six)", size=12)
    for y in (200, 240):
        d.line([(762, y), (800, y)])
        d.rect((800, y - 9), (54, 18))
        d.text((827, y + 4), "1 kΩ", size=11, anchor="middle")
        d.line([(854, y), (930, y)])
    d.line([(890, 200), (890, 216)])
    d.line([(890, 224), (890, 240)])
    for y in (216, 224):
        d.line([(878, y), (902, y)], width=2.4)
    d.text((908, 224), "10 nF", size=11)
    d.text((938, 204), "AINkP", size=12)
    d.text((938, 244), "AINkN", size=12)
    d.text((762, 304), "excitation return: a star wire of its own", size=12)
    d.text((732, 349), "shield → AGND at this end", size=12, fill=ORANGE)
    notes = [
        "These colours are common, no more: makers differ, so measure. Opposite corners read the data sheet's input "
        "(E, 350 to 410 Ω) and output resistance (S, 350 Ω),",
        "any E to any S about three quarters of that. S+ and S− swapped only turns the sign: sign = -1 in the "
        "rig file, or swap them back.",
        "Six wires: at the converter join sense + to E+ and sense − to E−: that halves the cable's resistance.",
    ]
    for k, note in enumerate(notes):
        d.text((40, 430 + 22 * k), note, size=12)
    return d


def placement(rig: Rig) -> Drawing:
    """Draw a rig from above and from its right side.

    Args:
        rig: The rig, as its file says.

    Returns:
        The drawing.
    """
    half_mm = max(abs(cell.position_mm[1]) for cell in rig.cells) + 110
    top_px = 2 * max(half_mm, rig.machine.surface_width_m * 500 + 60) * PX_PER_MM
    height = int(top_px + 100 + 150 + rig.machine.belt_height_mm * PX_PER_MM + 135)
    sheet = Drawing(1000, height, f"{rig.name}: {rig.title}")
    origin = (500.0, 100 + top_px / 2)
    sheet.text((30, 34), sheet.title, size=17, bold=True)
    subtitle = "From above. Positions in millimetres from the origin; runner's forward is to the right"
    sheet.text((30, 58), subtitle, fill=GREY)
    edges = _belts(sheet, rig, origin)
    for cell in rig.cells:
        _cell(sheet, cell, edges, origin)
    _triad(sheet, (60, 100 + top_px))
    sheet.circle(origin, 3, fill=INK)
    sheet.text((origin[0] - 8, origin[1] + 17), "origin", size=11, anchor="end")
    _side(sheet, rig, 100 + top_px + 150)
    return sheet


def _at(origin: Point, position_mm: Point) -> Point:
    return origin[0] + position_mm[0] * PX_PER_MM, origin[1] - position_mm[1] * PX_PER_MM


def _belts(sheet: Drawing, rig: Rig, origin: Point) -> list[float]:
    """Draw the belts, and give where their edges are."""
    edges = []
    machine = rig.machine
    size_mm = (machine.surface_length_m * 1000, machine.surface_width_m * 1000)
    for belt in rig.file.belts or [None]:
        centre = belt.centre_mm if belt else (0.0, 0.0)
        at = _at(origin, (centre[0] - size_mm[0] / 2, centre[1] + size_mm[1] / 2))
        sheet.rect(at, (size_mm[0] * PX_PER_MM, size_mm[1] * PX_PER_MM), fill=LIGHT, stroke=GREY)
        edges += [at[1], at[1] + size_mm[1] * PX_PER_MM]
        words = f"belt {belt.name}, " if belt else "belt surface "
        label = f"{words}{size_mm[0]:.0f} × {size_mm[1]:.0f} mm"
        sheet.text((origin[0] - 150, _at(origin, centre)[1] + 44), label, size=12, anchor="middle", fill=GREY)
    return edges


def _cell(sheet: Drawing, cell: Cell, edges_px: list[float], origin: Point) -> None:
    x, y = _at(origin, cell.position_mm)
    colour, inwards = AXIS_COLOUR[cell.axis], -1 if x > origin[0] else 1
    beside = "end" if inwards < 0 else "start"
    if cell.axis == "z":
        sheet.circle((x, y), 10, fill="white", stroke=colour)
        sheet.circle((x, y), 3.5, fill=colour, stroke=colour)
        at, anchor = (x + 18 * inwards, y + _clear(y, edges_px)), beside
    elif cell.axis == "x":
        sheet.arrow((x - ARROW_PX, y), (x + ARROW_PX, y), stroke=colour, width=3, head=13)
        outwards = y - 13 if y < origin[1] else y + 24
        at, anchor = ((x + ARROW_PX + 8, y + 4), "start") if y == origin[1] else ((x, outwards), "middle")
    else:
        sheet.arrow((x, y + ARROW_PX), (x, y - ARROW_PX), stroke=colour, width=3, head=13)
        at, anchor = (x + 14 * inwards, y - 28), beside
    place = "({:g}, {:g})".format(*cell.position_mm).replace("-", "−")
    sheet.text(at, f"{cell.name}, channel {cell.channel} {place}", size=12, anchor=anchor, fill=colour)


def _clear(y: float, edges_px: list[float]) -> float:
    """How far below y the base line lies of words that no belt's edge runs through."""
    edge = min(edges_px, key=lambda edge: abs(edge - y)) - y
    if abs(edge) >= 12:
        return 4
    return edge - 8 if edge > 0 else edge + 15


def _triad(sheet: Drawing, at: Point) -> None:
    x, y = at
    sheet.arrow((x, y), (x + 60, y), stroke=RED)
    sheet.arrow((x, y), (x, y - 60), stroke=GREEN)
    sheet.circle((x, y), 6, stroke=BLUE)
    sheet.circle((x, y), 2, fill=BLUE, stroke=BLUE)
    sheet.text((x + 66, y + 4), "+x forward", size=12, fill=RED)
    sheet.text((x + 8, y - 52), "+y left", size=12, fill=GREEN)
    sheet.text((x - 6, y + 22), "+z up, towards you", size=12, fill=BLUE)


def _side(sheet: Drawing, rig: Rig, surface_y: float) -> None:
    """Side view: belt, what the cells carry, cells, floor."""
    whole = rig.machine.carries == "whole"
    half, height = rig.machine.surface_length_m * 500 * PX_PER_MM, rig.machine.belt_height_mm * PX_PER_MM
    cells_y, left, right = surface_y + height, 500 - half, 500 + half
    sheet.text((30, surface_y - 62), "From the runner's right side (x and z at the same scale as above)", fill=GREY)
    floor = cells_y + 44
    sheet.line([(60, floor), (940, floor)], width=3, stroke=GREY)
    sheet.text((70, floor + 20), "floor", size=12, fill=GREY)
    plate = 8 if not whole else max(8.0, 0.35 * height)
    thick = height - plate - 9 if whole else 3
    sheet.rect((left, surface_y), (2 * half, thick), fill="white", r=min(14, int(thick / 2)))
    sheet.rect((left + 12, cells_y - plate - 9), (2 * half - 24, plate), fill=LIGHT, r=2)
    _carried(sheet, whole, left, surface_y, thick)
    for x_mm in sorted({cell.position_mm[0] for cell in rig.cells if cell.axis == "z"}):
        x = 500 + x_mm * PX_PER_MM
        sheet.rect((x - 11, cells_y - 9), (22, 18), fill=BLUE, stroke=BLUE, r=2)
        sheet.line([(x, cells_y + 9), (x, floor)], width=5, stroke=GREY)
    sheet.line([(left - 50, cells_y), (right + 95, cells_y)], dash="7 5", stroke=BLUE)
    sheet.text((left - 46, cells_y + 17), "cells", size=12, fill=BLUE)
    sheet.line([(right + 4, surface_y), (right + 95, surface_y)], dash="2 3", stroke=GREY)
    x = right + 50
    sheet.arrow((x, surface_y - 26), (x, surface_y), head=7)
    sheet.arrow((x, cells_y + 26), (x, cells_y), head=7)
    sheet.text((x + 8, surface_y - 12), f"h = {rig.machine.belt_height_mm:g} mm", size=12)
    sheet.arrow((500, surface_y - 34), (580, surface_y - 34), stroke=RED)
    sheet.text((588, surface_y - 30), "+x", size=12, fill=RED)
    notes = [
        "h (belt_height_mm): belt surface above the plane in which the cells act.",
        "x and y cells sit in thrust links in that plane. Arrows: the force on the runner that counts as positive.",
    ]
    for k, note in enumerate(notes[: 2 if whole else 1]):
        sheet.text((30, floor + 48 + 20 * k), note, size=12)


def _carried(sheet: Drawing, whole: bool, left: float, surface_y: float, thick: float) -> None:
    """Rollers inside the loop where the cells carry them, and words above."""
    if whole:
        for x in (left + thick / 2, 1000 - left - thick / 2):
            sheet.circle((x, surface_y + thick / 2), thick / 2 - 3, fill=LIGHT)
        words = "belt, rollers, motor and frame: all of it on the cells"
    else:
        words = "deck on the cells; rollers and motor stand on the floor, not on the cells"
    sheet.text((left, surface_y - 10), words, size=12)
