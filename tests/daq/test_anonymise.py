"""What an anonymised session holds, and what it must not: searched for by other means than the software's own."""

import hashlib
import json
import zlib
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import h5py
import numpy as np
import pytest
from calibrationfiles import Found, my_rig, quality, readings
from hypothesis import given, settings
from hypothesis import strategies as st
from progresssessions import write_bouts

from analysis.calibration import KnownLoad, Reading
from analysis.registration import FootRegistration
from analysis.setup import Runner
from analysis.steps import StepTable
from daq.anonymise.check import Secret, leaks
from daq.anonymise.copy import anonymise
from daq.anonymise.names import names_in, words_in
from daq.anonymise.papers import bare_calibration
from daq.anonymise.texts import NO_DATE, Wish
from daq.calibration import age_days, calibration_path, parse_calibration, write_calibration
from daq.errors import SessionError
from daq.force_session import ForceEvent
from daq.recorder import Recorder, RecordOptions
from daq.replay import Replay
from daq.rig import load_rig
from daq.session import SessionWriter, open_session
from daq.session_hdf5 import put_text
from daq.stored import steps_attributes

NAME = 'Änne O\'Hara "Speedy"'
SECRETS = {
    "name": NAME, "note": "knee hurts since Tuesday", "marker": "Frau Dr. Meier came in", "operator": "Operator Olsen",
    "remark": "Olsen's own weights", "comment": "borrowed from the Basel clinic", "description": "bought by Olsen GmbH",
    "label": "Jonas standing", "weight": "Jonas", "place": "Jonas left foot", "lsl": "subject-0815-stimulus",
    "port": "/dev/serial/by-id/usb-Olsen-if00", "tare file": "olsen_private.tare.toml", "system": "COM17 came back",
    "ended": "/home/olsen/data: disk full", "day": "2025-05-06", "tare day": "2025-05-05", "calibrated": "2025-03-04",
    "unknown kind": "seizure drill for Jonas",
}  # fmt: skip
HOST_S = 1_746_522_367.25
KEPT = ("easy", "pose")
REGISTRATION = FootRegistration(foot_length_m=0.272, method="markers", ball_L_m=0.187, u_ball_L_m=0.004,
                                ball_R_m=None, u_ball_R_m=None, speed_m_s=None)  # fmt: skip


def olsens_rig(folder):
    """A rig file with comments, description and a calibration with everything that people write."""
    path = my_rig(folder)
    text = path.read_text().replace('description = """', f'description = """{SECRETS["description"]}', 1)
    path.write_text(f"# {SECRETS['comment']}\n{text}")
    rig, rng = load_rig(path), np.random.default_rng(2)
    belt = rig.nominal_belts()[0]
    first, *rest = readings(rng, 4)
    load = replace_load(first.load)
    told = [Reading(load, first.counts, first.zero, first.u_counts, 0.0, True, SECRETS["remark"]), *rest]
    found = Found(np.array([belt.matrix * 1.002]), [rng.normal(size=(2, 6, 6)) * 1e-3],
                  quality(lopo_by_place={SECRETS["place"]: (0.3, 1.2)}))  # fmt: skip
    write_calibration(calibration_path(rig), rig, found, told, operator=SECRETS["operator"], note=SECRETS["remark"],
                      made_utc="2025-03-04T05:06:07+00:00")  # fmt: skip
    return path


def replace_load(load):
    return KnownLoad(SECRETS["label"], "person", load.force_N, load.point_m, load.u_force_N, load.u_point_m, "",
                     SECRETS["place"], "", SECRETS["weight"])  # fmt: skip


def write_everything(path, folder):
    """A recording with something personal wherever a person or the software can write it."""
    rig, raw = olsens_rig(folder), folder / "raw.h5"
    url = f"virtual://{quote(str(rig), safe='')}?seed=1&speed=max"
    who = Runner(name=NAME, mass_kg=82.85, stature_m=1.873, belt_speed_m_s=3.97, registration=REGISTRATION)
    Recorder(RecordOptions(rig=str(rig), port=url, out=str(raw), seconds=6.0, subject=who)).run()
    with open_session(raw) as old:
        header = replace(old.header, created_utc="2025-05-06T09:06:07+00:00", port=SECRETS["port"],
                         extra={**old.header.extra, "clinic": {"referred by": [SECRETS["marker"]]}})  # fmt: skip
        counts = old.counts(0, 200).mean(axis=0).tolist()
        with SessionWriter(path, header) as new:
            for epoch in zip(old.epochs.row, old.epochs.boot, old.epochs.tick_offset, strict=True):
                new.epoch(*epoch)
            for k in range(3):
                new.clock(HOST_S + 2.0 * k, 4_000_000 * k, 1e-3)
            tare = {"counts": counts, "sd": [1.0] * 8, "age_s": 60.0, "source": SECRETS["tare file"],
                    "made_utc": SECRETS["tare day"] + "T08:00:00+00:00", "belt": "off"}  # fmt: skip
            new.event("tare", 0, f"zero from the tare a minute ago ({SECRETS['tare file']})", tare)
            new.event("bout", 1, KEPT[0])
            for chunk in old.chunks():
                new.append(chunk)
            for kind, text in (("note", SECRETS["note"]), ("marker", SECRETS["marker"]), ("lsl", SECRETS["lsl"]),
                               ("bout", KEPT[1]), ("drill", SECRETS["unknown kind"]), ("system", SECRETS["system"]),
                               ("ended early", SECRETS["ended"])):  # fmt: skip
                new.event(kind, old.rows // 2, text, {"who": SECRETS["lsl"], "host_s": HOST_S})
            new.event("system", old.rows, "link counters", {"crc_errors": 3, "clock_ppm": 1.5})
            new.finish()
    with open_session(path) as again:  # finished once more, with steps as a recorder leaves them
        replay = Replay(again)
        results = replay.run()
        whole = folder / "whole.h5"
        with SessionWriter(whole, again.header) as last:
            last.epoch(0, int(again.epochs.boot[0]), int(again.epochs.tick_offset[0]))
            for k in range(3):
                last.clock(again.clock.host_s[k], int(again.clock.tick[k]), 1e-3)
            at = 0
            for event in again.events:
                if event.row > at:
                    last.append(next(again.chunks(at, event.row, rows=event.row - at)))
                    at = event.row
                last.event(event.kind, event.row, event.text, event.data)
            last.finish(replay.analyser.table, steps_attributes(replay.protocol, results), results["summary"])
    whole.replace(path)
    return path


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("anonymise")
    return write_everything(folder / "2025-05-06_090607_Anne.h5", folder)


@pytest.fixture(scope="module")
def anonymous(original):
    out = original.with_name("R-7F3A_001.h5")
    anonymise(original, out, Wish("R-7F3A"))
    return out


def everything_in(path):
    """All bytes of a file, and all that is packed in it, without the software's own reader."""
    found = [path.read_bytes()]
    with h5py.File(path, "r") as file:

        def take(_, node):
            found.extend(np.asarray(value).tobytes() for value in node.attrs.values())
            found.extend(key.encode() for key in node.attrs)
            if isinstance(node, h5py.Dataset):
                found.append(node[()].tobytes())

        file.visititems(take)
        take("", file)
    return b"\0".join(found)


def spellings(text):
    return {text.encode(), json.dumps(text)[1:-1].encode(), json.dumps(json.dumps(text)[1:-1])[1:-1].encode()}


def test_the_original_holds_every_secret(original):
    """Else the next test would prove nothing."""
    data = everything_in(original)
    assert [what for what, text in SECRETS.items() if not any(one in data for one in spellings(text))] == []
    assert np.float64(HOST_S).tobytes() in data
    assert original.stem.encode() not in data


def test_nothing_that_was_stripped_is_left(original, anonymous):
    data = everything_in(anonymous)
    assert [what for what, text in SECRETS.items() if any(one in data for one in spellings(text))] == []
    for part in ("Olsen", "Jonas", "nne O", "Basel", "Speedy", "Meier"):
        assert part.encode() not in data
    assert np.float64(HOST_S).tobytes() not in data
    with open_session(original) as old:
        assert old.session_id.encode() not in data
    for name in KEPT:
        assert name.encode() in data


def test_the_steps_are_the_same_to_the_bit(original, anonymous):
    with open_session(original) as old, open_session(anonymous) as new:
        assert StepTable(new.steps()).equals(StepTable(old.steps()))
        assert new.steps()["step"].size > 10
        before, after = Replay(old), Replay(new)
        one, two = before.run(), after.run()
        assert after.analyser.table.equals(before.analyser.table)
        differ = {name for name in one if one[name] != two[name]} - {"session", "ended_by", "quality"}
        assert differ == set()
        lights = [{name: light[name] for name in ("name", "state", "value")} for light in one["quality"]]
        assert [{name: light[name] for name in ("name", "state", "value")} for light in two["quality"]] == lights
        for name in ("counts", "session_ticks"):
            np.testing.assert_array_equal(getattr(old, name)(), getattr(new, name)())
        assert [(e.row, e.text) for e in new.events if e.kind == "bout"] == [(1, KEPT[0]), (old.rows // 2, KEPT[1])]


def test_the_original_stays_as_it_is(original, tmp_path):
    before = hashlib.sha256(original.read_bytes()).hexdigest()
    anonymise(original, tmp_path / "a.h5", Wish("R-1"))
    assert hashlib.sha256(original.read_bytes()).hexdigest() == before
    with pytest.raises(SessionError, match="a new session file"):
        anonymise(original, tmp_path / "a.h5", Wish("R-1"))
    assert [one.name for one in tmp_path.iterdir()] == ["a.h5"]


def test_ages_and_rates_stay_though_dates_go(original, anonymous):
    with open_session(original) as old, open_session(anonymous) as new:
        assert new.header.created_utc == NO_DATE
        assert new.header.subject == "R-7F3A"
        assert new.header.port == ""
        then, now = (parse_calibration(one.header.calibration_text, "c") for one in (old, new))
        assert age_days(now, new.header.created_utc) == age_days(then, old.header.created_utc)
        assert (now.operator, now.note, now.by_hand) == ("", "", False)
        np.testing.assert_array_equal(now.matrices, then.matrices)
        np.testing.assert_array_equal(now.readings[0].counts, then.readings[0].counts)
        np.testing.assert_allclose(np.diff(new.clock.host_s), np.diff(old.clock.host_s), rtol=0, atol=1e-9)
        assert new.clock.host_s[0] == 0.0
        assert np.array_equal(new.clock.tick, old.clock.tick)
        assert new.header.mass_kg == 82.85
        assert new.header.extra["foot_registration"] == REGISTRATION.as_dict()
        assert new.header.extra["anonymised"]["kept"] == []


def test_what_is_to_be_kept_is_kept(original, tmp_path):
    out = tmp_path / "kept.h5"
    anonymise(original, out, Wish("R-1", keep_dates=True, keep_notes=True))
    with open_session(original) as old, open_session(out) as new:
        assert new.header.created_utc == old.header.created_utc
        np.testing.assert_array_equal(new.clock.host_s, old.clock.host_s)
        texts = {event.text for event in new.events}
        assert {SECRETS["note"], SECRETS["marker"]} <= texts
        assert SECRETS["system"] not in texts
    data = everything_in(out)
    assert not any(
        one in data for what in ("name", "operator", "port", "tare file") for one in spellings(SECRETS[what])
    )


def test_bouts_get_numbers(original, tmp_path):
    out = tmp_path / "bouts.h5"
    anonymise(original, out, Wish("R-1", strip_bouts=True))
    with open_session(out) as new:
        assert [event.text for event in new.events if event.kind == "bout"] == ["bout 1", "bout 2"]
    assert b"pose" not in everything_in(out)


def test_the_body_is_rounded_and_the_mass_is_less_sure(original, tmp_path):
    out = tmp_path / "body.h5"
    anonymise(original, out, Wish("R-1", strip_body=True))
    with open_session(out) as new:
        header = new.header
        assert (header.mass_kg, header.stature_m) == (83.0, 1.85)
        assert header.extra["u_mass_kg"] == pytest.approx(0.2887, abs=1e-4)
        feet = header.extra["foot_registration"]
        assert (feet["foot_length_m"], feet["ball_L_m"], feet["u_ball_L_m"]) == (0.27, 0.185, 0.004)
        replay = Replay(new)
        replay.run()
        assert replay.analyser.table.equals(StepTable(new.steps()))
        with open_session(original) as old:
            np.testing.assert_array_equal(new.steps()["touchdown_s"], old.steps()["touchdown_s"])


def short(path, **more):
    return write_bouts(path, [("easy", 2.0, 3.0, 1.0)], **more)


def test_an_imported_force_is_stripped_of_its_source(tmp_path):
    source = {"format": "c3d", "file": "/data/Jonas/trial01.c3d", "notes": ["by Olsen"], "map": {"Jonas_Fz": "Fz_N"}}
    short(tmp_path / "a.h5", subject="Jonas", source=source, events=[ForceEvent(0.5, "note", "for Jonas")])
    anonymise(tmp_path / "a.h5", tmp_path / "b.h5", Wish("R-2"))
    data = everything_in(tmp_path / "b.h5")
    assert b"Jonas" not in data
    assert b"Olsen" not in data
    assert b"trial01" not in data
    with open_session(tmp_path / "a.h5") as old, open_session(tmp_path / "b.h5") as new:
        assert new.force == old.force
        assert new.header.extra["source"] == {"format": "c3d"}
        np.testing.assert_array_equal(new.counts(), old.counts())
        assert StepTable(new.steps()).equals(StepTable(old.steps()))


def test_a_name_in_a_bout_is_refused_unless_bouts_go_too(tmp_path):
    write_bouts(tmp_path / "a.h5", [("Jonas easy", 2.0, 3.0, 1.0)], subject="jonas")
    with pytest.raises(SessionError, match="--strip-bouts"):
        anonymise(tmp_path / "a.h5", tmp_path / "b.h5", Wish("R-2"))
    assert not (tmp_path / "b.h5").exists()
    assert len(list(tmp_path.iterdir())) == 1
    anonymise(tmp_path / "a.h5", tmp_path / "b.h5", Wish("R-2", strip_bouts=True))
    assert b"onas" not in everything_in(tmp_path / "b.h5")


def test_words_of_the_software_are_no_leak(tmp_path):
    """Who is called like a class, or notes a single letter, can be anonymised too."""
    notes = [ForceEvent(0.2, "marker", text) for text in ("run", "L", "impact", "1", "contact_time_ms")]
    short(tmp_path / "a.h5", subject="run", events=notes)
    anonymise(tmp_path / "a.h5", tmp_path / "b.h5", Wish("R-2"))
    with open_session(tmp_path / "b.h5") as new:
        assert new.header.subject == "R-2"
        assert {e.text for e in new.events if e.kind == "marker"} == {""}


def test_steps_that_would_differ_stop_it(tmp_path):
    short(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        column = file["steps/contact_time_ms"]
        values = column[:]
        values[1] = np.nextafter(values[1], 0.0)
        column[:] = values
        column.attrs["crc32"] = np.array([zlib.crc32(values.tobytes())], "<u4")
    with pytest.raises(SessionError, match="the same steps as before"):
        anonymise(tmp_path / "a.h5", tmp_path / "b.h5", Wish("R-2"))
    assert [one.name for one in tmp_path.iterdir()] == ["a.h5"]


PLANTED = {
    "attribute of the file": lambda file: put_text(file.attrs, "software_version", "made by Jonas M."),
    "JSON, escaped": lambda file: put_text(file.attrs, "summary", json.dumps({"a": "Jonas M."})),
    "packed texts": lambda file: file.create_dataset(
        "steps/more", data=np.array([b"Jonas M."] * 5000), chunks=(5000,), compression="gzip"
    ),
    "attribute of a column": lambda file: put_text(file["steps/step"].attrs, "numpy_dtype", "Jonas M."),
    "name of an attribute": lambda file: file["events"].attrs.__setitem__("Jonas M.", 1),
    "name of a dataset": lambda file: file.create_dataset("events/Jonas M.", data=[1.0]),
    "list of texts": lambda file: put_text(file["steps/flags"].attrs, "flag_names", ["a", "Jonas M."]),
    "deleted, still in the free space": lambda file: (
        file.attrs.__setitem__("gone", np.bytes_("Jonas M.")), file.flush(), file.attrs.__delitem__("gone")),
}  # fmt: skip


@pytest.mark.parametrize("where", PLANTED)
def test_the_search_finds_what_is_planted(tmp_path, where):
    short(tmp_path / "a.h5")
    secret = [Secret("the name", "Jonas M.")]
    assert leaks(tmp_path / "a.h5", secret) == []
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        PLANTED[where](file)
    assert leaks(tmp_path / "a.h5", secret)


def test_the_search_finds_the_hosts_clock(tmp_path):
    short(tmp_path / "a.h5")
    assert leaks(tmp_path / "a.h5", [], [HOST_S]) == []
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file["clock"].create_dataset("more", data=np.full(5000, HOST_S), chunks=(5000,), compression="gzip")
    assert leaks(tmp_path / "a.h5", [], [HOST_S]) == ["the host's clock in clock/more"]


def test_a_calibration_without_a_checksum_stays_one(tmp_path):
    rig = olsens_rig(tmp_path)
    text = Path(calibration_path(load_rig(rig))).read_text()
    text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("checksum"))
    bare = bare_calibration(text, "c", None)
    assert parse_calibration(bare, "c").by_hand
    assert "2025-03-04" in bare
    assert "Olsen" not in bare


@settings(max_examples=4, deadline=None)
@given(st.text(min_size=1, max_size=30), st.lists(st.text(max_size=40), max_size=4))
def test_whatever_people_type_goes(tmp_path_factory, name, notes):
    folder = tmp_path_factory.mktemp("typed")
    events = [ForceEvent(0.1 * k, ("note", "marker", "lsl")[k % 3], text) for k, text in enumerate(notes)]
    short(folder / "a.h5", subject=name, events=events)
    anonymise(folder / "a.h5", folder / "b.h5", Wish("R-2", strip_bouts=True))
    with open_session(folder / "b.h5") as new:
        assert new.header.subject == "R-2"
        assert {event.text for event in new.events} <= {"", "bout 1"}


@pytest.mark.parametrize(
    ("name", "bout", "there"),
    [
        ("Zebulon Quixote", "steady Zebulon", ["Zebulon"]), ("Anna", "anna_easy", ["Anna"]),
        ("Anna", "AnnaEasy2", ["Anna"]), ("Anna", "ANNAeasy", ["Anna"]), ("Änne", "2anne3", ["Änne"]),
        ("Jo Li", "joli easy", ["Jo Li"]), ("A", "run A", ["A"]),
        ("Anna", "Hannah easy", []), ("runner 7", "runner 8", []), ("Zoe", "zoned easy", []), ("", "easy", []),
    ],
)  # fmt: skip
def test_words_of_a_name_are_found_however_they_are_spelled(name, bout, there):
    assert names_in(name, bout) == there


@pytest.mark.parametrize(("name", "bout"), [("Zebulon Quixote", "steady Zebulon"), ("Anna", "anna_easy")])
def test_a_word_of_the_name_in_a_bout_is_refused_unless_bouts_go_too(tmp_path, name, bout):
    write_bouts(tmp_path / "a.h5", [(bout, 2.0, 3.0, 1.0)], subject=name)
    with pytest.raises(SessionError, match="--strip-bouts"):
        anonymise(tmp_path / "a.h5", tmp_path / "b.h5", Wish("R-2"))
    assert [one.name for one in tmp_path.iterdir()] == ["a.h5"]
    anonymise(tmp_path / "a.h5", tmp_path / "b.h5", Wish("R-2", strip_bouts=True))
    assert not any(word.lower().encode() in everything_in(tmp_path / "b.h5").lower() for word in name.split())


WORDS_PLANTED = {
    "text": lambda file: put_text(file.attrs, "software_version", "by ZEBULON_2"),
    "JSON, escaped": lambda file: put_text(file.attrs, "summary", json.dumps({"a": "änne_easy"})),
    "deleted, still in the free space": lambda file: (
        file.attrs.__setitem__("gone", np.bytes_("zeBULON")), file.flush(), file.attrs.__delitem__("gone")),
    "UTF-16": lambda file: file.create_dataset("more", data=np.frombuffer("ZebuloN".encode("utf-16-le"), "u1")),
}  # fmt: skip


@pytest.mark.parametrize("where", WORDS_PLANTED)
def test_the_search_finds_a_word_in_another_spelling(tmp_path, where):
    short(tmp_path / "a.h5")
    words = [Secret("a word", "Zebulon", word=True), Secret("a word", "Änne", word=True)]
    assert leaks(tmp_path / "a.h5", words) == []
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        WORDS_PLANTED[where](file)
    assert leaks(tmp_path / "a.h5", words)
    assert leaks(tmp_path / "a.h5", words, vocabulary="zebulon, ÄNNE") == []


def test_a_name_of_words_that_the_software_says_is_no_dead_end(tmp_path):
    """Nobody could take those out."""
    short(tmp_path / "a.h5", subject="R07")
    with h5py.File(tmp_path / "a.h5") as file:
        texts = [str(file.attrs[name]) for name in file.attrs]
        file.visit(texts.append)
        texts += [str(value) for value in file["steps"].attrs.values()]
    said = sorted(words_in(" ".join(texts)) - words_in("easy imported"))
    assert len(said) > 100
    short(tmp_path / "b.h5", subject=" ".join(said))
    anonymise(tmp_path / "b.h5", tmp_path / "c.h5", Wish("R-2"))
