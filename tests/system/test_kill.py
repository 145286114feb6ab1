"""kill -9 while recording at full rate: every file opens or recovers, at most a second is lost, nothing in it is wrong.

`make test` kills five times, `make validate` fifty (STANCE_TRIALS).
"""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from daq.decoder import Decoder
from daq.live import sample_dtype
from daq.recorders import running_recorders
from daq.ring import Ring
from daq.session import find_unfinished, open_session, recover
from daq.wire import Kind, encode_control
from rigs.virtual import make_device
from stance.api import analyze

TRIALS = int(os.environ.get("STANCE_TRIALS", "5"))
URL = "virtual://virtual?seed={seed}&rate=2000"


def start_recorder(path, seed):
    command = [sys.executable, "-m", "stance", "record", "--port", URL.format(seed=seed), "-o", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for info in running_recorders():
            if info.pid == process.pid:
                return process, info
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    raise AssertionError("the recorder did not start")


def true_counts(seed, rows):
    """What the same device, seeded alike, sends: the oracle."""
    device = make_device(URL.format(seed=seed) + "&speed=max")
    device.receive(encode_control(Kind.START, 1), 3.0)
    decoder, counts, seq, now = Decoder(1000.0), [], [], 3.0
    while sum(map(len, counts)) < rows:
        now += 0.5
        chunk = decoder.feed(device.transmit(now)).chunk
        counts.append(chunk.counts)
        seq.append(chunk.seq)
    return np.concatenate(counts), np.concatenate(seq)


@pytest.mark.validate
@pytest.mark.parametrize("trial", range(TRIALS))
def test_kill_nine(trial, tmp_path):
    path = tmp_path / "s.h5"
    process, info = start_recorder(path, trial)
    try:
        with Ring.attach(info.rings[0], sample_dtype(1)) as ring:
            time.sleep(random.Random(trial).uniform(0.3, 2.5))
            process.send_signal(signal.SIGSTOP)  # so that what was done by now can be counted
            time.sleep(0.02)
            processed = ring.written
            process.send_signal(signal.SIGKILL)
            process.wait()
    finally:
        process.kill()
        process.stderr.close()
    journal = find_unfinished(path)
    assert journal is not None
    found = recover(path)
    assert found.finished_now
    assert find_unfinished(path) is None
    assert found.rows >= processed > 0  # the raw data are written before anything is made of them: nothing is lost
    with open_session(path) as session:
        assert not session.ended
        assert (np.diff(session.session_ticks()) == 1000).all()
        counts, seq = session.counts(), next(session.chunks(rows=1)).seq[0]
    true, true_seq = true_counts(trial, found.rows + 20_000)
    at = int(np.flatnonzero(true_seq == seq)[0])
    np.testing.assert_array_equal(counts, true[at : at + found.rows])
    assert analyze(path).results["lost_frames"] == 0
