"""Measure `stance batch`: how much faster on several cores, and whether memory grows with the archive.

python tools/measure_batch.py [--sessions 500] [--minutes 2] [--jobs 2]

Records one virtual session, copies it under other ids, and runs the real command on the copies: with one process and
with several in turn, fifty sessions at a time, so that whatever else the machine does meets both alike; then on all of
them. Linux only: memory is read from /proc.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np

from analysis.setup import Runner
from daq.recorder import Recorder, RecordOptions

GROUP = 50
"""Sessions of one turn."""


def make_session(path: Path, minutes: float) -> None:
    """Record a virtual runner."""
    options = RecordOptions(
        rig="virtual", port="virtual://virtual?seed=1&speed=max", out=str(path), seconds=60.0 * minutes,
        subject=Runner(mass_kg=82.85),
    )  # fmt: skip
    Recorder(options).run()


def copy_session(source: Path, target: Path) -> None:
    """Copy a session as if it were another one."""
    import h5py

    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    with h5py.File(target, "r+") as file:
        kind = file.attrs.get_id("session_id").dtype
        file.attrs.create("session_id", np.bytes_(uuid.uuid4().hex.encode()), shape=(), dtype=kind)


def peak_mb(pid: int) -> float:
    """Most memory that a process has had so far, MB; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text().split()]
        except OSError:
            continue
    return found


def run(archive: Path, jobs: int) -> tuple[float, float, float]:
    """Run the command; wall time in s, and the most memory of the command and of any of its processes, MB."""
    with tempfile.TemporaryDirectory(dir=archive.parent) as out:
        command = [sys.executable, "-m", "stance", "batch", str(archive), "-o", out, "--jobs", str(jobs)]
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        parent = worker = 0.0
        while process.poll() is None:
            parent = max(parent, peak_mb(process.pid))
            worker = max([worker, *map(peak_mb, children(process.pid))])
            time.sleep(0.2)
        if process.returncode:
            raise SystemExit(f"stance batch ended with {process.returncode}")
        return time.perf_counter() - began, parent, worker


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--jobs", type=int, default=2)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stance-batch-") as folder:
        root = Path(folder) / "archive"
        source = Path(folder) / "source.h5"
        make_session(source, wanted.minutes)
        groups = [root / f"{number:03d}" for number in range(-(-wanted.sessions // GROUP))]
        for number in range(wanted.sessions):
            copy_session(source, groups[number // GROUP] / f"{number:05d}.h5")
        alone = together = 0.0
        for group in groups:
            one, several = run(group, 1), run(group, wanted.jobs)
            alone, together = alone + one[0], together + several[0]
            print(f"{group.name}: {one[0]:6.1f} s with 1, {several[0]:6.1f} s with {wanted.jobs}; "
                  f"{several[1]:.0f} MB, processes up to {several[2]:.0f} MB", flush=True)  # fmt: skip
        print(f"in groups of {GROUP}: {alone / together:.2f} times as fast with {wanted.jobs} processes")
        whole = run(root, wanted.jobs)
        lone = run(root, 1)
        print(f"all {wanted.sessions} of {wanted.minutes:g} min: {lone[0]:.1f} s with 1, {whole[0]:.1f} s with "
              f"{wanted.jobs}: {lone[0] / whole[0]:.2f} times as fast; {whole[1]:.0f} MB, processes up to "
              f"{whole[2]:.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
