"""How a recorder is doing, put together from everything that knows a part of it."""

import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from daq.adc_delay import adc_delay_s
from daq.clock import DeviceClock
from daq.disk import Disk, Room
from daq.finisher import Finisher
from daq.journal import CRC, HEAD
from daq.progress import Progress, ProgressMeter
from daq.record_options import RecordOptions
from daq.recording_names import Names
from daq.rig import Rig
from daq.session_format import plain, row_dtype
from daq.take import Take
from daq.takes import Takes
from daq.tare_file import device_name
from daq.taring import Taring

__all__ = ["StatusDesk", "facts_of"]

RECORDS_PER_S = 25.0
"""Records that a journal gets in a second, about."""
SETTLED_S = 10.0
"""From here on the journal's own growth counts."""


class StatusDesk:
    """Answers the command `status`, and tells the terminal the same."""

    def __init__(
        self,
        options: RecordOptions,
        takes: Takes,
        taring: Taring,
        names: Names,
        finisher: Finisher,
        meter: ProgressMeter,
    ) -> None:
        self._options, self._takes, self._taring, self._names = options, takes, taring, names
        self._finisher, self._meter = finisher, meter
        self._disk = Disk()
        self.unplugged = False
        """Whether the device's port is gone, and waited for."""

    def progress(self) -> Progress:
        """How it goes at this moment."""
        takes, finisher = self._takes, self._finisher
        take, counters = takes.current, takes.counters
        analyser, header, room = take.analyser, take.header, self._room(take)
        base = self._meter.progress(rows=take.rows, elapsed_s=take.duration_s, analyser=analyser)
        return replace(
            base,
            state="recording" if takes.recording else "waiting",
            session="" if take.path is None else str(take.path.absolute()),
            take=takes.number,
            first_tick=take.first_tick,
            tick_rate_Hz=header.tick_rate_Hz,
            sample_rate_Hz=header.sample_rate_Hz,
            lost=take.lost,
            resets=take.resets,
            crc_errors=counters.crc_errors,
            skipped_bytes=counters.skipped_bytes,
            duplicates=counters.duplicates,
            late=counters.late,
            saturated=analyser.saturated,
            adc_errors=analyser.adc_errors,
            bw_N=None if math.isnan(analyser.bw_N) else analyser.bw_N,
            bw_source=analyser.bw_source,
            **_clock(takes.clock),
            unplugged=self.unplugged,
            disk_free_bytes=None if room is None else room.free_bytes,
            disk_left_s=None if room is None else room.left_s,
            taring=self._taring.busy,
            bout=takes.bout,
            can_restart=self._options.stays,
            finishing=finisher.busy,
            last_session=finisher.last_session,
            last_error=finisher.last_error,
            happened=len(take.happenings),
        )

    def answer(self) -> dict[str, Any]:
        """The same for a window."""
        found: dict[str, Any] = plain(asdict(self.progress()))
        return found

    def _room(self, take: Take) -> Room | None:
        folder: Path | None = self._names.folder if take.path is None else take.path.parent
        header = take.header
        bytes_per_s = row_dtype(header.channels).itemsize * header.sample_rate_Hz
        bytes_per_s += (HEAD.size + CRC.size) * RECORDS_PER_S
        if take.duration_s > SETTLED_S and take.journal_bytes:
            bytes_per_s = take.journal_bytes / take.duration_s
        return self._disk.room(folder, take.journal_bytes, bytes_per_s)


def _clock(clock: DeviceClock) -> dict[str, Any]:
    """Where the device's clock stands.

    A window in another process may subtract the host time from its own `host_now`: perf_counter is one clock for the
    whole machine (CLOCK_MONOTONIC on Linux, mach_absolute_time on macOS, QueryPerformanceCounter on Windows).
    """
    if not clock.ready:
        return {}
    fit = clock.fit
    line = {"tick": fit.tick_ref, "host_s": fit.host_ref_s, "s_per_tick": fit.s_per_tick}
    return {"clock": line, "clock_ppm": fit.rate_ppm, "u_clock_ppm": fit.u_rate_ppm}


def facts_of(options: RecordOptions, rig: Rig, protocol: str, take: Take) -> dict[str, Any]:
    """What does not change while a recorder runs.

    Args:
        options: What to record.
        rig: The rig.
        protocol: Name of the protocol.
        take: Any take of it.

    Returns:
        Plain values: "rig", "runner", "protocol", "port", "device" (as tares call it), "gains", "sample_rate_Hz",
        "tick_rate_Hz", "adc_delay_s" (or None), "belts" (names, "" for a single one), "observable_of" (components that
        each sees), "observable" (those that every belt sees),
        "belt_speed_m_s", "mass_kg", "incline_deg", "shoe_length_m", "registration" (as `FootRegistration`),
        "belt_size_m" (length, width), "can_restart".
    """
    belts, runner = rig.belts(), options.subject
    found: dict[str, Any] = plain({
        "rig": rig.name,
        "runner": runner.name,
        "protocol": protocol,
        "port": options.port,
        "device": device_name(take.header.device["board"], take.header.device["adc"]),
        "gains": take.header.device["gains"],
        "sample_rate_Hz": take.header.sample_rate_Hz,
        "tick_rate_Hz": take.header.tick_rate_Hz,
        "adc_delay_s": adc_delay_s(take.header.device["adc"], take.header.sample_rate_Hz),
        "belts": [belt.name for belt in belts],
        "observable_of": [sorted(belt.observable) for belt in belts],
        "observable": sorted(frozenset.intersection(*(belt.observable for belt in belts))),
        "belt_speed_m_s": runner.belt_speed_m_s,
        "mass_kg": runner.mass_kg,
        "incline_deg": runner.incline_deg,
        "shoe_length_m": runner.shoe_length_m,
        "registration": None if runner.registration is None else asdict(runner.registration),
        "belt_size_m": [rig.machine.surface_length_m, rig.machine.surface_width_m],
        "can_restart": options.stays,
    })  # fmt: skip
    return found
