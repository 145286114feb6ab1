"""Draws the window of a calibration in the middle of a rehearsal: python tools/picture_calibration.py FILE.png."""

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from daq.rig import load_rig
from daq.stream import Stream
from rigs.hand import hand_on
from rigs.procedures.calibrating import CalibrationRun
from rigs.procedures.plan import make_plan
from rigs.sources import Load
from viewer.qt import open_application

RIG, STEPS, LONGEST_S = "frame_8", 16, 20.0


def main() -> None:
    """Read some loads, and save the window while the next one is there."""
    application = open_application()
    from viewer.calibrate.app import writer
    from viewer.calibrate.window import CalibrateWindow

    rig = load_rig(RIG, calibration="none")
    plan = make_plan(rig, masses_kg=(10, 20, 40), person_kg=75, pull_N=100)
    with tempfile.TemporaryDirectory() as folder, hand_on(RIG, "speed=max&gain_error_pct=2&seed=3") as (hand, url):
        run = CalibrationRun(rig, plan, Path(folder) / "progress.json")
        write = writer(run, Path(folder) / "x.calibration.toml", Path(folder) / "x.html", "", "")
        window = CalibrateWindow(run, lambda: Stream(rig, url), write, theme="light")
        window.show()
        for number in range(STEPS):
            load = None if run.step is None else run.step.load
            x, y, z = (0.0, 0.0, 0.0) if load is None else map(float, load.force_N)
            hand.put(*([] if load is None else [Load((x, y, z), float(load.point_m[0]), float(load.point_m[1]))]))
            until = time.monotonic() + LONGEST_S
            while not window.guide.take.isEnabled() and time.monotonic() < until:
                application.processEvents()
                time.sleep(0.005)
            if number < STEPS - 1:
                window.take()
        window.grab().save(sys.argv[1])
        window.close()


if __name__ == "__main__":
    main()
