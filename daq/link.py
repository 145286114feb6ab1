"""The link to a device: an open port on which a device of our protocol has answered. It gives bytes, decodes none."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

import serial

from daq.clock import RoundTrip, host_now
from daq.errors import DeviceError, LinkError
from daq.handshake import Dialogue, Patience, diagnose, raise_refusal, read_hello
from daq.line import Line
from daq.pending import Pending
from daq.ports import PortInfo, list_ports, open_port, resets_on_open
from daq.wire import Control, Hello, Kind

__all__ = ["Link", "Patience", "Pending", "PortInfo", "list_ports", "open_link"]

CLOCK_PERIOD_S = 1.0
MUTE_S = 0.05
"""A streaming device that has been silent for this long may be rebooting: say nothing to its bootloader."""
_DRAIN_S = 0.02
_DRAIN_READS = 100
_STOP_S = 0.5
_QUIET_TRIPS = 5

Check = Callable[[Hello], object]


def open_link(url: str, baud: int = 500_000, expect: Check | None = None, patience: Patience | None = None) -> "Link":
    """Open a port and wait for a device of our protocol to answer; a streaming one is stopped.

    Args:
        url: A device name (/dev/ttyACM0, COM3) or any pyserial URL (socket://, virtual://, ...).
        baud: Bits per second.
        expect: Called with the device's HELLO, here and after every revival; raises if the device does not fit.
        patience: How long to wait.

    Returns:
        The link, not yet streaming. LinkError, ProtocolError or DeviceError say why there is none.
    """
    with ExitStack() as undo:
        link = Link(url, open_port(url, baud), baud, expect, patience or Patience())
        undo.callback(link.close)
        link._greet()
        undo.pop_all()
    return link


class Link(Line):
    """A device that has answered; made by `open_link`. `hello` is that of its newest boot."""

    hello: Hello

    def __init__(self, url: str, port: serial.Serial, baud: int, expect: Check | None, patience: Patience) -> None:
        super().__init__(url, port)
        self.baud = baud
        self._expect = expect
        self._patience = patience
        self._may_reset = resets_on_open(port)
        self._held = bytearray()
        self._trips: list[RoundTrip] = []
        self._clock_s = -CLOCK_PERIOD_S
        self._streaming = False

    def start(self) -> None:
        """Let the device stream; a LinkError says that it no longer answers.

        Round trips made in the silence before are in `take_round_trips`.
        """
        with self._conversation() as dialogue:
            self._begin(dialogue, None)
        self._clock_s = host_now()

    def read(self, timeout_s: float) -> bytes:
        """Read what has arrived.

        Args:
            timeout_s: Longest wait for the first byte, s.

        Returns:
            Bytes, in order and complete since START was sent; empty if nothing came in time. `heard_s` is the host time
            at which they were read. A LinkError says that the device went away.
        """
        return self._take_held() or self.take(timeout_s)

    def request(self, kind: Kind, timeout_s: float = 1.0) -> Control:
        """Send a command without payload and wait for its answer; bytes read on the way are kept for `read`.

        Args:
            kind: The command.
            timeout_s: Longest wait, s.

        Returns:
            The answer. A DeviceError says that the device refused.

        Raises:
            LinkError: No answer.
        """
        with self._conversation() as dialogue:
            answers = dialogue.ask(kind, give_up_s=timeout_s)
        if kind not in answers:
            raise LinkError(
                self.url,
                expected=f"an answer to {kind.name}",
                seen=f"none for {timeout_s:g} s",
                next_step="Check the device: stance doctor.",
            )
        raise_refusal(self.url, kind, answers[kind])
        return answers[kind]

    def clock_request(self, now_s: float | None = None) -> int | None:
        """Ask for the device's time, if it is time to; call it as often as you like.

        Args:
            now_s: Host clock, s; None looks.

        Returns:
            The token, or None if the last question is less than CLOCK_PERIOD_S old or the device is silent.
        """
        now_s = host_now() if now_s is None else now_s
        mute_s = max(MUTE_S, 2.5 / self.hello.sample_rate_Hz)
        if now_s - self._clock_s < CLOCK_PERIOD_S or now_s - self.heard_s > mute_s:
            return None
        self._clock_s = now_s
        return self.send(Kind.CLOCK)

    def take_round_trips(self) -> tuple[RoundTrip, ...]:
        """Give, once, the round trips that `start` and `revive` made while the line was silent."""
        trips, self._trips = tuple(self._trips), []
        return trips

    def stop(self) -> bytes:
        """Stop the stream; may be called twice, and on a device that is gone.

        Returns:
            The last bytes, up to the device's acknowledgement.
        """
        if not self._streaming:
            return self._take_held()
        self._streaming = False
        with suppress(LinkError), self._conversation() as dialogue:
            dialogue.ask(Kind.STOP, give_up_s=_STOP_S)
        return self._take_held()

    def revive(self, give_up_s: float | None = None) -> bytes:
        """Make a device stream again that has reset (silence, or another boot id), on the open port.

        Call it again after a LinkError unless the link is `gone`; nothing that was read is lost, `read` gives it.

        Args:
            give_up_s: Longest wait for answers, s; None takes the patience's.

        Returns:
            The bytes read on the way, for the Decoder. `hello` and `take_round_trips` are those of the new boot.

        Raises:
            DeviceError: Another device, or one with other settings, has answered.
        """
        before = self.hello
        with self._conversation() as dialogue:
            if self._may_reset:
                self._let_boot(dialogue, give_up_s)
            self._begin(dialogue, give_up_s)
        now, self.hello = self.hello, before
        if replace(now, boot=before.boot) != before:
            raise DeviceError(
                self.url,
                expected=f"{before.board} with {before.adc} at {before.sample_rate_Hz:g} Hz, as before the reset",
                seen=f"{now.board} with {now.adc} at {now.sample_rate_Hz:g} Hz, or other settings",
                next_step="Start a new session.",
            )
        self.hello = now
        return self._take_held()

    def close(self) -> None:
        """Stop the stream and close the port; may be called twice."""
        if not self.closed:
            self.stop()
            self.hang_up()

    def __enter__(self) -> "Link":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _greet(self) -> None:
        """Stop whatever the device does and learn who it is."""
        with self._conversation() as dialogue:
            first_wait_s = self._patience.bootloader_s if self._may_reset else 0.0
            answers = dialogue.ask(Kind.STOP, Kind.HELLO, first_wait_s=first_wait_s)
        if Kind.HELLO not in answers:
            diagnose(self.url, self.baud, dialogue)
        self._meet(answers)
        for _ in range(_DRAIN_READS):  # what an earlier run left, and answers to repeated questions
            if not self.take(_DRAIN_S):
                break
        self._held.clear()

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

    def _begin(self, dialogue: Dialogue, give_up_s: float | None) -> None:
        """HELLO, some round trips, and START."""
        wanted = (Kind.HELLO, Kind.START)
        answers = dialogue.ask(Kind.HELLO, give_up_s=give_up_s)
        if answers:
            self._ask_clock(dialogue)
            answers = dialogue.ask(*wanted, give_up_s=give_up_s)
        missing = [kind.name for kind in wanted if kind not in answers]
        if missing:
            raise LinkError(
                self.url,
                expected=f"an answer to {' and '.join(missing)}",
                seen="none",
                next_step="Check the device's power and cable; stance doctor tests it.",
            )
        self._meet(answers)
        self._streaming = True

    def _meet(self, answers: dict[Kind, Control]) -> None:
        """Take in who has answered; complain if it is not for us or refuses."""
        hello = answers[Kind.HELLO]
        raise_refusal(self.url, Kind.HELLO, hello)
        self.hello = read_hello(hello, self.url)
        for kind, answer in answers.items():
            raise_refusal(self.url, kind, answer)
        if self._expect is not None:
            self._expect(self.hello)

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
