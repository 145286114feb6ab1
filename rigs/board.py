"""The board that a virtual device pretends to be: its facts, its boots and the frames it makes of the ADC's counts."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from analysis.gates import STATIC_RATE_HZ
from daq.wire import CHANNELS, LAYOUT_SEED, PROTOCOL_VERSION, Capability, Hello, Status, encode_frames
from rigs.chain import BLOCK, SignalChain

RATE_DENOMINATOR = 1 << 16
"""HELLO states the sample rate as a fraction of two 32-bit numbers."""
TICK_SLACK = 1e-6
"""In ticks: a time that is a whole number of ticks stays one although it was computed in floating point."""


@dataclass(frozen=True)
class Board:
    """What the device says of itself, and how it behaves when nothing is wrong."""

    board: str = "virtual"
    """Board name, at most 16 characters."""
    adc: str = "virtual"
    """ADC name, at most 16 characters."""
    firmware: tuple[int, int, int] = (0, 1, 0)
    """Firmware version."""
    channels: int = CHANNELS
    """Channels in use."""
    gains: tuple[int, ...] = (1,) * CHANNELS
    """ADC gain per channel."""
    tick_rate_Hz: int = 2_000_000
    """Nominal rate of the device timer, Hz."""
    clock_ppm: float = 0.0
    """The timer runs this much too fast, parts per million."""
    hello_rate_Hz: float | None = None
    """Sample rate that HELLO states; by default the true one."""
    boot_s: float = 0.0
    """The bootloader ignores everything for so long after power-on or reset, s."""
    seq0: int = 0
    """Number of the first conversion after power-on."""
    tick0: int = 0
    """Timer at power-on, ticks."""
    buffer_frames: int = 4096
    """Frames kept for a host that does not read, or while the board hangs; more are dropped and counted."""
    static_only: bool | None = None
    """Whether HELLO says that it is too slow for steps; None: if it is."""
    sync_period_s: float = 0.0
    """The sync input carries a square wave of this period, s; 0 = there is no sync input."""

    @property
    def true_tick_rate_Hz(self) -> float:
        """Rate at which the timer really runs, Hz."""
        return self.tick_rate_Hz * (1.0 + self.clock_ppm * 1e-6)


@dataclass
class Epoch:
    """What holds between two boots."""

    boot: int
    """Boot id, u16."""
    began_s: float
    """Device time of the boot, s."""
    seq0: int = 0
    """Number of the first conversion."""
    tick0: int = 0
    """Timer at the boot, ticks."""
    first_sample: int | None = None
    """Sample of the signal chain that is converted first; None until START: the ADC rests so long."""
    first_tick: int = 0
    """Timer at that conversion, ticks."""
    streaming: bool = False
    """Between START and STOP."""
    sent: int = 0
    """Frames sent since the boot."""
    dropped: int = 0
    """Frames dropped since the boot because the buffer was full."""
    flag_dropped: bool = False
    """The next frame must tell that frames were dropped before it."""


def boot_id(seed: int, number: int) -> int:
    """Id of a boot; 65,536 boots in a row have different ids, as the multiplier is odd.

    Args:
        seed: The device's seed.
        number: Number of the boot.

    Returns:
        The id, u16.
    """
    base = int(np.random.SeedSequence([seed, 2]).generate_state(1)[0])
    return (base + number * 0x9E37) & 0xFFFF


class Framer:
    """Packs samples of the signal chain into data frames; keeps the current block, as frames are taken a few at a time.

    Args:
        chain: Where the counts come from.
        board: The board.
    """

    def __init__(self, chain: SignalChain, board: Board) -> None:
        self._chain, self._board = chain, board
        self._ticks_per_sample = board.true_tick_rate_Hz / chain.rate_Hz
        self._kept: tuple[tuple[int, int], NDArray[np.uint8]] | None = None

    def frames(self, epoch: Epoch, block: int, row: int, end: int) -> NDArray[np.uint8]:
        """Frames row … end−1 of a block; the first tells of dropped frames if there were any.

        Args:
            epoch: The current boot.
            block: Block number of the chain.
            row: First sample within the block.
            end: Last sample + 1 within the block.

        Returns:
            (end − row, FRAME_BYTES).
        """
        key = (block, epoch.boot)
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, self._encode(epoch, block, 0, BLOCK))
        frames = self._kept[1][row:end]
        if not epoch.flag_dropped:
            return frames
        epoch.flag_dropped = False
        return np.vstack([self._encode(epoch, block, row, row + 1, Status.DROPPED), frames[1:]])

    def seq(self, epoch: Epoch, sample: NDArray[np.int64]) -> NDArray[np.int64]:
        """Conversion numbers of samples of the chain, not wrapped."""
        return sample - (epoch.first_sample or 0) + epoch.seq0

    def _encode(self, epoch: Epoch, block: int, row: int, end: int, extra: int = 0) -> NDArray[np.uint8]:
        signal, rows = self._chain.block(block), slice(row, end)
        sample = np.arange(block * BLOCK + row, block * BLOCK + end)
        status = signal.saturated[rows] * int(Status.SATURATED) | int(extra) | self._sync_level(sample)
        seq, tick = self.seq(epoch, sample), self._tick(epoch, sample)
        return encode_frames(signal.counts[rows], seq, tick, status, signal.belt[rows], epoch.boot)

    def _tick(self, epoch: Epoch, sample: NDArray[np.int64]) -> NDArray[np.int64]:
        since = (sample - (epoch.first_sample or 0)) * self._ticks_per_sample
        whole: NDArray[np.int64] = np.floor(since + TICK_SLACK).astype(np.int64)
        return epoch.first_tick + whole

    def _sync_level(self, sample: NDArray[np.int64]) -> NDArray[np.int64]:
        period_s = self._board.sync_period_s
        if not period_s:
            return np.zeros(len(sample), np.int64)
        between_s = (sample + 0.5) / self._chain.rate_Hz  # half a sample on: an edge between samples is not rounded
        high: NDArray[np.int64] = (np.mod(between_s, period_s) >= period_s / 2).astype(np.int64)
        return high * int(Status.SYNC_IN)


def ticks_at(board: Board, epoch: Epoch, time_s: float) -> int:
    """Device timer at a device time, not wrapped.

    Args:
        board: The board.
        epoch: The current boot.
        time_s: Device time, s.

    Returns:
        Ticks.
    """
    return epoch.tick0 + math.floor((time_s - epoch.began_s) * board.true_tick_rate_Hz + TICK_SLACK)


def hello(board: Board, epoch: Epoch, chain: SignalChain) -> Hello:
    """What the board answers to HELLO.

    Args:
        board: The board.
        epoch: The current boot.
        chain: Gives the true sample rate, the skew of its channels, and whether there is a belt counter.

    Returns:
        The facts.
    """
    rate = Fraction(board.hello_rate_Hz or chain.rate_Hz).limit_denominator(RATE_DENOMINATOR)
    capabilities = Capability(0)
    if rate < STATIC_RATE_HZ if board.static_only is None else board.static_only:
        capabilities |= Capability.STATIC_ONLY
    if chain.sensors.pulses_per_m:
        capabilities |= Capability.BELT_COUNTER
    if board.sync_period_s:
        capabilities |= Capability.SYNC_INPUT
    return Hello(
        protocol_version=PROTOCOL_VERSION,
        layout_seed=LAYOUT_SEED,
        firmware=board.firmware,
        board=board.board,
        adc=board.adc,
        boot=epoch.boot,
        tick_rate_Hz=board.tick_rate_Hz,
        rate_num=rate.numerator,
        rate_den=rate.denominator,
        channels=board.channels,
        gains=board.gains,
        channel_map=tuple(range(CHANNELS)),
        skew_100ns=tuple(round(late_s * 1e7) for late_s in chain.skew_s.tolist()),
        capabilities=int(capabilities),
    )
