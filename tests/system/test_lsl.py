"""LSL with real inlets and outlets in other processes: stamps against the virtual device's true time, nothing lost.

One recording carries all of it: a listener, one that is killed, one that is frozen, a foreign marker stream, a cable
that is pulled. The virtual device says when each of its samples was truly taken.
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from recorders import check_whole, running, until

from daq.chunk import Chunk
from daq.errors import FormatError, LinkError
from daq.force_stream import ForceStream
from daq.layout import Status
from daq.lsl.clock import lsl_minus_host
from daq.lsl.library import THIS_MACHINE
from daq.lsl.wish import Wish
from daq.recorder import Recorder, RecordOptions
from daq.session import open_session
from rigs.handlers import protocol_virtual
from stance.lsl_beside import lsl_beside

pylsl = pytest.importorskip("pylsl")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="freezes processes by POSIX signals")

CHILD = Path(__file__).with_name("lsl_child.py")
PPM = 40.0
TICKS_PER_S = 2e6 * (1.0 + PPM * 1e-6)
SETTLED_S = 8.0
"""The recorder knows the device's rate once its questions are some seconds apart."""
OFFSET_S = 0.5e-3
"""Half a round trip on a busy machine."""
MARKERS = 6


@dataclass
class Lab:
    """What is left when all is over."""

    session: Path
    force_t: np.ndarray
    force_v: np.ndarray
    steps_t: np.ndarray
    steps_v: np.ndarray
    markers: list
    ages: np.ndarray
    description: str
    sent: list
    began_lsl_s: float
    """LSL time at which the device was switched on: its tick 0."""
    said: list

    def truth(self, tick):
        return self.began_lsl_s + np.asarray(tick) / TICKS_PER_S


class Child:
    def __init__(self, environment, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, str(CHILD), *map(str, arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
        )  # fmt: skip

    def line(self):
        return self.process.stdout.readline().strip()

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self, timeout=30):
        self.process.wait(timeout)
        self.process.stdin.close()
        self.process.stdout.close()


def run_lab(folder, monkeypatch, seconds, unplug_at_s, every_s=0.3):
    (folder / "lsl.cfg").write_text(THIS_MACHINE)
    environment = {**os.environ, "LSLAPICFG": str(folder / "lsl.cfg"), "PYTHONWARNINGS": "ignore"}
    pumps, make = [], protocol_virtual.Pump
    monkeypatch.setattr(protocol_virtual, "Pump", lambda *args: pumps.append(make(*args)) or pumps[-1])
    url = (
        f"virtual://virtual?runner=half_sine&seed=3&clock_ppm={PPM}&sync_period_s=1&unplug_at_s={unplug_at_s}"
        f"&replug_at_s={unplug_at_s + 0.6}"
    )
    said = []
    listener, killed, frozen = (Child(environment, "listen", folder / f"{k}.npz") for k in "akf")
    sender = Child(environment, "send", "Stim", MARKERS, every_s)
    try:
        with lsl_beside(Wish("lab", "Stim"), said.append) as beside:
            options = RecordOptions(rig="virtual", port=url, out=str(folder / "s.h5"), seconds=seconds)
            recorder = Recorder(options, on_ready=beside.follow)
            with running(recorder) as ended:
                assert [child.line() for child in (listener, killed, frozen, sender)] == ["open"] * 4
                until(lambda: any("Stim" in text for text in said))
                recorder.ask("marker", text="jump")
                sender.go()
                sent = [float(sender.line()) for _ in range(MARKERS)]
                killed.process.kill()
                frozen.process.send_signal(signal.SIGSTOP)
                until(lambda: ended, timeout_s=seconds + 30)
        listener.end()
    finally:
        for child in (listener, killed, frozen, sender):
            if child.process.poll() is None:
                child.process.kill()
            child.end()
    ahead_s, _ = lsl_minus_host(pylsl.local_clock)
    with np.load(folder / "a.npz") as got:
        return Lab(
            folder / "s.h5", got["force_t"], got["force_v"], got["steps_t"], got["steps_v"],
            list(zip(got["markers_t"], got["markers_v"][:, 0], strict=True)), got["ages"], str(got["description"]),
            sent, pumps[0]._began_s + ahead_s, said,
        )  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        return run_lab(tmp_path_factory.mktemp("lab"), patch, seconds=21.0, unplug_at_s=17.0)


def truly(lab):
    """Session ticks and zeroed force of every sample that leaves the filter."""
    with open_session(lab.session) as session:
        stretches = list(ForceStream(session).stretches())
        rows = session.session_ticks()
    return np.concatenate([s.tick for s in stretches]), np.concatenate([s.wrench[0] for s in stretches], axis=1).T, rows


def first_boot(lab, ticks):
    """Where the device's first boot ends, in its ticks: from there on session time is placed by the host's clock."""
    return ticks[np.flatnonzero(np.diff(ticks) > 100_000)[0]]


def test_the_session_is_whole_whatever_its_listeners_do(lab):
    rows = check_whole(lab.session, lost=-1)
    with open_session(lab.session) as session:
        raw = Chunk.concat(list(session.chunks()))
        assert rows == session.rows > 19_000
    assert (np.diff(raw.seq)[np.diff(raw.boot) == 0] == 1).all()


def test_force_arrives_whole_and_at_its_true_time(lab):
    tick, force, _ = truly(lab)
    steps = np.diff(lab.force_t)
    assert (steps > 0).all()
    (gap,) = np.flatnonzero(steps > 1.5e-3)
    within = np.delete(steps, gap)
    np.testing.assert_allclose(within, 1e-3, rtol=2e-3)
    assert 0.5 < steps[gap] < 3.0
    # Sample for sample those of the session, but for the filter's ends at the gap and at the end.
    before = lab.force_t[: gap + 1]
    first = int(np.abs(lab.truth(tick) - before[-1]).argmin()) - gap
    own = slice(first, first + gap + 1)
    np.testing.assert_allclose(np.diff(tick[own]), 2000, atol=2)
    error = before - lab.truth(tick[own])
    late = before - before[0] > SETTLED_S - (before[0] - lab.began_lsl_s)
    report(lab, error, late)
    assert np.abs(error[late]).max() < OFFSET_S
    assert np.std(error[late] - np.polyval(np.polyfit(before[late], error[late], 1), before[late])) < 20e-6
    difference = lab.force_v[: gap + 1, 2] - force[own, 2]
    assert np.abs(np.nanmedian(difference)) < 5.0
    assert np.nanstd(difference) < 5.0
    shifted = lab.force_v[1 : gap + 1, 2] - force[own, 2][:-1]
    assert np.nanstd(shifted) > 5.0 * np.nanstd(difference)
    after = lab.force_v[gap + 1 :]
    missing = len(tick) - (first + gap + 1) - len(after)
    assert 0 <= missing <= 60  # the end of the last segment leaves the filter when nobody follows any more


def report(lab, error, late):
    print(
        f"\nLSL stamps − truth: mean {1e6 * error[late].mean():.0f} µs, SD {1e6 * error[late].std():.1f} µs, "
        f"largest {1e6 * np.abs(error).max():.0f} µs from the first sample on; "
        f"age on arrival {1e3 * np.median(lab.ages):.0f} ms (median)"
    )


def test_steps_arrive_at_their_touchdown(lab):
    with open_session(lab.session) as session:
        steps = session.steps()
        zero = session.session_ticks(0, 1)[0]
        end = first_boot(lab, session.session_ticks())
    number = lab.steps_v[:, 0].astype(int)
    assert (np.diff(number) == 1).all()
    assert number.size >= 15
    own = number - 1
    np.testing.assert_array_equal(lab.steps_v[:, 1], steps["contact_time_ms"][own])
    np.testing.assert_array_equal(lab.steps_v[:, -2], np.where(steps["side"][own] == "L", -1, 1))
    touchdown = zero + steps["touchdown_s"][own] * 2e6
    known = (touchdown < end) & (touchdown > (SETTLED_S * 2e6))
    np.testing.assert_allclose(lab.steps_t[known], lab.truth(touchdown[known]), atol=OFFSET_S, rtol=0)


def test_markers_tell_what_happened(lab):
    texts = [text for _, text in lab.markers]
    assert "marker: jump" in texts
    assert texts.count("sync: rising") >= 5
    assert any(text.startswith("reset") for text in texts)
    assert texts[-1] == "stop"
    assert not any(text.startswith("lsl") for text in texts)  # who sent them knows them
    with open_session(lab.session) as session:
        rising = np.array([e.data["tick"] for e in session.events if (e.kind, e.text) == ("sync", "rising")])
        rising = rising[rising < first_boot(lab, session.session_ticks())]
    at = np.array([stamp for stamp, text in lab.markers if text == "sync: rising"])
    at = at[(at > lab.began_lsl_s + SETTLED_S) & (at < lab.truth(rising[-1]) + 0.1)]
    assert at.size >= 5
    np.testing.assert_allclose(at, lab.truth(rising[-at.size :]), atol=OFFSET_S, rtol=0)


def test_foreign_markers_lie_at_their_true_time(lab):
    with open_session(lab.session) as session:
        events = [event for event in session.events if event.kind == "lsl"]
        rows = session.session_ticks()
    assert [event.text for event in events] == [f"Stim {k}" for k in range(MARKERS)]
    for event, sent_s in zip(events, lab.sent, strict=True):
        assert event.data["stream"] == "Stim"
        assert event.data["source_id"] == "Stim-id"
        assert event.data["lsl_s"] == sent_s
        assert event.row == np.searchsorted(rows, event.data["tick"])
        error = lab.truth(event.data["tick"]) - sent_s
        print(f"marker − truth: {1e6 * error:.0f} µs")
        assert abs(error) < 2e-3  # within the first seconds the device's rate is hardly known


def test_sync_edges_are_events_at_their_rows(lab):
    with open_session(lab.session) as session:
        raw = Chunk.concat(list(session.chunks()))
        level = (raw.status & int(Status.SYNC_IN)) > 0
        edges = np.flatnonzero(np.diff(level.astype(int))) + 1
        events = [event for event in session.events if event.kind == "sync"]
        rows = session.session_ticks()
    assert len(edges) >= 35
    assert [event.row for event in events] == edges.tolist()
    assert [event.data["level"] for event in events] == level[edges].astype(int).tolist()
    assert [event.data["tick"] for event in events] == rows[edges].tolist()
    in_gap = [event.row for event in events if event.data.get("in_gap")]
    assert set(in_gap) <= set((np.flatnonzero(np.diff(raw.boot)) + 1).tolist())


def test_the_description_says_what_it_is(lab):
    for words in ("P60-50/20", "<label>COPx</label>", "<unit>N m</unit>", "<latency_s>0.0200", "<offset_mean>0.000000"):
        assert words in lab.description
    assert any("this machine only" in text for text in lab.said)


def stance(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "stance", *arguments], capture_output=True, text=True, timeout=120,
        env={**os.environ, **environment}, check=False,
    )  # fmt: skip


def test_without_the_package_nothing_is_recorded(tmp_path):
    (tmp_path / "pylsl.py").write_text("raise ImportError('No module named pylsl')")
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    done = stance("record", "--lsl", "--seconds", "1", "-o", str(tmp_path / "s.h5"), PYTHONPATH=path)
    assert done.returncode == 2
    assert "pip install 'stance[sync]'" in done.stderr
    assert not list(tmp_path.glob("s.h5*"))


@pytest.mark.parametrize("wanted", ["name='", "", "=("])
def test_a_predicate_that_nobody_understands_is_told_before_recording(wanted):
    with pytest.raises(FormatError, match="--lsl-markers"), lsl_beside(Wish(markers=wanted), print):
        pass


def test_the_process_that_waits_ends_when_nobody_follows():
    with lsl_beside(Wish("lab"), print) as beside:
        pid = beside.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at sockets in Linux's way")
def test_every_socket_is_bound_to_this_machine(tmp_path):
    code = (
        "import json, os, socket, stat, sys\n"
        "from pathlib import Path\n"
        "from daq.lsl.library import closed_to_the_network, configure, need_lsl\n"
        "configure(Path(sys.argv[1]), network=False)\n"
        "pylsl = need_lsl()\n"
        "outlet = pylsl.StreamOutlet(pylsl.StreamInfo('x', 'Force', 1, 0, pylsl.cf_float32, 'x'))\n"
        "assert closed_to_the_network()\n"
        "found = []\n"
        "for one in os.listdir('/proc/self/fd'):\n"
        "    try:\n"
        "        if not stat.S_ISSOCK(os.fstat(int(one)).st_mode): continue\n"
        "    except OSError: continue\n"
        "    with socket.socket(fileno=os.dup(int(one))) as it:\n"
        "        if it.family in (socket.AF_INET, socket.AF_INET6):\n"
        "            found.append(it.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).decode()[:2])\n"
        "print(json.dumps(found), flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    found = json.loads(done.stdout)
    assert len(found) >= 3
    assert set(found) == {"lo"}


def test_an_outlet_that_dies_costs_nothing_but_itself(tmp_path):
    said = []
    with lsl_beside(Wish("lab"), said.append) as beside:
        options = RecordOptions(rig="virtual", port="virtual://virtual?seed=2", out=str(tmp_path / "s.h5"), seconds=3.0)
        recorder = Recorder(options, on_ready=beside.follow)
        with running(recorder) as ended:
            until(lambda: any("lab-force" in text for text in said))
            os.kill(beside.pid, signal.SIGKILL)
            until(lambda: ended)
    assert check_whole(tmp_path / "s.h5") == 3000
    assert any("the recording goes on" in text for text in said)


def test_foreign_refuses_what_it_does_not_know(tmp_path):
    options = RecordOptions(rig="virtual", port="virtual://virtual?load=none&speed=max", out=None)
    recorder = Recorder(options)
    with running(recorder):
        until(lambda: recorder.ask("status")["rows"] > 0)
        good = {"kind": "lsl", "text": "a", "data": {}, "host_s": 1.0}
        for bad in (
            {},
            {"events": [{**good, "kind": "tare"}]},
            {"events": [{**good, "host_s": float("nan")}]},
            {"events": 3},
        ):
            with pytest.raises(LinkError, match="foreign"):
                recorder.ask("foreign", **bad)
        assert recorder.ask("foreign", events=[good])["happened"] >= 0


@pytest.mark.validate
@pytest.mark.skipif("STANCE_TRIALS" not in os.environ, reason="takes as long as it says")
@pytest.mark.timeout(900)
def test_ten_minutes(tmp_path, monkeypatch):
    seconds = 600.0
    lab = run_lab(tmp_path, monkeypatch, seconds=seconds, unplug_at_s=seconds - 6.0)
    test_the_session_is_whole_whatever_its_listeners_do(lab)
    test_force_arrives_whole_and_at_its_true_time(lab)
    test_steps_arrive_at_their_touchdown(lab)
