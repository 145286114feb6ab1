"""The twin of a machine: every hidden error has the size, sign and spread that was asked for, and moves no other."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_host import Host, max_url, running

from analysis.wrench import apply_matrix
from daq.device_check import check_device
from daq.errors import DeviceError, LinkError
from daq.rig import load_rig
from daq.settings import Settings
from daq.wire import ErrorReply, Kind, Status
from rigs.cells import CellBehaviour, Draw, draw
from rigs.chain import BLOCK
from rigs.disturbances import OPEN_S
from rigs.material import Material, follow_play
from rigs.mounting import Flaws, sensors_of
from rigs.sources import Load
from rigs.statics import share_along
from rigs.virtual import device_from_arrays, make_device

STILL = "fn_Hz=0&fn_x_Hz=0&fn_y_Hz=0&noise_N=0"
seeds = st.integers(0, 2**63 - 1)


def chain_of(query, rig="virtual"):
    return make_device(f"virtual://{rig}?{STILL}&{query}").chain


def newtons(chain, first=0, blocks=1):
    """What each cell says, N by the rig file: (8, blocks × BLOCK)."""
    counts = np.vstack([chain.block(k).counts for k in range(first, first + blocks)])
    per_N = chain.sensors.counts_per_N[:, np.newaxis]
    return counts.T / np.where(per_N, per_N, np.inf)


def times(chain, first=0, blocks=1):
    return np.arange(first * BLOCK, (first + blocks) * BLOCK) / chain.rate_Hz


# ---- how the machine is put together


@given(seed=seeds, pct=st.floats(0.1, 20))
@settings(max_examples=25, deadline=None)
def test_each_cells_gain_is_off_by_its_own_share_within_the_limits(seed, pct):
    rig = load_rig("frame_8")
    flawed, ideal = (sensors_of(rig, Flaws(gain_error_pct=each), seed).gain[:4, 0, 2] for each in (pct, 0))
    error = flawed / ideal - 1
    assert np.abs(error).max() <= pct / 100 + 1e-12
    assert np.unique(error).size == 4
    np.testing.assert_allclose(error, pct / 100 * draw(seed, Draw.GAIN, 8)[:4], atol=1e-12)


@pytest.mark.parametrize("what", list(Draw))
def test_what_seeds_draw_is_uniform_and_independent(what):
    drawn = np.array([draw(seed, what, 8) for seed in range(4000)])
    assert np.abs(drawn).max() <= 1
    deciles = np.histogram(drawn, 10, (-1, 1))[0]
    assert np.abs(deciles / 3200 - 1).max() < 0.1
    assert np.abs(np.corrcoef(drawn.T) - np.eye(8)).max() < 0.07
    for other in Draw:
        if other != what:
            assert abs(np.corrcoef(drawn[:500, 0], [draw(seed, other, 8)[0] for seed in range(500)])[0, 1]) < 0.2


@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_moved_cells_share_a_load_by_where_they_truly_stand(seed):
    rig, mm = load_rig("deck_4z"), 30.0
    moved = draw(seed, Draw.PLACE, 8, 2)[:4] * mm / 1000
    assert np.abs(moved).max() <= mm / 1000
    sensors = sensors_of(rig, Flaws(position_error_mm=mm), seed)
    force = np.einsum("cw,w->c", sensors.force[:4, 0], Load((0, 0, 800), 0.2, -0.1).wrench()[0])
    true_m = np.array([cell.position_mm for cell in rig.cells]) / 1000 + moved
    assert force.sum() == pytest.approx(800)
    np.testing.assert_allclose(true_m.T @ force, [0.2 * 800, -0.1 * 800], atol=1e-8)


def test_crosstalk_reads_the_force_across_and_the_neighbours_signal():
    rig, share = load_rig("virtual"), 0.02
    sensors, ideal = sensors_of(rig, Flaws(crosstalk_pct=2), 7), sensors_of(rig)
    axes, near = draw(7, Draw.OFF_AXIS, 8, 3) * share, draw(7, Draw.NEIGHBOURS, 8, 8) * share
    force = ideal.gain[:, 0] / ideal.counts_per_N[:, np.newaxis]  # N per N
    force[4:6, 2] += axes[4:6, 2] / 2  # two cells along x stand in the vertical force
    force[6:, 2] += axes[6:, 2] / 2
    counts = force[:, 2] * ideal.counts_per_N
    expected = counts.copy()
    expected[1:] += near[range(1, 8), range(7)] * counts[:-1]
    expected[:-1] += near[range(7), range(1, 8)] * counts[1:]
    np.testing.assert_allclose(sensors.gain[:, 0, 2], expected, rtol=1e-12)
    x_from_z = (rig.belts()[0].matrix @ sensors.gain[:, 0])[0, 2]
    assert 0 < abs(x_from_z) < 0.03


def test_mounts_take_what_they_can_of_a_force_and_its_moments():
    corners = np.array([[0.7, 0.3, -0.2], [0.7, -0.3, -0.2], [-0.7, 0.3, -0.2], [-0.7, -0.3, -0.2]])
    np.testing.assert_allclose(share_along(corners, 0)[:, 0], 0.25)
    np.testing.assert_allclose(share_along(corners, 2) @ [0, 0, 400, 0, -56, 0], [120, 120, 80, 80])
    on_a_line = np.array([[0.0, 0.3, -0.2], [0.0, -0.3, -0.2]])
    np.testing.assert_allclose(share_along(on_a_line, 2) @ [0, 0, 400, 60, 99, 0], [300, 100], atol=1e-9)


def test_one_error_more_moves_none_of_the_others():
    rig = load_rig("virtual")
    one, both = (sensors_of(rig, Flaws(gain_error_pct=3, position_error_mm=mm), 5) for mm in (0, 5))
    np.testing.assert_array_equal(one.wiring, both.wiring)
    assert np.abs(one.force - both.force).max() > 1e-4
    plain, flawed = (chain_of(f"load=none&offset_N=40&seed=5{more}") for more in ("", "&crosstalk_pct=2&motor_N=1"))
    np.testing.assert_array_equal(plain.offset_N, flawed.offset_N)
    noisy, crept = (
        make_device(f"virtual://virtual?seed=3&load=none{more}").chain.block(2).counts
        for more in ("", "&gain_error_pct=3&creep_pct=1&hysteresis_pct=1")
    )
    np.testing.assert_array_equal(noisy, crept)


@given(seed=seeds)
@settings(max_examples=8, deadline=None)
def test_the_same_seed_is_the_same_machine(seed):
    url = f"virtual://virtual?seed={seed}&gain_error_pct=3&position_error_mm=5&crosstalk_pct=2&creep_pct=1&temp_C=9&zero_N_per_C=1&loose=2"
    one, again = (make_device(url).chain for _ in range(2))
    np.testing.assert_array_equal(one.sensors.gain, again.sensors.gain)
    for block in (0, 3):
        np.testing.assert_array_equal(one.block(block).counts, again.block(block).counts)
    other = make_device(url.replace(f"seed={seed}", f"seed={seed ^ 1}")).chain
    assert np.abs(one.sensors.gain - other.sensors.gain).max() > 0


def test_reversed_cells_answer_with_the_other_sign_but_keep_their_zero():
    load = "load=800@0.2,0.1&offset_N=30"
    good, bad = (newtons(chain_of(load + more)) for more in ("", "&reverse=1,4"))
    zero = chain_of(load).offset_N
    for channel in range(8):
        sign = -1 if channel in (1, 4) else 1
        expected = sign * (good[channel] - zero[channel]) + zero[channel]
        np.testing.assert_allclose(bad[channel], expected, atol=0.002)


# ---- what the metal does


@given(
    loads=st.lists(st.floats(-5000, 5000), min_size=1, max_size=200),
    play=st.floats(0.1, 500),
    before=st.floats(-1000, 1000),
    cut=st.integers(0, 200),
)
@settings(max_examples=60, deadline=None)
def test_play_is_that_of_the_loop_over_samples_and_of_any_cutting(loads, play, before, cut):
    force = np.array([loads, loads[::-1]])
    stand, expected = np.full(2, before), []
    for k in range(len(loads)):
        stand = np.clip(stand, force[:, k] - play, force[:, k] + play)
        expected.append(stand)
    limits = np.full(2, play)
    got = follow_play(force, limits, np.full(2, before))
    np.testing.assert_array_equal(got, np.transpose(expected))
    cut = min(cut, len(loads) - 1)
    if cut:
        first = follow_play(force[:, :cut], limits, np.full(2, before))
        np.testing.assert_array_equal(follow_play(force[:, cut:], limits, first[:, -1]), got[:, cut:])


def series(cells, *levels, n=4000):
    """Readings of one cell of 5000 N while its load goes from level to level: loads and what it reads too high, N."""
    force = np.concatenate([np.linspace(a, b, n) for a, b in pairwise(levels)])
    return force, Material(cells, np.array([5000.0]), 1000.0, 1).feed(force[np.newaxis], np.arange(force.size) / 1e3)[0]


def test_ascending_and_descending_series_differ_by_the_hysteresis_and_loops_close():
    cells = CellBehaviour(hysteresis_pct=0.4)
    force, more = series(cells, 0, 3000, 0, 3000, 0)
    up, down = more[:4000], more[4000:8000]
    assert np.interp(1500, force[:4000], up) - np.interp(1500, force[4000:8000][::-1], down[::-1]) == pytest.approx(
        0.004 * 5000
    )
    np.testing.assert_allclose(more[8000 + 400 : 12000], more[400:4000], atol=1e-9)  # the loop after the first one
    np.testing.assert_allclose(more[12000:], down, atol=1e-9)
    fast = series(cells, 0, 3000, 0, 3000, 0, n=400)[1]
    np.testing.assert_allclose(fast[[399, 799, 1199, 1599]], more[[3999, 7999, 11999, 15999]], atol=1e-9)
    _, inner = series(cells, 0, 3000, 2600, 3000, 0)
    np.testing.assert_allclose(inner[-3000:], down[-3000:], atol=1e-9)  # a small loop inside is forgotten


def test_nonlinearity_is_its_share_of_capacity_at_capacity_and_quadratic():
    force, more = series(CellBehaviour(nonlinearity_pct=0.2), 0, 5000)
    np.testing.assert_allclose(more, 0.002 * force**2 / 5000, atol=1e-9)
    assert more[-1] == pytest.approx(0.002 * 5000)


def test_creep_grows_with_its_time_constant_and_comes_back():
    chain = chain_of("load=1000@0,0;0@0,0&load_s=10&creep_pct=2&creep_s=2", "deck_4z")
    total = newtons(chain, blocks=24)[:4].sum(axis=0)
    t = times(chain, blocks=24)
    on = t < 10
    expected = np.where(on, 1000 + 20 * -np.expm1(-t / 2), 20 * -np.expm1(-5) * np.exp(-(t - 10) / 2))
    np.testing.assert_allclose(total, expected, atol=0.03)


def test_long_silence_ends_with_a_crept_load():
    chain = chain_of("load=1000@0,0&creep_pct=2&creep_s=20", "deck_4z")
    assert newtons(chain)[:4, :10].sum(axis=0) == pytest.approx(1000, abs=0.05)
    assert newtons(chain, 50_000)[:4].sum(axis=0) == pytest.approx(1020, abs=0.05)


def test_warmth_moves_zero_and_span_of_each_cell_by_its_own_share():
    warm = "load=2000@0,0&temp_C=10&temp_s=5&seed=4"
    chain = chain_of(warm + "&zero_N_per_C=0.5", "deck_4z")
    t, zero = times(chain, blocks=9), 0.5 * draw(4, Draw.ZERO_PER_C, 8)
    expected = 500 + zero[:4, np.newaxis] * 10 * -np.expm1(-t / 5)
    np.testing.assert_allclose(newtons(chain, blocks=9)[:4], expected, atol=0.002)
    chain = chain_of(warm + "&span_pct_per_C=0.1", "deck_4z")
    factor = 1 + 0.001 * draw(4, Draw.SPAN_PER_C, 8)[:4, np.newaxis] * 10 * -np.expm1(-t / 5)
    np.testing.assert_allclose(newtons(chain, blocks=9)[:4], 500 * factor, atol=0.002)


@pytest.mark.parametrize("skew", ["", "&skew_us=0,200,400,600"])
def test_read_late_or_in_one_go_the_values_are_the_same(skew):
    query = (
        "creep_pct=1&creep_s=3&hysteresis_pct=0.5&nonlinearity_pct=0.3&temp_C=9&span_pct_per_C=0.1&loose=1&motor_N=1"
        f"&mains_N=1&gain_error_pct=3&seed=8&fn_Hz=60{skew}"
    )
    every, some = (make_device(f"virtual://frame_8?{query}").chain for _ in range(2))
    blocks = [every.block(k) for k in range(30)]
    for number in (4, 5, 17, 29):
        np.testing.assert_array_equal(some.block(number).counts, blocks[number].counts)


def test_the_wire_gives_the_same_in_portions_of_any_size():
    whole, parts = (running(creep_pct=1, hysteresis_pct=0.5, loose="0", mains_N=1) for _ in range(2))
    whole.run(5000)
    parts.run(5000, portion=777)
    n = min(len(whole.chunk), len(parts.chunk))
    assert n > 4900
    np.testing.assert_array_equal(whole.chunk.counts[:n], parts.chunk.counts[:n])


# ---- what comes in from outside


def amplitude(values, t, hz):
    return np.abs(2 * np.mean(values * np.exp(-2j * np.pi * hz * t), axis=1))


def test_mains_hum_on_every_cell_with_its_own_phase():
    chain = chain_of("load=none&mains_N=0.8&mains_Hz=60")
    t = times(chain, blocks=125)  # 128 s: whole periods
    cells = newtons(chain, blocks=125)
    np.testing.assert_allclose(amplitude(cells, t, 60), 0.8, rtol=1e-3)
    np.testing.assert_allclose(np.sqrt(2) * cells.std(axis=1), 0.8, rtol=1e-3)
    phase = np.angle(np.mean(cells * np.exp(-2j * np.pi * 60 * t), axis=1))
    assert np.abs(np.diff(np.sort(phase))).min() > 1e-3


def test_the_motor_shakes_the_cells_only_while_the_belt_runs():
    chain = chain_of("load=none&motor_N=3&belt_speed_m_s=2")
    cells, t = newtons(chain, blocks=125), times(chain, blocks=125)
    np.testing.assert_allclose(amplitude(cells, t, 27), 3, rtol=1e-3)
    assert np.abs(newtons(chain_of("load=none&motor_N=3"))).max() < 1e-9
    rig, speed = load_rig("virtual"), np.repeat([0.0, 2.0], 1000)
    device = device_from_arrays(rig, np.zeros((6, 2000)), 1000.0, belt_speed_m_s=speed, motor_N=3.0, noise_N=0.0)
    cells = newtons(device.chain, blocks=2)
    assert np.abs(cells[:, :990]).max() < 1e-9
    assert np.abs(cells[:, 1010:2000]).max() > 2.9


def test_a_loose_contact_floats_for_moments_at_the_rate_that_the_manual_says():
    rough, fine = (chain_of(f"load=800@0,0&loose=2&seed=6{more}") for more in ("", "&rate=100"))
    good = newtons(chain_of("load=800@0,0&seed=6"))[:, :1]
    cells = newtons(rough, blocks=586)  # 600 s
    lost = np.abs(cells - good) > 0.01
    assert not lost[[0, 1, 3, 4, 5, 6, 7]].any()
    edges = np.diff(lost[2].astype(int), prepend=0, append=0)
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    assert 300 - 4 * 300**0.5 < begins.size < 300 + 4 * 300**0.5
    lasts = (ends - begins) / 1000
    assert np.quantile(lasts, 0.02) > OPEN_S[0] - 0.001
    assert np.quantile(lasts, 0.98) < OPEN_S[1] + 0.03  # some follow another at once
    assert np.median(lasts) == pytest.approx(0.0275, abs=0.005)
    assert (cells[2][lost[2]] > 0).mean() == pytest.approx(0.5, abs=0.15)
    slow = np.abs(newtons(fine, blocks=58)[2] - good[2]) > 0.01
    assert slow.mean() == pytest.approx(lost[2].mean(), rel=0.25)


def test_a_saturated_channel_sits_at_the_end_of_the_range_and_says_so():
    host = running(load="none", saturate="3", swap="3-5")
    chunk = host.run(100)
    assert (chunk.counts[:, 5] == (1 << 23) - 1).all()
    assert np.abs(chunk.counts[:, 3]).max() < 1e5
    assert (chunk.status & Status.SATURATED).all()


def test_a_board_strapped_to_another_gain_says_so_and_cannot_be_set():
    rig = load_rig("virtual")
    host = Host(max_url(adc_gain=32, load="800@0,0", noise_N=0))
    hello = host.device.hello()
    assert set(hello.gains) == {32}
    with pytest.raises(DeviceError, match="gain 32"):
        check_device(hello, rig)
    assert Settings.of(rig).changes(hello) == []
    (answer,) = host.ask(Kind.SET)
    assert answer.kind == Kind.ERROR
    assert "settings" in ErrorReply.decode(answer.payload).text
    host.start()
    counts = host.run(100).counts[:10].T.astype(float)
    assert apply_matrix(rig.belts()[0].matrix, counts)[2] == pytest.approx(200, abs=0.01)


# ---- the address


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("creep_s=3", ["creep_s", "creep_pct as well"]),
        ("temp_s=3", ["temp_s", "temp_C as well"]),
        ("zero_N_per_C=3", ["temp_C as well"]),
        ("temp_C=3", ["zero_N_per_C or span_pct_per_C"]),
        ("mains_Hz=60", ["mains_N as well"]),
        ("motor_Hz=60", ["motor_N as well"]),
        ("gain_error_pct=-1", ["gain_error_pct", "0 to 50"]),
        ("adc_gain=0", ["adc_gain", "1 to 255"]),
        ("reverse=9", ["reverse", "0 to 7"]),
    ],
)
def test_what_would_mean_nothing_is_refused(query, words):
    with pytest.raises(LinkError) as told:
        make_device(f"virtual://virtual?{query}")
    for word in words:
        assert word in str(told.value)
