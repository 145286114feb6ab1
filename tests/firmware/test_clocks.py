"""The converter's crystal: what HELLO says of it, and that setting up leaves no trace in the counters."""

import pytest
from rehearsal import runner
from simulated import FIRMWARE, Simulator, make

from daq.link import open_link
from daq.settings import Settings
from daq.wire import Kind, Stats


def built(clock_Hz):
    """The reference firmware for a converter with this crystal."""
    make(".", "BOARD=mega", "ADC=ads131m08", f"CLOCK={clock_Hz}", "WERROR=-Werror")
    return FIRMWARE / "build" / f"mega-ads131m08-500000-{clock_Hz}" / "stance.elf"


@pytest.mark.parametrize(
    ("clock_Hz", "wanted_Hz", "num", "den"),
    [(8_000_000, 976.5625, 8_000_000, 8192), (8_000_000, 488.28, 8_000_000, 16384), (8_192_000, 1000, 8_192_000, 8192)],
)
def test_hello_says_the_true_rate_and_settings_leave_no_trace(clock_Hz, wanted_Hz, num, den):
    cells = runner(3)
    with Simulator(built(clock_Hz), adc="ads131m08", cells=cells.volts, clkin=clock_Hz) as simulator:
        with open_link(simulator.port, wanted=Settings("ADS131M08", 64, wanted_Hz)) as link:
            assert (link.hello.rate_num, link.hello.rate_den) == (num, den)
            assert set(link.hello.gains) == {64}
            link.start()
            for _ in range(20):
                link.read(1.0)
            stats = Stats.decode(link.request(Kind.STATS).payload)
        simulator.stop()
    assert (stats.missed, stats.late, stats.adc_crc_errors, stats.frames_dropped) == (0, 0, 0, 0)
    assert stats.frames_sent > 0
