"""Drawings, pages and firmware have the pins of tools/pins.py; figures of the building page follow from each other."""

import math
import re
import runpy
from pathlib import Path

import pytest

from daq.rig import load_rig

ROOT = Path(__file__).parents[1]
PINS = runpy.run_path(str(ROOT / "tools" / "pins.py"))
PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("build", "firmware")}


@pytest.fixture(scope="module")
def drawings():
    return runpy.run_path(str(ROOT / "tools" / "make_wiring.py"))["drawings"]()


def test_drawings_are_those_that_the_tool_makes(drawings):
    for name, text in drawings.items():
        kept = (ROOT / "docs" / "img" / name).read_bytes()
        assert kept == text.encode(), f"docs/img/{name} is not what tools/make_wiring.py makes now: run it again"


def test_every_drawing_is_on_a_page_and_no_other(drawings):
    shown = re.findall(r"!\[[^\]]+\]\(img/([^)]+)\)", "".join(PAGES.values()))
    assert sorted(shown) == sorted(drawings)


@pytest.mark.parametrize("board", ["uno", "mega"])
def test_drawing_of_the_reference_has_the_pins(drawings, board):
    text = drawings[f"wiring-{board}-ads131m08.svg"]
    for signal, (pin, bit) in PINS["PINS"][board].items():
        assert (f">{pin} = {bit}<" in text) == (not signal.startswith("data")), signal


def test_the_pages_pin_table_is_that_of_the_tool():
    found = re.search(r"<!-- pins -->\n(.*?)\n<!-- end of pins -->", PAGES["firmware"], re.S)
    assert found[1] == PINS["markdown"]()


def test_no_two_signals_share_a_pin():
    for pins in PINS["PINS"].values():
        assert len({pin for pin, _ in pins.values()}) == len({bit for _, bit in pins.values()}) == len(pins)


def test_firmware_has_the_same_pins():
    code = (ROOT / "firmware_arduino" / "stance" / "src" / "board" / "avr.h").read_text(encoding="utf-8")
    found = {}
    for signal, board, pin, bit in re.findall(r"\bPIN (\w+) (\w+) ([AD]\d+) (P[A-L]\d)\b", code):
        assert signal not in found.setdefault(board, {}), (board, signal)
        found[board][signal] = (pin, bit)
    assert found == PINS["PINS"]


@pytest.mark.parametrize(("board", "part"), [("mega", "__AVR_ATmega2560__"), ("uno", "__AVR_ATmega328P__")])
def test_firmwares_definitions_are_its_pin_comments(board, part):
    code = (ROOT / "firmware_arduino" / "stance" / "src" / "board" / "avr.h").read_text(encoding="utf-8")
    block = re.search(rf"defined\({part}\)\n(.*?)\n#el", code, re.S)[1]
    defined = dict(re.findall(r"#define (\w+) (\w+)", block))
    names = {"drdy": "DRDY", "cs": "CS", "reset": "RESET", "belt": "BELT", "sync": "SYNC", "clock_out": "CLOCK"}
    for signal, name in names.items():
        assert f"P{defined[f'{name}_PORT']}{defined[f'{name}_BIT']}" == PINS["PINS"][board][signal][1], signal
    for signal in ("mosi", "miso", "sck"):
        assert f"PB{defined[f'{signal.upper()}_BIT']}" == PINS["PINS"][board][signal][1], signal
    for k in range(4):
        assert f"P{defined['DATA_PORT']}{k}" == PINS["PINS"][board][f"data{k}"][1]


def anchors(page):
    """Headings as links name them."""
    heads = re.findall(r"^#+ (.+)$", page, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", PAGES)
def test_links_of_the_pages_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)]+)\)", PAGES[name]):
        path, _, anchor = target.partition("#")
        file = ROOT / "docs" / (path or f"{name}.md")
        assert file.is_file(), target
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), target


def test_config_table_names_what_config_h_has():
    code = (ROOT / "firmware_arduino" / "stance" / "config.h").read_text(encoding="utf-8")
    changeable = set(re.findall(r"#ifndef (STANCE_\w+)", code))
    section = PAGES["firmware"].partition("## config.h")[2].partition("### Clock")[0]
    told = {name for row in re.findall(r"^\| (`STANCE.*?) \|", section, re.M) for name in re.findall(r"`(\w+)`", row)}
    assert told == changeable


def rows(page, head):
    """Cells of the table whose head begins with these words."""
    block = PAGES[page].partition(f"\n| {head}")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()[2:]]


def test_bills_add_up():
    bills = PAGES["build"].split("| n | part |")[1:]
    assert len(bills) == 2
    for bill in bills:
        prices = [line.strip("|").split("|")[3].strip() for line in bill.partition("\n\n")[0].splitlines()[2:]]
        *parts, together = [[int(price) for price in text.split("–")] for text in prices]
        assert [sum(part[0] for part in parts), sum(part[-1] for part in parts)] == together


def test_noise_table_follows_from_the_data_sheets_microvolts():
    """Rated output of 2 mV/V; 0.77 µV at 1 kHz and 1.00 µV at 2 kHz."""
    table = rows("build", "cell | ±2.5 V, 1 kHz")
    assert len(table) == 3
    for cell, *told in table:
        capacity_N = float(cell.removesuffix(" N"))
        noise_N = [uV / (2000.0 * volts) * capacity_N for volts in (5.0, 2.5) for uV in (0.77, 1.00)]
        assert [float(text) for text in told[:4]] == pytest.approx(noise_N, abs=0.006)
        assert float(told[4].removesuffix(" N")) == pytest.approx(9.375 / 10 * capacity_N, abs=1)


def test_stiffness_tables_follow_from_mass_and_frequency():
    vertical, fore_aft = rows("build", "lowest frequency | sag"), rows("build", "lowest frequency | k, both")
    assert (len(vertical), len(fore_aft)) == (4, 5)
    for table, column, mass_kg in ((vertical, 2, 30), (vertical, 3, 150), (fore_aft, 1, 150)):
        for row in table:
            frequency_Hz = float(row[0].split()[0])
            told = float(row[column].removesuffix(" N/µm"))
            assert told == pytest.approx(mass_kg * (2 * math.pi * frequency_Hz) ** 2 / 1e6, rel=0.03), row
    for row in fore_aft:
        told_mm = float(row[2].removesuffix(" mm"))
        assert told_mm == pytest.approx(2 * 2.0 / float(row[1].removesuffix(" N/µm")), abs=0.006 + 0.02 * told_mm), row


def test_shipped_rigs_have_the_excitation_that_the_page_speaks_of():
    told = re.search(r"So the (\d+) mV of the shipped rigs means ±2.5 V", PAGES["build"])[1]
    for name in ("deck_4z", "frame_6", "frame_8", "split_belt"):
        assert load_rig(name).adc.excitation_mV == float(told), name
