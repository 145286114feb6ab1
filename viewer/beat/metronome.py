"""Clicks at a chosen cadence, free of drift: where click n belongs is computed from n, never added up.

Nothing here needs Qt or a sound card. The sound card pulls blocks of samples and its own clock paces them; the visual
pulse counts the same samples. Without a sound card the host's clock takes its place, and only the pulse is left.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from daq.clock import host_now
from viewer.beat.sound import Output, SilentOutput, open_output
from viewer.errors import StanceError, ViewerError

Block = NDArray[np.float32]
SLOWEST_SPM, FASTEST_SPM = 30.0, 400.0
CLICK_S = 0.03
"""Length of a click: shorter than any beat."""
_TONE_Hz, _ACCENT_Hz = 1000.0, 1600.0
_ATTACK_S, _DECAY_S = 0.001, 0.006
_KEPT = 4  # tracks: what is heard now may be one or two changes of cadence behind what is made


@cache
def _click(sample_rate_Hz: float, tone_Hz: float) -> Block:
    """One click of full volume: a tone that rises softly, fades, and ends at nothing."""
    time_s = np.arange(math.ceil(CLICK_S * sample_rate_Hz)) / sample_rate_Hz
    attack = np.sin(np.clip(time_s / _ATTACK_S, 0.0, 1.0) * np.pi / 2) ** 2
    fade = np.exp(-time_s / _DECAY_S) * np.clip((CLICK_S - time_s) / (CLICK_S / 4), 0.0, 1.0)
    return np.asarray(np.sin(2 * np.pi * tone_Hz * time_s) * attack * fade, np.float32)


def check_cadence(cadence_spm: float) -> float:
    """Refuse a cadence that nobody runs at.

    Args:
        cadence_spm: Steps per minute.

    Returns:
        The same.

    Raises:
        ViewerError: It is out of range or no number.
    """
    if not SLOWEST_SPM <= cadence_spm <= FASTEST_SPM:
        raise ViewerError(
            "metronome", expected=f"a cadence of {SLOWEST_SPM:g} to {FASTEST_SPM:g} steps/min", seen=f"{cadence_spm:g}"
        )
    return float(cadence_spm)


@dataclass(frozen=True)
class ClickTrack:
    """Clicks of one cadence on the sample grid."""

    cadence_spm: float
    """Clicks per minute."""
    sample_rate_Hz: float
    """Samples per second."""
    accent_every: int = 0
    """Every so many clicks one sounds higher; 0 for none."""
    volume: float = 0.5
    """0 to 1."""
    origin: float = 0.0
    """Where the first click belongs, samples."""
    first: int = 0
    """Number of the first click."""

    def place(self, number: int) -> float:
        """Where a click belongs, samples; exact to a millionth of one after ten hours."""
        return self.origin + (number - self.first) * 60.0 * self.sample_rate_Hz / self.cadence_spm

    def sample_of(self, number: int) -> int:
        """The sample at which a click begins: the nearest to its place."""
        return round(self.place(number))

    def beat_at(self, sample: float) -> tuple[int, float]:
        """Number of the beat that a sample lies in, and how much of it has gone by, 0 to 1."""
        beats = (sample - self.origin) * self.cadence_spm / (60.0 * self.sample_rate_Hz)
        return self.first + math.floor(beats), beats % 1.0

    def next_click(self, sample: int) -> int:
        """Number of the first click that begins at this sample or later."""
        number = max(self.first, self.beat_at(sample)[0])
        while self.sample_of(number) < sample:
            number += 1
        return number

    def block(self, start: int, n: int) -> Block:
        """The sound of a stretch; however a longer one is cut, its samples are the same.

        Args:
            start: Number of its first sample.
            n: How many.

        Returns:
            (n,) samples, −1 to 1.
        """
        out = np.zeros(n, np.float32)
        length = _click(self.sample_rate_Hz, _TONE_Hz).size
        number = self.next_click(start - length + 1)
        while (at := self.sample_of(number) - start) < n:
            click = self._sound(number)
            cut = click[max(0, -at) : n - at]
            out[max(0, at) : max(0, at) + cut.size] += cut
            number += 1
        return out

    def _sound(self, number: int) -> Block:
        """One click, accented or not."""
        accent = self.accent_every > 0 and number % self.accent_every == 0
        return _click(self.sample_rate_Hz, _ACCENT_Hz if accent else _TONE_Hz) * np.float32(self.volume)


class Metronome:
    """Clicks that can be heard, or if there is no sound, seen.

    Args:
        open_sound: Opens what plays; by default the sound card.
        accent_every: Every so many clicks one sounds higher; 0 for none.
        volume: 0 to 1.
        clock: The host's clock, s.
    """

    def __init__(
        self,
        open_sound: Callable[[], Output] | None = None,
        *,
        accent_every: int = 0,
        volume: float = 0.5,
        clock: Callable[[], float] = host_now,
    ) -> None:
        self._open_sound = open_sound or open_output
        self._accent_every, self._volume, self._clock = accent_every, volume, clock
        self._lock = threading.Lock()  # the sound card asks from a thread of its own
        self._output: Output | None = None
        self._tracks: tuple[ClickTrack, ...] = ()
        self._made = 0
        self._no_sound = ""

    @property
    def running(self) -> bool:
        """Whether it beats."""
        return self._output is not None

    @property
    def cadence_spm(self) -> float:
        """Chosen cadence, steps/min; 0 before the first start."""
        return self._tracks[-1].cadence_spm if self._tracks else 0.0

    @property
    def problem(self) -> str:
        """Why nothing is heard although it runs; empty if all is well."""
        return self._no_sound or (self._output.problem if self._output else "")

    def start(self, cadence_spm: float) -> None:
        """Begin to beat; if it beats already, change the cadence.

        Args:
            cadence_spm: Steps per minute.
        """
        if self.running:
            self.set_cadence(cadence_spm)
            return
        check_cadence(cadence_spm)
        self._no_sound = ""
        try:
            self._begin(self._open_sound(), cadence_spm)
        except StanceError as error:
            self._no_sound = str(error)
            self._begin(SilentOutput(self._clock), cadence_spm)

    def stop(self) -> None:
        """Fall silent; the sound card is given back."""
        output, self._output = self._output, None
        if output is not None:
            output.stop()

    def set_cadence(self, cadence_spm: float) -> None:
        """Change the cadence: the click that is due next comes when it was due, and the new rhythm counts from it.

        Args:
            cadence_spm: Steps per minute.
        """
        check_cadence(cadence_spm)
        with self._lock:
            output = self._output
            if output is None or cadence_spm == self._tracks[-1].cadence_spm:
                return
            # A silent output asks for no samples: what is made is what has gone by.
            made = max(self._made, math.ceil(output.position(self._clock())))
            kept = tuple(track for track in self._tracks if track.first == 0 or track.sample_of(track.first) < made)
            last = kept[-1]
            number = last.next_click(made)
            changed = replace(last, cadence_spm=float(cadence_spm), origin=last.place(number), first=number)
            # A change before the very first click replaces its track, which has not been heard.
            self._tracks = ((*kept, changed) if number > 0 else (changed,))[-_KEPT:]

    def beat_at(self, host_s: float) -> tuple[int, float] | None:
        """The beat that is heard at a moment.

        Args:
            host_s: On the host's clock (`daq.clock.host_now`), s.

        Returns:
            Number of the beat, from 0 (negative until the first is heard), and how much of it has gone by, 0 to 1.
            None while nothing beats.
        """
        output, tracks = self._output, self._tracks
        if output is None:
            return None
        sample = output.position(host_s)
        track = next((track for track in reversed(tracks) if track.origin <= sample), tracks[0])
        return track.beat_at(sample)

    def _begin(self, output: Output, cadence_spm: float) -> None:
        """Count from zero on this output."""
        rate = output.sample_rate_Hz
        self._tracks = (ClickTrack(float(cadence_spm), rate, self._accent_every, self._volume),)
        self._made = 0
        output.start(self._fill)
        self._output = output

    def _fill(self, start: int, n: int) -> Block:
        """The next stretch of sound; called by the sound card's thread."""
        with self._lock:
            self._made = start + n
            tracks = self._tracks
        out = np.zeros(n, np.float32)
        for track, after in zip(tracks, (*tracks[1:], None), strict=True):
            until = n if after is None else min(n, max(0, after.sample_of(after.first) - start))
            begin = max(0, track.sample_of(track.first) - start)
            if begin < until:
                out[begin:until] = track.block(start + begin, until - begin)
        return out
