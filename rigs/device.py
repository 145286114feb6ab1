"""The virtual device: what the firmware does, as a state machine without threads, sleep or clock of its own.

Every call says what time it is. So a test can run an hour in seconds, and the same calls give the same bytes.
"""

import math
from functools import partial

import numpy as np

from daq.wire import (
    PROTOCOL_VERSION,
    REPLY,
    ClockReply,
    Control,
    ErrorCode,
    ErrorReply,
    Hello,
    Kind,
    Stats,
    encode_control,
)
from rigs.board import Board, Epoch, Framer, boot_id, hello, ticks_at
from rigs.chain import BLOCK, SignalChain
from rigs.faults import Faults, Ledger
from rigs.line import Line, by_block
from rigs.receiver import CommandReceiver

_SAMPLE_SLACK = 1e-6
"""In samples: a frame is due although its time in seconds was rounded up."""
_U32 = 0xFFFFFFFF


class VirtualDevice:
    """Speaks the device's side of the protocol; made, it is plugged in and boots at device time 0.

    The force begins with the first START ever: sample 0 of the chain is taken one sample period later. Later boots
    find the force going on. Device time never runs backwards from call to call.

    Args:
        chain: Where the counts come from.
        faults: What shall go wrong.
        board: What the board is.
        first_boot: Number of the first boot; the boot id follows from it and the chain's seed.
        flow_control: The host takes frames only when it wants them, so that none overflow but in a stall.
    """

    def __init__(
        self,
        chain: SignalChain,
        faults: Faults | None = None,
        board: Board | None = None,
        *,
        first_boot: int = 0,
        flow_control: bool = False,
    ) -> None:
        self.chain, self.faults, self.board = chain, faults or Faults(), board or Board()
        self.unplugged = False
        self.plugs = 1
        """How often the cable was plugged in: who has opened the port before the last time holds a dead one."""
        self._line = Line(self.faults, chain.seed, self.board.buffer_frames, flow_control=flow_control)
        self._framer = Framer(chain, self.board)
        self._zero_s: float | None = None  # device time of the chain's sample 0
        self._next_sample = 0
        self._events: list[tuple[float, str]] = []
        self._now_s, self._ready_s = 0.0, 0.0
        self._boots = first_boot
        self._power_up(self.board.seq0, self.board.tick0)

    @property
    def ledger(self) -> Ledger:
        """Exactly what happened to every frame."""
        return self._line.ledger

    @property
    def waiting(self) -> int:
        """Bytes on the line that the host has not taken."""
        return self._line.waiting

    def hello(self) -> Hello:
        """What the device says about itself now."""
        return hello(self.board, self._epoch, self.chain)

    def receive(self, data: bytes, now_s: float) -> None:
        """Take bytes that the host wrote. A board that boots, hangs or is unplugged hears nothing.

        Args:
            data: Bytes in any portions.
            now_s: Device time, s.
        """
        self.advance(now_s)
        if self.unplugged or self._line.stalled or now_s < self._ready_s:
            return
        before = self._receiver.errors
        commands = self._receiver.feed(data, now_s)
        self.ledger.rx_errors += self._receiver.errors - before
        for command in commands:
            self._line.answer(self._obey(command))

    def transmit(self, now_s: float, limit: int | None = None) -> bytes:
        """Hand over what is on the line by now.

        Args:
            now_s: Device time, s.
            limit: At most so many bytes; the rest waits.

        Returns:
            The bytes; none if there are none.
        """
        self.advance(now_s)
        return self._line.take(limit)

    def take(self, limit: int | None = None) -> bytes:
        """Hand over what is on the line while no time passes; see `transmit`."""
        return self._line.take(limit)

    @property
    def back_s(self) -> float | None:
        """When the cable will be plugged in again, device time, s; None if it is in, or stays out."""
        return self._events[0][0] if self.unplugged and self._events else None

    def due_s(self, frames: int = 1) -> float | None:
        """When so many more frames will have been sent, or something else will have happened.

        Args:
            frames: How many, at least 1.

        Returns:
            Device time, s; None if nothing will come before a command does.
        """
        if self.unplugged:
            return None
        if self._line.stalled:
            return self._events[0][0]
        if self._now_s < self._ready_s:
            return self._ready_s
        if not self._epoch.streaming or self._zero_s is None:
            return None
        due_s = self._zero_s + (self._next_sample + frames - 1) / self.chain.rate_Hz
        return min([due_s, *(at_s for at_s, _ in self._events[:1])])

    def reboot(self, now_s: float) -> None:
        """Reset the board, as opening the port does on an Arduino; what is on the line is lost.

        Args:
            now_s: Device time, s.
        """
        self.advance(now_s)
        self._line.take()
        self._power_up()

    def hush(self, now_s: float) -> None:
        """Stop streaming as by STOP, without an answer: nobody is there to hear it.

        Args:
            now_s: Device time, s.
        """
        self.advance(now_s)
        self._epoch.streaming = False

    def advance(self, now_s: float) -> None:
        """Let the device live until now: convert, send, hang, reset, as it comes.

        Args:
            now_s: Device time, s.
        """
        while self._events and self._events[0][0] <= now_s:
            at_s, what = self._events.pop(0)
            self._convert(at_s)
            self._now_s = at_s
            self._happen(what)
        self._convert(now_s)
        self._now_s = max(now_s, self._now_s)

    def _happen(self, what: str) -> None:
        if what == "stall":
            self._line.stalled = True
        elif what == "wake":
            self._line.wake()
        elif what == "reset":
            self.ledger.resets += 1
            self._power_up()
        elif what == "replug":
            self.unplugged = False
            self.plugs += 1
            self._power_up()
        else:
            self._epoch.streaming = False
            self.unplugged = self.ledger.unplugged = True
            while self._events and self._events[0][1] != "replug":  # without power nothing else happens
                self._events.pop(0)

    def _power_up(self, seq0: int = 0, tick0: int = 0) -> None:
        """Begin a new epoch, silent until START."""
        self._line.wake()
        boot = boot_id(self.chain.seed, self._boots)
        self._boots += 1
        self.ledger.boots.append(boot)
        self._epoch = Epoch(boot, self._now_s, seq0, tick0)
        self._ready_s = self._now_s + self.board.boot_s
        self._receiver = CommandReceiver()

    def _convert(self, until_s: float) -> None:
        """Convert and send every sample due by a time; what does not fit on the line is dropped."""
        if self._zero_s is None:
            return
        end = math.floor((until_s - self._zero_s) * self.chain.rate_Hz + _SAMPLE_SLACK) + 1
        first, self._next_sample = self._next_sample, max(end, self._next_sample)
        if not self._epoch.streaming or first == self._next_sample:
            return
        fit = int(min(self._next_sample, first + self._line.room()))
        for block, row, last in by_block(first, fit):
            seq = self._framer.seq(self._epoch, np.arange(block * BLOCK + row, block * BLOCK + last))
            frames = partial(self._framer.frames, self._epoch, block, row, last)
            self._line.send(frames, block, row, seq)
        self._epoch.sent += fit - first
        if fit < self._next_sample:
            self.ledger.overflow(self._framer.seq(self._epoch, np.arange(fit, self._next_sample)))
            self._epoch.dropped += self._next_sample - fit
            self._epoch.flag_dropped = True

    def _obey(self, command: Control) -> bytes:
        """Carry out one command and answer it."""
        if command.version != PROTOCOL_VERSION and command.kind != Kind.HELLO:
            return _refuse(command, ErrorCode.WRONG_VERSION, f"this is version {PROTOCOL_VERSION}")
        answers = {
            Kind.HELLO: lambda: self.hello().encode(),
            Kind.START: self._start,
            Kind.STOP: self._stop,
            Kind.CLOCK: self._clock,
            Kind.STATS: self._stats,
        }
        if command.kind == Kind.SET:
            return _refuse(command, ErrorCode.UNSUPPORTED, "no settings")
        if command.kind not in answers:
            return _refuse(command, ErrorCode.UNKNOWN_KIND, f"kind {command.kind}")
        if command.payload:
            return _refuse(command, ErrorCode.BAD_PAYLOAD, "no payload wanted")
        return encode_control(command.kind | REPLY, command.token, answers[Kind(command.kind)]())

    def _start(self) -> bytes:
        if self._zero_s is None:
            self._zero_s = self._now_s + 1.0 / self.chain.rate_Hz
            self._events = self._plan(self._zero_s)
        if self._epoch.first_sample is None:
            self._epoch.first_sample = self._next_sample
            first_s = self._zero_s + self._next_sample / self.chain.rate_Hz
            self._epoch.first_tick = ticks_at(self.board, self._epoch, first_s)
        self._epoch.streaming = True
        return b""

    def _plan(self, zero_s: float) -> list[tuple[float, str]]:
        """Device times of the faults; half a sample early, so that no rounding decides which frames they hit."""
        faults = self.faults
        events = [(at, "reset") for at in faults.reset_at_s]
        if faults.stall_at_s is not None:
            events += [(faults.stall_at_s, "stall"), (faults.stall_at_s + faults.stall_s, "wake")]
        events += [(at, "unplug") for at in faults.unplug_at_s]
        events += [(at, "replug") for at in faults.replug_at_s]
        return sorted((at + zero_s - 0.5 / self.chain.rate_Hz, what) for at, what in events)

    def _stop(self) -> bytes:
        self._epoch.streaming = False
        return b""

    def _clock(self) -> bytes:
        return ClockReply(ticks_at(self.board, self._epoch, self._now_s) & _U32, self._epoch.boot).encode()

    def _stats(self) -> bytes:
        e = self._epoch
        return Stats(e.sent & _U32, e.dropped & _U32, 0, 0, 0, self._receiver.errors, e.boot).encode()


def _refuse(command: Control, code: ErrorCode, text: str) -> bytes:
    return encode_control(Kind.ERROR, command.token, ErrorReply(code, text).encode())
