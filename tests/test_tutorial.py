"""Every command and every line of Python in the tutorial and on the API page is run, in order, as a reader would."""

import doctest
import re
import shlex
import shutil
from pathlib import Path

import pytest

from stance.cli import run

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def commands(text: str) -> list[list[str]]:
    """Lines of a shell block, comments left out, lines that go on joined."""
    return [shlex.split(line, comments=True) for line in text.replace("\\\n", " ").splitlines() if line.strip()]


@pytest.mark.parametrize("page", ["tutorial.md", "api.md"])
def test_a_page_does_what_it_says(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in (DOCS / "tutorial").glob("*.csv"):
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    known: dict[str, object] = {}
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks = [match for match in BLOCK.finditer(text) if match[1] in {"sh", "python"}]
    assert any(match[1] == "python" for match in blocks)
    for match in blocks:
        where = f"{page}, line {text[: match.start()].count(chr(10)) + 1}"
        if match[1] == "sh":
            for command in commands(match[2]):
                assert command[0] == "stance", where
                assert run(command[1:]) == 0, f"{where}: {' '.join(command)}"
        else:
            lesson = doctest.DocTestParser().get_doctest(match[2], known, where, page, 0)
            assert lesson.examples, where
            told: list[str] = []
            failed = doctest.DocTestRunner(optionflags=FLAGS).run(lesson, out=told.append, clear_globs=False).failed
            known = lesson.globs
            assert not failed, "".join(told)


def test_the_api_page_names_every_public_name() -> None:
    import stance

    text = (DOCS / "api.md").read_text(encoding="utf-8")
    for name in stance.__all__:
        assert f"`stance.{name}" in text, name
