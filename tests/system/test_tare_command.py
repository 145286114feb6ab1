"""`stance tare` at the true byte path, and recordings that begin with what it kept."""

import json
import os
import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from recorders import check_whole, running, until

from daq.recorder import Recorder, RecordOptions
from daq.rig import load_rig
from daq.session import open_session
from daq.stream import Stream
from daq.tare_file import load_tares
from rigs.hand import hand_on
from rigs.procedures.warming import WarmupWatch
from rigs.sources import Load
from rigs.virtual import make_device
from rigs.virtual_url import virtual_url
from stance.cli import run

TRIALS = int(os.environ.get("STANCE_TRIALS", "50"))
ZEROS = "speed=max&offset_N=30&seed=4"


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


class Lab:
    """A rig file of one's own, and its virtual twin."""

    def __init__(self, folder, shipped="frame_8"):
        self.folder, self.file = folder, folder / "my rig.toml"
        self.file.write_text(load_rig(shipped).text, encoding="utf-8")
        self.kept = folder / "my rig.tare.toml"

    def url(self, query=f"{ZEROS}&load=none"):
        return virtual_url(str(self.file), query)

    def tare(self, *options, query=f"{ZEROS}&load=none"):
        return run(["tare", "--rig", str(self.file), "--port", self.url(query), "--seconds", "2", *options])

    def tares(self):
        return load_tares(self.kept, "frame_8")


def told(capsys, code, **_):
    assert code == 0
    return json.loads(capsys.readouterr().out)


def test_zero_and_noise_of_every_cell_are_those_of_the_machine(lab, capsys):
    found = told(capsys, lab.tare("--json"))
    truth = make_device(lab.url()).chain
    for cell in found["cells"]:
        assert cell["zero_N"] == pytest.approx(truth.offset_N[cell["channel"]], abs=5 * cell["u_zero_N"])
        assert cell["noise_N"] == pytest.approx(truth.cells.noise_N, rel=0.1)
        assert cell["u_zero_N"] == pytest.approx(truth.cells.noise_N / 2000**0.5, rel=0.5)
        assert (cell["state"], cell["moved_N"]) == ("info", None)
    assert found["kept_in"] == str(lab.kept)
    assert len(lab.tares()) == 1


@pytest.mark.parametrize(
    ("moved", "state", "words"), [(2, "green", "as it was"), (9, "amber", "warm up"), (34, "red", "touches")]
)
def test_cells_that_moved_are_told_with_what_to_do(lab, capsys, moved, state, words):
    told(capsys, lab.tare("--json"))
    found = told(capsys, lab.tare("--json", query=f"{ZEROS}&load=none&warmup_N={moved}&warmup_s=1e6"))
    for cell in found["cells"]:
        assert cell["moved_N"] == pytest.approx(moved, abs=0.1)
        assert cell["state"] == state
        assert words in cell["text"]
    assert 0 < found["since_s"] < 600
    found = told(capsys, lab.tare("--json", "--anew", query=f"{ZEROS}&load=none"))
    assert {cell["state"] for cell in found["cells"]} == {"info"}


def test_bad_cells_are_pointed_at(lab, capsys):
    query = "speed=max&load=none&stuck=1&saturate=2&mains_N=0"
    code = lab.tare("--json", query=query)
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert code == 2
    assert [cell["name"] for cell in found["cells"] if cell["state"] == "red"] == ["FR", "RL"]
    assert "wiring" in found["cells"][1]["text"]
    assert (found["kept_in"], lab.kept.exists()) == (None, False)
    assert "Not kept: no zero of FR, RL" in printed.err


def test_belt_on_and_off_are_compared_with_the_motors_noise(lab, capsys):
    told(capsys, lab.tare("--json"))
    quiet = f"{ZEROS}&load=none&belt_speed_m_s=2.8&motor_N=1.2&warmup_N=3&warmup_s=1e6"
    found = told(capsys, lab.tare("--json", "--belt-on", query=quiet))
    chain = make_device(lab.url(quiet)).chain
    counts = np.vstack([chain.block(k).counts for k in range(4)]).astype(float)
    still = np.vstack([make_device(lab.url()).chain.block(0).counts]).astype(float)
    row = load_rig(lab.file).nominal_belts()[0].matrix[2]
    truth = np.sqrt((counts @ row).var() - (still @ row).var())
    assert found["motor_noise_N"] == pytest.approx(truth, rel=0.1)
    assert found["motor_state"] == ("green" if truth <= 2 else "amber" if truth <= 4 else "red")
    assert found["tare"]["speed_m_s"] == pytest.approx(2.8, abs=0.01)
    assert [cell["belt_adds_N"] for cell in found["cells"]] == pytest.approx([3] * 8, abs=0.15)
    assert [one.belt for one in lab.tares()] == ["on", "off"]
    assert {one.gain for one in lab.tares()} == {float(load_rig(lab.file).adc.gain)}
    loud = quiet.replace("motor_N=1.2", "motor_N=9")
    assert told(capsys, lab.tare("--json", "--belt-on", query=loud))["motor_state"] in ("amber", "red")
    lab.tare("--belt-on", query=loud)
    assert "running belt adds" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("query", "options", "words"),
    [
        ("load=700@0.2,0", [], "Step off the belt"),
        ("runner=davis&belt_speed_m_s=0", [], "Step off the belt"),
        ("load=none&belt_speed_m_s=2", [], "Stop the belt"),
        ("load=none", ["--belt-on"], "a belt that runs"),
    ],
)
def test_no_zero_with_somebody_on_it_or_a_belt_that_does_otherwise(lab, capsys, query, options, words):
    told(capsys, lab.tare("--json"))
    before = lab.kept.read_bytes()
    assert lab.tare(*options, query=f"{ZEROS}&{query}") == 2
    assert words in capsys.readouterr().err
    assert lab.kept.read_bytes() == before


def test_a_shipped_rig_keeps_nothing_and_says_how_to(capsys):
    assert run(["tare", "--port", "virtual://virtual?speed=max&load=none", "--seconds", "1"]) == 0
    assert "stance rigs copy" in capsys.readouterr().err


def test_a_tare_file_that_cannot_be_read_is_told_before_anything_is_done(lab, capsys):
    lab.kept.write_text("nonsense", encoding="utf-8")
    assert lab.tare() == 2
    assert "TOML" in capsys.readouterr().err
    assert lab.kept.read_text(encoding="utf-8") == "nonsense"


# ---- recordings


def record(lab, name, *options, query=f"{ZEROS}&load=none"):
    out = lab.folder / name
    assert (
        run(["record", "--rig", str(lab.file), "--port", lab.url(query), "--seconds", "6", "-o", str(out), *options])
        == 0
    )
    check_whole(out)
    with open_session(out) as session:
        return [event for event in session.events if event.kind == "tare"]


def test_a_recording_begins_with_the_fresh_tare_and_replays_the_same(lab, capsys):
    lab.tare()
    capsys.readouterr()
    (event,) = record(lab, "a.h5", query=ZEROS)
    assert event.row == 0
    assert event.data["counts"] == list(lab.tares()[0].counts)
    assert event.data["source"] == "my rig.tare.toml"
    assert 0 < event.data["age_s"] < 300
    assert re.search(r"The zero from the tare .* ago, with the belt off", capsys.readouterr().err)
    assert record(lab, "b.h5", "--no-tare", query=ZEROS) == []
    (own,) = record(lab, "c.h5", "--tare", "1")
    assert own.row == 1000
    assert "source" not in own.data


def test_the_zero_with_the_belt_on_is_used_when_the_belt_runs(lab):
    lab.tare("--belt-on", query=f"{ZEROS}&load=none&belt_speed_m_s=3&warmup_N=4&warmup_s=1e6")
    lab.tare()
    assert record(lab, "runs.h5", query=ZEROS)[0].data["belt"] == "on"  # its sensor tells
    assert record(lab, "told.h5", "--belt-speed", "3")[0].data["belt"] == "on"
    assert record(lab, "stands.h5")[0].data["belt"] == "off"


def test_a_tare_of_the_other_kind_is_better_than_none_and_says_which_is_better(lab, capsys):
    lab.tare("--belt-on", query=f"{ZEROS}&load=none&belt_speed_m_s=3")
    assert record(lab, "stands.h5")[0].data["belt"] == "on"
    assert "the belt stands: `stance tare` with the belt off is better" in capsys.readouterr().err


def test_an_old_tare_or_one_of_another_board_or_gain_is_not_used(lab, capsys):
    lab.tare()
    text = lab.kept.read_text(encoding="utf-8")
    made = lab.tares()[0].made_utc
    old = (datetime.now(UTC) - timedelta(minutes=61)).isoformat()
    for number, other in enumerate(
        (text.replace(made, old), text.replace("gain = ", "gain = 1"), text.replace("sim frame_8", "uno"), "nonsense")
    ):
        lab.kept.write_text(other, encoding="utf-8")
        assert record(lab, f"{number}.h5") == []
    assert "Recording without a kept tare" in capsys.readouterr().err


def test_a_running_recorder_is_asked_instead_of_its_port(lab, capsys):
    url = lab.url("offset_N=30&seed=4&load=none&speed=5")
    options = RecordOptions(rig=str(lab.file), port=url, out=None, autostart=False, stays=True)
    ready = []
    recorder = Recorder(options, on_ready=ready.append)
    with running(recorder):
        until(lambda: ready)
        until(lambda: recorder.ask("status")["rows"] > 100)
        code = run(["tare", "--rig", str(lab.file), "--port", url, "--seconds", "1", "--json"])
        printed = capsys.readouterr()
        found = json.loads(printed.out)
        assert code == 0
        assert found["by_recorder"]
        assert "Not checked" in printed.err
        text = lab.kept.read_text(encoding="utf-8")
        kept = lab.tares()[0]
        lab.kept.write_text(text.replace(repr(kept.counts[0]), repr(kept.counts[0] - 1e6)), encoding="utf-8")
        assert run(["tare", "--rig", str(lab.file), "--port", url, "--seconds", "1"]) == 2
        said = capsys.readouterr().err
        assert "more than at the last tare" in said
        assert "recorder has begun to use that zero" in said
        lab.kept.write_text(text, encoding="utf-8")
        assert run(["tare", "--rig", str(lab.file), "--port", url, "--watch"]) == 2
        assert "End the recorder" in capsys.readouterr().err
    truth = make_device(url).chain.offset_N
    for cell in found["cells"]:
        assert cell["zero_N"] == pytest.approx(truth[cell["channel"]], abs=0.1)
    (kept,) = lab.tares()
    assert kept.device == "sim frame_8 / ADS131M08"
    (event,) = record(lab, "after.h5")
    assert event.data["counts"] == list(kept.counts)


# ---- warm-up


def test_the_watch_ends_by_itself_when_the_machine_is_warm(lab, capsys):
    query = f"{ZEROS}&load=none&warmup_N=20&warmup_s=60"
    code = run(["tare", "--rig", str(lab.file), "--port", lab.url(query), "--watch", "--json"])
    printed = capsys.readouterr()
    state = json.loads(printed.out)
    end = 60 * np.log(20 * 4 / 60 * 60 / 5)
    assert code == 0
    assert state["ready"]
    assert end <= state["watched_s"] <= end + 40
    assert "cannot tell yet" in printed.err
    assert re.search(r"wait (about )?\d+ more (minutes|seconds)", printed.err)


def test_the_watch_is_bounded_and_says_what_it_saw(lab, capsys):
    query = f"{ZEROS}&load=none&drift_N_per_min=20"
    assert run(["tare", "--rig", str(lab.file), "--port", lab.url(query), "--watch", "--seconds", "50"]) == 2
    assert re.search(r"Fz at \+(79|80|81)\.\d N/min", capsys.readouterr().err)


def test_the_watch_ends_politely_at_ctrl_c(lab, capsys, monkeypatch):
    feed = WarmupWatch.feed

    def feed_until(self, chunk):
        feed(self, chunk)
        if self.passed_s > 45.0:
            raise KeyboardInterrupt

    monkeypatch.setattr(WarmupWatch, "feed", feed_until)
    query = f"{ZEROS}&load=none&drift_N_per_min=20"
    assert run(["tare", "--rig", str(lab.file), "--port", lab.url(query), "--watch"]) == 2
    said = capsys.readouterr().err
    assert re.search(r"Ended by Ctrl-C. Not warm after 4\d s: Fz at \+(79|80|81)\.\d N/min", said)
    assert "interrupted" not in said


def watched(url, rig, seconds, at_s):
    """Watch a machine; when it was ready, and what was said at a moment: (wait_s, u_wait_s)."""
    with Stream(rig, url) as stream:
        watch, said, passed = WarmupWatch(rig, stream.sample_rate_Hz), None, 0.0
        while passed < seconds:
            watch.feed(stream.collect(10.0))
            state = watch.state()
            passed = max(passed + 10.0, state.watched_s)
            if said is None and state.watched_s >= at_s:
                said = (state.wait_s, state.u_wait_s, state.watched_s)
            if state.ready:
                return state.watched_s, said
    return None, said


def check_warmup(seeds, tau_s, warmup_N):
    rig = load_rig("virtual")
    end = tau_s * np.log(warmup_N * 4 / tau_s * 60 / 5)
    for seed in seeds:
        url = f"virtual://virtual?speed=max&load=none&warmup_N={warmup_N}&warmup_s={tau_s}&offset_N=20&seed={seed}"
        ready_s, (wait_s, _, at_s) = watched(url, rig, end + 200, tau_s / 3)
        assert end <= ready_s <= end + 60
        assert wait_s == pytest.approx(end - at_s, rel=0.25), seed


def test_the_wait_is_known_after_a_third_of_the_time_constant():
    check_warmup([1], 240, 40)


@pytest.mark.validate
@pytest.mark.parametrize("part", range(10))
def test_the_wait_is_known_and_never_too_short_over_many_seeds(part):
    check_warmup(range(part, TRIALS, 10), 240, 40)


def test_the_watch_begins_anew_when_somebody_steps_on_and_is_not_ready_while_they_stand():
    rig = load_rig("virtual")
    with hand_on("virtual", "speed=max") as (hand, url), Stream(rig, url) as stream:
        watch = WarmupWatch(rig, stream.sample_rate_Hz)
        watch.feed(stream.collect(40.0))
        assert watch.state().ready
        hand.put(Load((0.0, 0.0, 700.0)))
        watch.feed(stream.collect(45.0))
        assert not watch.state().ready
        assert watch.disturbances == 1
        hand.put()
        watch.feed(stream.collect(40.0))
        assert watch.state().ready
