"""`stance register`: from a recorded session to the subject file, and from there into every table."""

import json
import tomllib

import numpy as np
import pytest
from chain import force_url, write_csv
from footdata import feet
from realdata import fukuchi_trial

from analysis.registration import FootRegistration
from daq.errors import FormatError
from stance.cli import run
from stance.subject_file import keep_registration, read_subject

RUNNER, SHOE_M = "RBDS012", feet()["RBDS012_T25"].shoe_length_m
LINE_M, TOE_M, SIDE_M = -0.30, 0.233, 0.06


def stance(capfd, *arguments):
    capfd.readouterr()
    code = run([str(a) for a in arguments])
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, out, err


def record(folder, name, wrench, rate, *, rig="virtual", seconds=10, **options):
    """A session of a known force through the whole virtual chain."""
    force = write_csv(folder / f"{name}.csv", wrench, rate)
    out = folder / f"{name}.h5"
    more = options.pop("arguments", [])
    port = force_url(rig, force, seed=1, speed="max", **options)
    assert (
        run(["record", "--rig", rig, "--port", port, "--seconds", str(seconds), "-o", str(out), *map(str, more)]) == 0
    )
    return out


@pytest.fixture(scope="module")
def heel_first(tmp_path_factory):
    """A rearfoot runner at 2.5 m/s, 20 degrees toes up; the belt's pulses tell its speed."""
    folder = tmp_path_factory.mktemp("register")
    trial = fukuchi_trial(f"{RUNNER}_T25")
    return record(folder, "slow", trial.wrench, 300.0, belt_speed_m_s=2.5, arguments=["--mass", trial.mass_kg])


def hops(count=8, rate=500.0):
    """Hops off the line: stand, push off over the ball, fly, land half a metre ahead, walk back."""
    blocks = [np.zeros((6, round(2 * rate)))]
    for number in range(count):
        y = SIDE_M if number % 2 == 0 else -SIDE_M
        stand, push, fly, land = (np.arange(round(s * rate)) / rate for s in (1.2, 0.30, 0.18, 1.5))
        parts = (
            (700 + 0 * stand, 0 * stand, LINE_M + 0.12 + 0.01 * np.sin(9 * stand)),
            (1300 * np.cos(np.pi / 2 * push / 0.30) ** 0.7, 120 * np.sin(np.pi * push / 0.30),
             LINE_M + 0.12 + (TOE_M - 0.12) * np.minimum(1.0, push / 0.24)),
            (0 * fly, 0 * fly, 0 * fly),
            (700 + 600 * np.exp(-land / 0.1), -60 * np.exp(-land / 0.1), LINE_M + 0.5 - 0.25 * land),
        )  # fmt: skip
        for fz, fx, x in parts:
            blocks.append(np.stack([fx, 0 * fz, fz, y * fz, -x * fz, -y * fx]))
    return np.concatenate([*blocks, np.zeros((6, round(rate)))], axis=1)


@pytest.fixture(scope="module")
def hopped(tmp_path_factory):
    wrench = hops()
    return record(tmp_path_factory.mktemp("hops"), "hops", wrench, 500.0, seconds=wrench.shape[1] / 500 - 0.2)


def test_heel_first_steps_find_the_heel_and_reach_the_table(tmp_path, heel_first, capfd):
    subject = tmp_path / "anna.toml"
    subject.write_text(f'name = "anna"  # of the lab\nmass_kg = 75.7\nshoe_length_m = {SHOE_M:.4f}\n')
    code, out, err = stance(capfd, "register", heel_first, "--subject", subject, "--json")
    assert code == 0
    assert str(subject) in err
    found = json.loads(out)
    assert found["left"] >= 10
    assert found["right"] >= 10
    foot = found["foot"]
    assert foot["speed_m_s"] == pytest.approx(2.5, rel=0.003)
    kept = tomllib.loads(subject.read_text())
    assert kept["name"] == "anna"
    assert "# of the lab" in subject.read_text()
    assert kept["foot_registration"]["ball_L_m"] == pytest.approx(foot["ball_L_m"], abs=1e-4)

    trial, truth = fukuchi_trial(f"{RUNNER}_T35"), feet()[f"{RUNNER}_T35"]
    session = record(tmp_path, "faster", trial.wrench, 300.0, belt_speed_m_s=3.5, arguments=["--subject", subject])
    code, out, _ = stance(capfd, "analyze", session, "--json")  # the session kept the registration
    assert code == 0
    steps = [step for step in json.loads(out)["steps"] if step["strike_index"] is not None]
    assert len(steps) >= 24
    for side in "LR":
        index = np.median([step["strike_index"] for step in steps if step["side"] == side])
        u = np.median([step["u_strike_index"] for step in steps if step["side"] == side])
        assert abs(index - marker_index(trial, truth, side)) < 2.0 * u
        assert 2.0 < u < 6.0
    assert all(abs(s["heel_load_pct"] + s["midfoot_load_pct"] + s["forefoot_load_pct"] - 100) < 1e-6 for s in steps)

    code, out, _ = stance(capfd, "register", heel_first, "--subject", subject)  # once more: replaced, not repeated
    assert code == 0
    assert "strike index ±" in out
    assert subject.read_text().count("[foot_registration]") == 1


def marker_index(trial, truth, side):
    """Strike index of a trial from force and heel markers alone, apart from the software."""
    fz, my = trial.wrench[2], trial.wrench[4]
    quiet = np.convolve(fz > 60.0, np.ones(25), mode="same") < 0.5
    fz, my = fz - fz[quiet].mean(), my - my[quiet].mean()
    out = []
    for middle, heel, of in zip(truth.contact_s, truth.heel_m, truth.side, strict=True):
        first = round((middle - 0.2) * 300)
        if of != side or first < 0:
            continue
        at = first + int(np.argmax(fz[first:] >= 200.0))
        x = np.mean(-my[at : at + 2] / fz[at : at + 2] + trial.speed_m_s * (np.arange(at, at + 2) / 300 - middle))
        out.append(100.0 * (x - heel) / truth.shoe_length_m)
    return np.median(out)


def test_without_registration_there_is_no_index(heel_first, capfd):
    code, out, _ = stance(capfd, "analyze", heel_first, "--json")
    assert code == 0
    steps = json.loads(out)["steps"]
    for name in ("strike_index", "heel_load_pct", "midfoot_load_pct", "forefoot_load_pct"):
        assert all(step[name] is None for step in steps)
    assert any(step["strike_to_ball_mm"] is not None for step in steps)


def test_hops_off_a_line(tmp_path, hopped, capfd):
    subject = tmp_path / "ben.toml"
    code, out, _ = stance(capfd, "register", hopped, "--method", "line", "--line-mm", 1e3 * LINE_M,
                          "--shoe-length", 0.28, "--write", subject, "--json")  # fmt: skip
    assert code == 0
    found = json.loads(out)
    assert (found["left"], found["right"]) == (4, 4)
    expected = 0.675 * 0.28 + 0.0057
    measured = TOE_M - 0.037
    weights = np.array([0.01315**-2, (0.035 * 0.28) ** -2])
    joined = np.average([measured, expected], weights=weights)
    for side in "LR":
        assert found["foot"][f"ball_{side}_m"] == pytest.approx(joined, abs=0.002)
    assert tomllib.loads(subject.read_text())["foot_registration"]["method"] == "line"


def test_one_clear_message_where_it_cannot_be(tmp_path, heel_first, hopped, capfd):
    forefoot = fukuchi_trial("RBDS018_T25")
    toes = record(tmp_path, "toes", forefoot.wrench, 300.0, belt_speed_m_s=2.5, arguments=["--shoe-length", 0.29])
    wrench = np.concatenate([forefoot.wrench, np.zeros((6, 600))], axis=1)
    deck = record(tmp_path, "deck", wrench, 300.0, rig="deck_4z", arguments=["--shoe-length", 0.29])
    still = record(tmp_path, "still", np.zeros((6, 900)), 300.0, seconds=2, arguments=["--shoe-length", 0.29])
    for arguments, said in (
        ((heel_first,), "--shoe-length"),
        ((heel_first, "--shoe-length", 29), "metres"),
        ((toes,), "land on the heel"),
        ((deck,), "--belt-speed"),
        ((deck, "--method", "line", "--line-mm", 0), "heel-first"),
        ((still,), "steps"),
        ((hopped, "--method", "line", "--shoe-length", 0.28), "--line-mm"),
        ((hopped, "--method", "line", "--shoe-length", 0.28, "--line-mm", 300), "on the line"),
        ((heel_first, "--method", "line", "--shoe-length", 0.28, "--line-mm", 0), "0 of the left"),
        ((tmp_path / "none.h5", "--shoe-length", 0.28), "none.h5"),
    ):
        code, out, err = stance(capfd, "register", *arguments)
        assert (code, out) == (2, "")
        assert said in err
        assert len(err.strip().splitlines()) == 1, err


@pytest.mark.parametrize(("text", "said"), [
    ("[foot_registration]\nfoot_length_m = 0.29\n", "method"),
    ('[foot_registration]\nfoot_length_m = 29.0\nmethod = "x"\nball_L_m = 0.2\nu_ball_L_m = 0.01\n', "foot_length_m"),
    ('[foot_registration]\nfoot_length_m = 0.29\nmethod = "x"\nball_L_m = 0.2\nu_ball_L_m = 0.01\n', "heel-first"),
    ("foot_registration = 3\n", "table"),
    (f"[foot_registration]\nfoot_length_m = 1{'0' * 400}\n", "foot_length_m"),
    ("[shoe]\nlength_m = 0.29\n", "shoe"),
    ("name = \n", "TOML"),
])  # fmt: skip
def test_subject_files_that_cannot_be_understood(tmp_path, heel_first, text, said, capfd):
    subject = tmp_path / "x.toml"
    subject.write_text(text)
    code, _, err = stance(capfd, "analyze", heel_first, "--subject", subject, "--json")
    assert code == 2
    assert said in err
    assert "x.toml" in err


def test_a_number_that_no_float_can_hold(tmp_path, heel_first, capfd):
    subject = tmp_path / "x.toml"
    subject.write_text(f"mass_kg = 1{'0' * 400}\n")
    code, _, err = stance(capfd, "analyze", heel_first, "--subject", subject, "--json")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "mass_kg: expected 10 to 300 kilograms" in err


def test_a_file_that_is_no_toml_is_left_alone(tmp_path, heel_first, capfd):
    subject = tmp_path / "y.toml"
    subject.write_text("name = ")
    code, _, err = stance(capfd, "register", heel_first, "--shoe-length", SHOE_M, "--write", subject)
    assert code == 2
    assert "y.toml" in err
    assert subject.read_text() == "name = "


NEW = FootRegistration(0.29, 0.200, 0.004, 0.194, 0.005, 2.5, "heel-first")
INLINE = '{ foot_length_m = 0.30, ball_L_m = 0.21, u_ball_L_m = 0.004, method = "line" }'
TABLE = 'foot_length_m = 0.30\nball_L_m = 0.21\nu_ball_L_m = 0.004\nmethod = "line"\n'


@pytest.mark.parametrize("text", [
    "",
    "mass_kg = 70 # [foot_registration]\n",
    f"mass_kg = 70\n[foot_registration]\n{TABLE}",
    f"mass_kg = 70\n [ foot_registration ] # old\n{TABLE}",
    f'mass_kg = 70\n["foot_registration"]\n{TABLE}',
    f"mass_kg = 70\n['foot_registration']\n{TABLE}",
    f"foot_registration = {INLINE}\nmass_kg = 70\n",
    f'"foot_registration" = {INLINE} # old\nmass_kg = 70',
])  # fmt: skip
def test_a_registration_takes_the_place_of_the_old_one_however_it_is_written(tmp_path, text):
    subject = tmp_path / "s.toml"
    subject.write_text(text)
    for _ in range(2):
        keep_registration(subject, NEW)
        values = read_subject(subject, ("mass_kg",))
        assert values.pop("registration") == NEW
        assert values == ({"mass_kg": 70} if text else {})


@pytest.mark.parametrize("text", [
    "foot_registration.foot_length_m = 0.3\n",
    f"mass_kg = 70\n[foot_registration]\n{TABLE}[foot_registration.more]\nx = 1\n",
    'name = """\n[foot_registration]\n"""\nfoot_registration.method = "line"\n',
    "[[foot_registration]]\nfoot_length_m = 0.3\n",
    "foot_registration = 3\n",
    '"foot\\u005fregistration" = {}\n',
])  # fmt: skip
def test_what_cannot_be_replaced_safely_is_left_alone(tmp_path, text):
    subject = tmp_path / "s.toml"
    subject.write_text(text)
    tomllib.loads(text)
    with pytest.raises(FormatError, match="another way"):
        keep_registration(subject, NEW)
    assert subject.read_text() == text
    assert list(tmp_path.iterdir()) == [subject]


def test_text_that_looks_like_a_registration_is_kept(tmp_path):
    subject = tmp_path / "s.toml"
    subject.write_text('name = """\nfoot_registration = {}\n"""\n')
    keep_registration(subject, NEW)
    assert read_subject(subject, ()) == {"name": "foot_registration = {}\n", "registration": NEW}
