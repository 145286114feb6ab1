"""`stance anonymize` as typed, and what a recording tells of its runner when nobody says anything."""

import json
import shutil

import pytest
from progresssessions import write_bouts
from system.chain import record

from daq.session import open_session
from stance.cli import run
from stance.options import make_subject


def command(capfd, *arguments):
    code = run(["anonymize", *(str(one) for one in arguments)])
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Two runners, three days, one file that is none."""
    folder = tmp_path_factory.mktemp("archive")
    for name, subject, day in (("x_anna", "Anna B", 12), ("y_anna", "Anna B", 5), ("z_ben", "Ben", 7)):
        write_bouts(folder / f"{name}.h5", [("easy", 2.0, 3.0, 1.0)], day=day, subject=subject)
    (folder / "broken.h5").write_bytes(b"no session")
    return folder


@pytest.fixture
def archive(written, tmp_path):
    return shutil.copytree(written, tmp_path / "archive")


def test_a_folder_keeps_runners_order_and_days_apart_and_nothing_else(archive, tmp_path, capfd):
    out = tmp_path / "out"
    code, text, err = command(capfd, archive, "-o", out, "--json")
    assert code == 2
    assert "broken.h5" in err
    done = {one["from"].rsplit("/", 1)[1]: one for one in json.loads(text)["sessions"]}
    anna, ben = done["x_anna.h5"]["subject"], done["z_ben.h5"]["subject"]
    assert anna != ben
    assert done["y_anna.h5"]["subject"] == anna
    assert anna.startswith("R-")
    dates = {}
    for path in sorted(out.iterdir()):
        assert b"Anna" not in path.read_bytes()
        assert "anna" not in path.name
        with open_session(path) as session:
            dates[path.name] = (session.header.subject, session.header.created_utc[:10])
    assert dates == {
        f"{anna}_001.h5": (anna, "2000-01-03"), f"{anna}_002.h5": (anna, "2000-01-10"),
        f"{ben}_001.h5": (ben, "2000-01-03"),
    }  # fmt: skip
    assert done["y_anna.h5"]["to"].endswith("_001.h5")
    code, _, err = command(capfd, archive, "-o", out)
    assert code == 2
    assert "a folder with something in it" in err


def test_one_file(archive, tmp_path, capfd):
    out = tmp_path / "one.h5"
    code, _, err = command(capfd, archive / "z_ben.h5", "-o", out, "--subject", "R-0001", "--keep-dates")
    assert code == 0
    assert "Ben is R-0001 now" in err
    with open_session(out) as session:
        assert (session.header.subject, session.header.created_utc[:10]) == ("R-0001", "2025-03-07")
    before = out.read_bytes()
    assert command(capfd, archive / "z_ben.h5", "-o", out)[0] == 2
    assert out.read_bytes() == before


@pytest.mark.parametrize("arguments", [
    ("{archive}", "-o", "{tmp}/o", "--subject", "R-1"), ("{archive}/z_ben.h5", "-o", "{tmp}/o.h5", "--subject", "Ben"),
    ("{archive}/broken.h5", "-o", "{tmp}/o.h5"), ("{archive}/none.h5", "-o", "{tmp}/o.h5"),
    ("{tmp}", "-o", "{tmp}/archive"), ("{archive}/z_ben.h5", "-o", "{tmp}/no/such/o.h5"), ("{archive}/z_ben.h5",),
])  # fmt: skip
def test_what_cannot_be_done_is_refused_and_leaves_nothing(archive, tmp_path, capfd, arguments):
    before = sorted(tmp_path.rglob("*"))
    code, _, err = command(capfd, *(one.format(archive=archive, tmp=tmp_path) for one in arguments))
    assert code == 2
    assert err
    assert sorted(tmp_path.rglob("*")) in (before, sorted([*before, tmp_path / "o"]))


def test_a_recording_needs_no_name_and_the_subject_files_own_name_stays_outside(tmp_path):
    file = tmp_path / "jane_doe_1987.toml"
    file.write_text("mass_kg = 82.85\n")
    runner = make_subject(file, {})
    assert runner.name == ""
    record(
        "virtual://virtual?seed=1&speed=max", tmp_path / "a.h5", seconds=2.0, mass_kg=runner.mass_kg, name=runner.name
    )
    with open_session(tmp_path / "a.h5") as session:
        assert session.header.subject == ""
        assert session.header.mass_kg == 82.85
    assert b"jane_doe" not in (tmp_path / "a.h5").read_bytes()


def test_what_is_left_out_is_named_once(archive, tmp_path, capfd):
    _, text, err = command(capfd, archive, "-o", tmp_path / "out", "--json")
    (line,) = [line for line in err.splitlines() if line.startswith("left out")]
    assert line.count("broken.h5") == 1
    (left,) = json.loads(text)["left_out"]
    assert left["file"].endswith("broken.h5")
    assert left["reason"].startswith("expected")


@pytest.mark.parametrize("pseudonym", ["Anna", "anna_2", "R-ANNA"])
def test_a_pseudonym_with_the_name_in_it_is_none(archive, tmp_path, capfd, pseudonym):
    code, _, err = command(capfd, archive / "x_anna.h5", "-o", tmp_path / "b.h5", "--subject", pseudonym)
    assert code == 2
    assert "a pseudonym that is not the name" in err
    assert not (tmp_path / "b.h5").exists()


def test_a_bout_with_a_word_of_the_name_says_what_to_add(tmp_path, capfd):
    write_bouts(tmp_path / "a.h5", [("anna_easy", 2.0, 3.0, 1.0)], subject="Anna B")
    code, _, err = command(capfd, tmp_path / "a.h5", "-o", tmp_path / "b.h5")
    assert code == 2
    assert "--strip-bouts" in err
    assert command(capfd, tmp_path / "a.h5", "-o", tmp_path / "b.h5", "--strip-bouts")[0] == 0
