"""Talking with a device until it has answered, and saying plainly why it did not."""

import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from daq.clock import host_now
from daq.decoder import Decoder
from daq.errors import DeviceError, LinkError, ProtocolError
from daq.wire import LAYOUT_SEED, PROTOCOL_VERSION, REPLY, Control, ErrorReply, Hello, Kind

__all__ = ["Dialogue", "Patience", "diagnose", "raise_refusal", "read_hello"]

_SAMPLE_BYTES = 48


@dataclass(frozen=True)
class Patience:
    """How long to wait for a device.

    Attributes:
        retry_s: An unanswered command is sent again after this, s.
        give_up_s: No answer after this is an error, s.
        bootloader_s: Silence kept after a reset, s. A Mega 2560 that hears a single byte in the first second after its
            reset stays in the bootloader, and again after every further byte: retrying at once would keep the sketch
            from ever starting.
        stuck_s: How long such a bootloader must hear nothing before it starts the sketch after all, s.
    """

    retry_s: float = 0.25
    give_up_s: float = 3.0
    bootloader_s: float = 2.0
    stuck_s: float = 8.0


class Dialogue:
    """Sends commands until every one is answered, and keeps every byte read on the way.

    Args:
        send: Sends a command with its payload and gives its token.
        read: Reads bytes, waiting at most the given seconds.
        patience: How long to wait.
    """

    def __init__(self, send: Callable[[Kind, bytes], int], read: Callable[[float], bytes], patience: Patience) -> None:
        self._send = send
        self._read = read
        self._patience = patience
        self.decoder = Decoder()
        self.received = bytearray()
        self.controls: list[Control] = []

    def ask(
        self, *kinds: Kind, give_up_s: float | None = None, first_wait_s: float = 0.0, payload: bytes = b""
    ) -> dict[Kind, Control]:
        """Send commands, in order and again, until each is answered or time is up.

        Args:
            *kinds: The commands.
            give_up_s: Time for all of it, s; None takes the patience's.
            first_wait_s: Least wait before the commands are sent a second time, s; comes on top.
            payload: Payload of each of them.

        Returns:
            The answers that came (refusals too), by command.
        """
        asked: dict[int, Kind] = {}
        answers: dict[Kind, Control] = {}
        wait_s = max(self._patience.retry_s, first_wait_s)
        end_s = host_now() + first_wait_s + (self._patience.give_up_s if give_up_s is None else give_up_s)
        while len(answers) < len(kinds) and host_now() < end_s:
            for kind in kinds:
                asked[self._send(kind, payload)] = kind
            self._hear(asked, answers, len(kinds), min(end_s, host_now() + wait_s))
            wait_s = self._patience.retry_s
        return answers

    def listen(self, seconds: float) -> bool:
        """Say nothing for some seconds, or until the device says by itself that it has booted, or streams.

        Args:
            seconds: Longest silence, s.

        Returns:
            Whether the device did.
        """
        return self._hear({}, {}, 1, host_now() + seconds)

    def _hear(self, asked: dict[int, Kind], answers: dict[Kind, Control], wanted: int, until_s: float) -> bool:
        """Read until `wanted` answers are there, the device has announced itself, or time is up."""
        while len(answers) < wanted and (left_s := until_s - host_now()) > 0:
            data = self._read(left_s)
            self.received += data
            decoded = self.decoder.feed(data)
            announced = not asked and len(decoded.chunk) > 0
            for control in decoded.controls:
                self.controls.append(control)
                kind = asked.get(control.token)
                if kind is not None and control.kind in (kind | REPLY, Kind.ERROR):
                    answers[kind] = control
                announced |= control.kind == Kind.HELLO | REPLY and control.token == 0
            if announced:
                return True
        return False


def read_hello(control: Control, where: str) -> Hello:
    """Read a HELLO answer of our protocol.

    Args:
        control: The answer.
        where: The port, for errors.

    Returns:
        What the device says about itself.

    Raises:
        ProtocolError: The device speaks another version or has another frame layout.
    """
    theirs = f"protocol {control.version}"
    hello = None
    if control.version == PROTOCOL_VERSION:
        hello = Hello.decode(control.payload)
        theirs = f"protocol {hello.protocol_version}, layout {hello.layout_seed:#06x}"
        theirs += f" (firmware {'.'.join(map(str, hello.firmware))} on {hello.board})"
    if hello is None or (hello.protocol_version, hello.layout_seed) != (PROTOCOL_VERSION, LAYOUT_SEED):
        raise ProtocolError(
            where,
            expected=f"protocol {PROTOCOL_VERSION}, layout {LAYOUT_SEED:#06x}",
            seen=theirs,
            next_step="Flash the firmware of this release (firmware_arduino/), or install the release of stance that "
            "the firmware came with.",
        )
    return hello


def raise_refusal(where: str, kind: Kind, answer: Control) -> None:
    """Raise what a device's refusal says; do nothing if it agreed.

    Args:
        where: The port.
        kind: The command.
        answer: The device's answer to it.

    Raises:
        DeviceError: The device refused.
    """
    if answer.kind != Kind.ERROR:
        return
    refusal = ErrorReply.decode(answer.payload)
    raise DeviceError(
        where,
        expected=f"the device to accept {kind.name}",
        seen=f"error {refusal.code}" + (f": {refusal.text}" if refusal.text else ""),
        next_step="Check the ADC's wiring and supply: stance doctor.",
    )


def diagnose(where: str, baud: int, dialogue: Dialogue) -> NoReturn:
    """Raise the error that explains why a device did not answer HELLO.

    Args:
        where: The port.
        baud: Baud rate used.
        dialogue: What was heard.

    Raises:
        LinkError: Nothing, our own echo, or frames but no answer came.
        ProtocolError: Something came that is none of our protocol.
    """
    heard = bytes(dialogue.received)
    expected = f"a stance device at {baud} baud"
    if not heard:
        raise LinkError(
            where,
            expected=expected,
            seen="silence",
            next_step="Is the board powered, the port right, the firmware flashed, and built for this baud rate? A "
            "board in its bootloader needs up to 10 s of quiet: wait, then try again. stance doctor lists the ports.",
        )
    if any(not control.kind & REPLY for control in dialogue.controls):
        step = "Something joins transmit and receive (a loop plug, loop://). Connect the device."
        raise LinkError(where, expected=expected, seen="our own question, sent back", next_step=step)
    if dialogue.decoder.counters.frames or dialogue.controls:
        step = "It sends but does not hear us: check the wire to its receive pin, or reset the board."
        raise LinkError(where, expected=expected, seen="valid frames, but no answer to HELLO", next_step=step)
    text = _as_text(heard)
    if text:
        step = "This is another program or device: choose another port (stance doctor), or flash firmware_arduino/."
        raise ProtocolError(where, expected=expected, seen=f"text: {text}", next_step=step)
    raise ProtocolError(
        where,
        expected=expected,
        seen=f"{len(heard)} bytes without one valid frame, e.g. {binascii.hexlify(heard[:16], ' ').decode()}",
        next_step="The baud rate may be wrong (our firmware: 500000; others: 115200, 250000, 1000000, 2000000), the "
        "cable bad, or this is another device: stance doctor lists the ports.",
    )


def _as_text(heard: bytes) -> str:
    """A short printable sample, if nearly all is readable text; of a wrong baud rate's garbage 40 % is."""
    readable = sum(32 <= byte < 127 or byte in b"\r\n\t" for byte in heard)
    if readable < 0.9 * len(heard):
        return ""
    return repr(heard[:_SAMPLE_BYTES].decode("ascii", "replace").strip())
