"""Meeting a device: who it is, the settings that the rig wants, its clock, and START; anew after every reset."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import serial

from daq.clock import RoundTrip, host_now
from daq.errors import DeviceError, LinkError
from daq.handshake import Dialogue, Patience, raise_refusal, read_hello
from daq.line import Line
from daq.settings import Settings, settle
from daq.wire import Control, Hello, Kind

__all__ = ["Check", "Meeting"]

_QUIET_TRIPS = 5
_STARTS = 3
"""A board that resets between HELLO and START has lost its settings: begin again, at most so often."""

Check = Callable[[Hello], object]


class Meeting(Line):
    """A line on which a device is met, maybe again and again.

    Attributes:
        hello: Of the device's newest boot.
        settled: Whether settings had to be made when it was met last.

    Args:
        url: Name of the port, for errors.
        port: The open port, owned from now on.
        expect: Called with the device's HELLO; raises if the device does not fit.
        patience: How long to wait.
        wanted: Settings that the device is given before `expect` sees it; None leaves it as it is.
    """

    hello: Hello

    def __init__(
        self, url: str, port: serial.Serial, expect: Check | None, patience: Patience, wanted: Settings | None
    ) -> None:
        super().__init__(url, port)
        self.settled = False
        self._expect, self._patience, self._wanted = expect, patience, wanted
        self._held = bytearray()
        self._trips: list[RoundTrip] = []
        self._streaming = False

    def take_round_trips(self) -> tuple[RoundTrip, ...]:
        """Give, once, the round trips that `start` and `revive` made while the line was silent."""
        trips, self._trips = tuple(self._trips), []
        return trips

    def _let_boot(self, dialogue: Dialogue, give_up_s: float | None) -> None:
        """Keep the silence that a bootloader needs, or as much of it as there is time for."""
        quiet_s = self._patience.bootloader_s
        if self._spoke_s > self.heard_s:  # we may have caught it in its bootloader already
            quiet_s = max(quiet_s, self._spoke_s - self.heard_s + self._patience.stuck_s)
        left_s = self.heard_s + quiet_s - host_now()
        time_s = left_s if give_up_s is None else min(left_s, give_up_s)
        if left_s > 0 and not dialogue.listen(time_s) and time_s < left_s:
            raise LinkError(
                self.url,
                expected="a device that boots",
                seen=f"silence for {host_now() - self.heard_s:.1f} s",
                next_step="Check the device's power and cable; waiting for its bootloader.",
            )

    def _begin(self, dialogue: Dialogue, give_up_s: float | None, before: Hello | None = None) -> None:
        """HELLO, settings, some round trips, and START; `before` is what the device must be like."""
        for _ in range(_STARTS):
            answers = dialogue.ask(Kind.HELLO, give_up_s=give_up_s)
            if not answers:
                break
            met = self._meet(dialogue, answers, give_up_s, before)
            self._ask_clock(dialogue)
            read = len(dialogue.received)
            answers = dialogue.ask(Kind.HELLO, Kind.START, give_up_s=give_up_s)
            if len(answers) < 2:
                break
            hello = self._read(answers)
            if replace(hello, boot=met.boot) == met:
                self.hello = hello
                self._streaming = True
                return
            del dialogue.received[read:]  # it has reset meanwhile: frames with other settings are no data
        missing = [kind.name for kind in (Kind.HELLO, Kind.START) if kind not in answers]
        raise LinkError(
            self.url,
            expected=f"an answer to {' and '.join(missing)}" if missing else "a device that stays the same",
            seen="none" if missing else "one that resets again and again",
            next_step="Check the device's power and cable; stance doctor tests it.",
        )

    def _meet(
        self, dialogue: Dialogue, answers: dict[Kind, Control], give_up_s: float | None, before: Hello | None = None
    ) -> Hello:
        """Take in who has answered and give it its settings; complain if it is not for us or refuses."""
        met = hello = self._read(answers)
        if self._wanted is not None:
            hello = settle(dialogue, self._wanted, met, self.url, give_up_s)
        if before is not None and replace(hello, boot=before.boot) != before:
            raise DeviceError(
                self.url,
                expected=f"{before.board} with {before.adc} at {before.sample_rate_Hz:g} Hz, as before",
                seen=f"{hello.board} with {hello.adc} at {hello.sample_rate_Hz:g} Hz, or other settings",
                next_step="Start a new session.",
            )
        if self._expect is not None:
            self._expect(hello)
        self.settled = hello is not met
        return hello

    def _read(self, answers: dict[Kind, Control]) -> Hello:
        """The HELLO among some answers; complain of those that are refusals."""
        raise_refusal(self.url, Kind.HELLO, answers[Kind.HELLO])
        hello = read_hello(answers[Kind.HELLO], self.url)
        for kind, answer in answers.items():
            raise_refusal(self.url, kind, answer)
        return hello

    def _ask_clock(self, dialogue: Dialogue) -> None:
        """Make some round trips while nothing else is on the line: the best there will be."""
        for _ in range(_QUIET_TRIPS):
            answer = dialogue.ask(Kind.CLOCK, give_up_s=self._patience.retry_s).get(Kind.CLOCK)
            if answer is None:
                return
            trip = self.pending.match(answer, self.heard_s)
            self._trips += [trip] if trip else []

    @contextmanager
    def _conversation(self) -> Iterator[Dialogue]:
        """Talk with the device; whatever is read on the way is kept for `read`, even if the talk fails."""
        dialogue = Dialogue(self.send, self.take, self._patience)
        try:
            yield dialogue
        finally:
            self._held += dialogue.received

    def _take_held(self) -> bytes:
        held, self._held = bytes(self._held), bytearray()
        return held
