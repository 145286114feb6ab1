"""How fast the virtual treadmill makes bytes; 1,000 frames are one second at 1 kHz."""

import pytest

from daq.wire import Kind, encode_control
from rigs.virtual import make_device

FRAMES = 20_000


@pytest.mark.parametrize(
    "url",
    [
        "virtual://virtual?speed=max",
        "virtual://virtual?runner=impact&speed=max",
        "virtual://split_belt?speed=max",
        "virtual://virtual?drop=1e-3&corrupt=1e-3&cut=1e-3&duplicate=1e-3&speed=max",
    ],
)
def test_frames_of_a_virtual_treadmill(benchmark, url):
    device = make_device(url)
    device.receive(encode_control(Kind.START, 1), 0.0)

    def run():
        return len(device.transmit(device.due_s(FRAMES)))

    assert benchmark(run) > 0.9 * 40 * FRAMES
