"""Chunks of raw counts through the one pipeline: recorder, replay and `stance analyze` all come this way."""

from collections.abc import Sequence
from copy import copy, deepcopy
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.doubts import doubtful_columns
from analysis.episodes import Episode
from analysis.exact_force import ExactForce
from analysis.flags import SampleFlag
from analysis.incline import seen_incline_deg
from analysis.machine_lights import artefact_light, drift_light, residual_light, tare_light
from analysis.missing import missing
from analysis.pipeline import Output, Pipeline
from analysis.quality import Light
from analysis.setup import Setup
from analysis.stance_curves import StanceCurves
from analysis.steps import StepTable, join_tables
from analysis.uncertainty import Uncertainties
from daq.belt_travel import BeltSpeed, BeltTravel
from daq.chunk import Chunk
from daq.force_layout import PULSES_PER_M, ForceLayout
from daq.setups import Instrument
from daq.wire import Status


def at_rail(counts: NDArray[Any], full_scale: int) -> bool:
    """Whether any of these counts stands at an end of the converter's range, −full_scale … full_scale − 1."""
    return counts.size > 0 and bool(counts.max() >= full_scale - 1 or counts.min() <= -full_scale)


def sample_flags(chunk: Chunk, channels: NDArray[np.int64], full_scale: int | None) -> NDArray[np.uint8]:
    """Marks of each sample, from the device's status bits and from counts at the end of their range.

    Args:
        chunk: n samples.
        channels: Numbers of the channels that carry a cell; the others may float.
        full_scale: The converter's `full_scale_counts`; None of an imported force.

    Returns:
        (n,) `SampleFlag` bits.
    """
    flags = _BY_STATUS[chunk.status]
    if full_scale is None:
        return flags
    counts = chunk.counts[:, channels]
    if at_rail(counts, full_scale):
        railed = ((counts >= full_scale - 1) | (counts <= -full_scale)).any(axis=1)
        flags = flags | np.where(railed, np.uint8(SampleFlag.SATURATED), np.uint8(0))
    return flags


def _flags_of(status: int) -> int:
    flags = 0
    if status & (Status.ADC_CRC | Status.TORN):
        flags |= SampleFlag.ADC
    if status & Status.SATURATED:
        flags |= SampleFlag.SATURATED
    if status & Status.LATE:
        flags |= SampleFlag.LATE
    return int(flags)


_BY_STATUS = np.array([_flags_of(status) for status in range(256)], np.uint8)


def cut_chunk(chunk: Chunk, start: int, stop: int) -> Chunk:
    """Rows start … stop − 1 of a chunk, with the gaps that lie before them."""
    mine = (chunk.gap_row >= start) & (chunk.gap_row < stop)
    columns: dict[str, Any] = {
        f.name: getattr(chunk, f.name)[start:stop] for f in fields(Chunk) if not f.name.startswith("gap_")
    }
    return Chunk(**columns, gap_row=chunk.gap_row[mine] - start, gap_lost=chunk.gap_lost[mine])


def _names(rig: Instrument) -> dict[int, str]:
    """Name of each channel that carries something."""
    if isinstance(rig, ForceLayout):
        named = enumerate(f"{belt}.{part}" if belt else part for belt, part in rig.channels)
        return dict(named)
    return {cell.channel: cell.name for cell in rig.cells}


def _watched(rig: Instrument) -> NDArray[np.int64]:
    """Channels that must not stand still: the cells, or the vertical forces."""
    if isinstance(rig, ForceLayout):
        return np.asarray([number for number, (_, part) in enumerate(rig.channels) if part == "Fz"])
    return np.asarray(sorted(cell.channel for cell in rig.cells))


def _pulses_per_m(rig: Instrument) -> float | None:
    if isinstance(rig, ForceLayout):
        return PULSES_PER_M if rig.measured_speed else None
    return None if rig.belt_sensor is None else rig.belt_sensor.pulses_per_m


class Analyser:
    """Feeds chunks to the pipeline and keeps the step table."""

    def __init__(self, rig: Instrument, setup: Setup, *, curves: bool = False, force: bool = False) -> None:
        """Prepare for a session.

        Args:
            rig: Gives the cells and the belt sensor, or the channels of an imported force.
            setup: As `daq.setups.make_setup` gives it.
            curves: Whether rows bring their curves.
            force: Whether the exactly zeroed force is given out too.
        """
        self.setup = setup
        self.protocol = setup.protocol
        self.bw_source = "mass" if setup.bw_N is not None else "standing" if setup.static_only else "strides"
        self.belts = tuple(setup.belts)
        self._cell_names = _names(rig)
        self._channels = _watched(rig)
        self._lowest = np.full(self._channels.size, np.inf)
        self._highest = np.full(self._channels.size, -np.inf)
        self._full_scale = None if isinstance(rig, ForceLayout) else rig.adc.full_scale_counts
        self.empty_above_Hz = rig.empty_above_Hz if isinstance(rig, ForceLayout) else None
        """Frequency above which an imported force holds nothing, if that is known."""
        pulses_per_m = _pulses_per_m(rig)
        self._belt = None if pulses_per_m is None else BeltTravel(pulses_per_m, setup.sample_rate_Hz)
        self._pipeline = Pipeline(setup, curves=curves, force=force)
        self._tables: list[StepTable] = []
        self.saturated = 0
        """Samples at an end of the converter's range so far."""
        self.adc_errors = 0
        """Samples that the converter's own checks found wrong so far."""

    def feed(self, chunk: Chunk, tick_offset: int) -> Output:
        """Take the next samples.

        Args:
            chunk: Samples of one boot epoch.
            tick_offset: What makes their ticks session ticks.

        Returns:
            New final rows and the filtered force.
        """
        if len(chunk):
            counts = chunk.counts[:, self._channels]
            self._lowest = np.minimum(self._lowest, counts.min(axis=0))
            self._highest = np.maximum(self._highest, counts.max(axis=0))
        gaps = chunk.gap_row.tolist()
        travel = None if self._belt is None else self._belt.feed(chunk.belt, gaps)
        flags = sample_flags(chunk, self._channels, self._full_scale)
        self.saturated += int(np.count_nonzero(flags & np.uint8(SampleFlag.SATURATED)))
        self.adc_errors += int(np.count_nonzero(flags & np.uint8(SampleFlag.ADC)))
        output = self._pipeline.feed(chunk.counts, chunk.tick + tick_offset, flags, gaps, travel)
        self._keep(output.steps)
        return output

    def tare(self, counts: Sequence[float]) -> None:
        """Take the unloaded reading as zero from here on.

        Args:
            counts: (C,) mean counts of every channel.
        """
        channels = np.asarray(counts, np.float64)
        self._pipeline.tare([belt.matrix @ channels for belt in self.belts], channels)

    def finish(self) -> StepTable:
        """End the session.

        Returns:
            The last rows.
        """
        rows = self._pipeline.finish()
        self._keep(rows)
        return rows

    def take_curves(self) -> StanceCurves:
        """Curves of the rows that `finish` gave out; `feed` gives its own with its output."""
        return self._pipeline.take_curves()

    def take_force(self) -> ExactForce | None:
        """Force that became known with `finish`, if it was asked for; likewise."""
        return self._pipeline.take_force()

    def frozen(self) -> "Analyser":
        """A copy that another thread may question while this one goes on: 2 ms after an hour of running."""
        twin = copy(self)
        twin._tables = list(self._tables)  # tables are never changed in place
        known = {id(self.setup): self.setup}
        twin._pipeline, twin._belt = deepcopy(self._pipeline, known), deepcopy(self._belt)
        return twin

    @property
    def table(self) -> StepTable:
        """Every row so far."""
        self._tables = [join_tables(self._tables)]
        return self._tables[0]

    @property
    def found(self) -> int:
        """Steps found so far, those included whose rows wait for body weight."""
        return self._pipeline.found

    def recent_cadence_spm(self, steps: int) -> float | None:
        """Median cadence of the latest steps; None before the first."""
        times = self._pipeline.recent_step_times(steps)
        return float(60.0 / np.median(times)) if times.size else None

    @property
    def bw_N(self) -> float:
        """Body weight, NaN while it is not known."""
        return self._pipeline.bw_N

    def weight_closure(self) -> float | None:
        """Mean vertical force over whole strides ÷ body weight; None where that would compare it with itself.

        Where a converter too slow for steps weighs, the force of standing still stands for it.
        """
        closure = self._pipeline.weight_closure()
        return None if self.bw_source != "mass" or np.isnan(closure) else closure

    @property
    def standing_N(self) -> float | None:
        """Vertical force of who stood still, as a converter too slow for steps weighs; None if nobody was weighed."""
        standing_N = self._pipeline.standing_N
        return None if np.isnan(standing_N) else standing_N

    @property
    def still_cells(self) -> list[str]:
        """Cells whose reading never changed."""
        channels = self._channels[self._lowest == self._highest]
        return [self._cell_names[channel] for channel in channels.tolist()]

    @property
    def zero_known(self) -> bool:
        """Whether the zero of every belt was found."""
        return self._pipeline.zero_known

    @property
    def idle_belts(self) -> tuple[str, ...]:
        """Belts on which nobody ran, so that their zero is not known."""
        return self._pipeline.idle_belts

    def seen_incline_deg(self) -> float | None:
        """Belt angle that the runner's own weight shows; None without fore-aft cells or steps."""
        table, loads = self.table, self._pipeline.loads
        use = table["valid"] & ~np.isnan(table["net_fore_aft_impulse_BW_s"] + table["step_time_ms"])
        known = ~np.isnan(loads.impulse_Ns)
        if not use.any() or not known.any() or not self.setup.cells_tilt:
            return None
        forward = table["net_fore_aft_impulse_BW_s"][use].sum() / table["step_time_ms"][use].sum() * 1e3
        upward = loads.impulse_Ns[known].sum() / loads.time_s[known].sum() / self.bw_N
        return seen_incline_deg(float(forward), float(upward))

    @property
    def uncertainties(self) -> Uncertainties | None:
        """What tells the rows' uncertainties, if anything does."""
        return self._pipeline.uncertainties

    @property
    def belt_speed(self) -> BeltSpeed | None:
        """What the pulses said of the belt's speed; None without a belt sensor."""
        return None if self._belt is None else self._belt.speed

    @property
    def episodes(self) -> list[Episode]:
        """What else happened on the belt, so far."""
        return self._pipeline.episodes(self.table)

    @property
    def missing(self) -> dict[str, str]:
        """Why columns without any value are empty."""
        speed = self.belt_speed
        measured = speed is not None and not np.isnan(speed.median_m_s)
        return missing(self.table, self.setup, self._pipeline.gated, measured_speed=measured)

    def doubtful(self, lights: Sequence[Light]) -> dict[str, str]:
        """Columns that the session's quality lights cast doubt on, and why."""
        return doubtful_columns(lights, gated=self._pipeline.gated, levels=self.setup.contact_levels)

    def zero_lights(self) -> list[Light]:
        """How the zero, the cells and the belt behaved."""
        state = self._pipeline.machine()
        names = [self._cell_names[cell.channel] for cell in state.cells]
        flights = min((cell.flights for cell in state.cells), default=0)
        found: list[Light | None] = [
            residual_light(flights.used, flights.residual_N, flights.u_zero_N) for flights in state.flights
        ]
        found.append(drift_light([cell.drift_N_per_min for cell in state.cells], names, flights))
        found.append(tare_light([cell.tare_shift_N for cell in state.cells], names))
        if any(flights.used for flights in state.flights):
            artefacts = sorted((one for belt in state.artefacts for one in belt), key=lambda one: -one.amplitude_N)
            largest = artefacts[0].amplitude_N if artefacts else 0.0
            found.append(artefact_light(largest, [str(one) for one in artefacts]))
        return [light for light in found if light is not None]

    def _keep(self, rows: StepTable) -> None:
        if rows.rows:
            self._tables.append(rows)
