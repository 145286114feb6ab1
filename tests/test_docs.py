"""The pages on metrics and accuracy are whole: every column and protocol, every table, a reason for every miss."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.flags import FLAG_NAMES
from analysis.protocol import PROTOCOLS
from analysis.steps import COLUMNS, EXTRA

ROOT = Path(__file__).parents[1]
METRICS = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
ACCURACY = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
NAMES = {column.name for column in COLUMNS}
OTHER = {"bw_N", "shoe_length_m", "standing_N"}
"""Session figures and fields of the subject file that are named on the page."""
UNITS = ("ms", "s", "BW", "BW_s", "mm", "m", "pct", "deg", "N", "kN_m", "p", "spm", "class", "m_s", "N_s", "W")


def tables(page):
    """(head, rows) of each table, cells stripped."""
    found, block = [], []
    for line in [*page.splitlines(), ""]:
        if line.startswith("|"):
            block.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]])
        elif block:
            found.append((block[0], block[2:]))
            block = []
    return found


def named(kind):
    """First cells of all tables of one kind, for example "column"."""
    return [row[0] for head, rows in tables(METRICS) if head[0] == kind for row in rows]


def quoted(text):
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def test_every_column_has_exactly_one_row():
    rows = [name for cell in named("column") for name in quoted(cell)]
    assert sorted(rows) == sorted(NAMES), "in the order of the sets: the page, the code"


def test_every_row_says_unit_meaning_formula_source_range_and_limits():
    heads = [head for head, _ in tables(METRICS) if head[0] == "column"]
    assert len(heads) > 8
    assert {tuple(head) for head in heads} == {
        ("column", "unit", "what it is", "formula", "source", "typical", "limits")
    }
    for head, rows in tables(METRICS):
        for row in rows:
            assert len(row) == len(head), row
            assert head[0] != "column" or (row[1] and row[2]), row


def test_units_are_those_of_the_names():
    """A column in milliseconds is not told in seconds."""
    endings = {"_ms": "ms", "_mm": "mm", "_deg": "°", "_BW_s": "BW", "_spm": "1/min", "_kN_m": "kN/m", "_m_s": "m/s"}
    for head, rows in tables(METRICS):
        for row in rows if head[0] == "column" else []:
            for name in quoted(row[0]):
                for ending, unit in endings.items():
                    if name.endswith(ending):
                        assert row[1].startswith(unit), name


def test_no_unknown_column_is_named():
    for word in quoted(METRICS):
        unit = any(word.endswith(f"_{unit}") for unit in UNITS)
        if re.fullmatch(r"\w+", word) and unit and not EXTRA.fullmatch(word):
            assert word in NAMES | OTHER, word


def test_every_protocol_and_flag_is_named():
    assert sorted(name for cell in named("protocol") for name in quoted(cell)) == sorted(PROTOCOLS)
    assert sorted(named("flag")) == sorted(FLAG_NAMES.values())


def test_pages_link_to_pages_that_are_there():
    for page in (METRICS, ACCURACY):
        for target in re.findall(r"\]\(([^)#]+)\)", page):
            assert (ROOT / "docs" / target).exists(), target


def test_typical_values_are_those_of_the_accuracy_page():
    """Three numbers with slashes are the runners' at 2.5, 3.5 and 4.5 m/s, rounded."""
    (_, rows), *_ = tables(sections()["typical"])
    truth = {quoted(row[0])[0]: [float(cell.split(" ±")[0]) for cell in row[1:]] for row in rows}
    compared = 0
    for head, table in tables(METRICS):
        for row in table if head[0] == "column" else []:
            names, told = quoted(row[0]), re.match(r"([\d.]+) / ([\d.]+) / ([\d.]+)(?! \(by)", row[5])
            if told and len(names) == 1 and names[0] in truth:
                for text, value in zip(told.groups(), truth[names[0]], strict=True):
                    digits = len(text.partition(".")[2])
                    assert abs(float(text) - value) <= 0.06 * abs(value) + 0.6 * 10.0**-digits, (names[0], text, value)
                compared += 1
    assert compared > 40


# The accuracy page ---------------------------------------------------------------------------------------------------


def sections():
    """Text of each section by name."""
    return dict(re.findall(r"<!-- (\w+) -->\n(.*?)<!-- end of \1 -->", ACCURACY, re.S))


REQUIRED = {
    "curves": [*(f"O{n} " for n in (1, 2, 3, 4, 12, 16)), "virtual chain", "tolerance"],
    "rig": [f"O{n} " for n in range(5, 12)],
    "rules": [f"O{n} " for n in (13, 14, 15, 17)],
    "davis": ["26"],
    "davis_whole": ["29", "246.7", "176.2"],
    "alcantara": ["invented by 5 % BW alone", "rate of the first 25 ms", "step frequency"],
    "dryft": ["1.45"],
    "fukuchi": ["steps missed", "steps invented", "closure", "median trial", "sides right"],
    "fukuchi_whole": ["steps missed", "steps invented", "closure", "median trial", "sides right"],
    "typical": ["2.5 m/s", "4.5 m/s"],
    "chain": ["rig virtual", "rig frame_8"],
    "foot_strike": ["uncertain", "Brier", "foot-strike.md"],
    "foot_strike_whole": ["uncertain", "Brier"],
    "strike_index": ["strike index", "heel load", "midfoot load", "forefoot load"],
    "registration": ["heel-first"],
    "two_mass": ["two-mass fit, hard strike", "64 points"],
    "walking": ["sides right", "virtual chain", "double support"],
    "deck": ["deck of 35 Hz", "deck of 45 Hz", "deck of 60 Hz", "deck of 90 Hz", "before", "after"],
}


@pytest.mark.parametrize("name", REQUIRED)
def test_every_table_is_there_and_says_its_command(name):
    text = sections()[name]
    assert f"python tools/make_accuracy.py {name}`" in text
    assert tables(text)
    for words in REQUIRED[name]:
        assert words in text, words


def test_the_page_has_no_other_sections_and_none_was_left_unmade():
    assert set(sections()) == set(REQUIRED)
    assert "Not made yet" not in ACCURACY


def test_every_row_that_misses_its_bar_has_a_reason_below_its_table():
    rows = 0
    for text in sections().values():
        for _, table in tables(text):
            for row in table:
                if any("MISSED" in cell for cell in row):
                    rows += 1
                    assert re.search(rf"^- \*\*{re.escape(row[0])}\*\*: .{{20,}}", text, re.M), row[0]
    assert rows == len(re.findall(r"^\|.*MISSED", ACCURACY, re.M))
    assert "no reason is known" not in ACCURACY
    assert " nan" not in ACCURACY.lower()


def test_the_summary_counts_what_the_sections_hold():
    (_, summary), *_ = tables(ACCURACY)
    held = sum(int(row[1]) for row in summary if row[1].isdigit())
    missed = sum(int(row[2]) for row in summary if row[2].isdigit())
    assert held == len(re.findall(r"^\|.*\| held \|$", ACCURACY, re.M))
    assert missed == len(re.findall(r"^\|.*MISSED", ACCURACY, re.M))
    assert held > 100


def test_a_section_is_made_again_by_its_command(tmp_path):
    """The quickest one; the page must come out as it is."""
    page = ROOT / "docs" / "accuracy.md"
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'tools')!r}); import make_accuracy as m; "
        f"open({str(tmp_path / 'page.md')!r}, 'w', encoding='utf-8').write(m.make(['davis'], None))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)
    again, now = (tmp_path / "page.md").read_text(encoding="utf-8"), page.read_text(encoding="utf-8")
    for name in set(REQUIRED) - {"davis"}:
        pattern = rf"<!-- {name} -->.*<!-- end of {name} -->"
        assert re.search(pattern, again, re.S)[0] == re.search(pattern, now, re.S)[0]
    assert "<!-- davis -->" in again


WINDOW = (ROOT / "docs" / "window.md").read_text(encoding="utf-8")


def test_window_page_has_figures_and_pictures():
    cells = [cell for _, rows in tables(WINDOW) for row in rows for cell in row]
    assert len(cells) >= 12
    assert not [cell for cell in cells if cell.isupper()], "a figure that nobody measured"
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", WINDOW + (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(pictures) >= 4
    for picture in pictures:
        assert (ROOT / "docs" / picture).is_file() or (ROOT / picture).is_file(), picture


def test_window_page_names_tests_and_commands_that_exist():
    for path in re.findall(r"`(tests/[\w/]+\.py)`", WINDOW):
        assert (ROOT / path).is_file(), path
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for target in re.findall(r"`make ([a-z-]+)", WINDOW):
        assert target in targets
