"""Marks on samples: what the device says, and counts at the end of the rig's own converter's range."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.doctor_cells import cell_light, cell_states
from analysis.flags import SampleFlag
from daq.analyser import sample_flags
from daq.chunk import Chunk
from daq.doctor import cell_facts
from daq.rig import load_rig, parse_rig
from daq.wire import Status

CELLS = np.asarray([0, 1, 5])


def rig_of(bits):
    return parse_rig(load_rig("virtual").text.replace("bits = 24", f"bits = {bits}"), "test")


def chunk_of(counts, status=0):
    n = len(counts)
    full = np.zeros((n, 8), np.int32)
    full[:, 1] = counts
    empty = replace(Chunk.empty(), counts=full, seq=np.arange(n))
    return replace(empty, status=np.full(n, status, np.uint8))


@pytest.mark.parametrize("bits", [12, 16, 24])
def test_a_count_at_the_end_of_the_converters_own_range_is_saturated(bits):
    full = rig_of(bits).adc.full_scale_counts
    counts = np.asarray([0, full - 2, full - 1, full, 1 - full, -full, -full - 1])
    flags = sample_flags(chunk_of(counts), CELLS, full)
    assert (flags == SampleFlag.SATURATED).tolist() == [False, False, True, True, False, True, True]
    assert not sample_flags(chunk_of(counts), np.asarray([0, 5]), full).any(), "a channel without a cell may float"


def test_what_the_device_says_is_kept():
    flags = sample_flags(chunk_of([32_767], int(Status.ADC_CRC)), CELLS, 1 << 15)
    assert flags.tolist() == [SampleFlag.ADC | SampleFlag.SATURATED]
    assert sample_flags(chunk_of([0], int(Status.LATE)), CELLS, 1 << 15).tolist() == [SampleFlag.LATE]
    assert sample_flags(chunk_of([]), CELLS, 1 << 15).size == 0


@pytest.mark.parametrize(("bits", "saturated"), [(16, True), (24, False)])
def test_the_doctor_knows_the_range_of_the_rigs_converter(bits, saturated):
    counts = np.tile(np.asarray([[32_767], [32_767], [32_766]], np.int32), (100, 8))
    states = cell_states(counts, cell_facts(rig_of(bits)), 1000.0)
    assert {"saturated" in cell_light(state).text for state in states} == {saturated}
