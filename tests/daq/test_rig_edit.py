"""Rig files changed by program: what was asked for is there, all else stays, and nothing is ever half written."""

from datetime import date
from pathlib import Path

import pytest

from analysis.setup import Mode
from daq.errors import RigError
from daq.rig import load_rig
from daq.rig_edit import edit_rig, write_belt, write_modes
from stance.cli import run

DAY = date(2026, 3, 14)
FOUND = Mode(63.0123456, 0.0312348, 0.0412, 0.00061)


@pytest.fixture
def own(tmp_path):
    """A rig file of one's own, with comments of one's own."""
    path = tmp_path / "my_rig.toml"
    text = load_rig("frame_8").text
    path.write_text("# mine: do not lose this\n" + text, encoding="utf-8")
    return path


def test_modes_are_written_and_only_they_are_identified(own):
    written = write_modes(load_rig(own), {"z": FOUND}, DAY)
    deck = written.rig.deck_modes()
    assert deck.z == Mode(63.012, 0.031235, 0.0412, 0.00061, identified=True)
    assert deck.is_identified(deck.z)
    assert not deck.is_identified(deck.x)
    assert not deck.identified
    assert deck.x == load_rig("frame_8").deck_modes().x


def test_all_else_stays_line_for_line(own):
    before = own.read_text(encoding="utf-8").splitlines()
    written = write_modes(load_rig(own), {"z": FOUND, "x": FOUND}, DAY)
    after = own.read_text(encoding="utf-8").splitlines()
    kept = [line for line in before if not line.startswith(("natural_frequency_Hz", "damping"))]
    assert [line for line in after if line in kept] == kept
    assert sum("tap test, 2026-03-14" in line for line in after) == 2
    assert written.backup.read_text(encoding="utf-8").splitlines() == before


def test_a_second_tap_test_replaces_the_first(own):
    write_modes(load_rig(own), {"z": FOUND}, DAY)
    write_modes(load_rig(own), {"z": Mode(64.0, 0.04, 0.1, 0.001)}, date(2026, 3, 15))
    text = own.read_text(encoding="utf-8")
    assert load_rig(own).deck_modes().z.natural_frequency_Hz == 64.0
    assert "2026-03-15" in text
    assert "2026-03-14" not in text


def inline(text):
    """The modes in the short form, on one line each."""
    head, _, rest = text.partition("[modes.x]")
    tail = rest.partition("[belt_sensor]")
    return (
        head
        + (
            "[modes]\nx = { natural_frequency_Hz = 87.0, damping = 0.03 }"
            "\ny = { natural_frequency_Hz = 88.0, damping = 0.03 }"
            "\nz.natural_frequency_Hz = 120.0  # from the drawing\nz.damping = 0.03\n\n"
        )
        + "".join(tail[1:])
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
@pytest.mark.parametrize("shape", [str, inline])
def test_every_way_to_write_a_table_is_kept(own, newline, mark, shape):
    own.write_bytes(mark + shape(load_rig("frame_8").text).replace("\n", newline).encode())
    written = write_modes(load_rig(own), {"x": FOUND, "z": FOUND}, DAY)
    assert written.rig.deck_modes().x == written.rig.deck_modes().z
    content = own.read_bytes()
    assert content.startswith(mark)
    if newline == "\r\n":
        assert content.count(b"\n") - content.count(b"\r\n") <= 12  # only lines that are new


def test_belt(own):
    own.chmod(0o640)
    written = write_belt(load_rig(own), DAY, pulses_per_m=1003.21987, belt_length_m=3.6521)
    assert written.rig.belt_sensor.pulses_per_m == 1003.2
    assert written.rig.machine.belt_length_m == 3.6521
    assert own.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(("file", "name"), [
    ("my_rig.toml", "my_rig"), ("My Rig (2).toml", "my_rig_2"), ("läufer", "l_ufer"), ("x" * 40 + ".toml", "x" * 32),
])  # fmt: skip
def test_a_copy_is_called_as_its_file_and_else_the_same(own, tmp_path, capfd, file, name):
    copy = tmp_path / "copies" / file
    copy.parent.mkdir()
    assert run(["rigs", "copy", str(own), str(copy)]) == 0
    assert f"as {name}." in capfd.readouterr().err
    assert load_rig(copy).name == name
    text = own.read_bytes()
    assert copy.read_bytes() == text.replace(b'name = "frame_8"', f'name = "{name}"'.encode(), 1) != text


def test_a_copy_without_a_name_is_refused(tmp_path, capfd):
    assert run(["rigs", "copy", "frame_8", str(tmp_path / "跑步.toml")]) == 2
    assert "letters from a to z" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_shipped_rig_is_not_changed():
    with pytest.raises(RigError, match="stance rigs copy frame_8"):
        write_modes(load_rig("frame_8"), {"z": FOUND}, DAY)


def test_a_file_that_changed_meanwhile_is_not_overwritten(own):
    rig = load_rig(own)
    own.write_text(own.read_text(encoding="utf-8") + "\n# added meanwhile\n", encoding="utf-8")
    with pytest.raises(RigError, match="changed meanwhile"):
        write_modes(rig, {"z": FOUND}, DAY)
    assert own.read_text(encoding="utf-8").endswith("# added meanwhile\n")


def test_what_makes_no_valid_rig_is_not_written(own):
    before = own.read_bytes()
    with pytest.raises(RigError, match="damping"):
        write_modes(load_rig(own), {"z": Mode(63.0, 1.5)}, DAY)
    assert own.read_bytes() == before
    assert [path.name for path in own.parent.iterdir()] == [own.name]


def test_a_write_that_fails_leaves_the_file_as_it_was(own, monkeypatch):
    before = own.read_bytes()
    rig = load_rig(own)

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RigError, match="No space"):
        edit_rig(rig, lambda document: document["machine"].update(belt_length_m=3.2))
    assert own.read_bytes() == before
    assert [path.name for path in own.parent.iterdir()] == [own.name]
