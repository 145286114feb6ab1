"""Sessions of every kind for the tests of reports, and what reads their pages."""

import re
from xml.etree import ElementTree

import numpy as np

from analysis.wrench import FZ
from daq.analysed import analysed
from daq.chunk import Chunk
from daq.replay import Replay
from daq.rig import load_rig
from daq.session import SessionHeader, SessionWriter, open_session
from daq.stored import steps_attributes
from rigs.runners import load_runner
from viewer.report import write_report

RATE = 1000
TICK_HZ = 1_000_000


def runner_wrench(seconds):
    runner = load_runner("davis")
    at = (np.arange(round(seconds * RATE)) / RATE) % runner.period_s * runner.sample_rate_Hz
    whole = np.concatenate((runner.wrench, runner.wrench[:, :1]), axis=1)
    return np.stack([np.interp(at, np.arange(whole.shape[1]), row) for row in whole])


def feet_apart(wrench):
    """The same wrench, every second stance on the other belt."""
    loaded = np.convolve(wrench[FZ], np.ones(41) / 41, "same") > 20.0
    stance = np.cumsum(np.diff(loaded, prepend=False) & loaded)
    return [np.where(stance % 2 == foot, wrench, 0.0) for foot in (0, 1)]


def make_session(path, *, rig="virtual", seconds=12.0, wrench=None, lost=(), status=None, events=(), store=True,
                 **header):  # fmt: skip
    """Write a session as a recorder would.

    lost: pairs (first row, rows) taken out as gaps. store: whether with its steps and results.
    """
    description = load_rig(rig)
    belts = description.belts()
    wrench = runner_wrench(seconds) if wrench is None else wrench
    parts = [wrench] if len(belts) == 1 else feet_apart(wrench)
    counts = sum(np.linalg.pinv(belt.matrix) @ part for belt, part in zip(belts, parts, strict=True))
    n = wrench.shape[1]
    kept = np.ones(n, bool)
    for row, rows in lost:
        kept[row : row + rows] = False
    seq = np.flatnonzero(kept)
    noise = np.random.default_rng(1).integers(-40, 41, (n, 8))
    chunk = Chunk(
        counts=(np.rint(counts).T.astype(np.int32) + noise.astype(np.int32))[kept],
        seq=seq,
        tick=seq * (TICK_HZ // RATE) + 5_000_000,
        boot=np.ones(seq.size, np.uint16),
        status=(np.zeros(n, np.uint8) if status is None else status)[kept],
        belt=np.zeros(seq.size, np.int64),
        gap_row=np.array([np.sum(kept[:row]) for row, _ in lost], np.int64),
        gap_lost=np.array([rows for _, rows in lost], np.int64),
    )
    values = {
        "created_utc": "2025-03-04T05:06:07+00:00", "subject": "runner 7", "rig_name": rig,
        "rig_text": description.text, "software_version": "stance, of the test", "protocol_name": "P60-50/20",
        "sample_rate_Hz": float(RATE), "tick_rate_Hz": float(TICK_HZ), "port": "virtual://x?seed=1",
        "device": {"board": "Teensy <4.1>", "adc": "ADS131M08", "firmware": [0, 3, 1]},
    }  # fmt: skip
    made = SessionHeader(**(values | header))
    beside = _write(bare(path) if store else path, made, chunk, events)
    if store:
        with open_session(beside) as session:
            replay = Replay(session)
            results = replay.run()
        _write(path, made, chunk, events, replay.analyser.table, steps_attributes(replay.protocol, results), results)
    return path


def bare(path):
    """The same session without steps and results, beside one that was made with them."""
    return path.with_suffix(".bare.h5")


def _write(path, header, chunk, events, table=None, attributes=None, results=None):
    with SessionWriter(path, header) as writer:
        writer.epoch(0, 1, 0)
        writer.append(chunk)
        for event in events:
            writer.event(*event)
        writer.finish(table, attributes, results and results["summary"])
    return path


STANDING = np.zeros((6, 4000))
STANDING[FZ] = 700.0
GAPS = ((3000, 40), (7000, 900))
SATURATED = np.zeros(12_000, np.uint8)
SATURATED[5000] = 32
HOSTILE = '<script src="//evil">alert(1)</script>\x00\x1b $x^2$ \N{CJK UNIFIED IDEOGRAPH-8DD1}'
SESSIONS = {
    "runner": {"mass_kg": 82.0, "belt_speed_m_s": 3.3, "events": [("marker", 900, "faster"), ("bout", 1, "warm-up")]},
    "known speed": {"mass_kg": 82.0, "belt_speed_m_s": 3.97},
    "weight in doubt": {"mass_kg": 60.0, "belt_speed_m_s": 3.0},
    "modelled": {"rig": "deck_4z", "belt_speed_m_s": 3.97, "leg_length_m": 0.95},
    "vertical cells only": {"rig": "deck_4z"},
    "two belts": {"rig": "split_belt"},
    "gaps": {"lost": GAPS},
    "saturated": {"status": SATURATED},
    "nobody": {"wrench": np.zeros((6, 3000))},
    "somebody standing": {"wrench": STANDING},
    "one step": {"wrench": runner_wrench(0.9)},
    "no frame": {"wrench": np.zeros((6, 0))},
    "long": {"seconds": 150.0},
    "hostile": {
        "subject": HOSTILE, "port": HOSTILE, "rig_name": HOSTILE, "software_version": HOSTILE, "created_utc": HOSTILE,
        "events": [("note", 5, HOSTILE), ("system", 5, "link counters", {"crc_errors": "many", "clock_ppm": None})],
    },
}  # fmt: skip


_DONE = {}


def made_by(tmp_path_factory, kind, audience="lab"):
    """Path, results and page of a kind of session, made when first asked for."""
    if kind not in _DONE:
        path = make_session(tmp_path_factory.mktemp("sessions") / "session.h5", **SESSIONS[kind])
        _DONE[kind] = path, analysed(path).results, {}
    path, results, pages = _DONE[kind]
    if audience not in pages:
        page = path.with_name(f"{audience}.html")
        write_report(path, page, audience=audience)
        pages[audience] = page.read_text("utf-8")
    return path, results, pages[audience]


def text_of(page):
    body = ElementTree.fromstring(page.partition("\n")[2]).find("body")
    return re.sub(r"\s+", " ", "".join(body.itertext()))


def tables(page, kind):
    root = ElementTree.fromstring(page.partition("\n")[2])
    return [table for table in root.iter("table") if kind in table.get("class").split()]


def summary_rows(page, kind="complete"):
    return [row for table in tables(page, kind) for row in table.iterfind(".//tr[@data-metric]")]


def summary_cells(page, kind="complete"):
    return {
        row.get("data-metric"): [
            cell.text
            for cell in (
                *row.iterfind("td"),
                next(span for span in row.iterfind("th/span") if span.get("class") != "tag"),
            )
        ]
        for row in summary_rows(page, kind)
    }


def section(page, title):
    root = ElementTree.fromstring(page.partition("\n")[2])
    (found,) = [part for part in root.iter("section") if part.find("h2").text == title]
    return re.sub(r"\s+", " ", "".join(found.itertext()))


def quality(page):
    (table,) = tables(page, "quality")
    return [["".join(cell.itertext()) for cell in row] for row in table.iterfind("tbody/tr")]
