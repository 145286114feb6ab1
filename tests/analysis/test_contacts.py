"""The contact detector against a state machine that looks at the whole record at once."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_events import pieces

from analysis.contacts import CUT, ContactDetector, Kind
from analysis.protocol import get_protocol

SHORT = replace(get_protocol(), min_contact_ms=5.0, max_contact_ms=20.0, min_flight_ms=3.0)


def spells_in_contact(force, protocol):
    """[begin or None if nobody saw it, end or None if the record ends first] of every time in contact."""
    spells, state = [], None
    for i, value in enumerate(force):
        if state is None:
            state = value >= protocol.off_N
            if state:
                spells.append([None, None])
        elif not state and value >= protocol.on_N:
            state = True
            spells.append([i, None])
        elif state and value < protocol.off_N:
            state = False
            spells[-1][1] = i
    return spells


def contacts_of_record(force, protocol, rate=1000.0):
    """(on, off) of every contact, off −1 if the record ends in it, and how many contacts were no steps."""
    per_ms, merged = rate / 1000.0, []
    for begin, end in spells_in_contact(force, protocol):
        if merged and begin - merged[-1][1] < max(1, round(protocol.min_flight_ms * per_ms)):
            merged[-1][1] = end
        else:
            merged.append([begin, end])
    seen = [(begin, end) for begin, end in merged if begin is not None]
    steps = []
    for begin, end in seen:
        length = (len(force) if end is None else end) - begin
        long_enough = end is None or length >= protocol.min_contact_ms * per_ms
        if long_enough and length <= protocol.max_contact_ms * per_ms:
            steps.append((begin, CUT if end is None else end))
    return steps, len(seen) - len(steps)


def detect(force, protocol, cuts=(), rate=1000.0):
    """(on, off) of the steps, the detector, and (on, off, kind) of every loaded spell."""
    detector, steps, spells = ContactDetector(rate, protocol), [], []
    for piece in [*pieces(force, cuts), None]:
        promised = detector.open.on if detector.open else detector.end
        got = detector.feed(piece) if piece is not None else detector.finish()
        assert (got.on >= promised).all(), "a spell began before that which was under way"
        steps += zip(got.contacts.on.tolist(), got.contacts.off.tolist(), strict=True)
        spells += zip(got.on.tolist(), got.off.tolist(), got.kind.tolist(), got.seen.tolist(), strict=True)
        assert not got.contacts.foot.any()
    return steps, detector, spells


@st.composite
def forces(draw):
    """Runs of equal levels, on, between and at the thresholds: contacts, scuffs, chatter, standing."""
    levels = st.sampled_from([-5.0, 0.0, np.nextafter(20.0, 0), 20.0, 35.0, np.nextafter(50.0, 0), 50.0, 700.0])
    runs = draw(st.lists(st.tuples(levels, st.integers(1, 24)), max_size=20))
    return np.repeat([lv for lv, _ in runs], [n for _, n in runs]).astype(float)


@settings(max_examples=600, deadline=None)
@given(forces(), st.lists(st.integers(0, 500), max_size=10))
def test_equals_the_state_machine_for_any_cutting(force, cuts):
    steps, ignored = contacts_of_record(force, SHORT)
    found, detector, spells = detect(force, SHORT, cuts)
    assert found == steps
    assert detector.ignored == ignored
    assert spells == detect(force, SHORT)[2]


@settings(max_examples=60, deadline=None)
@given(forces())
def test_equals_the_state_machine_sample_by_sample(force):
    assert detect(force, SHORT, range(force.size))[0] == contacts_of_record(force, SHORT)[0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([300.0, 976.5625, 1000.0, 2400.0]))
def test_equals_the_state_machine_on_noisy_running_at_true_protocol(seed, rate):
    rng = np.random.default_rng(seed)
    t = np.arange(int(4 * rate)) / rate
    force = 1500.0 * np.sin(2 * np.pi * t / 0.7 + rng.uniform(0, 6)) + 30.0 * rng.normal(size=t.size)
    cuts = rng.integers(0, t.size, 20).tolist()
    found, _, _ = detect(force, get_protocol(), cuts, rate)
    assert found == contacts_of_record(force, get_protocol(), rate)[0]
    assert len(found) >= 4


@pytest.mark.parametrize(
    ("spells", "expected"),
    [
        pytest.param([(0, 9), (700, 5), (0, 9)], [(9, 14)], id="exactly the shortest contact"),
        pytest.param([(0, 9), (700, 4), (0, 9)], [], id="one sample too short is a scuff"),
        pytest.param([(0, 9), (700, 20), (0, 9)], [(9, 29)], id="exactly the longest contact"),
        pytest.param([(0, 9), (700, 21), (0, 9)], [], id="one sample longer is standing"),
        pytest.param([(0, 9), (700, 8), (0, 2), (700, 8), (0, 9)], [(9, 27)], id="chatter joins"),
        pytest.param([(0, 9), (700, 8), (0, 3), (700, 8), (0, 9)], [(9, 17), (20, 28)], id="shortest flight parts"),
        pytest.param([(700, 8), (0, 9), (700, 8), (0, 9)], [(17, 25)], id="a beginning nobody saw"),
        pytest.param([(30, 1), (700, 8), (0, 9)], [], id="beginning between the thresholds counts as contact"),
        pytest.param([(0, 9), (30, 3), (700, 8), (30, 3), (0, 9)], [(12, 23)], id="off is the first below 20 N"),
        pytest.param([(0, 9), (700, 8)], [(9, CUT)], id="cut by the end"),
        pytest.param([(0, 9), (700, 8), (0, 2)], [(9, 17)], id="flight cut by the end"),
        pytest.param([(0, 9), (700, 21)], [], id="standing at the end"),
    ],
)
def test_edges(spells, expected):
    force = np.repeat([lv for lv, _ in spells], [n for _, n in spells]).astype(float)
    assert contacts_of_record(force, SHORT)[0] == expected
    assert detect(force, SHORT)[0] == expected


def test_every_spell_says_what_it_is():
    spells = [(700, 9), (0, 9), (700, 4), (0, 9), (700, 8), (0, 9), (700, 25), (0, 9), (700, 30)]
    force = np.repeat([level for level, _ in spells], [length for _, length in spells]).astype(float)
    _, detector, found = detect(force, SHORT)
    assert found == [
        (0, 9, Kind.UNSEEN, False),
        (18, 22, Kind.SCUFF, True),
        (31, 39, Kind.STEP, True),
        (48, 73, Kind.LONG, True),
        (82, CUT, Kind.LONG, True),
    ]
    assert detector.ignored == 3
    _, detector, found = detect(force[82:], SHORT)
    assert found == [(0, CUT, Kind.LONG, False)], "long, though nobody saw it begin"
    assert detector.ignored == 0


def test_the_spell_under_way():
    detector = ContactDetector(1000.0, SHORT)
    assert detector.open is None
    detector.feed(np.repeat([0.0, 700.0], [10, 15]))
    assert (detector.open.on, detector.open.until, detector.open.seen, detector.open.long) == (10, 25, True, False)
    detector.feed(np.full(10, 700.0))
    assert detector.open.long
    assert detector.ignored == 1
    detector.feed(np.zeros(2))
    assert detector.open.until == 35, "a flight has begun that is not yet believed"
    assert detector.end == 37
    detector.feed(np.zeros(1))
    assert detector.open is None
    assert detector.ignored == 1
