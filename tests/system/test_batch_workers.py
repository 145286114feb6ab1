"""Real processes: one that is killed costs nothing but time, a session that kills all is bad, and Ctrl-C keeps what is
done."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from batcharchives import Here, content, copy_session, haunted_environment, recorded

from stance.batch import run_batch
from stance.batch_job import Settings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills and interrupts as POSIX does")
long = pytest.mark.skipif("STANCE_TRIALS" not in os.environ, reason="long; in make validate")
WAIT_S = 120.0


@pytest.fixture
def source():
    return recorded(6.0)


def command(archive, out, *options):
    return [sys.executable, "-m", "stance", "batch", str(archive), "-o", str(out), *options]


def finished(archive, out, *options, env=None):
    process = subprocess.run(
        command(archive, out, *options, "--json"), check=False, capture_output=True, env=env, timeout=WAIT_S
    )
    return process.returncode, json.loads(process.stdout), process.stderr.decode()


def expected(archive, out):
    run_batch(archive, out, Settings(), Here())
    return content(out)


def wait_until(condition):
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def gone(pid):
    """Whether a process has ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_killed_worker_costs_only_time_and_a_deadly_session_is_bad(source, tmp_path):
    archive, out = tmp_path / "archive", tmp_path / "out"
    for name in ("a", "b", "once", "deadly"):
        copy_session(source, archive / f"{name}.h5")
    env = haunted_environment(tmp_path / "haunted")
    code, report, err = finished(archive, out, "--jobs", "2", env=env)
    assert (tmp_path / "haunted/once.h5").exists()
    assert (code, report["done"], report["analysed_now"]) == (0, 3, 4)
    (bad,) = report["failed"]
    assert bad["path"] == "deadly.h5"
    assert bad["error"] == "the process that analysed it died 3 times, the last one killed by signal 9"
    assert "deadly.h5 is skipped" in err
    again = run_batch(archive, out, Settings(), Here())
    assert (again.analysed, len(again.merged.failed)) == (0, 1)  # not tried for ever
    assert run_batch(archive, out, Settings(), Here(), retry=True).analysed == 1
    assert content(out) == expected(archive, tmp_path / "here")


def test_interrupted_it_keeps_what_is_done_and_goes_on_there(source, tmp_path):
    archive, out = tmp_path / "archive", tmp_path / "out"
    for name in ("a", "b", "c", "slow"):
        copy_session(source, archive / f"{name}.h5")
    process = subprocess.Popen(
        command(archive, out, "--jobs", "2"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=haunted_environment(tmp_path / "haunted"),
    )  # fmt: skip
    wait_until(lambda: len(list(out.glob("parts/*.arrow"))) == 3)
    workers = children(process.pid)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 2
    assert b"Stopped; 3 of 4 sessions are analysed and kept. The same command goes on there." in err
    assert b"Traceback" not in err
    assert not (out / "steps.parquet").exists()
    wait_until(lambda: all(gone(pid) for pid in workers))
    report = run_batch(archive, out, Settings(), Here())
    assert (report.analysed, report.kept, report.merged.done) == (1, 3, 4)
    assert content(out) == expected(archive, tmp_path / "here")


def children(pid):
    """Processes that a process has started; none are told where there is no /proc."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in task.read_text().split()]
    return found


@long
@pytest.mark.validate
def test_a_killed_batch_leaves_no_process_behind(source, tmp_path):
    archive, out = tmp_path / "archive", tmp_path / "out"
    for name in ("a", "b"):
        copy_session(source, archive / f"{name}.h5")
    process = subprocess.Popen(
        command(archive, out, "--jobs", "1"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_until(lambda: list(out.glob("parts/*.arrow")))
    workers = children(process.pid)
    process.kill()
    process.wait()
    wait_until(lambda: all(gone(pid) for pid in workers))
    code, report, _ = finished(archive, out)
    assert (code, report["done"]) == (0, 2)
    assert content(out) == expected(archive, tmp_path / "here")


def test_processes_that_cannot_start_are_told(source, tmp_path):
    copy_session(source, tmp_path / "archive/a.h5")
    env = haunted_environment(tmp_path / "haunted")
    (tmp_path / "haunted/sitecustomize.py").write_text(
        "import sys\nif any('batch_worker' in word for word in sys.orig_argv):\n    raise SystemExit('no luck')\n"
    )
    process = subprocess.run(
        command(tmp_path / "archive", tmp_path / "out"), check=False, capture_output=True, env=env, timeout=WAIT_S
    )
    assert process.returncode == 2
    assert b"none that starts" in process.stderr
    assert b"no luck" in process.stderr
