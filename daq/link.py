"""The link to a device: an open port on which a device of our protocol has answered. It gives bytes, decodes none."""

from contextlib import ExitStack, suppress

import serial

from daq.clock import host_now
from daq.errors import LinkError
from daq.handshake import Patience, diagnose, raise_refusal
from daq.meeting import Check, Meeting
from daq.pending import Pending
from daq.ports import PortInfo, list_ports, open_port, reopen_port, resets_on_open
from daq.settings import Settings
from daq.wire import Control, Kind

__all__ = ["Link", "Patience", "Pending", "PortInfo", "Settings", "list_ports", "open_link"]

CLOCK_PERIOD_S = 1.0
MUTE_S = 0.05
"""A streaming device that has been silent for this long may be rebooting: say nothing to its bootloader."""
_DRAIN_S = 0.02
_DRAIN_READS = 100
_STOP_S = 0.5


def open_link(
    url: str,
    baud: int = 500_000,
    expect: Check | None = None,
    patience: Patience | None = None,
    wanted: Settings | None = None,
) -> "Link":
    """Open a port and wait for a device of our protocol to answer; a streaming one is stopped.

    Args:
        url: A device name (/dev/ttyACM0, COM3) or any pyserial URL (socket://, virtual://, ...).
        baud: Bits per second.
        expect: Called with the device's HELLO, here and after every revival; raises if the device does not fit.
        patience: How long to wait.
        wanted: Settings that the device is given before `expect` sees it, here and after every revival; None leaves it
            as it is.

    Returns:
        The link, not yet streaming. LinkError, ProtocolError or DeviceError say why there is none.
    """
    with ExitStack() as undo:
        link = Link(url, open_port(url, baud), baud, expect, patience or Patience(), wanted)
        undo.callback(link.close)
        link._greet()
        undo.pop_all()
    return link


class Link(Meeting):
    """A device that has answered; made by `open_link`."""

    def __init__(
        self, url: str, port: serial.Serial, baud: int, expect: Check | None, patience: Patience,
        wanted: Settings | None,
    ) -> None:  # fmt: skip
        super().__init__(url, port, expect, patience, wanted)
        self.baud = baud
        self._may_reset = resets_on_open(port)
        self._clock_s = -CLOCK_PERIOD_S

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
            The bytes read on the way, for the Decoder. `hello` and `take_round_trips` are those of the new boot. A
            DeviceError says that another device, or one with other settings, has answered.
        """
        with self._conversation() as dialogue:
            if self._may_reset:
                self._let_boot(dialogue, give_up_s)
            self._begin(dialogue, give_up_s, self.hello)
        return self._take_held()

    @property
    def comes_back(self) -> bool:
        """Whether a device that is plugged in again has the same name: a pseudo-terminal's may be somebody else's."""
        return not self.url.startswith("/dev/pts/")

    def let_go(self) -> bytes:
        """Close a port that is `gone`, so that its name is free for the device that comes back; may be called twice.

        Returns:
            What it had received before.
        """
        self._held += self.drop()
        return self._take_held()

    def reopen(self) -> None:
        """Open the port again after `let_go`; then `revive` the device on it. A LinkError says why not (yet)."""
        reopen_port(self._port, self.url, self.baud)
        self.renew()
        self._may_reset = resets_on_open(self._port)

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
            self.hello = self._meet(dialogue, answers, None)
        for _ in range(_DRAIN_READS):  # what an earlier run left, and answers to repeated questions
            if not self.take(_DRAIN_S):
                break
        self._held.clear()
