"""The pages for coach and physiotherapist: every number is the step table's, nothing is said that was not seen."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from calibrationfiles import calibrate, my_rig
from click.testing import CliRunner
from reportsessions import SESSIONS, bare, made_by, make_session, text_of

from analysis.statistics import Z95
from analysis.steps import StepTable
from daq.errors import SessionError
from daq.rig import load_rig
from stance.commands.report import command
from viewer.numbers.targets import Target
from viewer.report import write_report
from viewer.report.coach import data_light
from viewer.report.cumulative import cumulative
from viewer.report.lab import budget_rows, budget_sources
from viewer.report.material import gather
from viewer.report.page import render
from viewer.report.published import CONTEXTS
from viewer.report.recording import calibration_of, facts_of
from viewer.report.timeline import bins_of


@pytest.fixture
def made(tmp_path_factory):
    """Path, results and page of each kind of session, made when first asked for."""
    return lambda kind, audience="lab": made_by(tmp_path_factory, kind, audience)


def tree(page):
    return ElementTree.fromstring(page.partition("\n")[2])


def told(page, column, tag=None):
    """Elements that show a metric."""
    return [e for e in tree(page).iter() if e.get("data-metric") == column and tag in (None, e.tag)]


def words(element):
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def value_of(text):
    return float(text.replace(",", "").replace("−", "-").removeprefix("± "))


def shown_as(text, value):
    """Whether a printed number is a value, rounded to the decimals that it shows."""
    decimals = len(text.partition(".")[2])
    return value_of(text) == pytest.approx(value, abs=0.5001 * 10.0**-decimals)


KINDS = ["known speed", "modelled", "vertical cells only", "two belts", "gaps"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_of_the_coach_is_the_tables(made, kind):
    path, results, page = made(kind, "coach")
    table = gather(path).table
    for column in ("cadence_spm", "contact_time_ms", "vertical_oscillation_mm"):
        values = table[column][table["valid"]]
        values = values[~np.isnan(values)]
        (tile,) = told(page, column, "div")
        assert shown_as(words(tile.find("dd/span")).split()[0], values.mean())
        sure, n = re.search(r"± ([\d.]+), ([\d,]+) steps", words(tile)).groups()
        assert value_of(sure) == pytest.approx(Z95 * results["summary"][column]["u"], rel=0.051)
        assert value_of(n) == values.size
    for column in ("step_time_ms", "contact_time_ms", "vertical_oscillation_mm"):
        values = table[column][table["valid"]]
        values = values[~np.isnan(values)]
        (row,) = told(page, column, "tr")
        cv, n = (cell.text for cell in row.iterfind("td"))
        assert shown_as(cv.removesuffix(" %"), 100.0 * values.std(ddof=1) / values.mean())
        assert value_of(n) == values.size
    verdicts = table["impact_class"][table["valid"] & (table["impact_class"] != "")]
    said = {"impact": "have a short impact", "none": "have none", "uncertain": "cannot be told"}
    for name, phrase in said.items():
        share = 100.0 * np.mean(verdicts == name)
        found = re.search(rf"(\d+) % {phrase}", text_of(page))
        assert (found is not None) == (share >= 0.5)
        assert found is None or shown_as(found[1], share)


def test_the_heel_share_of_the_coach_is_that_of_the_steps(made):
    path, results, page = made("known speed", "coach")
    table = gather(path).table
    strikes = table["foot_strike"][table["valid"]]
    clear = strikes[(strikes != "") & (strikes != "uncertain")]
    (tile,) = told(page, "heel_share")
    text = words(tile)
    assert shown_as(words(tile.find("dd/span")).split()[0], 100.0 * np.mean(clear == "rearfoot"))
    assert f"{clear.size} steps" in text
    share = results["foot_strike"]["heel_share"]
    assert f"{100 * share['low']:.0f} to {100 * share['high']:.0f} %" in text
    assert "not told: belt speed is not known" in words(told(made("gaps", "coach")[2], "heel_share")[0])


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_of_the_physiotherapist_is_the_tables(made, kind):
    path, results, page = made(kind, "physio")
    table = gather(path).table
    told_table = next(t for t in tree(page).iter("table") if t.get("class") == "told")
    rows = list(told_table.iterfind("tbody/tr"))
    assert len(rows) >= 8
    for row in rows:
        column = row.get("data-metric")
        values = table[column][table["valid"]]
        values = values[~np.isnan(values)]
        mean, interval, n = (cell.text for cell in row.iterfind("td"))
        assert shown_as(mean, values.mean())
        assert value_of(n) == values.size
        u = results["summary"][column]["u"]
        low, high = interval.split(" to ")
        assert shown_as(low, values.mean() - Z95 * u)
        assert shown_as(high, values.mean() + Z95 * u)
    asymmetry = next(t for t in tree(page).iter("table") if t.get("class") == "asymmetry")
    compared = {row.get("data-metric"): [c.text for c in row.iterfind("td")] for row in asymmetry.iterfind("tbody/tr")}
    assert set(compared) == set(results["asymmetry"])
    for column, (left, right, index, interval, _) in compared.items():
        values = results["asymmetry"][column]
        assert shown_as(left, values["left"])
        assert shown_as(right, values["right"])
        assert shown_as(index.removeprefix("+"), values["index_pct"])
        low, high = (end.removeprefix("+") for end in interval.split(" to "))
        assert shown_as(low, values["low_pct"])
        assert shown_as(high, values["high_pct"])


def test_loads_add_up_over_the_way(made):
    path, _, page = made("known speed", "physio")
    table = gather(path).table
    rows = {row.get("data-load"): words(row.find("td")) for row in tree(page).iter("tr") if row.get("data-load")}
    for name, column in (("contacts", None), ("impulse", "vertical_impulse_BW_s"), ("loading_rate", "valr_BW_s")):
        values = np.ones(table.rows) if column is None else table[column]
        both = table["valid"] & ~np.isnan(table["step_length_m"] + values)
        assert shown_as(rows[name], 1000.0 * values[both].sum() / table["step_length_m"][both].sum())
    kilometres = re.search(r"([\d.]+) km of valid steps", text_of(page))[1]
    assert shown_as(kilometres, np.nansum(table["step_length_m"][table["valid"]]) / 1000.0)
    assert "Not told: belt speed is not known" in text_of(made("gaps", "physio")[2])


def test_loads_do_not_depend_on_steps_that_were_left_out(made):
    material = gather(made("known speed")[0])
    before = {load.name: load.value for load in cumulative(material)}
    assert set(before) == {"contacts", "impulse", "loading_rate"}
    valid = material.table["valid"].copy()
    valid[::5] = False  # of both feet
    fewer = replace(material, table=StepTable(dict(material.table) | {"valid": valid}))
    for load in cumulative(fewer):
        assert load.value == pytest.approx(before[load.name], rel=0.05)


def test_published_numbers_stand_beside_measured_ones_only(made):
    page = text_of(made("known speed", "physio")[2])
    assert "Davis et al. 2016; runners above it had 2.72 times the odds" in page
    assert "Napier 2018" in page
    assert "neither a limit nor a forecast for this runner" in page
    for kind in ("modelled", "vertical cells only"):
        page = text_of(made(kind, "physio")[2])
        assert "Napier" not in page
        assert "Davis et al. 2016" not in page  # a soft deck: the loading rate is in doubt
    assert {context.column for context in CONTEXTS} == {"valr_BW_s", "braking_peak_BW"}


def test_modelled_braking_is_never_worded_as_measured(made):
    for audience in ("physio", "lab"):
        _, _, page = made("modelled", audience)
        for column in ("modelled_braking_peak_BW", "modelled_braking_impulse_BW_s"):
            for row in told(page, column, "tr"):
                assert row.get("class") == "modelled"
                assert "modelled, not measured" in words(row)
    page = text_of(made("modelled", "coach")[2])
    assert "odelled" not in page
    assert "This rig's sensors do not measure fore-aft force – braking peak" in page
    assert not re.search("band-F[xy]-", made("modelled", "coach")[2])


def test_what_is_in_doubt_is_grey_and_says_why(made):
    for audience in ("coach", "physio"):
        _, results, page = made("modelled", audience)
        assert "impact_class" in results["doubtful"]
        assert "In doubt in this session" in page
        assert results["doubtful"]["impact_class"][1:] in text_of(page)
        for element in (e for e in tree(page).iter() if e.get("data-metric") in results["doubtful"]):
            assert element.get("class") == "doubtful" or element.tag == "span", element.get("data-metric")
    _, results, page = made("known speed", "coach")
    assert "In doubt in this session" not in page


@pytest.mark.parametrize("audience", ["coach", "physio"])
def test_figures_in_body_weights_are_grey_where_the_weight_is_in_doubt(made, audience):
    """Rows and figures say the same."""
    _, results, page = made("weight in doubt", audience)
    assert {"active_peak_BW", "braking_peak_BW", "vertical_impulse_BW_s"} <= set(results["doubtful"])
    bands = [svg for svg in tree(page).iter("svg") if "over contact" in svg.get("aria-label")]
    assert len(bands) >= 3
    for svg in bands:
        assert "in doubt" in {words(text) for text in svg.iter("text")}
        assert svg.get("aria-label").endswith("in doubt")
        assert not re.search("#0072b2|#d55e00", ElementTree.tostring(svg, "unicode"), re.IGNORECASE)
    assert "Grey: in doubt" in text_of(page)
    assert "active peak" in text_of(page).partition("In doubt in this session")[2]
    rows = {row.get("data-load"): row.get("class") for row in tree(page).iter("tr") if row.get("data-load")}
    assert rows in ({}, {"contacts": None, "impulse": "doubtful", "loading_rate": "doubtful"})
    fine = made("known speed", audience)[2]
    assert not [svg for svg in tree(fine).iter("svg") if "in doubt" in svg.get("aria-label")]
    assert "Grey: in doubt" not in text_of(fine)


def test_the_coach_is_told_that_the_load_thirds_were_not_seen(made):
    page = text_of(made("known speed", "coach")[2])
    assert "How the load is shared between heel, midfoot and forefoot was not seen" in page
    assert "Everything on this page was seen" not in page
    assert "load under the heel; load under the midfoot; load under the forefoot" in page


def test_the_first_figure_of_the_coach_keeps_its_height_on_a_phone(made):
    """One picture for wide pages, one as narrow as the others for phones: at 360 px at least 150 px high."""
    page = made("known speed", "coach")[2]
    shown = [(part.get("class"), svg.get("viewBox")) for part in tree(page).iter("div") for svg in part.findall("svg")
             if "vertical force" in svg.get("aria-label")]  # fmt: skip
    assert [layout for layout, _ in shown] == ["wide", "narrow"]
    for layout, box in shown:
        width, height = (float(value) for value in box.split()[2:])
        assert (360.0 if layout == "narrow" else 880.0) * height / width >= 150.0


def test_the_head_tells_the_speed_that_was_measured(made):
    material = gather(made("known speed")[0])
    told = material.results["summary"]["belt_speed_m_s"]

    def head(mean, wanted):
        summary = {**material.results["summary"], "belt_speed_m_s": {**told, "mean": mean}}
        header = replace(material.header, belt_speed_m_s=wanted)
        return facts_of(replace(material, header=header, results={**material.results, "summary": summary}))

    assert "belt 3.96 m/s, measured (set to 3 m/s)" in head(3.9649, 3.0)
    assert "belt 3.97 m/s" in head(3.9649, 3.97)
    assert "belt 3.96 m/s" in head(3.9649, None)


@pytest.mark.parametrize("audience", ["coach", "physio", "lab"])
def test_wide_tables_scroll_by_themselves(made, audience):
    """At every width of a screen, not only on phones; else the whole page does."""
    style = next(tree(made("known speed", audience)[2]).iter("style")).text
    assert re.search(r"@media screen \{ \.scroll \{ overflow-x: auto; \} \}", style)


def test_one_light_speaks_of_the_data_only():
    lights = [{"name": f"light_{k}", "state": state, "text": f"text {k}"}
              for k, state in enumerate(["green", "amber", "red", "info", "amber", "amber", "amber"])]  # fmt: skip
    state, texts = data_light(lights)
    assert state == "problem"
    assert texts == ["Light 2: text 2", "Light 1: text 1", "Light 4: text 4", "Light 5: text 5",
                     "and 1 other; the lab's report lists them"]  # fmt: skip
    assert data_light(lights[:1]) == ("fine", [])
    assert data_light([]) == ("fine", [])


@pytest.mark.parametrize("audience", ["coach", "physio"])
@pytest.mark.parametrize("kind", ["nobody", "no frame", "one step", "hostile", "two belts"])
def test_pages_of_strange_sessions_stand_alone(made, kind, audience):
    _, results, page = made(kind, audience)
    root = tree(page)
    assert root.get("lang") == "en"
    assert not {e.tag for e in root.iter()} & {"script", "link", "img", "iframe", "object"}
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert not re.search(r"(?i:https?:|@import|\bnan\b|\binf\b|undefined)|\bNone\b|\bnull\b", page)
    assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in root.iter("svg"))
    assert ("No valid step was found" in page) == (not any(step["valid"] for step in results["steps"]))
    assert "<script" not in page


def test_text_in_figures_is_text(made):
    page = made("known speed", "coach")[2]
    texts = {words(text) for text in tree(page).iter("text")}
    assert {"Vertical force, BW", "Fore-aft force, BW", "Sideways force, BW", "left", "right"} <= texts


def test_a_target_stands_beside_its_number(made):
    material = gather(made("known speed")[0])
    (tile,) = told(render(material, "coach", {"cadence_spm": Target("cadence_spm", 178.0, 182.0)}), "cadence_spm")
    assert words(tile).endswith("target 178–182")
    assert words(told(render(material, "coach"), "cadence_spm")[0]).endswith("no target set")


def test_stored_and_recomputed_numbers_give_the_same_page(made, tmp_path):
    path, _, stored = made("known speed")
    said = []
    write_report(bare(path), tmp_path / "page.html", say=said.append)
    again = (tmp_path / "page.html").read_text("utf-8")
    assert len(said) == 1
    assert "analysed first" in said[0]
    assert "as stored with the session" in stored
    again = again.replace("computed again for this report", "as stored with the session")
    assert again.replace(bare(path).name, path.name) == stored


def test_another_protocol_is_analysed_again(made, tmp_path):
    path, _, page = made("known speed")
    said = []
    write_report(path, tmp_path / "other.html", protocol="Z30-5pctBW", say=said.append)
    other = (tmp_path / "other.html").read_text("utf-8")
    assert "under Z30-5pctBW" in said[0]
    assert "Z30-5pctBW, version 1: low-pass filter at 30 Hz" in text_of(other)
    assert words(told(other, "contact_time_ms", "tr")[0]) != words(told(page, "contact_time_ms", "tr")[0])


def test_minutes_are_medians_of_their_steps(made):
    material = gather(made("long")[0])
    for some in bins_of(material, "contact_time_ms", 60.0):
        table = material.table
        mine = table["valid"] & (table["side"] == some.side)
        for at, low, middle, high in zip(some.time_s, some.low, some.values, some.high, strict=True):
            inside = mine & (table["touchdown_s"] >= at - 30.0) & (table["touchdown_s"] < at + 30.0)
            expected = np.quantile(table["contact_time_ms"][inside], (0.25, 0.5, 0.75))
            assert [low, middle, high] == pytest.approx(expected.tolist())
        assert some.time_s.tolist() == [30.0, 90.0, 135.0][: some.time_s.size] or some.time_s[-1] == 150.0


def test_the_budget_adds_up(made):
    _, results, page = made("known speed")
    rows = budget_rows(results)
    assert [row.column for row in rows if row.column == "contact_time_ms"]
    for row in rows:
        parts = results["uncertainty"]["mean"][row.column]
        assert shown_as(row.together, results["summary"][row.column]["u"])
        whole = sum(u * u for u in parts.values())
        for source, share in zip(budget_sources(results), row.shares, strict=True):
            assert share == "–" if source not in parts else shown_as(share, 100.0 * parts[source] ** 2 / whole)
        assert row.label in text_of(page)


def test_command(made, tmp_path):
    path, _, _ = made("known speed")
    targets = tmp_path / "targets.toml"
    targets.write_text("[cadence_spm]\nlow = 178\nhigh = 182\n")
    arguments = [str(path), "-o", str(tmp_path / "coach.html"), "--for", "coach", "--targets", str(targets)]
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "target 178–182" in (tmp_path / "coach.html").read_text("utf-8")
    with pytest.raises(SessionError, match="one that exists"):
        CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert CliRunner().invoke(command, [str(path), "--for", "referee"]).exit_code == 2


def test_any_number_of_marks_and_a_converter_that_only_weighs(tmp_path):
    events = [("marker", 5 * k, f"mark <{k}>") for k in range(500)] + [("bout", 2000, "<Pose> drill")]
    path = make_session(tmp_path / "marks.h5", **SESSIONS["somebody standing"] | {
        "events": events, "device": {"board": "Mega 2560", "capabilities": 1}})  # fmt: skip
    pages = {}
    for audience in ("coach", "physio", "lab"):
        write_report(path, tmp_path / f"{audience}.html", audience=audience)
        pages[audience] = text_of((tmp_path / f"{audience}.html").read_text("utf-8"))
    assert "mark <199>" in pages["lab"]
    assert "mark <200>" not in pages["lab"]
    assert "301 more are in the session" in pages["lab"]
    assert "<Pose> drill" in pages["lab"]
    assert "Marks and notes: 501, in the lab's report" in pages["coach"]
    assert all("No valid step was found" in page for page in pages.values())


def test_the_calibration_is_told_as_its_certificate_tells_it(made, tmp_path):
    rig = my_rig(tmp_path)
    calibrate(rig, operator="A. <Tester>")
    text = load_rig(rig).calibration.text
    path = make_session(tmp_path / "s.h5", rig=str(rig), seconds=3.0, calibration_text=text, mass_kg=82.8)
    material = gather(path)
    rows = dict(calibration_of(material))
    assert rows["Operator"] == "A. <Tester>"
    assert {"Verdict", "Made", "Good until", "Loads", "Condition"} <= set(rows)
    page = text_of(render(material))
    assert all(words in page for words in (rows["Verdict"], rows["Loads"], "A. <Tester>"))
    assert "Nobody calibrated this rig" not in page
    assert "Nobody calibrated this rig" in text_of(made("known speed")[2])
