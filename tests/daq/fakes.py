"""A scripted device behind a real pseudo-terminal or a real socket. It misbehaves as told."""

import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from daq.decoder import Decoder
from daq.messages import SET_FORMAT
from daq.wire import (
    LAYOUT_SEED,
    PROTOCOL_VERSION,
    REPLY,
    Capability,
    ClockReply,
    ErrorCode,
    ErrorReply,
    Hello,
    Kind,
    Parameter,
    Stats,
    encode_control,
    encode_frames,
)

HELLO = Hello(
    protocol_version=PROTOCOL_VERSION,
    layout_seed=LAYOUT_SEED,
    firmware=(1, 2, 3),
    board="fake",
    adc="none",
    boot=1,
    tick_rate_Hz=2_000_000,
    rate_num=1000,
    rate_den=1,
    channels=8,
    gains=(1,) * 8,
    channel_map=tuple(range(8)),
    skew_100ns=(0,) * 8,
    capabilities=0,
)
TICKS = 2000


@dataclass
class Script:
    """What the device does; times in s.

    A Mega's bootloader: the board is deaf while in reset (reset_s); any byte within bootloader_s after that keeps it in
    the bootloader until it has heard nothing for stuck_s.
    """

    hello: Hello = HELLO
    version: int = PROTOCOL_VERSION
    streaming: bool = False
    deaf_s: float = 0.0
    reset_s: float = 0.0
    bootloader_s: float = 0.0
    stuck_s: float = 0.0
    announce: bool = False
    chatter: bytes = b""
    mute: frozenset[Kind] = frozenset()
    refuse: dict[Kind, ErrorReply] = field(default_factory=dict)
    burst: int = 50
    reset_after: int = 0
    reset_on: Kind | None = None
    hello_after_reset: Hello | None = None
    ignore_first: int = 0
    settings: dict[Parameter, tuple[float, ...]] | None = None

    def __post_init__(self) -> None:
        if self.settings is not None:
            self.hello = replace(self.hello, capabilities=self.hello.capabilities | Capability.SETTINGS)


class FakeDevice(threading.Thread):
    """The device's side of a file descriptor."""

    def __init__(self, fd: int, script: Script) -> None:
        super().__init__(daemon=True)
        self.fd = fd
        self.script = script
        self.heard: list[tuple[float, int]] = []
        self.set: list[tuple[int, int]] = []
        self.sent_seq = self.start_seq = -1
        self.resets = 0
        self._end = threading.Event()
        self._boot(script.hello)
        self.streaming = script.streaming
        self._reset_on = script.reset_on
        self._reset_after = script.reset_after
        self._ignore = script.ignore_first

    def end(self) -> None:
        self._end.set()
        self.join(5)
        assert not self.is_alive()

    def run(self) -> None:
        # the host hanging up ends the device, as it should
        with suppress(OSError):
            while not self._end.is_set():
                ready, _, _ = select.select([self.fd], [], [], 0.002)
                data = os.read(self.fd, 4096) if ready else b""
                if self._in_bootloader(bool(data)):
                    continue
                if self.script.chatter:
                    os.write(self.fd, self.script.chatter)
                    continue
                for control in self.parser.feed(data).controls:
                    self._answer(control.kind, control.token, control.payload)
                self._stream()

    def reset(self) -> None:
        """Reboot: counters restart, another boot id, silence."""
        self.resets += 1
        boot = self.script.hello.boot + self.resets
        self._boot(replace(self.script.hello_after_reset or self.script.hello, boot=boot))

    def _boot(self, hello: Hello) -> None:
        self.hello = hello
        self.parser = Decoder()
        self.streaming = False
        self.seq = self.frames = 0
        self.boot_s = time.perf_counter()
        self._app_s = self.boot_s + self.script.reset_s + self.script.bootloader_s
        self._announced = not self.script.announce

    def _in_bootloader(self, heard: bool) -> bool:
        now = time.perf_counter()
        if self.boot_s + self.script.reset_s < now < self._app_s and heard and self.script.stuck_s:
            self._app_s = max(self._app_s, now + self.script.stuck_s)
        if now < self._app_s or now < self.boot_s + self.script.deaf_s:
            return True
        if not self._announced:
            self._announced = True
            os.write(self.fd, encode_control(Kind.HELLO | REPLY, 0, self.hello.encode()))
        return False

    def _answer(self, kind: int, token: int, asked: bytes) -> None:
        self.heard.append((time.perf_counter(), kind))
        if kind == self._reset_on:
            self._reset_on = None
            self.reset()
            return
        if self._ignore:
            self._ignore -= 1
            return
        if kind in self.script.mute:
            return
        refusal = self.script.refuse.get(Kind(kind)) or (self._obey_set(asked) if kind == Kind.SET else None)
        if refusal is not None:
            os.write(self.fd, encode_control(Kind.ERROR, token, refusal.encode()))
            return
        payload = b""
        if kind == Kind.HELLO:
            payload = self.hello.encode()
        elif kind == Kind.CLOCK:
            tick = int((time.perf_counter() - self.boot_s) * self.hello.tick_rate_Hz)
            payload = ClockReply(tick % (1 << 32), self.hello.boot).encode()
        elif kind == Kind.STATS:
            payload = Stats(1, 2, 3, 4, 5, 6, self.hello.boot).encode()
        reply = encode_control(kind | REPLY, token, payload, version=self.script.version)
        if kind == Kind.START and not self.streaming:
            self.streaming = True
            self.seq = self.start_seq = max(self.seq, self._due())
            reply += self._frames(self.script.burst)  # in one write: nothing between acknowledgement and data
        if kind == Kind.STOP and self.streaming:
            reply = self._frames(20) + reply  # what was in its transmit buffer
            self.streaming = False
        os.write(self.fd, reply)

    def _obey_set(self, asked: bytes) -> ErrorReply | None:
        """Change gain or rate as PROTOCOL.md says, whole or not at all."""
        if self.script.settings is None:
            return ErrorReply(ErrorCode.UNSUPPORTED, "no settings")
        if self.streaming:
            return ErrorReply(ErrorCode.BUSY, "streaming")
        if len(asked) != SET_FORMAT.size:
            return ErrorReply(ErrorCode.BAD_PAYLOAD, "length")
        parameter, value = SET_FORMAT.unpack(asked)
        self.set.append((parameter, value))
        possible = self.script.settings[Parameter(parameter)]
        scale = 1000 if parameter == Parameter.RATE_mHz else 1
        near = [one for one in possible if abs(value / scale / one - 1) <= 1e-3]
        if not near:
            return ErrorReply(ErrorCode.BAD_PAYLOAD, " ".join(f"{one:g}" for one in possible))
        if parameter == Parameter.GAIN:
            self.hello = replace(self.hello, gains=(int(near[0]),) * 8)
        else:
            num, den = near[0].as_integer_ratio()
            self.hello = replace(self.hello, rate_num=num, rate_den=den)
        return None

    def _due(self) -> int:
        return int((time.perf_counter() - self.boot_s) * 1000)

    def _frames(self, n: int) -> bytes:
        seq = np.arange(self.seq, self.seq + n)
        counts = np.repeat(seq[:, None], 8, axis=1).astype(np.int32)
        self.seq += n
        self.frames += n
        self.sent_seq = self.seq - 1
        return encode_frames(counts, seq, seq * TICKS, 0, 0, self.hello.boot).tobytes()

    def _stream(self) -> None:
        n = self._due() - self.seq
        if self.streaming and n > 0:
            os.write(self.fd, self._frames(min(n, 50)))
            if self._reset_after and self.frames >= self._reset_after:
                self._reset_after = 0
                self.reset()


@contextmanager
def on_pty(script: Script | None = None) -> Iterator[tuple[str, FakeDevice]]:
    """A device behind a pseudo-terminal: its name and the device."""
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)
    device = FakeDevice(master, script or Script())
    device.start()
    try:
        yield os.ttyname(slave), device
    finally:
        device.end()
        for fd in (master, slave):
            with suppress(OSError):
                os.close(fd)


class Cable:
    """A device that can be unplugged and plugged in again: always behind the same link, each time on another terminal.

    Args:
        link: The link.
        script: What the device does; it has another boot id each time.
    """

    def __init__(self, link: Path, script: Script | None = None) -> None:
        self.link = link
        self.script = script or Script()
        self.devices: list[FakeDevice] = []
        self._slaves: list[int] = []

    def plug(self, **changes: object) -> FakeDevice:
        """Plug it in, with another hello if wanted."""
        import tty

        master, slave = os.openpty()
        tty.setraw(slave)
        hello = replace(self.script.hello, boot=len(self.devices) + 1, **changes)
        self.devices.append(FakeDevice(master, replace(self.script, hello=hello)))
        self._slaves.append(slave)  # open, or the master would be hung up
        self.devices[-1].start()
        self.link.symlink_to(os.ttyname(slave))
        return self.devices[-1]

    def pull(self) -> None:
        """Pull it out."""
        self.link.unlink()
        self.devices[-1].end()
        for fd in (self.devices[-1].fd, self._slaves.pop()):
            os.close(fd)

    def __enter__(self) -> "Cable":
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        if self._slaves:
            self.pull()


@contextmanager
def on_socket(script: Script | None = None) -> Iterator[str]:
    """A device behind a TCP port: its socket:// URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        devices = []

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                devices.append(FakeDevice(connection.fileno(), script or Script()))
                devices[0].run()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"socket://127.0.0.1:{server.getsockname()[1]}"
        for device in devices:
            device._end.set()
        thread.join(5)
        assert not thread.is_alive()
