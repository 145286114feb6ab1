"""Measures the window: frames per second, latency from the wire to the screen, and whether it stays flat for long.

    python tools/measure_window.py live --seconds 60        # a recorder at 1 kHz in its own process, the window on it
    python tools/measure_window.py soak --minutes 30        # a recorded hour replayed at 20 times real time, looped
    python tools/measure_window.py open SESSION             # how long a session takes to open and to seek

Without a display it draws to memory (`QT_QPA_PLATFORM=offscreen`), in software; under `xvfb-run` on an X server. A
frame counts when Qt has handed it over. A sample's latency runs from the moment at which the device took it, by the
clock that the recorder fits through its round trips, to the end of the first frame that holds it; the low-pass's fixed
delay is in it.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from analysis.setup import Runner
from daq.record_options import RecordOptions
from daq.recorder_process import RecorderProcess
from viewer.look import Look

SETTLE_S = 5.0
"""Left out at the beginning: fonts, caches, the recorder's first clock fit."""
LIVE_URL = "virtual://virtual?seed=1"
PAGE_BYTES = 4096


def main() -> None:
    """Run one of the measurements and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("live", "soak", "open"))
    parser.add_argument("session", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--size", default="1280x720")
    given = parser.parse_args()
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    size = tuple(int(part) for part in given.size.split("x"))
    found = {"live": _live, "soak": _soak, "open": _open}[given.what](given, size)
    from PySide6.QtGui import QGuiApplication

    print(json.dumps({"platform": QGuiApplication.platformName(), "size": given.size, **found}, indent=2))


def _live(given: argparse.Namespace, size: tuple[int, ...]) -> dict[str, Any]:
    folder = tempfile.mkdtemp(prefix="stance-measure-")
    options = RecordOptions(
        rig="virtual", port=LIVE_URL, out=str(Path(folder, "s.h5")), subject=Runner(mass_kg=82.9, stature_m=1.8)
    )
    recorder = RecorderProcess(options)
    control = recorder.connect()
    from viewer.sources.live_source import LiveSource

    window = _window(LiveSource(control.info), size)
    _run(SETTLE_S)
    window.meter.restart()
    used, began = time.process_time(), time.perf_counter()
    _run(given.seconds)
    share = (time.process_time() - used) / (time.perf_counter() - began)
    times, late = window.meter.times_s, window.meter.latencies_s(1000.0) * 1e3
    lost = window.stage.source.status.lost
    window.close()
    control.call("stop")
    results = recorder.wait()
    return {
        "frames_per_s": _round((times.size - 1) / (times[-1] - times[0])),
        "longest_between_frames_ms": _round(np.diff(times).max() * 1e3),
        "latency_ms": {f"p{p}": _round(np.percentile(late, p)) for p in (5, 50, 90, 99, 100)},
        "samples_seen": int(late.size),
        "window_share_of_a_core": _round(share, 3),
        "lost": [lost, results["lost_frames"]],
        "steps": len(results["steps"]),
    }


def _soak(given: argparse.Namespace, size: tuple[int, ...]) -> dict[str, Any]:
    path = given.session or _hour()
    from viewer.sources.replay_source import ReplaySource

    window = _window(ReplaySource(path), size)
    window.begin_at(0.0, speed=20.0)
    window.stage.playback.set_loop(0.0, window.last_s)
    rows = []
    for _ in range(max(4, round(given.minutes))):
        window.meter.restart()
        used, began = time.process_time(), time.perf_counter()
        _run(60.0 * given.minutes / max(4, round(given.minutes)))
        times = window.meter.times_s
        rows.append((
            (times.size - 1) / (times[-1] - times[0]),
            (time.process_time() - used) / (time.perf_counter() - began),
            _resident_MB(),
        ))  # fmt: skip
        print(*(f"{value:8.2f}" for value in rows[-1]), window.stage.playback.now_s, file=sys.stderr)
    window.close()
    rates, shares, memory = np.asarray(rows).T
    half = len(rows) // 2
    return {
        "session_s": _round(window.last_s),
        "minutes": given.minutes,
        "frames_per_s": {"first half": _round(rates[:half].mean()), "second half": _round(rates[half:].mean())},
        "share_of_a_core": {
            "first half": _round(shares[:half].mean(), 3),
            "second half": _round(shares[half:].mean(), 3),
        },
        "resident_MB": {"after a quarter": _round(memory[len(rows) // 4]), "at the end": _round(memory[-1])},
    }


def _open(given: argparse.Namespace, size: tuple[int, ...]) -> dict[str, Any]:
    from viewer.sources.replay_source import ReplaySource

    path = given.session or _hour()
    _forget(_window(ReplaySource(path), size))  # imports and fonts are not the session's
    opening, seeking = [], []
    for number in range(5):
        began = time.perf_counter()
        window = _window(ReplaySource(path), size)
        window.begin_at(window.last_s * 0.5)
        _until_painted(window)
        opening.append(time.perf_counter() - began)
        for share in np.random.default_rng(number).random(8):
            began = time.perf_counter()
            window.stage.playback.pause()
            window.stage.playback.seek(float(share) * window.last_s)
            window.meter.restart()
            _until_painted(window)
            seeking.append(time.perf_counter() - began)
        last_s, rows = window.last_s, window.stage.source.table.rows
        _forget(window)
    return {
        "session_s": _round(last_s),
        "steps": rows,
        "opened_and_painted_ms": _round(np.median(opening) * 1e3),
        "longest_ms": _round(max(opening) * 1e3),
        "seek_ms": {"p50": _round(np.median(seeking) * 1e3), "max": _round(max(seeking) * 1e3)},
    }


def _forget(window: Any) -> None:
    """Close it for good: the next one's style would be worked out for this one too."""
    from PySide6.QtWidgets import QApplication

    window.close()
    window.deleteLater()
    for _ in range(5):
        QApplication.processEvents()


def _until_painted(window: Any) -> None:
    """Until the force at the right edge is on the screen."""
    from PySide6.QtWidgets import QApplication

    while True:
        QApplication.processEvents()
        time.sleep(0.001)  # as an idle window does; a busy loop would take the worker's time
        now_s = window.stage.playback.now_s
        seen = window.stage.source.samples(now_s - 1.0, now_s).wrench[0, 2]
        if window.meter.times_s.size >= 2 and np.isfinite(seen).mean() > 0.9:
            return


def _hour() -> Path:
    """A recorded hour of running."""
    path = Path(tempfile.gettempdir(), "stance-hour.h5")
    if not path.exists():
        from daq.recorder import Recorder

        url = f"{LIVE_URL}&speed=max"
        Recorder(RecordOptions(
            rig="virtual", port=url, out=str(path), seconds=3600.0, subject=Runner(mass_kg=82.9, stature_m=1.8),
        )).run()  # fmt: skip
    return path


def _window(source: Any, size: tuple[int, ...]) -> Any:
    from viewer.qt import open_application

    open_application()
    from viewer.window import Window

    window = Window(source, Look(theme="light", screenshot=Path("not written.png")))
    window.resize(*size)
    window.show()
    return window


def _run(seconds: float) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(1e3 * seconds), loop.quit)
    loop.exec()


def _resident_MB() -> float:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _round(value: float, decimals: int = 1) -> float:
    return round(float(value), decimals)


if __name__ == "__main__":
    main()
