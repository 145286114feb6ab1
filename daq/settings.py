"""What a rig wants of its converter, gain and sample rate, and making a device do so with SET."""

from dataclasses import dataclass
from typing import NoReturn

from daq.errors import DeviceError, LinkError
from daq.handshake import Dialogue, raise_refusal, read_hello
from daq.rig import Rig
from daq.wire import Capability, Control, ErrorCode, ErrorReply, Hello, Kind, Parameter, encode_set

__all__ = ["Settings", "settle"]

RATE_TOLERANCE = 1e-3
"""976.5625 Hz is not 1000 Hz; what a rig file rounds off is less than this."""
WEIGHING_TOLERANCE = 0.15
"""Converters that only weigh (HX711) have no crystal: what they say is measured, what the rig file says is nominal."""
_ROUNDS = 3
"""A board that resets meanwhile has lost what was set: again, at most so often."""
_NEAR = 0.05
"""A rate this near the one wanted is the same divider of another crystal."""


@dataclass(frozen=True)
class Settings:
    """What a rig wants.

    Attributes:
        adc: Name of its ADC; another one is not set, for its gain means something else.
        gain: ADC gain of all channels.
        rate_Hz: Sample rate, Hz.
    """

    adc: str
    gain: float
    rate_Hz: float

    @classmethod
    def of(cls, rig: Rig) -> "Settings":
        """What a rig file says."""
        return cls(rig.adc.name, rig.adc.gain, rig.sample_rate_Hz)

    def changes(self, hello: Hello) -> list[Parameter]:
        """What must be set.

        Args:
            hello: What the device says of itself now.

        Returns:
            Parameters in the order in which they are to be set; none of a device without settings, or of another ADC.
        """
        if not hello.capabilities & Capability.SETTINGS or hello.adc.lower() != self.adc.lower():
            return []
        other_gain = any(gain != self.gain for gain in hello.gains[: hello.channels])
        tolerance = WEIGHING_TOLERANCE if hello.capabilities & Capability.STATIC_ONLY else RATE_TOLERANCE
        other_rate = abs(hello.sample_rate_Hz / self.rate_Hz - 1.0) > tolerance
        return [Parameter.GAIN] * other_gain + [Parameter.RATE_mHz] * other_rate

    def payload(self, parameter: Parameter) -> bytes:
        """Payload of the SET for a parameter."""
        return encode_set(parameter, round(self.gain if parameter == Parameter.GAIN else 1000.0 * self.rate_Hz))

    def complain(self, where: str, parameter: Parameter, hello: Hello, can: str) -> NoReturn:
        """Raise that a device cannot do what the rig wants.

        Args:
            where: The port.
            parameter: What it cannot.
            hello: What it does instead.
            can: What it says that it can.

        Raises:
            DeviceError: Always.
        """
        if parameter == Parameter.GAIN:
            expected = f"ADC gain {self.gain:g}, as the rig file says"
            has = f"gain {', '.join(map(str, sorted(set(hello.gains[: hello.channels]))))}"
            step = "Correct adc.gain in the rig file: the converter has no such gain."
        else:
            rate_Hz = hello.sample_rate_Hz
            expected, has = f"{self.rate_Hz:.7g} Hz, as the rig file says", f"{rate_Hz:.7g} Hz"
            near = abs(rate_Hz / self.rate_Hz - 1.0) < _NEAR
            gives = f"{rate_Hz:.7g} Hz" if near else "only these rates"
            step = (
                f"The ADC's crystal gives {gives}: correct adc.sample_rate_Hz in the rig file, or change the crystal."
            )
        raise DeviceError(where, expected=expected, seen=has + (f"; it can do: {can}" if can else ""), next_step=step)


def settle(dialogue: Dialogue, wanted: Settings, hello: Hello, where: str, give_up_s: float | None = None) -> Hello:
    """Make a device's settings those of the rig, if it has settings; while they are made no data flow.

    Args:
        dialogue: With the device. If anything has to be set, what it has received is dropped: frames with other
            settings are no data.
        wanted: What the rig wants.
        hello: What the device says of itself.
        where: The port.
        give_up_s: Longest wait for each answer, s; None takes the patience's.

    Returns:
        What the device says of itself now. A DeviceError says that it cannot, or will not; a LinkError that it does not
        answer.
    """
    rounds = 0
    while missing := wanted.changes(hello):
        rounds += 1
        if rounds > _ROUNDS:
            _lost(where, "a device that keeps its settings", "one that resets again and again")
        _ask(dialogue, Kind.STOP, where, give_up_s)
        dialogue.received.clear()
        for parameter in missing:
            answer = _ask(dialogue, Kind.SET, where, give_up_s, wanted.payload(parameter))
            _check(answer, wanted, parameter, hello, where)
        before, answer = hello, _ask(dialogue, Kind.HELLO, where, give_up_s)
        raise_refusal(where, Kind.HELLO, answer)
        hello = read_hello(answer, where)
        if hello.boot == before.boot and (still := wanted.changes(hello)):
            wanted.complain(where, still[0], hello, "")
    return hello


def _check(answer: Control, wanted: Settings, parameter: Parameter, hello: Hello, where: str) -> None:
    """Raise what is wrong with a SET that was refused."""
    if answer.kind == Kind.ERROR:
        refusal = ErrorReply.decode(answer.payload)
        if refusal.code == ErrorCode.BAD_PAYLOAD:
            wanted.complain(where, parameter, hello, refusal.text)
    raise_refusal(where, Kind.SET, answer)


def _ask(dialogue: Dialogue, kind: Kind, where: str, give_up_s: float | None, payload: bytes = b"") -> Control:
    answers = dialogue.ask(kind, give_up_s=give_up_s, payload=payload)
    if kind not in answers:
        _lost(where, f"an answer to {kind.name}", "none")
    return answers[kind]


def _lost(where: str, expected: str, seen: str) -> NoReturn:
    step = "Check the device's power and cable; stance doctor tests it."
    raise LinkError(where, expected=expected, seen=seen, next_step=step)
