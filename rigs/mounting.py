"""How a machine is truly put together: its cells' places, gains and plugs, as against what its rig file says."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daq.rig import Rig
from daq.rig_schema import Cell
from daq.wire import CHANNELS
from rigs.cells import Draw, draw
from rigs.chain import Sensors
from rigs.sources import Centres
from rigs.statics import AXES, CellLayout, load_sharing, share_along

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Flaws:
    """How far the machine may be from its rig file; each cell draws its own from the machine's seed."""

    gain_error_pct: float = 0.0
    """Largest error of a cell's sensitivity, %."""
    position_error_mm: float = 0.0
    """Largest error of a cell's x, and of its y, mm."""
    crosstalk_pct: float = 0.0
    """Largest share that a cell reads of the force across it, along each other axis, and of a neighbour's signal, %."""
    reverse: tuple[int, ...] = ()
    """Channels whose cells are wired backwards, or mounted upside down."""
    adc_gain: int | None = None
    """Gain that the ADC truly has; None is the rig's."""


def belt_centres(rig: Rig) -> Centres:
    """Centres of the rig's belts, m: one at the origin, or left and right."""
    if not rig.file.belts:
        return ((0.0, 0.0),)
    centre = {belt.name: belt.centre_mm for belt in rig.file.belts}
    return tuple((centre[name][0] / 1000, centre[name][1] / 1000) for name in ("L", "R"))


def sensors_of(rig: Rig, flaws: Flaws | None = None, seed: int = 0) -> Sensors:
    """How the channels of a rig answer to a wrench on each belt.

    Args:
        rig: The rig.
        flaws: How far the machine may be from it.
        seed: Which machine of all these.

    Returns:
        The tables.
    """
    flaws, centres = flaws or Flaws(), belt_centres(rig)
    force, across = np.zeros((2, CHANNELS, len(centres), 6))
    counts_per_N, capacity_N = np.zeros(CHANNELS), np.ones(CHANNELS)
    moved_m = flaws.position_error_mm / 1000 * draw(seed, Draw.PLACE, CHANNELS, 2)
    off_axis = flaws.crosstalk_pct / 100 * draw(seed, Draw.OFF_AXIS, CHANNELS, 3)
    amplified = flaws.adc_gain / rig.adc.gain if flaws.adc_gain else 1.0
    for number, centre in enumerate(centres):
        name = ("L", "R")[number] if len(centres) == 2 else None
        cells = [cell for cell in rig.cells if cell.belt == name]
        channels = [cell.channel for cell in cells]
        layout = _layout(rig, cells, centre, moved_m)
        force[channels, number] = load_sharing(layout)
        across[channels, number] = _force_across(layout, off_axis[channels])
        for cell in cells:
            counts_per_N[cell.channel] = cell.sign / rig.newtons_per_count(cell) * amplified
            capacity_N[cell.channel] = cell.capacity_N
    wiring = _wiring(counts_per_N, flaws, seed)
    gain = (wiring @ (force + across).reshape(CHANNELS, -1)).reshape(force.shape)
    pulses = rig.belt_sensor.pulses_per_m if rig.belt_sensor else 0.0
    return Sensors(gain, counts_per_N, pulses, rig.adc.bits, force, wiring, capacity_N)


def _layout(rig: Rig, cells: list[Cell], centre_m: tuple[float, float], moved_m: Floats) -> CellLayout:
    position = [(cell.position_mm[0], cell.position_mm[1], -rig.machine.belt_height_mm) for cell in cells]
    places = np.array(position) / 1000 - np.array([*centre_m, 0.0])
    places[:, :2] += moved_m[[cell.channel for cell in cells]]
    return CellLayout(places, tuple(AXES.index(cell.axis) for cell in cells), rig.machine.carries)


def _force_across(layout: CellLayout, off_axis: Floats) -> Floats:
    """What forces across the cells make them read: (C, 6) N per N and N·m; `off_axis` (C, 3) is the share per axis."""
    across = np.zeros((len(layout.axis), 6))
    for axis in set(layout.axis):
        own = [i for i, of_cell in enumerate(layout.axis) if of_cell == axis]
        for other in {0, 1, 2} - {axis}:
            across[own] += off_axis[own, other, np.newaxis] * share_along(layout.position_m[own], other)
    return across


def _wiring(counts_per_N: Floats, flaws: Flaws, seed: int) -> Floats:
    """(CHANNELS, CHANNELS): counts of each channel per N on each cell."""
    used = counts_per_N != 0.0
    share = flaws.crosstalk_pct / 100 * draw(seed, Draw.NEIGHBOURS, CHANNELS, CHANNELS)
    near = np.abs(np.subtract.outer(np.arange(CHANNELS), np.arange(CHANNELS))) == 1
    mix = np.eye(CHANNELS) + share * (near & used & used[:, np.newaxis])
    factor = 1.0 + flaws.gain_error_pct / 100 * draw(seed, Draw.GAIN, CHANNELS)
    factor[list(flaws.reverse)] *= -1.0
    wiring: Floats = factor[:, np.newaxis] * mix * counts_per_N
    return wiring
