"""A file is replaced whole or not at all."""

import os

import pytest

from daq.replace_file import replace_file


def test_a_file_is_replaced_with_its_rights_and_behind_its_link(tmp_path):
    file, link = tmp_path / "deep" / "a.toml", tmp_path / "a.toml"
    file.parent.mkdir()
    file.write_text("old")
    file.chmod(0o640)
    link.symlink_to(file)
    seen = []
    replace_file(link, "new\n", before=lambda: seen.append(file.read_text()))
    assert seen == ["old"]
    assert link.is_symlink()
    assert file.read_bytes() == b"new\n"
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o640


def test_what_fails_before_the_change_changes_nothing(tmp_path):
    file = tmp_path / "a.toml"
    replace_file(file, b"old")

    def full():
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        replace_file(file, b"new", before=full)
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]
