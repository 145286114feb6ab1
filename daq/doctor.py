"""Is this device this rig, and is it well? A few seconds of an empty belt tell."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.gates import STATIC_ONLY
from analysis.wrench import FZ
from daq.analyser import at_rail
from daq.chunk import Chunk
from daq.clock import DeviceClock, host_now
from daq.decoder import Decoder
from daq.device_check import check_device
from daq.errors import StanceError
from daq.link import Link, open_link
from daq.rig import Rig
from daq.settings import Settings
from daq.wire import Capability, Hello

SECONDS = 3.0
READ_S = 0.02
MOVING_N = 150.0
NOISY_N = 2.0
"""Noise of one cell, SD over half a second, that deserves a look."""


@dataclass(frozen=True)
class Check:
    """One line of the list."""

    name: str
    """What was looked at."""
    state: str
    """"ok", "warn" or "fail"."""
    text: str
    """What was found, and what to do."""


def check_link(rig: Rig, port: str, baud: int) -> list[Check]:
    """Talk to a device, stream a few seconds, and judge what comes.

    Args:
        rig: The rig it should be.
        port: Port or URL.
        baud: Bits per second.

    Returns:
        The checks; the first failure ends the list.
    """
    try:
        wanted = Settings.of(rig)
        with open_link(port, baud, expect=lambda hello: check_device(hello, rig), wanted=wanted) as link:
            hello = link.hello
            firmware = ".".join(map(str, hello.firmware))
            head = Check("device", "ok", f"{hello.board} with {hello.adc}, firmware {firmware}, "
                                         f"protocol {hello.protocol_version}")  # fmt: skip
            settings = Check("settings", "ok", _settings(hello, made=link.settled))
            return [head, settings, *_converter(hello), *_check_stream(rig, link)]
    except StanceError as error:
        return [Check("device", "fail", str(error))]


def _settings(hello: Hello, *, made: bool) -> str:
    gains = ", ".join(map(str, sorted(set(hello.gains[: hello.channels]))))
    how = "set as the rig says" if made else "as the rig says already"
    if not hello.capabilities & Capability.SETTINGS:
        how = "built in: this device has no settings"
    return f"gain {gains}, {hello.sample_rate_Hz:.7g} Hz, {how}"


def _converter(hello: Hello) -> list[Check]:
    """What the converter cannot do, or does one channel after the other."""
    checks = []
    if hello.capabilities & Capability.STATIC_ONLY:
        checks.append(Check("converter", "warn", f"{STATIC_ONLY}. Take a faster one to see steps."))
    if late_us := max(hello.skew_100ns) / 10:
        text = f"channels are sampled up to {late_us:g} µs after data-ready; the analysis brings them to one moment"
        checks.append(Check("skew", "ok", text))
    return checks


def _check_stream(rig: Rig, link: Link) -> list[Check]:
    hello = link.hello
    decoder, clock = Decoder(hello.ticks_per_sample), DeviceClock(hello.tick_rate_Hz, hello.boot)
    link.start()
    for trip in link.take_round_trips():
        clock.feed(trip)
    chunks, began = [], host_now()
    while host_now() - began < SECONDS:
        decoded = decoder.feed(link.read(READ_S))
        chunks.append(decoded.chunk)
        for control in decoded.controls:
            found = link.pending.match(control, link.heard_s)
            if found is not None:
                clock.feed(found)
        link.clock_request()
    chunk = Chunk.concat(chunks)
    if len(chunk) < 2:
        return [Check("stream", "fail", f"no data in {SECONDS:g} s after START. Check the ADC's wiring and clock.")]
    return [_rate(rig, hello.tick_rate_Hz, chunk), _losses(decoder), _clock(clock), *_cells(rig, chunk)]


def _rate(rig: Rig, tick_rate_Hz: float, chunk: Chunk) -> Check:
    spans = chunk.seq[-1] - chunk.seq[0]
    rate = float(spans / (chunk.tick[-1] - chunk.tick[0]) * tick_rate_Hz)
    off = abs(rate / rig.sample_rate_Hz - 1.0)
    text = f"{rate:.2f} Hz measured, {rig.sample_rate_Hz:g} Hz in the rig file"
    if off > 0.005:
        return Check("rate", "warn", f"{text}. Correct adc.sample_rate_Hz, or the ADC's clock.")
    return Check("rate", "ok", text)


def _losses(decoder: Decoder) -> Check:
    counters = asdict(decoder.counters)
    text = ", ".join(f"{counters[name]} {name}" for name in ("lost", "duplicates", "late", "crc_errors"))
    bad = counters["lost"] or counters["crc_errors"]
    return Check("losses", "warn" if bad else "ok", text + (". Check cable and baud rate." if bad else ""))


def _clock(clock: DeviceClock) -> Check:
    if not clock.ready:
        return Check("clock", "warn", "the device did not answer a clock query")
    ppm, u = clock.rate_ppm, clock.u_rate_ppm
    slow = abs(ppm) > 500.0 and abs(ppm) > 3.0 * u
    if u > 500.0:
        return Check("clock", "ok", "too few clock queries were answered to judge it")
    advice = " A crystal is within 100 ppm; times are wrong by this much." if slow else ""
    return Check("clock", "warn" if slow else "ok", f"{ppm:+.0f} ± {u:.0f} ppm against this computer's.{advice}")


def _cells(rig: Rig, chunk: Chunk) -> list[Check]:
    checks = []
    if _loaded(rig, chunk):
        return [Check("belt", "warn", "somebody is on it: the cells were not judged. Step off and check again.")]
    for cell in rig.cells:
        counts = chunk.counts[:, cell.channel]
        newtons = counts * (rig.newtons_per_count(cell) * cell.sign)
        state, advice = _judge(counts, newtons, rig.adc.full_scale_counts)
        checks.append(
            Check(f"cell {cell.name}", state, f"{np.mean(newtons):+9.1f} N, noise {_noise(newtons):.3f} N{advice}")
        )
    return checks


def _loaded(rig: Rig, chunk: Chunk) -> bool:
    """Whether the vertical force moves as it does under a person."""
    forces = [chunk.counts @ belt.matrix[FZ] for belt in rig.belts()]
    return any(float(np.percentile(force, 95) - np.percentile(force, 5)) > MOVING_N for force in forces)


def _noise(newtons: NDArray[np.floating]) -> float:
    """SD that slow drift touches little: from differences of neighbours."""
    return float(np.median(np.abs(np.diff(newtons))) / (0.6745 * np.sqrt(2.0)))


def _judge(counts: NDArray[np.int32], newtons: NDArray[np.floating], full_scale: int) -> tuple[str, str]:
    if counts.max() == counts.min():
        return "fail", ": never changes. Check its wiring."
    if at_rail(counts, full_scale):
        return "fail", ": at the end of its range. Check its wiring and the gain."
    if _noise(newtons) > NOISY_N:
        return "warn", ": noisy. Check shield and ground."
    return "ok", ""
