"""`stance doctor` as typed: its list, its JSON, its exit code, and what happens when it is interrupted."""

import json
from contextlib import contextmanager

import pytest

from daq.ports import PortInfo
from stance.cli import run

FAST = "virtual://virtual?load=none&speed=max"
ORDER = ["versions", "rig", "port", "firmware", "device", "settings", "calibration", "rate", "clock", "losses",
         "cell FL", "noise_total", "mains", "lines", "vertical_mode", "fore_aft_mode"]  # fmt: skip
PERSON = "0;0;700@.6,.25;700@.6,-.25;700@-.6,.25;700@-.6,-.25;700@0,0;-120/0/0@-.8,.27;0/-120/0@.8,-.27;0"
"""Seven seconds each: nobody, then a person who does what the check-up asks for."""


def doctor(capfd, *arguments):
    code = run(["doctor", *arguments])
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, out, err


def checks_of(out):
    checks = json.loads(out, parse_constant=pytest.fail)["checks"]
    assert all(set(check) == {"name", "state", "value", "limit", "unit", "text"} for check in checks)
    return {check["name"]: check for check in checks}


@pytest.fixture
def at_a_terminal(monkeypatch):
    """Somebody sits there, and types what the test puts into the list."""
    typed = []

    @contextmanager
    def keys_to(on_key):
        for key in typed:
            on_key(key)
        yield True

    monkeypatch.setattr("stance.keys.typing_possible", lambda: True)
    monkeypatch.setattr("stance.checkup_prompts.keys_to", keys_to)
    return typed


def test_a_healthy_rig_is_healthy_and_the_list_is_in_order(capfd):
    code, out, _ = doctor(capfd, "--rig", "virtual", "--port", FAST, "--json")
    checks = checks_of(out)
    assert code == 0
    assert {check["state"] for check in checks.values()} <= {"green", "info"}
    assert [name for name in checks if name in ORDER] == ORDER
    assert "1000.00 Hz" in checks["rate"]["text"]
    assert "1000 Hz, built in" in checks["settings"]["text"]
    assert "step at FL" in checks["left_out"]["text"], "without a terminal it says what it could not ask for"


def test_every_line_has_a_word_and_not_only_a_colour(capfd):
    code, out, _ = doctor(capfd, "--rig", "virtual", "--port", f"{FAST}&stuck=2", "--quick")
    assert code == 2
    assert "RED" in next(line for line in out.splitlines() if "cell RL" in line)
    assert all(any(word in line for word in ("green", "info", "AMBER", "RED")) for line in out.splitlines())
    assert "left_out" not in out


def test_a_missing_port_and_a_silent_device_are_told_apart(capfd):
    code, out, _ = doctor(capfd, "--rig", "virtual", "--port", "/dev/ttyNOT0", "--json")
    assert code == 2
    assert checks_of(out)["port"]["state"] == "red"
    assert "firmware" not in checks_of(out)
    assert checks_of(out)["calibration"], "the list goes on as far as it can"


def test_the_wrong_rig_is_named_and_the_line_is_still_judged(capfd):
    code, out, _ = doctor(capfd, "--rig", "frame_8", "--port", FAST, "--json")
    checks = checks_of(out)
    assert code == 2
    assert "wrong rig" in checks["device"]["text"]
    assert checks["rate"]["state"] == "green"
    assert "not judged" in checks["cells"]["text"]


def test_a_runner_on_the_virtual_treadmill_is_told_how_to_step_off(capfd):
    _, out, _ = doctor(capfd, "--rig", "virtual", "--port", "virtual://virtual?speed=max", "--quick", "--json")
    assert "virtual://virtual?load=none" in checks_of(out)["belt"]["text"]


def test_a_port_without_a_description_ends_in_its_name(capfd, monkeypatch):
    monkeypatch.setattr("stance.commands.doctor.list_ports", lambda: [PortInfo("/dev/ttyS0", "", "")])
    _, out, _ = doctor(capfd, "--json")
    assert checks_of(out)["ports"]["text"] == "/dev/ttyS0"


def test_a_cable_pulled_out_is_one_red_line_and_the_list_goes_on(capfd):
    code, out, _ = doctor(capfd, "--rig", "virtual", "--port", f"{FAST}&unplug_at_s=5", "--json")
    checks = checks_of(out)
    assert code == 2
    assert [name for name, check in checks.items() if check["state"] == "red"] == ["stream"]
    assert checks["cell FL"]["state"] == "green"
    assert checks["vertical_mode"]["state"] == "green"


def test_a_person_at_the_terminal_is_asked_and_a_reversed_cell_found(capfd, at_a_terminal):
    url = f"virtual://virtual?load={PERSON}&load_s=7&speed=max&reverse=1"
    code, out, err = doctor(capfd, "--rig", "virtual", "--port", url, "--mass", "71.38", "--json")
    checks = checks_of(out)
    assert code == 2
    assert "front left corner" in err
    assert "cell FR is reversed" in checks["signs"]["text"]
    assert {checks[name]["state"] for name in ("places", "scales", "horizontal_places", "horizontal_signs")} == {
        "green"
    }
    assert "left_out" not in checks


def test_the_weight_of_a_person_closes(capfd, at_a_terminal):
    url = f"virtual://virtual?load={PERSON}&load_s=7&speed=max"
    code, out, _ = doctor(capfd, "--rig", "virtual", "--port", url, "--mass", "71.38", "--json")
    closure = checks_of(out)["weight_closure"]
    assert code == 0
    assert closure["state"] == "green"
    assert closure["value"] == pytest.approx(1.0, abs=1e-3)


def test_steps_can_be_left_out_and_the_rest_ended(capfd, at_a_terminal):
    at_a_terminal += ["s", "s", "q"]
    code, out, _ = doctor(capfd, "--rig", "virtual", "--port", FAST, "--json")
    assert code == 0
    assert "places" not in checks_of(out)


def test_ctrl_c_tells_what_was_found_until_then(capfd, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("daq.doctor.cell_states", interrupted)
    code, out, _ = doctor(capfd, "--rig", "virtual", "--port", FAST, "--json")
    checks = checks_of(out)
    assert code == 2
    assert checks["rate"]["state"] == "green"
    assert list(checks)[-1] == "stopped"


def test_the_belts_own_noise_is_compared(capfd, at_a_terminal):
    url = f"{FAST}&belt_speed_m_s=3&motor_N=4&motor_Hz=27"
    _, out, _ = doctor(capfd, "--rig", "virtual", "--port", url, "--quick", "--belt-on", "--json")
    checks = checks_of(out)
    assert "27.0 Hz" in checks["lines_belt_on"]["text"]
    assert checks["lines_belt_on"]["state"] == "amber"
    assert "with the belt off" in checks["noise_total_belt_on"]["text"]


def test_a_slow_clock_is_found_in_real_time(capfd, monkeypatch):
    monkeypatch.setattr("daq.doctor.SECONDS", 3.0)
    url = "virtual://virtual?load=none&clock_ppm=-5000"
    code, out, _ = doctor(capfd, "--rig", "virtual", "--port", url, "--quick", "--json")
    checks = checks_of(out)
    assert code == 0
    assert checks["clock"]["state"] == "amber"
    assert "slow" in checks["clock"]["text"]
    assert checks["clock"]["value"] == pytest.approx(-5000, abs=400)
    assert checks["rate"]["state"] == "green", "the converter is right: the clock's error is taken out"
