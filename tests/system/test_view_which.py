"""Which recorder a window shall watch: what is said to a person who has to choose."""

from pathlib import Path

import pytest

from daq.errors import LinkError
from daq.recorders import RecorderInfo
from stance.commands import view


def recorder(pid, session, directory):
    return RecorderInfo(pid, "", b"", session, (), float(pid), directory / f"{pid:016x}.json")


@pytest.fixture
def running(monkeypatch):
    found = []
    monkeypatch.setattr(view, "running_recorders", lambda: found)
    return found


def refusal(where=None):
    with pytest.raises(LinkError) as refused:
        view.find_recorder(where)
    return refused.value


def test_recorders_that_wait_are_named_for_people(running, tmp_path):
    running += [recorder(123, "", tmp_path), recorder(124, str(tmp_path / "b.h5"), tmp_path)]
    error = refusal()
    assert error.seen == f"a recorder that waits (pid 123), {tmp_path}/b.h5"
    assert f"stance view {running[0].file} (pid 123)" in error.next_step
    assert f"stance view {tmp_path}/b.h5" in error.next_step
    assert [view.find_recorder(Path(typed)) for typed in (running[0].file, tmp_path / "b.h5")] == running


def test_the_only_one_needs_no_name(running, tmp_path):
    running.append(recorder(123, "", tmp_path))
    assert view.find_recorder(None) is running[0]
    error = refusal(tmp_path / "c.h5")
    assert error.seen == "a recorder that waits (pid 123)"
    assert f"stance replay {tmp_path}/c.h5" in error.next_step
    assert error.next_step.endswith("To watch a recorder that waits (pid 123): stance view")
    running.clear()
    assert refusal(tmp_path / "c.h5").next_step.endswith("stance replay " + str(tmp_path / "c.h5"))
