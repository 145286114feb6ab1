"""A host for tests: talks to a virtual device without a port, and decodes what it says."""

from daq.decoder import Chunk, Decoder
from daq.wire import Control, Kind, encode_control
from rigs.pump import Pump
from rigs.virtual import make_device
from rigs.virtual_url import VirtualUrl


class Host:
    """A device on the desk: every byte it sends goes through the real decoder."""

    def __init__(self, url, first_boot=0):
        asked = VirtualUrl.parse(url)
        self.device = make_device(asked, first_boot=first_boot)
        self.pump = Pump(self.device, asked.values["speed"])
        self.decoder = Decoder(2_000_000 / self.device.chain.rate_Hz)
        self.received = bytearray()
        self.chunks: list[Chunk] = []
        self.controls: list[Control] = []

    @property
    def ledger(self):
        return self.device.ledger

    def hear(self, data):
        self.received += data
        decoded = self.decoder.feed(data)
        self.chunks.append(decoded.chunk)
        self.controls += decoded.controls
        return data

    def ask(self, kind, token=1, payload=b"", now_s=None):
        """The answer to one command, given without time passing."""
        now_s = self.pump.now_s() if now_s is None else now_s
        before = len(self.controls)
        self.device.receive(encode_control(kind, token, payload), now_s)
        self.hear(self.device.take())
        return self.controls[before:]

    def start(self):
        (answer,) = self.ask(Kind.START)
        assert answer.kind == Kind.START | 0x80

    def run(self, frames, portion=65536):
        """Read until so many more frames were due, or nothing comes any more."""
        until = self.ledger.due + frames
        while self.ledger.due < until and self.hear(self.pump.take(portion)):
            pass
        self.hear(self.device.take())
        return self.chunk

    @property
    def chunk(self):
        return Chunk.concat(self.chunks)

    @property
    def counters(self):
        return self.decoder.counters


def max_url(rig="virtual", **parameters):
    """URL of a device that runs as fast as it is read."""
    query = "&".join(f"{name}={value}" for name, value in {"speed": "max", **parameters}.items())
    return f"virtual://{rig}?{query}"


def running(rig="virtual", **parameters):
    host = Host(max_url(rig, **parameters))
    host.start()
    return host
