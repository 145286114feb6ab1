"""Oracles O4, O12 and O16: fore-aft force, the force above 10 Hz, the spring-leg model of braking."""

from dataclasses import replace

import numpy as np
from accuracy_page import Row, closed
from accuracy_ways import RATE, WAYS, found_of, of_records, play
from batches import batch_of, times_of, wrench_of
from impact_steps import cut
from running import BW, G, analyse, ap_sine, half_sine, one_belt, train
from system.test_oracle_chain import steps
from test_frequency_split import INNER, O12, running
from test_frequency_split import mean as mean_of_split
from test_pipeline_oracles import START, crossing_times

from analysis.fore_aft import fore_aft_columns
from analysis.modelled import modelled_columns
from analysis.setup import Runner
from analysis.timing import Crossings


def fore_aft_rows() -> list[Row]:
    """O4 and O16."""
    alone, rise = _exact_fore_aft(), 1e3 * crossing_times(half_sine, 50.0, 0.25)[0]
    rows = []
    for title, column, expected, digits, scale in (
        ("braking impulse, N·s", "braking_impulse_BW_s", 13.656797, 4, BW),
        ("braking impulse, BW·s", "braking_impulse_BW_s", 0.0198944, 6, 1.0),
        ("change of speed by braking, m/s", "braking_impulse_BW_s", 0.195097, 5, G),
        ("propulsive impulse, BW·s", "propulsive_impulse_BW_s", 0.0198944, 6, 1.0),
        ("braking peak, BW", "braking_peak_BW", 0.25, 5, 1.0),
        ("end of braking, % of contact", "zero_crossing_pct", 50.0, 3, 1.0),
    ):
        found = found_of("O1", column, times=scale) | {"formula": scale * float(np.nanmean(alone[column]))}
        rows.append(closed(f"O4 {title}", expected, found, digits=digits, rel=0.003, exact=3e-4))
    found = found_of("O1", "braking_time_ms", plus=rise) | {"formula": float(alone["braking_time_ms"].mean())}
    rows.append(closed("O4 time of the braking peak, ms", 62.5, found, digits=3, rel=0.003, exact=None))
    found = found_of("O1", "net_fore_aft_impulse_BW_s")
    found["formula"] = float(alone["net_fore_aft_impulse_BW_s"].mean())
    rows.append(closed("O4 net impulse, BW·s", 0.0, found, digits=6, abs_=2e-4, exact=None))
    return rows + _spring_leg()


def _exact_fore_aft() -> dict[str, np.ndarray]:
    """O4's columns of contacts from the curve's true beginning to its true end."""
    wrench = wrench_of(Fz=train(half_sine, 8, 0.35), Fx=train(ap_sine, 8, 0.35))
    batch = batch_of(wrench, one_belt(Fz=0, Fx=1))
    on = batch.stances.tick[batch.stances.on] * (RATE / 1e6)
    begin = (START + 0.35 * np.arange(on.size)) * RATE - on
    return dict(fore_aft_columns(replace(batch, at_ref=Crossings(begin, begin + 0.25 * RATE)), times_of(batch)))


def _spring_leg() -> list[Row]:
    rows = []
    for speed, contact, flight, peak, impulse in (
        (3.0, 0.25, 0.10, 0.249, 0.0202), (3.33, 0.24, 0.10, 0.273, 0.0212),
        (4.0, 0.22, 0.12, 0.336, 0.0239), (5.0, 0.19, 0.13, 0.401, 0.0247),
    ):  # fmt: skip
        runner = Runner(belt_speed_m_s=speed, leg_length_m=0.93)
        force = train(lambda t, c=contact, f=flight: half_sine(t, c, f), 20, contact + flight)
        table, _ = analyse(force, replace(one_belt(Fz=0), runner=runner))
        exact = _exact_model(contact, flight, runner)
        for title, column, expected, digits in (
            ("peak, BW", "modelled_braking_peak_BW", peak, 4),
            ("impulse, BW·s", "modelled_braking_impulse_BW_s", impulse, 5),
        ):
            chain = _modelled_chain(column) if speed == 3.0 else None
            found = {"formula": exact[column], "pipeline": float(np.nanmean(table[column])), "chain": chain}
            name = f"O16 modelled braking {title}, at {speed:g} m/s"
            rows.append(closed(name, expected, found, digits=digits, rel=0.01, exact=2e-3))
    return rows


def _exact_model(contact_s: float, flight_s: float, runner: Runner) -> dict[str, float]:
    setup = replace(one_belt(), runner=runner)
    batch = batch_of(wrench_of(Fz=train(half_sine, 3, 0.35)), setup)
    whole = replace(batch.at_ref, touchdown=np.zeros(3), toe_off=np.full(3, 1e3 * contact_s))
    known = {"contact_time_ms": np.full(3, 1e3 * contact_s), "flight_time_ms": np.full(3, 1e3 * flight_s)}
    columns = modelled_columns(replace(batch, at_ref=whole), times_of(batch) | known)
    return {name: float(values[0]) for name, values in columns.items()}


def _modelled_chain(column: str) -> float:
    rows = steps("deck_4z?runner=half_sine&seed=3&fn_Hz=250", "deck_4z", leg_length_m=0.93)
    return float(np.nanmean(of_records(rows)[column]))


def split_rows() -> list[Row]:
    """O12: the force above 10 Hz of five kinds of step."""
    rows = []
    for kind, (parameters, height, time_ms, _) in O12.items():
        batch = cut(running(parameters), 2000.0, filtered=False)
        table, _ = analyse(running(parameters, rate=RATE), one_belt())
        force = running(parameters, rate=4000.0)
        wrench = np.zeros((6, force.size))
        wrench[2] = force
        chain = of_records(play(wrench, 4000.0))
        for title, column, expected in (
            ("HF peak, BW", "hf_peak_BW", height),
            ("its time, ms", "hf_peak_time_ms", time_ms),
        ):
            ways = (mean_of_split(batch, column), np.nanmean(table[column][INNER]), np.nanmean(chain[column][INNER]))
            found = dict(zip(WAYS, (float(value) for value in ways), strict=True))
            digits = 4 if column == "hf_peak_BW" else 2
            rows.append(closed(f"O12 {kind}, {title}", expected, found, digits=digits, rel=0.03, exact=None))
    return rows
