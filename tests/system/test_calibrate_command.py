"""`stance calibrate` as a person meets it: rehearsed, answered line by line, stopped, killed, unplugged, refused."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from analysis.wrench import FZ
from daq.calibration import load_calibration
from daq.rig import load_rig
from rigs.procedures.plan import make_plan
from rigs.procedures.plan_loads import surfaces
from rigs.rehearsal import Player, TrueLoads
from stance.calibration_screen import Screen, belt_map
from stance.cli import run

TWIN = "gain_error_pct=3&position_error_mm=5&crosstalk_pct=2&noise_N=0.5&seed=4"
MASSES = "5,10,25"


class Lab:
    """A rig file of one's own, somebody who puts loads on its twin, and what he types."""

    def __init__(self, folder, capfd, monkeypatch, shipped="deck_4z"):
        self.capfd, self.monkeypatch, self.inputs = capfd, monkeypatch, []
        self.file = folder / "my_rig.toml"
        self.file.write_text(load_rig(shipped).text)
        self.out, self.page = folder / "my_rig.calibration.toml", folder / "my_rig.calibration.html"
        self.progress = folder / "my_rig.calibrating.json"

    def stance(self, *arguments):
        self.capfd.readouterr()
        code = run(["calibrate", "--rig", str(self.file), *map(str, arguments)])
        out, err = self.capfd.readouterr()
        assert "Traceback" not in err
        return code, out, err

    def typing(self, lines):
        read, write = os.pipe()
        os.write(write, "".join(f"{line}\n" for line in lines).encode())
        os.close(write)
        self.inputs.append(os.fdopen(read))
        self.monkeypatch.setattr(sys, "stdin", self.inputs[-1])

    @contextmanager
    def helped(self, query=TWIN):
        """Somebody puts on what the screen says; yields the port. What he should do otherwise is in `acts`."""
        from rigs.hand import hand_on

        rig = load_rig(self.file, calibration="none")
        plan = make_plan(rig, masses_kg=(5.0, 10.0, 25.0), person_kg=70.0)
        acts = self.acts = {}
        with hand_on(str(self.file), f"{query}&speed=max") as (hand, url):
            player, show = Player(hand, TrueLoads(rig, plan, 4)), Screen.show_step

            def show_and_act(screen, step, *, keys):
                show(screen, step, keys=keys)
                player.act(acts.pop(step.number, step))

            self.monkeypatch.setattr(Screen, "show_step", show_and_act)
            yield url


@pytest.fixture
def lab(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Lab(tmp_path, capfd, monkeypatch)
    yield made
    monkeypatch.undo()
    for one in made.inputs:
        one.close()


def test_a_rehearsal_shows_the_truth_and_never_poses_as_a_calibration(lab, tmp_path):
    code, out, err = lab.stance("--rehearse", TWIN, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["quality"]["loads"] >= 30
    assert found["quality"]["places"] == 9
    assert found["truth"]["Fz_pct"] < 0.2
    assert found["truth"]["cop_mm"] < 5.0
    assert found["truth"]["Fx_pct"] is None
    assert (tmp_path / found["calibration"]).name == "deck_4z.rehearsal.toml"
    assert load_calibration(tmp_path / found["calibration"]).rehearsal
    assert "<html" in (tmp_path / found["certificate"]).read_text()
    assert not lab.out.exists()
    assert load_rig(lab.file).calibration is None
    assert "Put 25 kg at front right" in err


def test_line_by_line_stopped_and_gone_on_with(lab):
    with lab.helped() as url:
        ask = ("--port", url, "--masses", MASSES, "--person", "70")
        lab.typing(["", "", "x", "s", "b", "", "", "q"])
        code, out, err = lab.stance(*ask)
        assert (code, out) == (2, "")
        assert "same command goes on" in err
        assert "Enter take, s skip" in err
        assert "belt's centre" in err
        kept = json.loads(lab.progress.read_text())["taken"]
        assert len(kept) == 4  # the empty belt and three loads: one was skipped, and then done after all
        assert not lab.out.exists()

        code, _, err = lab.stance("--port", url, "--masses", "5,10")
        assert code == 2
        assert "--restart" in err
        lab.typing(["", "q"])
        code, _, err = lab.stance("--port", url)
        assert "3 of 30 loads are taken" in err

        code, out, err = lab.stance(*ask, "--auto", "--operator", "Ada", "--note", "in the cellar")
        assert code == 0, err
    assert "vertical force" in out
    assert "stance record" in err
    assert not lab.progress.exists()
    assert lab.page.exists()
    rig = load_rig(lab.file)
    assert rig.calibration.operator == "Ada"
    assert rig.calibration.rehearsal, "the device was a virtual treadmill"
    assert f"± {1.96 * rig.calibration.quality.u_Fz_pct:.3g} %" in out
    assert "95 times in 100" in out
    assert len(rig.calibration.readings) == 30
    assert rig.belts()[0].matrix[FZ] == pytest.approx(rig.nominal_belts()[0].matrix[FZ], rel=0.1)


def test_a_doubtful_reading_needs_a_word(lab):
    with lab.helped() as url:
        heavier = make_plan(load_rig(lab.file), masses_kg=(25.0, 30.0)).known[0]
        lab.acts[2] = type("Step", (), {"load": heavier})()
        lab.typing(["", "", "a", "", "q"])  # empty belt; a load that is another; take it anyway; the next
        code, _, err = lab.stance("--port", url, "--masses", MASSES, "--person", "70")
    assert code == 2
    assert "  ! " in err
    assert "a take it anyway" in err
    taken = json.loads(lab.progress.read_text())["taken"]
    assert [bool(one["remark"]) for one in taken[:2]] == [False, True]


def test_alone_with_a_doubtful_reading_it_stops(lab):
    with lab.helped() as url:
        lab.acts[2] = type("Step", (), {"load": make_plan(load_rig(lab.file), masses_kg=(25.0, 30.0)).known[0]})()
        code, _, err = lab.stance("--port", url, "--masses", MASSES, "--person", "70", "--auto")
    assert code == 2
    assert "  ! " in err
    assert len(json.loads(lab.progress.read_text())["taken"]) == 1


def test_unplugged_in_the_middle(lab):
    with lab.helped(f"{TWIN}&unplug_at_s=61&replug_at_s=63") as url:
        code, _, err = lab.stance("--port", url, "--masses", MASSES, "--person", "70", "--auto")
    assert code == 0, err
    assert "Plug it in again" in err
    assert "It is back" in err
    assert len(load_rig(lab.file).calibration.readings) == 30


def test_a_cable_that_stays_out_loses_nothing(lab, monkeypatch):
    monkeypatch.setattr("stance.calibration_guide.REPLUG_S", 0.3)
    lab.typing([""] * 3)
    with lab.helped(f"{TWIN}&unplug_at_s=9") as url:
        code, _, err = lab.stance("--port", url, "--masses", MASSES, "--person", "70", "--auto")
    assert code == 2
    assert "the same command goes on" in err
    assert len(json.loads(lab.progress.read_text())["taken"]) >= 1


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_killed_at_once_it_goes_on_where_it_was(lab):
    port = f"virtual://{str(lab.file).replace('/', '%2F')}?load=none&speed=max"
    arguments = [sys.executable, "-m", "stance", "calibrate", "--rig", str(lab.file), "--port", port,
                 "--masses", MASSES, "--auto"]  # fmt: skip
    child = subprocess.Popen(arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        end = time.monotonic() + 60
        while not lab.progress.exists() and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()
    assert len(json.loads(lab.progress.read_text())["taken"]) == 1
    lab.typing(["q"])
    code, _, err = lab.stance("--port", port)
    assert code == 2
    assert "0 of 30 loads are taken" in err


def test_a_damaged_progress_file_is_no_traceback(lab):
    lab.progress.write_text('{"format": 1, "rig": []}')
    code, _, err = lab.stance("--port", "virtual://deck_4z?load=none&speed=max", "--masses", MASSES)
    assert code == 2
    assert "--restart" in err
    assert lab.progress.read_text() == '{"format": 1, "rig": []}'


def test_restart_keeps_the_old_progress(lab):
    lab.progress.write_text("from another day")
    lab.typing(["q"])
    code, _, err = lab.stance("--port", "virtual://deck_4z?load=none&speed=max", "--masses", MASSES)
    assert code == 2
    assert "--restart" in err
    lab.typing(["", "q"])
    lab.stance("--port", "virtual://deck_4z?load=none&speed=max", "--masses", MASSES, "--restart")
    assert lab.progress.with_name("my_rig.calibrating.json.old").read_text() == "from another day"


def test_a_plan_is_written_edited_and_followed(lab, tmp_path):
    plan = tmp_path / "plan.toml"
    code, _, err = lab.stance("--masses", MASSES, "--write-plan", plan)
    assert code == 0, err
    assert "--plan" in err
    plan.write_text(plan.read_text().replace("u_place_mm = 2", "u_place_mm = 4"))
    code, out, err = lab.stance("--rehearse", "seed=2", "--plan", plan, "--json")
    assert code == 0, err
    assert json.loads(out)["quality"]["u_cop_mm"] > 2.5
    plan.write_text(plan.read_text().replace("mass_kg = 25\n", "mass_lb = 55\n", 1))
    code, _, err = lab.stance("--rehearse", "seed=2", "--plan", plan)
    assert code == 2
    assert "mass_kg" in err


@pytest.mark.parametrize(("arguments", "said"), [
    (["--port", "virtual://deck_4z"], "--masses"),
    (["--masses", "5kg,10kg"], "1 lb is"),
    (["--masses", "5,10", "--plan", "p.toml"], "not both"),
    (["--masses", "5,10", "--pull", "10", "--pull-N", "98"], "not both"),
    (["--masses", "20", "--port", "virtual://deck_4z?speed=max"], "same size"),
    (["--masses", "5,196", "--port", "virtual://deck_4z", "--person", "700"], "71.4 kg"),
    (["--rehearse", "seed=1", "--port", "virtual://deck_4z"], "no port"),
    (["--rehearse", "sed=1"], "seed"),
    (["--masses", "5,10"], "--port"),
])  # fmt: skip
def test_refused_before_anything_is_loaded(lab, arguments, said):
    code, out, err = lab.stance(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert not lab.progress.exists()


@pytest.mark.parametrize(
    "name", ["my_rig.toml", "v.h5", "folder.toml", "no/such.toml", "paged.toml", ".", "my_rig.toml/c.toml"]
)
def test_an_output_that_cannot_be_is_told_before_the_first_load(lab, tmp_path, name):
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "paged.html").write_text("the report of a session")
    (tmp_path / "v.h5").write_bytes(b"a session")
    before = lab.file.read_bytes()
    for more in (["--rehearse", "seed=1"], ["--port", "virtual://deck_4z?load=none&speed=max", "--masses", MASSES]):
        code, out, err = lab.stance(*more, "-o", tmp_path / name)
        assert (code, out) == (2, "")
        assert "1 of" not in err  # no step was shown
    if name != "paged.toml":
        code, _, err = lab.stance("--masses", MASSES, "--write-plan", tmp_path / name if name != "." else ".")
        assert code == 2
    assert lab.file.read_bytes() == before
    assert (tmp_path / "v.h5").read_bytes() == b"a session"
    assert (tmp_path / "paged.html").read_text() == "the report of a session"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.toml", "my_rig.toml", "paged.html", "v.h5"]


def test_a_plan_replaces_a_plan_and_keeps_the_older(lab, tmp_path):
    plan = tmp_path / "plan.toml"
    assert lab.stance("--masses", MASSES, "--write-plan", plan)[0] == 0
    edited = plan.read_text() + "# mine\n"
    plan.write_text(edited)
    code, _, err = lab.stance("--masses", "20", "--write-plan", plan)
    assert code == 0
    assert "lacks something: all vertical loads have the same size" in err
    assert [path.read_text() for path in tmp_path.glob("plan.*.toml")] == [edited]
    assert "mass_kg = 5" not in plan.read_text()


def test_a_page_that_cannot_be_written_is_made_again(lab, tmp_path, monkeypatch):
    from daq.errors import RigError
    from viewer.report import certificate

    def full(*_):
        raise RigError("page", expected="to write the certificate", seen="No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(certificate, "write_certificate", full)
        code, out, err = lab.stance("--rehearse", TWIN)
    saved, page = tmp_path / "deck_4z.rehearsal.toml", tmp_path / "deck_4z.rehearsal.html"
    assert code == 2
    assert "vertical force" in out
    assert "saved in deck_4z.rehearsal.toml" in err
    assert "--certificate deck_4z.rehearsal.toml" in err
    assert saved.exists()
    assert not page.exists()
    code, out, err = lab.stance("--certificate", saved, "--json")
    assert code == 0, err
    assert json.loads(out)["certificate"] == str(page)
    assert "Calibration certificate" in page.read_text()
    page.write_text("not ours")
    for wrong in (saved, lab.file, tmp_path / "none.toml"):
        code, _, err = lab.stance("--certificate", wrong)
        assert code == 2
    code, _, err = lab.stance("--certificate", saved, "--masses", MASSES)
    assert (code, "leave out --masses" in err) == (2, True)
    assert page.read_text() == "not ours"


@pytest.mark.parametrize("auto", [True, False])
def test_with_nobody_to_ask_what_does_not_belong_is_left_out(lab, auto):
    with lab.helped() as url:
        plan = make_plan(load_rig(lab.file), masses_kg=(5.0, 10.0, 25.0), person_kg=70.0)
        at = next(number for number, load in enumerate(plan.loads) if load is not None and load.place == "rear right")
        off = replace(plan.loads[at], point_m=plan.loads[at].point_m + np.array([0.06, 0.0, 0.0]))
        lab.acts[at + 1] = type("Step", (), {"load": off})()
        lab.typing([] if auto else [""] * len(plan.loads))
        ask = ["--auto"] if auto else []
        code, out, err = lab.stance("--port", url, "--masses", MASSES, "--person", "70", *ask, "--json")
    assert code == 0, err
    assert "they are left out" in err
    found = json.loads(out)
    assert found["left_out"] == [plan.loads[at].label]
    assert found["outlying"] == []
    (aside,) = [one for one in load_calibration(lab.out).readings if not one.accepted]
    assert "Nobody was asked" in aside.remark


def test_gravity_is_told_with_the_result(lab):
    plain, told = (
        lab.stance("--rehearse", "seed=4", *more) for more in ([], ["--masses", MASSES, "--gravity", "9.78"])
    )
    assert "standard gravity, 9.80665" in plain[2]
    assert "gravity 9.80665 m/s²" in plain[1]
    assert "No --gravity" not in told[2]
    assert "gravity 9.78 m/s²" in told[1]


def test_a_shipped_rig_needs_a_file_of_its_own(lab, capfd):
    assert run(["calibrate", "--rig", "frame_8", "--masses", MASSES]) == 2
    assert "stance rigs copy frame_8" in capfd.readouterr().err


def test_the_map_shows_where():
    rig = load_rig("split_belt")
    load = next(load for load in make_plan(rig, masses_kg=(10.0, 20.0)).known
                if load.belt == "R" and load.place.startswith("front right"))  # fmt: skip
    lines = belt_map(surfaces(rig), load)
    assert lines[0].strip() == "front"
    assert lines[-1].strip() == "rear"
    (marked,) = [line for line in lines if "X" in line]
    assert lines.index(marked) < len(lines) / 2
    assert marked.index("X") > 3 * len(marked) / 4
    pull = next(load for load in make_plan(load_rig("virtual"), masses_kg=(10.0, 20.0), pull_N=100.0).known
                if load.kind == "pull")  # fmt: skip
    assert sum(line.count("^") for line in belt_map(surfaces(load_rig("virtual")), pull)) == 1
    assert np.sign(pull.force_N[0]) == -1
