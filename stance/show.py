"""How results look in a terminal: prose and progress on standard error, results on standard output."""

import json
import sys
import time
from typing import Any

import click

from daq.progress import Progress
from daq.results import Results, invalid_steps

SHOWN = (
    ("cadence_spm", "cadence", "steps/min", 1),
    ("contact_time_ms", "contact (support) time", "ms", 1),
    ("flight_time_ms", "flight time", "ms", 1),
    ("active_peak_BW", "active peak", "BW", 2),
    ("impact_peak_BW", "impact peak", "BW", 2),
    ("vertical_impulse_BW_s", "vertical impulse", "BW·s", 3),
    ("braking_peak_BW", "braking peak", "BW", 3),
    ("braking_impulse_BW_s", "braking impulse", "BW·s", 4),
    ("propulsive_impulse_BW_s", "propulsive impulse", "BW·s", 4),
)
"""Column, words, unit, decimals."""


def print_json(results: Any) -> None:
    """One JSON object on standard output; NaN would be a bug and raises."""
    click.echo(json.dumps(results, allow_nan=False))


def say(text: str) -> None:
    """A line of prose on standard error."""
    click.echo(text, err=True)


def print_results(results: Results) -> None:
    """A session in a few lines.

    Args:
        results: As `stance analyze --json` prints them.
    """
    count, bad = len(results["steps"]), invalid_steps(results)
    resets = sum(gap["lost"] is None for gap in results["gaps"])
    losses = f"{results['lost_frames']} lost" + (f" and {_count(resets, 'device reset')}" if resets else "")
    click.echo(
        f"{results['duration_s']:.1f} s at {results['sample_rate_Hz']:g} Hz, {results['frames']} frames, {losses}, "
        f"{_count(len(results['gaps']), 'gap')}"
    )
    if results["ended_by"] is not None:
        click.echo(f"ended before its time: {results['ended_by']}")
    click.echo(f"{count} steps" + (f", {bad} of them invalid" if bad else "") + f"; protocol {results['protocol']}")
    if results["bw_N"] is not None:
        source = {"mass": "from the mass given", "strides": "mean force of the first strides"}[results["bw_source"]]
        click.echo(f"body weight {results['bw_N']:.1f} N ({source})")
    if results["weight_closure"] is not None:
        click.echo(f"weight closure {results['weight_closure']:.4f} (1 if mass, scale and zero are right)")
    if results["summary"]:
        click.echo(f"{'':24s} {'mean':>9s} {'SD':>8s} {'median':>9s} {'n':>5s}")
    for column, words, unit, digits in SHOWN:
        if column in results["summary"]:
            click.echo(_line(words, unit, digits, results["summary"][column]))
    if results["steps"] and all(step["braking_evidence"] is None for step in results["steps"]):
        click.echo("braking: not observable with this rig's sensors")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def _line(words: str, unit: str, digits: int, values: dict[str, Any]) -> str:
    sd = "" if values["sd"] is None else f"{values['sd']:.{digits}f}"
    return (f"{words:24s} {values['mean']:9.{digits}f} {sd:>8s} {values['median']:9.{digits}f} "
            f"{values['n']:5d}  {unit}")  # fmt: skip


class ProgressLine:
    """A status line that rewrites itself in a terminal, and a plain line now and then elsewhere."""

    def __init__(self, every_s: float = 10.0) -> None:
        self._terminal = sys.stderr.isatty()
        self._every_s = every_s
        self._next_s = time.monotonic() + every_s

    def __call__(self, progress: Progress) -> None:
        """Show where the recording stands."""
        text = progress_text(progress)
        if self._terminal:
            click.echo(f"\r{text}\x1b[K", err=True, nl=False)
        elif time.monotonic() >= self._next_s:
            self._next_s += self._every_s
            click.echo(text, err=True)

    def end(self) -> None:
        """Leave the line."""
        if self._terminal:
            click.echo("", err=True)


def progress_text(progress: Progress) -> str:
    """Elapsed time, frames, rate, losses, steps, cadence, in one line."""
    minutes, seconds = divmod(progress.elapsed_s, 60)
    parts = [
        f"{int(minutes):02d}:{seconds:04.1f}",
        f"{progress.rows:,} frames",
        f"{progress.rate_Hz:.0f} Hz",
        f"{progress.lost} lost",
        f"{progress.steps} steps",
    ]
    if progress.cadence_spm is not None:
        parts.append(f"{progress.cadence_spm:.0f} spm")
    if progress.contact_time_ms is not None:
        parts.append(f"{progress.contact_time_ms:.0f} ms contact")
    for count, word in ((progress.crc_errors, "damaged"), (progress.resets, "device resets")):
        if count:
            parts.append(f"{count} {word}")
    return "  ".join(parts)
