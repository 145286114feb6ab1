"""The calibration certificate: it says what the file says, stands alone, and stays sane whatever people type."""

import re
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

from analysis.calibration import Reading
from analysis.calibration_design import wrench_of
from analysis.calibration_quality import Quality
from analysis.statistics import Z95
from analysis.wrench import COMPONENTS, FZ
from daq.calibration import load_calibration, write_calibration
from daq.errors import RigError
from daq.rig import load_rig
from rigs.procedures.plan import make_plan
from rigs.procedures.plan_loads import PLACES, centres_m
from viewer.report.certificate import certificate_page, write_certificate
from viewer.report.certificate_maps import KEY_MM, LONGEST_ARROW_MM, MOST_SCALE, arrow_scale, cop_errors, force_errors
from viewer.report.certificate_points import points_of
from viewer.report.certificate_verdict import checks_of, decimals, summing_up, told, verdict_words, with_sign

EVIL = "<script>alert('x')</script> & $x^2$ \u0001 " + "very long " * 20
NOISE = 60.0
"""Of a reading, counts."""


GAINS = 1.0 + 0.01 * np.random.default_rng(2).standard_normal(8)
"""Of the cells, against their data sheets."""


def fit_of(rig):
    """The fit that such readings ask for, with a quality of its own: the page must print it, not work it out."""
    belts, braking = rig.nominal_belts(), rig.belts()[0].measures_braking
    places = [f"{name} {place}".strip() for name in (belt.name for belt in belts) for place in PLACES]
    quality = Quality(
        32, len(places), 0.312, 0.871, 0.43 if braking else None, None, 1.27, 0.417, 1.83,
        {place: (0.3 + 0.01 * at, 1.0 + 0.1 * at) for at, place in enumerate(places)}, 0.0612, 0.917,
        0.263 if braking else None, None, {"Fx from Fz": 1.62, "Fz from Fx": -0.9} if braking else {}, 0.071, 0.118,
        14.2, 0.053, {"Fx from Fz": 0.09, "Fz from Fx": 0.4} if braking else {},
    )  # fmt: skip
    matrices = np.stack([belt.matrix / GAINS for belt in belts])
    directions = tuple(np.zeros((1, 6, 6)) for _ in belts)
    return SimpleNamespace(matrices=matrices, directions=directions, quality=quality)


def read(rig, loads, seed=1):
    """What the cells say to the loads."""
    rng = np.random.default_rng(seed)
    belts, centres = rig.belts(), centres_m(rig)
    for load in loads:
        at = [belt.name for belt in belts].index(load.belt)
        seen = [row for row, name in enumerate(COMPONENTS) if name in belts[at].observable]
        point = load.point_m + load.u_point_m * rng.standard_normal(3)
        force = load.force_N + load.u_force_N * rng.standard_normal(3)
        wrench = wrench_of(replace(load, point_m=point, force_N=force), centres[at])
        counts = GAINS * (np.linalg.pinv(belts[at].matrix[seen]) @ wrench[seen]) + NOISE * rng.standard_normal(8)
        yield Reading(load, counts, np.zeros(8), np.full(8, NOISE))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Makes the calibration of a rig, once for all tests."""
    done = {}

    def make(name):
        if name not in done:
            rig = load_rig(name)
            plan = make_plan(rig, masses_kg=(10, 20, 40), person_kg=75, pull_N=100)
            readings = list(read(rig, plan.known))
            readings[3] = replace(readings[3], accepted=False, remark="the weight lay on the rail")
            path = tmp_path_factory.mktemp(name) / f"{name}.calibration.toml"
            write_calibration(path, rig, fit_of(rig), readings, operator="A. Maker", note="new floor",
                              made_utc="2025-03-04T05:06:07+00:00")  # fmt: skip
            done[name] = rig, load_calibration(path)
        return done[name]

    return make


@pytest.fixture(scope="module")
def page_of(made):
    """The certificate of a rig, once for all tests."""
    return cache(lambda name: certificate_page(*made(name)))


def parsed(page):
    """The page as XML, which it must be; entities of HTML aside there are none."""
    return ElementTree.fromstring(page.removeprefix("<!doctype html>\n"))


def text_of(page):
    return " ".join(" ".join(parsed(page).find("body").itertext()).split())


def rows(page, table):
    return [
        [" ".join("".join(cell.itertext()).split()) for cell in row]
        for found in parsed(page).iter("table")
        if found.get("class") == table
        for row in found.find("tbody")
    ]


@pytest.mark.parametrize("name", ["frame_8", "deck_4z", "split_belt"])
def test_numbers_are_those_of_the_file(made, page_of, name):
    rig, calibration = made(name)
    quality, page = calibration.quality, page_of(name)
    text = text_of(page)
    assert f"Vertical force is right to ±{told(Z95 * quality.u_Fz_pct, '%')}" in text
    assert f"centre of pressure to ±{told(Z95 * quality.u_cop_mm, 'mm')}" in text
    for value, unit in ((quality.lopo_Fz_N, "N"), (quality.lopo_cop_mm, "mm"), (quality.residual_Fz_N, "N")):
        assert f"{value:.2f} {unit}" in text
    for what in (calibration.operator, calibration.note, "2025-03-04 05:06 UTC", "2025-08-31", calibration.software,
                 f"gain {rig.adc.gain:g}", f"{quality.loads} loads", rig.title):  # fmt: skip
        assert what in text
    cells = rows(page, "cells")
    assert [row[0] for row in cells] == [cell.name for cell in rig.cells]
    belts = rig.belts()
    columns = [row for at, belt in enumerate(belts) for row, c in zip(calibration.matrices[at], COMPONENTS, strict=True)
               if c in belt.observable]  # fmt: skip
    for cell, row in zip(rig.cells, cells, strict=True):
        shown = [float(value.replace("−", "-")) for value in row[6:]]
        assert shown == pytest.approx([1e3 * column[cell.channel] for column in columns], abs=5.1e-5)


def test_a_rehearsal_says_so_on_top(made, page_of):
    rig, calibration = made("deck_4z")
    words = "Rehearsal on a virtual treadmill: says nothing of a real machine."
    assert words not in text_of(page_of("deck_4z"))
    assert words in text_of(certificate_page(rig, replace(calibration, rehearsal=True)))


def test_every_reading_stands_in_its_table(made, page_of):
    calibration = made("frame_8")[1]
    table = next(found for found in parsed(page_of("frame_8")).iter("div") if found.get("class") == "readings").find(
        "table"
    )
    cells = [["".join(cell.itertext()) for cell in row] for row in table.find("tbody")]
    assert len(cells) == len(calibration.readings)
    assert [row.get("class") for row in table.find("tbody")].count("out") == 1
    assert "the weight lay on the rail" in cells[3][1]
    for number, (row, reading) in enumerate(zip(cells, calibration.readings, strict=True), 1):
        axis = int(np.argmax(np.abs(reading.load.force_N)))
        off = (calibration.matrices[0] @ reading.net)[axis] - reading.load.force_N[axis]
        assert row[0] == str(number)
        assert reading.load.label in row[1]
        assert float(row[3].replace("−", "-")) == pytest.approx(off, abs=0.0051)


def test_points_are_what_the_matrix_reads(made):
    rig, calibration = made("frame_8")
    points = points_of(rig, calibration)
    for point in points:
        read = calibration.matrices[0] @ point.reading.net
        np.testing.assert_allclose(point.error_N, read[:3] - point.reading.load.force_N)
    weights = [one for one in points if one.reading.load.kind == "weight" and one.said_N[2] > 100.0]
    read = calibration.matrices[0] @ weights[-1].reading.net
    at = 1e3 * np.array([-read[4], read[3]]) / read[FZ] - weights[-1].at_mm
    np.testing.assert_allclose(weights[-1].error_mm, at, atol=1e-9)
    assert all(np.isnan(one.error_mm).all() for one in points if one.reading.load.kind in ("person", "pull"))
    used = [one for one in points if one.used and one.reading.load.kind == "weight"]
    assert sum(len(of) for _, of in cop_errors(points, 0)) == sum(np.isfinite(one.error_mm).all() for one in used)
    assert len(force_errors(points, 0)) == 9


def test_a_rig_without_fore_aft_cells_says_so(page_of):
    text = text_of(page_of("deck_4z"))
    assert "This rig has no fore-aft cells" in text
    assert "fore-aft force to" not in text
    assert "fore-aft force to ±" in text_of(page_of("frame_8"))


def test_a_rig_with_them_but_no_pull_says_that_instead(made):
    rig, calibration = made("frame_8")
    vertical = tuple(one for one in calibration.readings if one.load.kind != "pull")
    bare = replace(calibration, readings=vertical, quality=replace(calibration.quality, u_Fx_pct=None))
    assert "No fore-aft load is among the readings" in text_of(certificate_page(rig, bare))


def test_a_split_belt_shows_two_maps_of_each_kind(page_of):
    labels = [svg.get("aria-label") for svg in parsed(page_of("split_belt")).iter()
              if svg.tag.endswith("svg")]  # fmt: skip
    assert sum("centre of pressure at each place" in label for label in labels) == 2
    assert sum("vertical force at each place" in label for label in labels) == 2
    one = [svg for svg in parsed(page_of("frame_8")).iter() if svg.tag.endswith("svg")]
    assert len(one) == 4


def test_page_stands_alone(made, page_of):
    page = page_of("frame_8")
    outside = [address for address in re.findall(r"[\w-]+://[^\"' <]*", page) if "www.w3.org" not in address]
    assert outside == []
    assert not re.search(r"<(script|link|img|iframe|object)|@import|url\((?!#)|javascript:", page, re.IGNORECASE)
    assert "default-src 'none'" in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert page == certificate_page(*made("frame_8")), "the same calibration gives the same page"


def test_evil_and_long_words_stay_words(made):
    rig, calibration = made("frame_8")
    first = calibration.readings[0]
    load = replace(first.load, label=EVIL, place=EVIL)
    quality = replace(calibration.quality, lopo_by_place={EVIL: (0.1, 0.2), "$": (0.3, float("nan"))})
    page = certificate_page(
        rig, replace(calibration, operator=EVIL, note=EVIL, software=EVIL, quality=quality,
                     readings=(replace(first, load=load, remark=EVIL), *calibration.readings[1:])),
    )  # fmt: skip
    parsed(page)
    assert "<script" not in page
    assert "\u0001" not in page
    assert text_of(page).count("<script>alert('x')</script> & $x^2$ \ufffd very long") == 5


def test_marks_say_where_the_limits_are():
    quality = Quality(30, 9, 0.3, 4.1, None, None, 5.0, 0.4, 10.1, {}, 0.06, 0.9, None, None, {"Fx from Fz": 1.0}, 0.5,
                      None, 10.0, 0.05, {"Fx from Fz": 2.0})  # fmt: skip
    checks = checks_of(quality, 400.0)
    assert [check.state for check in checks] == ["problem", "fine", "info", "look", "fine", "problem"]
    assert [check.mark for check in checks] == ["■", "●", "○", "▲", "●", "■"]
    assert checks[0].found == "1.0 % of 400 N"
    assert checks[3].what.endswith("(Fx from Fz)")
    assert checks[3].found == "3.9 %"
    assert summing_up(checks).startswith("3 limits of 5 not met")
    assert "1 is not told" in summing_up(checks)


def test_verdict_names_only_what_is_known():
    quality = Quality(
        9, 9, 0.3, 0.9, None, None, 1.9, None, None, {}, 0.061, 0.92, None, None, {}, None, None, 9.0, 0.1
    )
    assert verdict_words(quality, True) == "Vertical force is right to ±0.12 %, centre of pressure to ±1.8 mm."
    more = replace(quality, u_Fx_pct=0.26)
    assert verdict_words(more, True).endswith("centre of pressure to ±1.8 mm, fore-aft force to ±0.51 %.")
    assert "fore-aft" not in verdict_words(more, False)


@pytest.mark.parametrize(("value", "places"), [(123.4, 0), (12.0, 0), (1.2, 1), (0.12, 2), (0.012, 3), (0.0, 3)])
def test_two_digits(value, places):
    assert decimals(value) == places


def test_arrows_are_as_long_as_there_is_room(made):
    points = points_of(*made("frame_8"))
    scale = arrow_scale(points)
    longest = max(np.hypot(*one.error_mm) for one in points if np.isfinite(one.error_mm).all())
    assert 0.4 * LONGEST_ARROW_MM < scale * longest <= LONGEST_ARROW_MM
    assert any(mm * scale <= LONGEST_ARROW_MM for mm in KEY_MM)
    assert arrow_scale([]) == 1.0
    tiny = [replace(one, error_mm=one.error_mm / 1e3) for one in points]
    assert arrow_scale(tiny) == MOST_SCALE, "what is good looks good"


@pytest.mark.parametrize(("value", "text"), [(0.004, "0.00"), (-0.004, "0.00"), (0.006, "+0.01"), (-1.0, "−1.00")])
def test_signs(value, text):
    assert with_sign(value, 2) == text


def test_written_whole_or_not_at_all(made, page_of, tmp_path):
    page = tmp_path / "rig.html"
    page.write_text("older")
    write_certificate(page, *made("deck_4z"))
    assert page.read_text(encoding="utf-8") == page_of("deck_4z")
    assert list(tmp_path.iterdir()) == [page]
    with pytest.raises(RigError, match="to write the certificate"):
        write_certificate(tmp_path / "nowhere" / "rig.html", *made("deck_4z"))
