"""Archives to analyse, cheaply: one short session recorded once, copied under other ids; and workers that misbehave."""

import os
import shutil
import uuid
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import h5py
import numpy as np
import pyarrow.parquet as pq
from system.chain import record

from stance.batch import run_batch
from stance.batch_job import Outcome, Settings
from stance.batch_session import SessionUnseenError, analyse_session

SECONDS = 8.0

HAUNTED = """
import os, signal, time
import stance.batch_session as batch_session

real = batch_session.open_session

def haunted(path):
    name = os.path.basename(str(path))
    if name.startswith("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("once"):
        try:
            open(os.environ["HAUNTED"] + "/" + name, "x").close()
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("slow") and not os.path.exists(os.environ["HAUNTED"] + "/awake"):
        time.sleep(600.0)
    return real(path)

batch_session.open_session = haunted
"""
"""What every Python process of a haunted environment does at its start: sessions named so kill whoever opens them
(always, or the first time), or keep him waiting."""


def copy_session(source, target, **attributes):
    """A copy under an id of its own (random if it is not given), with other attributes if wanted."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    with h5py.File(target, "r+") as file:
        for name, text in {"session_id": uuid.uuid4().hex, **attributes}.items():
            data = text.encode()
            file.attrs.create(name, np.array(data, h5py.string_dtype("utf-8", max(len(data), 1))))
    return target


@cache
def recorded(seconds=SECONDS, **runner):
    """A virtual session, recorded once per test run."""
    path = Path(mkdtemp(prefix="stance-batch-")) / "source.h5"
    record("virtual://virtual?seed=1&speed=max", path, seconds=seconds, **runner)
    return path


@cache
def shelf():
    """Three sessions in a folder of folders, with mass and incline known; not to be changed."""
    source = recorded(mass_kg=82.85, name="P07", incline_deg=0.0)
    for name in ("b.h5", "2024/a.h5", "2024/deep/c.H5"):
        copy_session(source, source.parent / "shelf" / name)
    return source.parent / "shelf"


def batch(archive, out, settings=None, **options):
    """A batch in this process: its report, and the sessions that it analysed."""
    workers = Here()
    report = run_batch(Path(archive), Path(out), settings or Settings(), workers, **options)
    return report, sorted(workers.seen)


def haunted_environment(folder):
    """An environment whose Python processes are haunted; its own folder keeps what happened."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(HAUNTED)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "HAUNTED": str(folder)}


class Here:
    """Does the work in this process: for everything that has nothing to do with processes."""

    def __init__(self):
        self.seen = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run(self, jobs):
        for job in jobs:
            self.seen.append(job.name)
            try:
                yield known_outcome(job)
            except SessionUnseenError as error:
                yield Outcome(job, None, str(error))


def known_outcome(job):
    """What an analysis gives; of the very same bytes under the same question as it gave before."""
    try:
        key = (Path(job.path).read_bytes(), job.size, job.settings)
    except OSError:
        return analyse_session(job)
    if key not in _known:
        _known[key] = analyse_session(job)
    return replace(_known[key], job=job)


_known = {}


def tables(out):
    """The two tables of a batch."""
    return pq.read_table(Path(out) / "steps.parquet"), pq.read_table(Path(out) / "sessions.parquet")


def content(out):
    """The bytes of both."""
    return [(Path(out) / name).read_bytes() for name in ("steps.parquet", "sessions.parquet")]
