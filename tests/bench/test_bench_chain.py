"""The whole chain: bytes → frames → wrench → steps, in bulk, and what a live recording costs."""

import subprocess
import sys
import time

import pytest

from analysis.protocol import get_protocol
from daq.analyser import Analyser
from daq.decoder import Decoder
from daq.recorder import Recorder, RecordOptions
from daq.replay import Replay
from daq.rig import load_rig
from daq.session import SessionHeader, open_session
from daq.setups import make_setup
from daq.wire import Kind, encode_control
from rigs.virtual import make_device

MINUTES = 10
RATE_HZ = 1000


@pytest.fixture(scope="module")
def stream():
    """Ten minutes of a real runner on the wire, 8 channels at 1 kHz."""
    device = make_device("virtual://virtual?seed=1&speed=max")
    device.receive(encode_control(Kind.START, 1), 3.0)
    return b"".join(device.transmit(3.0 + 0.5 * k) for k in range(1, 2 * 60 * MINUTES + 1))


def bytes_to_steps(stream, piece):
    decoder = Decoder(2000.0)
    rig = load_rig("virtual")
    header = SessionHeader(sample_rate_Hz=RATE_HZ, tick_rate_Hz=2e6)
    analyser = Analyser(rig, make_setup(header, rig, get_protocol()))
    for start in range(0, len(stream), piece):
        analyser.feed(decoder.feed(stream[start : start + piece]).chunk, 0)
    analyser.finish()
    return analyser.table.rows


@pytest.mark.parametrize("piece", [1 << 20, 50 * 40], ids=["bulk 1 MiB", "50 frames at a time"])
def test_bytes_to_steps(benchmark, stream, piece):
    rows = benchmark.pedantic(bytes_to_steps, args=(stream, piece), rounds=3, warmup_rounds=1)
    assert rows > 170 * MINUTES
    frames = len(stream) / 40
    benchmark.extra_info["frames_per_s"] = round(frames / benchmark.stats["median"])
    benchmark.extra_info["times_real_time"] = round(frames / RATE_HZ / benchmark.stats["median"])


def test_analyze_a_recorded_session(benchmark, tmp_path):
    path = tmp_path / "s.h5"
    options = RecordOptions(rig="virtual", port="virtual://virtual?speed=max", out=str(path), seconds=60.0 * MINUTES)
    Recorder(options).run()

    def replay():
        with open_session(path) as session:
            return Replay(session).run()

    results = benchmark.pedantic(replay, rounds=5, warmup_rounds=1)
    assert results["lost_frames"] == 0
    benchmark.extra_info["times_real_time"] = round(60 * MINUTES / benchmark.stats["median"])


def test_live_recording_through_a_serial_door(benchmark, tmp_path):
    """CPU share of one core while recording 1 kHz × 8 channels: link, decoder, session, ring, steps."""
    serve = [sys.executable, "-m", "stance", "rigs", "serve", "virtual", "--tcp", "0"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        port = server.stdout.readline().strip()
        shares = []

        def recording():
            marks = []

            def note(_progress):
                marks.append((time.process_time(), time.perf_counter()))

            out = str(tmp_path / f"{len(shares)}.h5")
            results = Recorder(RecordOptions(rig="virtual", port=port, out=out, seconds=15.0), note).run()
            (cpu, wall), (cpu_end, wall_end) = marks[8], marks[-1]  # from two seconds on: imports are done
            shares.append((cpu_end - cpu) / (wall_end - wall))
            return results

        results = benchmark.pedantic(recording, rounds=3)
        server.terminate()
    assert results["lost_frames"] == 0
    benchmark.extra_info["cpu_percent_of_a_core"] = [round(100 * share, 1) for share in shares]
