"""What a guided calibration shows in a terminal: the step on a map of the belt, the live line, how good it became."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click
import numpy as np

from analysis.calibration import Floats, KnownLoad
from analysis.calibration_fit import Fit
from analysis.calibration_quality import COP_LEAST_N
from analysis.statistics import Z95
from analysis.wrench import FX, FY, FZ, MX, MY
from daq.clock import host_now
from daq.rig import Rig
from rigs.procedures.calibrating import Look, Step
from rigs.procedures.plan_loads import BELT_WORDS, PLACES, Surface, surfaces
from rigs.rehearsal import Truth

MAP_COLUMNS, MAP_ROWS = 25, 9
LIVE_S = 0.1
BAR = 10
_ARROWS = {(-1, 0): "^", (1, 0): "v", (0, -1): "<", (0, 1): ">"}
"""Signs of Fx and Fy on whoever pulls → where the line takes the machine, on the map."""
KEYS = "Enter take, s skip, b back, q stop"
DOUBT = "Put it right and press Enter, or: a take it anyway, s skip, b back, q stop."


class Screen:
    """Says everything on standard error; in a terminal with a line that rewrites itself.

    Args:
        rig: The rig.
        live: Whether that line is wanted; by default in a terminal.
    """

    def __init__(self, rig: Rig, *, live: bool | None = None) -> None:
        self._rig = rig
        self.live = sys.stderr is not None and sys.stderr.isatty() if live is None else live
        self._width = 0
        self._next_s = 0.0

    def say(self, text: str) -> None:
        """Say something on lines of its own.

        Args:
            text: One line or more.
        """
        self._wipe()
        click.echo(text, err=True)

    def show_step(self, step: Step, *, keys: bool) -> None:
        """Show what is to be done.

        Args:
            step: The step.
            keys: Whether to say what can be typed.
        """
        self.say(f"\n{step.number} of {step.total}: {step.instruction}")
        if self.live:
            if step.load is not None:
                self.say("\n".join(belt_map(surfaces(self._rig), step.load)))
            if keys:
                self.say(f"  {KEYS}")

    def look(self, look: Look, *, armed: bool) -> None:
        """Renew the live line, not too often.

        Args:
            look: What the cells say.
            armed: Whether it will be taken as soon as it is steady.
        """
        if self.live and host_now() >= self._next_s:
            self._next_s = host_now() + LIVE_S
            text = live_text(self._rig, look, armed=armed)[: shutil.get_terminal_size().columns - 1]
            click.echo(f"\r{text.ljust(self._width)}", err=True, nl=False)
            self._width = len(text)

    def end(self) -> None:
        """Leave the live line."""
        self._wipe()

    def _wipe(self) -> None:
        if self._width:
            click.echo(f"\r{' ' * self._width}\r", err=True, nl=False)
            self._width = 0


def belt_map(belts: Sequence[Surface], load: KnownLoad) -> list[str]:
    """Draw the belts from above with the place of a load: X for what stands there, an arrow for a pull.

    Args:
        belts: The running surfaces.
        load: The load.

    Returns:
        Lines of text, front at the top.
    """
    drawn = [_surface_map(surface, load) for surface in sorted(belts, key=lambda one: -one.centre_mm[1])]
    width = sum(len(one[0]) for one in drawn) + 2 * (len(drawn) - 1)
    rows = ["  ".join(row) for row in zip(*drawn, strict=True)]
    return [f"    {line}" for line in ["front".center(width), *rows, "rear".center(width)]]


def _surface_map(surface: Surface, load: KnownLoad) -> list[str]:
    grid = [[" "] * MAP_COLUMNS for _ in range(MAP_ROWS)]

    def put(place_mm: Sequence[float] | Floats, mark: str) -> None:
        share = (np.subtract(place_mm, surface.centre_mm) / surface.size_mm).clip(-0.5, 0.5)
        row, column = (0.5 - share) * (MAP_ROWS - 1, MAP_COLUMNS - 1)
        grid[round(float(row))][round(float(column))] = mark

    for name in PLACES:
        put(surface.place_mm(name), ".")
    if load.belt == surface.belt:
        signs = tuple(int(sign) for sign in np.sign(np.round(load.force_N[:2], 6)))
        put(1e3 * load.point_m[:2], _ARROWS.get((signs[0], signs[1]), "X") if load.kind == "pull" else "X")
    title = f" {BELT_WORDS[surface.belt]} " if surface.belt else ""
    edge = "-" * MAP_COLUMNS
    return [f"+{title.center(MAP_COLUMNS, '-')}+", *(f"|{''.join(row)}|" for row in grid), f"+{edge}+"]


def live_text(rig: Rig, look: Look, *, armed: bool) -> str:
    """One line: force, centre of pressure, every cell in newtons, and how steady it is.

    Args:
        rig: The rig.
        look: What the cells say.
        armed: Whether it will be taken as soon as it is steady.

    Returns:
        The line.
    """
    belt = look.wrench[int(np.argmax(np.abs(look.wrench[:, FZ])))] if np.isfinite(look.wrench).all() else look.wrench[0]
    parts = [f"Fz {_plain(belt[FZ], 1):>7s} N"]
    if belt[FZ] >= 20.0:
        parts.append(f"x {-1e3 * belt[MY] / belt[FZ]:5.0f} y {1e3 * belt[MX] / belt[FZ]:5.0f} mm")
    seen = rig.nominal_belts()[0].observable
    parts += [f"{name} {_plain(belt[row], 1):>6s} N" for name, row in (("Fx", FX), ("Fy", FY)) if name in seen]
    cells = " ".join(f"{cell.name} {_plain(force, 0)}" for cell, force in zip(rig.cells, look.cells_N, strict=True))
    bar = "#" * round(BAR * look.progress)
    state = f"waiting for {look.waiting}" if look.waiting else "steady" + ("" if armed else ": press Enter")
    return f"  [{bar.ljust(BAR, '.')}] {'  '.join(parts)}  {state}  {cells} N"


def _plain(value: float, digits: int) -> str:
    """A number without the sign of nothing."""
    return f"{round(float(value), digits) + 0.0:.{digits}f}"


def gravity_line(gravity_m_s2: float) -> str:
    """What newtons are worth if nobody said what gravity is.

    Args:
        gravity_m_s2: Gravity of the plan.

    Returns:
        One line.
    """
    return (
        f"No --gravity: newtons are those of standard gravity, {gravity_m_s2:g} m/s², "
        "off by up to 0.27 % at the equator; nothing in body weights."
    )


def quality_lines(fit: Fit, gravity_m_s2: float, truth: Truth | None = None) -> Iterator[str]:
    """How good a calibration is, for people; at a rehearsal with the truth beside it.

    Args:
        fit: The fit.
        gravity_m_s2: Gravity by which masses became forces.
        truth: What the twin knows.

    Yields:
        str: Lines.
    """
    quality = fit.quality
    places = f"{quality.loads} loads at {quality.places} places"
    yield f"{places}, gravity {gravity_m_s2:g} m/s²; ± holds the truth 95 times in 100"
    true = asdict(truth) if truth is not None else {}
    for words, key, unit, value in (
        ("vertical force", "Fz_pct", "%", quality.u_Fz_pct),
        ("centre of pressure", "cop_mm", "mm", quality.u_cop_mm),
        ("fore-aft force", "Fx_pct", "%", quality.u_Fx_pct),
        ("sideways force", "Fy_pct", "%", quality.u_Fy_pct),
    ):
        if value is not None:
            truly = f"   (truly off by {true[key]:.3g} {unit})" if true else ""
            yield f"  {words:32s} ± {Z95 * value:.3g} {unit}{truly}"
    for words, unit, value in (
        ("vertical force, left over", "N RMS", quality.residual_Fz_N),
        ("  the largest of them", "N", quality.residual_Fz_max_N),
        ("fore-aft force, left over", "N RMS", quality.residual_Fx_N),
        ("sideways force, left over", "N RMS", quality.residual_Fy_N),
        (f"place, from {COP_LEAST_N:g} N on", "mm RMS", quality.residual_cop_mm),
        ("a place it has not seen", "N RMS", quality.lopo_Fz_N),
        ("", "mm RMS", quality.lopo_cop_mm),
        ("departure from a straight line", "% of the largest load", quality.nonlinearity_pct),
        ("up against down (hysteresis)", "% of the largest load", quality.hysteresis_pct),
        ("largest cross-talk taken out", "%", max(map(abs, quality.crosstalk_pct.values()), default=None)),
    ):
        if value is not None:
            yield f"  {words:32s} {value:6.2f} {unit}"
    if quality.residual_cop_mm is None:
        yield f"  No load of {COP_LEAST_N:g} N at a measured place: put on 21 kg or more to know its error there."
