"""A window without a screen: attaches to a recorder's rings and channel, and looks as often as a window does.

Usage: python window_child.py RECORDER_FILE. Prints a line per look: samples seen, samples missed, state.
"""

import sys
import time
from pathlib import Path

from daq.control import ControlClient
from daq.live import STEP_DTYPE, sample_dtype
from daq.ring import Ring


def main() -> None:
    with ControlClient.connect(Path(sys.argv[1])) as control:
        belts = len(control.call("facts")["belts"])
        samples = Ring.attach(control.info.rings[0], sample_dtype(belts))
        steps = Ring.attach(control.info.rings[1], STEP_DTYPE)
        new, rows, seen = samples.reader(since=samples.written), steps.reader(), 0
        while not new.ended:
            seen += len(new.read())
            rows.read()
            control.call("quality")
            print(seen, new.overrun, control.call("status")["state"], flush=True)
            time.sleep(0.02)


if __name__ == "__main__":
    main()
