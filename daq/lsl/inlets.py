"""Marker streams of other instruments: found when they come, found again when they come back, put where they belong.

Each has a thread. Its stamps go to this machine's LSL clock by the stream's own time correction, to the host clock by
the difference of the two clocks here, and to the device's by the recorder.
"""

import math
import platform
import threading
from collections.abc import Callable, Collection
from typing import Any

from daq.errors import FormatError
from daq.foreign import MOST_TEXT

__all__ = ["EVERYTHING", "MarkerInlets", "predicate_of"]

EVERYTHING = "all"
_MARKERS = "(type='Markers' or channel_format='string')"
PULL_S = 0.25
CORRECTION_S = 2.0
FORGET_S = 5.0
SAME_CLOCK_S = 0.05
"""A stream of this machine has this machine's clock. What its time correction says of that is the jitter of the
question, a millisecond on a busy machine; two machines of one name differ by much more than this."""
MOST_PER_S = 100
"""Markers of one stream within a second that are recorded; what comes faster is no marker stream, and is counted."""

Post = Callable[[dict[str, Any]], None]


def predicate_of(wanted: str) -> str:
    """Turn what was asked for into what the library resolves by.

    Args:
        wanted: "all", the name of a stream, or an XPath predicate such as type='Markers' and hostname='pc2'.

    Returns:
        The predicate.

    Raises:
        FormatError: It is a name that no predicate can hold.
    """
    if wanted == EVERYTHING:
        return _MARKERS
    if any(sign in wanted for sign in "=()"):
        return wanted
    if not wanted.strip() or ("'" in wanted and '"' in wanted):
        raise FormatError("--lsl-markers", expected="all, the name of a stream, or a predicate", seen=repr(wanted),
                          next_step="For example: --lsl-markers \"type='Markers'\"")  # fmt: skip
    quote = '"' if "'" in wanted else "'"
    return f"name={quote}{wanted}{quote}"


class MarkerInlets:
    """Listens to every stream that fits.

    Args:
        pylsl: The package, configured.
        wanted: As `predicate_of` takes it.
        say: Is told who has been found.

    Raises:
        FormatError: The library does not understand the predicate.
    """

    def __init__(self, pylsl: Any, wanted: str, say: Callable[[str], None]) -> None:
        self._pylsl, self._say = pylsl, say
        predicate = predicate_of(wanted)
        try:
            self._resolver = pylsl.ContinuousResolver(pred=predicate, forget_after=FORGET_S)
        except RuntimeError as error:
            raise FormatError(
                "--lsl-markers", expected="all, the name of a stream, or an XPath 1.0 predicate", seen=predicate,
                next_step="For example: --lsl-markers \"type='Markers'\"",
            ) from error  # fmt: skip
        self._own: Collection[str] = ()
        self._post: Post | None = None
        self._threads: dict[str, threading.Thread] = {}
        self._stop = threading.Event()
        self.host_minus_lsl_s = 0.0
        """Set by who owns this, and kept fresh."""

    def start(self, post: Post, own: Collection[str]) -> None:
        """Begin to hand markers over.

        Args:
            post: Is given each, as `daq.foreign.foreign_marks` takes it; called from several threads.
            own: Source ids of this program's own streams, which are left out.
        """
        self._post, self._own = post, own

    def look(self) -> None:
        """See who is there; called about once a second."""
        if self._post is None:
            return
        for info in self._resolver.results():
            key = info.source_id() or info.uid()  # a stream with an id is found again by the library itself
            key = f"{info.name()}|{info.type()}|{key}"
            listening = self._threads.get(key)
            if info.source_id() in self._own or (listening is not None and listening.is_alive()):
                continue
            thread = threading.Thread(
                target=self._listen, args=(info, self._post), name="stance-lsl-inlet", daemon=True
            )
            self._threads[key] = thread
            thread.start()

    def close(self) -> None:
        """Stop listening; what has arrived by now is handed over first."""
        self._stop.set()
        for thread in self._threads.values():
            thread.join(CORRECTION_S + 1.0)

    def _listen(self, info: Any, post: Post) -> None:
        lost = (self._pylsl.util.LostError, self._pylsl.util.TimeoutError)
        name, source = info.name(), info.source_id()
        inlet = self._pylsl.StreamInlet(info, recover=True, as_numpy=True)
        try:
            inlet.open_stream(CORRECTION_S)
            self._say(f"LSL: recording the markers of {name} ({source or 'no id'} on {info.hostname()})")
            limit = _Limit()
            same_machine = info.hostname() == platform.node()
            correction_s = self._correction_s(inlet)
            while not self._stop.is_set():
                sample, stamp = inlet.pull_sample(PULL_S)
                while sample is not None:  # a stop in between shall not lose what is here already
                    fresh_s = self._correction_s(inlet)
                    correction_s = correction_s if fresh_s is None else fresh_s
                    data = {"stream": name, "source_id": source, "lsl_s": stamp, "correction_s": correction_s}
                    ahead_s = 0.0 if same_machine and abs(correction_s or 0.0) < SAME_CLOCK_S else correction_s or 0.0
                    self._take(post, limit, sample, stamp + ahead_s, data)
                    sample, stamp = inlet.pull_sample(0.0)
        except lost:
            self._say(f"LSL: the stream {name} has gone; it is looked for")

    def _correction_s(self, inlet: Any) -> float | None:
        try:
            return float(inlet.time_correction(CORRECTION_S))
        except (self._pylsl.util.TimeoutError, self._pylsl.util.LostError):
            return None

    def _take(self, post: Post, limit: "_Limit", sample: Any, here_s: float, data: dict[str, Any]) -> None:
        """Hand one over; `here_s` is its time on this machine's LSL clock."""
        if not math.isfinite(here_s):
            return
        skipped = limit.passes(here_s)
        if skipped is None:
            return
        if skipped:
            data["not_recorded_before"] = skipped
        text = " | ".join(_text(value) for value in sample)[:MOST_TEXT]
        post({"kind": "lsl", "text": text, "data": data, "host_s": here_s + self.host_minus_lsl_s})


class _Limit:
    """Lets so many through in each second, and counts the others."""

    def __init__(self) -> None:
        self._second, self._count, self._skipped = -math.inf, 0, 0

    def passes(self, time_s: float) -> int | None:
        """Ask for one that came at `time_s`.

        Args:
            time_s: Its time, s.

        Returns:
            None if it does not pass; otherwise how many did not since the last that did.
        """
        second = math.floor(time_s)
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        if self._count > MOST_PER_S:
            self._skipped += 1
            return None
        skipped, self._skipped = self._skipped, 0
        return skipped


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
