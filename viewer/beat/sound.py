"""Plays samples on the sound card, whose own clock paces them. The one place that knows the library, sounddevice.

It is imported when a sound is wanted and not before: nothing else depends on it or on PortAudio below it.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from daq.clock import host_now
from viewer.errors import ViewerError

Fill = Callable[[int, int], NDArray[np.float32]]
"""(number of the first sample, how many) -> the samples."""
BUFFER_S = 0.1
"""How far ahead the card is served: more than a busy window keeps its thread waiting."""
SILENT_RATE_Hz = 48_000.0
PACKAGE, LIBRARY, DEBIAN = "sounddevice", "libportaudio.so.2", "libportaudio2"


class Output(Protocol):
    """Something that plays samples at an even pace."""

    sample_rate_Hz: float

    @property
    def problem(self) -> str:
        """Why it does not play any more; empty if it does."""

    def start(self, fill: Fill) -> None:
        """Begin to ask for samples, from number 0 on, perhaps from another thread."""

    def stop(self) -> None:
        """Ask no more, and let the device go."""

    def position(self, host_s: float) -> float:
        """Number of the sample that is heard at a moment of the host's clock; negative before the first."""


class SilentOutput:
    """Plays nothing: a clock in place of a sound card.

    Args:
        clock: The host's clock, s.
    """

    sample_rate_Hz = SILENT_RATE_Hz
    problem = ""

    def __init__(self, clock: Callable[[], float] = host_now) -> None:
        self._clock = clock
        self._began_s = clock()

    def start(self, fill: Fill) -> None:  # noqa: ARG002 - nothing is asked for
        """Count from now."""
        self._began_s = self._clock()

    def stop(self) -> None:
        """Nothing is held."""

    def position(self, host_s: float) -> float:
        """Samples that would have been played by a moment."""
        return (host_s - self._began_s) * self.sample_rate_Hz


@dataclass(frozen=True)
class _Served:
    """The last block that the card took."""

    heard_s: float
    """Host time at which its first sample is heard."""
    start: int
    """Number of that sample."""


class SpeakerOutput:
    """The default output of this machine.

    Args:
        library: The module `sounddevice`.
        clock: The host's clock, s.
    """

    def __init__(self, library: Any, clock: Callable[[], float] = host_now) -> None:
        with _in_words(library):
            device = library.query_devices(kind="output")
        self.sample_rate_Hz = float(device["default_samplerate"])
        self._library, self._clock = library, clock
        self._channels = min(2, int(device["max_output_channels"]))  # not every driver takes one
        self._stream: Any = None
        self._next = 0
        self._served = _Served(clock() + BUFFER_S, 0)
        self._stopping = False
        self.problem = ""

    def start(self, fill: Fill) -> None:
        """Play; the card's thread calls `fill`.

        Args:
            fill: Gives the samples.
        """
        self._served = _Served(self._clock() + BUFFER_S, 0)
        with _in_words(self._library):
            self._stream = self._library.OutputStream(
                samplerate=self.sample_rate_Hz, channels=self._channels, dtype="float32", latency=BUFFER_S,
                callback=self._callback(fill), finished_callback=self._finished,
            )  # fmt: skip
            self._stream.start()

    def stop(self) -> None:
        """Fall silent at once."""
        self._stopping = True
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.abort()
            stream.close()

    def position(self, host_s: float) -> float:
        """Counted from the last block that the card took."""
        served = self._served
        return served.start + (host_s - served.heard_s) * self.sample_rate_Hz

    def _callback(self, fill: Fill) -> Callable[..., None]:
        def serve(out: NDArray[np.float32], frames: int, time: Any, _status: Any) -> None:
            ahead_s = time.outputBufferDacTime - time.currentTime
            if not 0.0 <= ahead_s <= 2.0:  # some drivers leave the times empty
                ahead_s = BUFFER_S
            self._served = _Served(self._clock() + ahead_s, self._next)
            out[:] = fill(self._next, frames)[:, np.newaxis]
            self._next += frames

        return serve

    def _finished(self) -> None:
        """The stream ended; unless we stopped it, the device went away."""
        if not self._stopping:
            self.problem = "The sound device went away: stop and start the metronome."


def open_output(load: Callable[[str], Any] = import_module) -> Output:
    """The machine's default sound output.

    Args:
        load: Imports a module by its name.

    Returns:
        The output, ready to start.

    Raises:
        ViewerError: The package, its library or a device is missing; the message names it.
    """
    try:
        library = load(PACKAGE)
    except ModuleNotFoundError as error:
        raise ViewerError(
            "metronome", expected=f"the Python package {PACKAGE}", seen="that it is not installed",
            next_step=f"The beat is shown, not heard. Type: {sys.executable} -m pip install {PACKAGE}",
        ) from error  # fmt: skip
    except OSError as error:
        raise ViewerError(
            "metronome", expected=f"the sound library PortAudio ({LIBRARY})", seen=str(error),
            next_step=f"The beat is shown, not heard. On Debian or Ubuntu: sudo apt-get install {DEBIAN}",
        ) from error  # fmt: skip
    return SpeakerOutput(library)


@contextmanager
def _in_words(library: Any) -> Iterator[None]:
    """Say in our words what the library says in its own."""
    try:
        yield
    except (library.PortAudioError, ValueError) as error:
        raise ViewerError(
            "metronome", expected="a sound output", seen=f"none that can be opened ({error})",
            next_step="The beat is shown, not heard. Connect a loudspeaker or headphones, then start it again.",
        ) from error  # fmt: skip
