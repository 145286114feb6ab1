"""How a recording is doing, item by item: what the recorder counts and what the session lights say, in one list.

Nothing is green by default: what is not known yet says so. A light speaks of the data, never of the runner.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.quality import AMBER, GREEN, INFO, RED, Light
from viewer.health.ending import how_to_recover
from viewer.health.health_item import UNKNOWN, Item
from viewer.health.health_lights import light_items
from viewer.report.words import count, number
from viewer.source import Status

__all__ = ["Item", "Verdict", "health", "verdict"]

RATE_OFF = (0.005, 0.05)
"""Measured against nominal rate, amber and red: 0.5 % is more than any crystal is off, 5 % spoils times and rates."""
LOST_SHARE = 1e-3
"""Lost or damaged frames, red: one in a thousand touches every few steps. One is amber: a good cable loses none."""
LATENCY_MS = (120.0, 500.0)
"""From the wire to the screen, amber and red: later than 0.12 s looks late; at half a second the step shown is over."""
DISK_LEFT_S = (30 * 60.0, 5 * 60.0)
"""Recording time that fits on the disk, amber and red: a long test, and the time that it takes to make room."""
CLOCK_PPM = 3000.0
"""Device clock against the host's, amber: beyond it is no crystal but a resonator, and cadence is 0.3 % off."""
SETTLE_S = 2.0
"""A rate over less than this says nothing yet."""
WARM_UP_S = 20.0
"""Until then nobody need have run yet, and the zero need not be known."""
_PLAIN = ("recorder", "rate", "frames", "latency", "saturation", "disk", "clock")
"""Items whose reason says what it is about."""


@dataclass(frozen=True)
class Verdict:
    """The whole list in one sentence."""

    level: str
    """The worst level."""
    text: str
    """The worst item, or that there is none."""
    name: str = ""
    """Which item that is."""


def health(
    status: Status | None,
    lights: Sequence[Light],
    live: bool,
    nominal_Hz: float,
    *,
    died: bool = False,
    visited: bool = True,
) -> tuple[Item, ...]:
    """Tell how a source is doing.

    Args:
        status: The recorder's; None for a recorded session.
        lights: Of the session, as far as they are known.
        live: Whether it is a recorder.
        nominal_Hz: Sampling rate that is expected.
        died: Whether the recorder is gone and has left no session.
        visited: Whether anybody has been on the belt.

    Returns:
        The items, the more important ones first.
    """
    if not live:
        return light_items(lights, live)
    status = status or Status("silent")
    waiting = status.state in ("waiting", "recording") and (status.elapsed_s < WARM_UP_S or not visited)
    return (*_of_status(status, nominal_Hz, died), *light_items(lights, live, waiting=waiting))


def verdict(items: Sequence[Item]) -> Verdict:
    """Say the worst of it.

    Args:
        items: As `health` gives them.

    Returns:
        The first item of the worst level; or that all is fine, and how much of it is not known yet.
    """
    for level in (RED, AMBER):
        found = [item for item in items if item.level == level]
        if found:
            worst = found[0]
            text = worst.reason if worst.name in _PLAIN else f"{worst.label}: {worst.reason}"
            return Verdict(level, text, worst.name)
    unknown = sum(item.reason == UNKNOWN for item in items)
    if not any(item.level == GREEN for item in items):
        return Verdict(INFO, UNKNOWN)
    return Verdict(GREEN, f"{count(unknown, 'thing')} not known yet" if unknown else "")


def _of_status(status: Status, nominal_Hz: float, died: bool) -> list[Item]:
    """What the recorder counts; moments of one that is gone or silent are not known."""
    there = status.state in ("waiting", "recording")
    now = (
        [_rate(status, nominal_Hz), _latency(status), _disk(status), _clock(status)]
        if there
        else [Item(name, INFO, "", "not known: the recorder does not answer") for name in ("rate", "latency", "disk")]
        if status.state == "silent"
        else []
    )
    tare = [Item("tare", INFO, "taring", "the zero is being taken: keep off the belt")] if status.taring else []
    first = [_recorder(status, died), *tare, *now[:1], _frames(status, nominal_Hz)]
    return [*first, *now[1:2], _saturation(status), *now[2:]]


def _recorder(status: Status, died: bool) -> Item:
    if died:
        reason = f"the recorder died; type: {how_to_recover(status.session)}"
        return Item("recorder", RED, "died", reason)
    if status.state == "silent":
        reason = "recorder does not answer; it may still be recording: look at its terminal"
        return Item("recorder", RED, "no answer", reason)
    if status.state == "ended":
        return Item("recorder", INFO, "ended", "the recording has ended; what is shown is its last minute")
    if status.state == "waiting":
        return Item("recorder", INFO, "", "waiting: nothing is being recorded")
    return Item("recorder", GREEN, "", "recording, and answering")


def _rate(status: Status, nominal_Hz: float) -> Item:
    limit = f"within {100 * RATE_OFF[0]:g} % of {nominal_Hz:,.0f} Hz"
    if status.unplugged:
        reason = "unplugged – waiting for it: plug the board in again, and the recording goes on"
        return Item("rate", RED, "unplugged", reason, limit=limit)
    if status.elapsed_s < SETTLE_S or nominal_Hz <= 0:
        return Item("rate", INFO, "rate ?", UNKNOWN, limit=limit)
    off = status.rate_Hz / nominal_Hz - 1.0
    level = _graded(abs(off), RATE_OFF)
    if status.rate_Hz <= 0:
        reason = "no frames arrive; check the cable and the board's power"
    elif level == GREEN:
        reason = f"{status.rate_Hz:,.1f} frames a second, as they should"
    else:
        reason = f"{status.rate_Hz:,.1f} frames a second instead of {nominal_Hz:,.0f} ({number(100 * off, 1)} %)"
        reason += "; check the cable and how busy this computer is"
    return Item("rate", level, f"{status.rate_Hz:,.0f} Hz", reason, f"{status.rate_Hz:,.1f} Hz", limit)


def _frames(status: Status, nominal_Hz: float) -> Item:
    bad = status.lost + status.corrupt
    all_frames = max(status.elapsed_s * nominal_Hz, bad, 1.0)
    resets = f", {count(status.resets, 'reset')} of the board" if status.resets else ""
    level = RED if bad > LOST_SHARE * all_frames else AMBER if bad or status.resets else GREEN
    if level == GREEN and not status.elapsed_s:
        return Item("frames", INFO, "lost ?", UNKNOWN, limit="none")
    reason = f"{count(status.lost, 'frame')} lost, {status.corrupt:,} damaged{resets}"
    if level != GREEN:
        reason += "; check the USB cable, keep it away from the motor's. Steps that touch a gap are left out"
    return Item("frames", level, f"{bad:,} lost" if not status.corrupt else f"{bad:,} bad", reason, f"{bad:,}", "none")


def _latency(status: Status) -> Item:
    limit = f"up to {LATENCY_MS[0]:g} ms"
    if status.latency_ms is None:
        return Item("latency", INFO, "delay ?", UNKNOWN, limit=limit)
    level = _graded(status.latency_ms, LATENCY_MS)
    reason = f"the curve is {status.latency_ms:.0f} ms behind the foot"
    if level != GREEN:
        reason += "; this computer is busy: close other programs. The recording itself is not late"
    return Item("latency", level, f"{status.latency_ms:.0f} ms", reason, f"{status.latency_ms:.0f} ms", limit)


def _saturation(status: Status) -> Item:
    if status.saturated:
        reason = (
            f"{count(status.saturated, 'reading')} at the end of the sensor's range: the force is larger than shown"
        )
        reason += "; check the load, the gain and the cell's wiring"
        return Item("saturation", AMBER, f"{status.saturated:,} saturated", reason, f"{status.saturated:,}", "none")
    if not status.elapsed_s:
        return Item("saturation", INFO, "range ?", UNKNOWN, limit="none")
    return Item("saturation", GREEN, "0 saturated", "no reading at the end of the sensor's range", "0", "none")


def _disk(status: Status) -> Item:
    limit = f"at least {span(DISK_LEFT_S[0])}"
    free = "" if status.disk_free_bytes is None else f" ({size(status.disk_free_bytes)} free)"
    if status.disk_left_s is None:
        reason = UNKNOWN if not free else f"time left {UNKNOWN}{free}"
        return Item("disk", INFO, "disk ?", reason, limit=limit)
    left = status.disk_left_s
    level = RED if left < DISK_LEFT_S[1] else AMBER if left < DISK_LEFT_S[0] else GREEN
    reason = f"room for {span(left)} of recording{free}"
    if level != GREEN:
        reason += "; make room, or stop in time"
    return Item("disk", level, f"disk {span(left)}", reason, span(left), limit)


def _clock(status: Status) -> Item:
    limit = f"within {CLOCK_PPM:,.0f} ppm"
    if status.clock_ppm is None:
        return Item("clock", INFO, "clock ?", UNKNOWN, limit=limit)
    value = f"{'+' if status.clock_ppm > 0 else ''}{number(status.clock_ppm, 0)} ppm"
    if abs(status.clock_ppm) > CLOCK_PPM:
        reason = (
            f"the board's clock is {abs(status.clock_ppm) / 1e4:.2f} % {'fast' if status.clock_ppm > 0 else 'slow'}"
        )
        reason += ", and so are times and cadence; use a board with a crystal"
        return Item("clock", AMBER, f"clock {value}", reason, value, limit)
    return Item("clock", GREEN, f"clock {value}", f"the board's clock is {value} off this computer's", value, limit)


def _graded(size: float, limits: tuple[float, float]) -> str:
    return GREEN if size <= limits[0] else AMBER if size <= limits[1] else RED


def span(seconds: float) -> str:
    """A long time, roughly: "40 s", "12 min", "5 h 10 min", "3 days"."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{max(seconds, 0.0):.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"


def size(in_bytes: int) -> str:
    """Room on a disk: "820 MB", "32.1 GB"."""
    return f"{in_bytes / 1e9:.1f} GB" if in_bytes >= 1e9 else f"{in_bytes / 1e6:.0f} MB"
