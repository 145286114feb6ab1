"""The step table as a container: rows, JSON, equality, joining; and the named protocols."""

import json

import numpy as np
import pytest
from running import analyse, half_sine, one_belt, train

from analysis.errors import AnalysisError
from analysis.flags import StepFlag
from analysis.protocol import DEFAULT_PROTOCOL, PROTOCOLS, get_protocol
from analysis.steps import ALL_COLUMNS, COLUMNS, UNCERTAIN, StepTable, join_tables

TABLE, _ = analyse(train(half_sine, 6, 0.35), one_belt())


def test_every_column_has_its_type_and_length_even_without_rows():
    kinds = {"float": "f", "int": "i", "bool": "b", "text": "U", "flags": "u"}
    for table, rows in ((TABLE, 6), (StepTable(), 0)):
        assert table.rows == rows
        assert list(table) == [c.name for c in ALL_COLUMNS]
        assert len(table) == len(ALL_COLUMNS)
        for column in ALL_COLUMNS:
            assert table[column.name].dtype.kind == kinds[column.kind]
            assert table[column.name].shape == (rows,)


def test_records_are_json_without_nan():
    records = TABLE.records()
    text = json.dumps(records, allow_nan=False)
    assert "NaN" not in text
    assert json.loads(text) == records
    assert len(records) == 6
    assert records[0]["side"] == "?"
    assert records[0]["belt"] is None
    assert records[0]["impact_peak_BW"] is None
    assert records[0]["flags"] == []
    assert records[-1]["flags"] == ["no_next"]
    assert records[-1]["flight_time_ms"] is None
    assert records[0]["valid"] is True
    assert type(records[0]["step"]) is int
    assert records[2]["touchdown_s"] == TABLE["touchdown_s"][2], "full precision"
    assert StepTable().records() == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_json_cannot_hold_is_null(value):
    table = StepTable({name: TABLE[name] for name in TABLE} | {"active_peak_N": np.full(6, value)})
    assert json.loads(json.dumps(table.records(), allow_nan=False))[0]["active_peak_N"] is None


def test_flags_are_spelt_out():
    table = StepTable({name: TABLE[name] for name in TABLE} | {"flags": np.full(6, StepFlag.GAP | StepFlag.LATE)})
    assert table.records()[0]["flags"] == ["late", "gap"]


def test_equality_is_bit_for_bit():
    assert TABLE.equals(TABLE.select(np.arange(6)))
    assert not TABLE.equals(TABLE.select(np.arange(5)))
    for name in TABLE:
        values = TABLE[name].copy()
        if values.dtype.kind == "f":
            values[3] = np.nextafter(values[3], np.inf) if np.isfinite(values[3]) else 1.0
        elif values.dtype.kind == "U":
            values[3] = "x"
        else:
            values[3] = not values[3]
        changed = StepTable({n: TABLE[n] for n in TABLE} | {name: values})
        assert not changed.equals(TABLE), name


def test_select_by_mask_and_index():
    assert TABLE.select(TABLE["step"] > 4)["step"].tolist() == [5, 6]
    assert TABLE.select(np.array([4, 0]))["step"].tolist() == [5, 1]
    assert TABLE.select(np.zeros(6, np.bool_)).equals(StepTable())


def test_join_keeps_order_and_bits():
    parts = [TABLE.select(np.arange(2)), StepTable(), TABLE.select(np.arange(2, 6))]
    assert join_tables(parts).equals(TABLE)
    assert join_tables([]).equals(StepTable())
    assert join_tables([StepTable()]).rows == 0


def test_protocols_are_found_by_name_and_travel_as_numbers():
    protocol = get_protocol()
    assert protocol.name == DEFAULT_PROTOCOL
    assert json.loads(json.dumps(protocol.as_dict()))["off_N"] == 20.0
    assert all(name == p.name for name, p in PROTOCOLS.items())
    with pytest.raises(AnalysisError, match=f"protocol 'P6O'.*{DEFAULT_PROTOCOL}"):
        get_protocol("P6O")


def test_every_measured_number_has_its_uncertainty_and_labels_have_none():
    names = {c.name for c in ALL_COLUMNS}
    assert {f"u_{name}" for name in UNCERTAIN} <= names
    assert len(names) == len(ALL_COLUMNS)
    assert not names & {"u_touchdown_s", "u_rearfoot_p", "u_flight_noise_N", "u_u_hf_peak_BW", "u_step"}
    assert [c.name for c in ALL_COLUMNS[: len(COLUMNS)]] == [c.name for c in COLUMNS], (
        "old columns stay where they were"
    )


def test_uncertainties_of_added_contact_times_are_no_contact_times():
    table = StepTable(
        {
            "step": np.arange(2),
            "contact_time_30N_ms": np.ones(2),
            "u_contact_time_30N_ms": np.ones(2),
            "other": np.ones(2),
        }
    )
    assert table.extra == ("contact_time_30N_ms",)
    assert "u_contact_time_30N_ms" in table
    assert "other" not in table
