"""A real Dask scheduler and its workers on this machine: the same bytes as without, whoever is killed on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress

import pytest
from batcharchives import Here, content, copy_session, haunted_environment, recorded, tables

from daq.errors import LinkError
from stance.batch import run_batch
from stance.batch_cluster import PER_THREAD, ClusterWorkers
from stance.batch_job import Settings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
long = pytest.mark.skipif("STANCE_TRIALS" not in os.environ, reason="long; in make validate")
WAIT_S = 120.0
WITHOUT = """
import sys

for name in ("stance", "daq", "analysis"):
    sys.modules[name] = None
"""
"""A scheduler does not have this software: only workers need it."""


@pytest.fixture
def source():
    return recorded(6.0)


class Cluster:
    """A scheduler and workers; each a process."""

    def __init__(self, folder, workers, *options, **environment):
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "scheduler.json"
        self._all = ExitStack()
        env = haunted_environment(folder / "haunted") | environment
        (folder / "sitecustomize.py").write_text(WITHOUT)
        place = ["--scheduler-file", str(self._file), "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        self.scheduler = self._start(folder / "scheduler.log", env | {"PYTHONPATH": str(folder)}, "scheduler", *place)
        self._wait(lambda: self._file.exists() and self._file.read_text().endswith("}"))
        self.address = json.loads(self._file.read_text())["address"]
        common = [self.address, "--host", "127.0.0.1", "--no-dashboard", "--nthreads", "1", "--memory-limit", "0"]
        common += ["--local-directory", str(folder)]
        self.workers = [
            self._start(folder / f"worker{number}.log", env, "worker", *common, *options) for number in range(workers)
        ]

    def _start(self, log, env, kind, *options):
        words = self._all.enter_context(log.open("w"))
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, env=env, start_new_session=True
        )
        self._all.callback(stop, process)
        return process

    def _wait(self, condition):
        deadline = time.monotonic() + WAIT_S
        while not condition():
            assert self.scheduler.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def close(self):
        self._all.close()


def stop(process):
    """End a process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def cluster_of(folder, workers, *options, **environment):
    cluster = Cluster(folder, workers, *options, **environment)
    try:
        yield cluster
    finally:
        cluster.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Three workers that nobody replaces."""
    with cluster_of(tmp_path_factory.mktemp("dask"), 3, "--no-nanny") as made:
        yield made


def batch(cluster, archive, out, *options):
    command = [sys.executable, "-m", "stance", "batch", str(archive), "-o", str(out), "--json"]
    process = subprocess.run(
        [*command, "--scheduler", cluster.address, *options], check=False, capture_output=True, timeout=5 * WAIT_S
    )
    return process.returncode, process.stdout and json.loads(process.stdout), process.stderr.decode()


def expected(archive, out):
    run_batch(archive, out, Settings(), Here())
    return content(out)


def test_the_same_bytes_though_a_worker_is_killed_on_the_way(cluster, source, tmp_path):
    archive = tmp_path / "archive"
    for name in ("a", "b", "c", "once", "d", "e"):
        copy_session(source, archive / f"{name}.h5")
    (archive / "bad.h5").write_text("no session")
    code, report, err = batch(cluster, archive, tmp_path / "out")
    assert (code, report["done"], report["analysed_now"]) == (0, 6, 7), err
    assert sum(worker.poll() is not None for worker in cluster.workers) == 1
    assert [entry["path"] for entry in report["failed"]] == ["bad.h5"]
    assert content(tmp_path / "out") == expected(archive, tmp_path / "here")


def test_workers_that_cannot_do_it_are_told_before_anything(cluster, source, tmp_path, monkeypatch):
    archive = tmp_path / "archive"
    copy_session(source, archive / "a.h5")

    class Moved(ClusterWorkers):
        def run(self, jobs):
            (archive / "a.h5").rename(tmp_path / "away.h5")
            return super().run(jobs)

    with pytest.raises(LinkError, match=r"worker tcp://127.0.0.1.*expected to see .*a\.h5.*Share the archive"):
        run_batch(archive, tmp_path / "out", Settings(), Moved(cluster.address))
    (tmp_path / "away.h5").rename(archive / "a.h5")
    monkeypatch.setattr("stance.batch_cluster.software_version", lambda: "stance 9.9 (algorithms 1000)")
    with pytest.raises(LinkError, match=r"expected stance 9\.9 .*, saw stance .*Install the same version"):
        run_batch(archive, tmp_path / "out", Settings(), ClusterWorkers(cluster.address))
    assert not list((tmp_path / "out").glob("parts/*.arrow"))


def test_no_more_is_handed_out_than_the_cluster_can_hold(cluster, source, tmp_path):
    archive = tmp_path / "archive"
    for number in range(12):
        copy_session(source, archive / f"{number}.h5")
    most = []

    class Watched(ClusterWorkers):
        def _submit(self, job):
            super()._submit(job)
            most.append(len(self._at_work))

    report = run_batch(archive, tmp_path / "out", Settings(), Watched(cluster.address))
    assert report.merged.done == len(most) == 12
    assert max(most) <= 3 * PER_THREAD


@pytest.mark.parametrize(
    ("address", "message"),
    [("tcp://127.0.0.1:9", "Timed out trying to connect"), ("here", "missing port"), ("http://x:1", "scheme")],
)
def test_a_scheduler_that_is_not_there_is_told(address, message, source, tmp_path, monkeypatch):
    monkeypatch.setattr("stance.batch_cluster.CONNECT_S", 0.5)
    copy_session(source, tmp_path / "archive/a.h5")
    with pytest.raises(LinkError, match=f"expected a Dask scheduler, saw .*{message}"):
        run_batch(tmp_path / "archive", tmp_path / "out", Settings(), ClusterWorkers(address))


@long
@pytest.mark.validate
def test_a_scheduler_that_goes_away_leaves_what_is_done(source, tmp_path):
    archive, out = tmp_path / "archive", tmp_path / "out"
    for name in ("a", "b", "slow"):
        copy_session(source, archive / f"{name}.h5")

    class Doomed(ClusterWorkers):
        def run(self, jobs):
            for number, outcome in enumerate(super().run(jobs)):
                yield outcome
                if number == 1:
                    stop(doomed.scheduler)

    gone = pytest.raises(LinkError, match="expected the scheduler to stay")
    with cluster_of(tmp_path / "dask", 2, "--no-nanny") as doomed, gone:
        run_batch(archive, out, Settings(), Doomed(doomed.address))
    report = run_batch(archive, out, Settings(), Here())
    assert (report.analysed, report.kept) == (1, 2)
    assert content(out) == expected(archive, tmp_path / "here")


@long
@pytest.mark.validate
@pytest.mark.parametrize("threads", ["1", "3"])
def test_a_session_that_kills_every_worker_is_bad_and_no_other(threads, source, tmp_path):
    archive, out = tmp_path / "archive", tmp_path / "out"
    for name in ("a", "b", "c", "deadly", "e", "f"):
        copy_session(source, archive / f"{name}.h5")
    few = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    with cluster_of(tmp_path / "dask", 2, "--nthreads", threads, **few) as cluster:
        code, report, err = batch(cluster, archive, out)
    assert (code, report["done"]) == (0, 5), err
    (bad,) = report["failed"]
    assert bad["path"] == "deadly.h5"
    assert "died again and again" in bad["error"]
    (archive / "deadly.h5").rename(tmp_path / "away")
    run_batch(archive, tmp_path / "here", Settings(), Here())
    (steps, sessions), (steps_here, sessions_here) = tables(out), tables(tmp_path / "here")
    assert steps.to_pylist() == steps_here.to_pylist()
    assert [line for line in sessions.to_pylist() if line["state"] == "done"] == sessions_here.to_pylist()


@long
@pytest.mark.validate
def test_many_sessions_while_workers_die_one_after_the_other(source, tmp_path):
    archive, out = tmp_path / "archive", tmp_path / "out"
    for number in range(80):
        copy_session(source, archive / f"{'once' if number % 20 == 7 else 's'}{number:03d}.h5")
    with cluster_of(tmp_path / "dask", 3) as cluster:
        code, report, err = batch(cluster, archive, out)
    assert (code, report["done"], report["failed"]) == (0, 80, []), err
    assert len(list((tmp_path / "dask/haunted").glob("once*"))) == 4
    assert content(out) == expected(archive, tmp_path / "here")
