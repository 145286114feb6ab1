"""The firmware's true binary on a simulated board: builds it, starts `stance-sim`, and reads what it has recorded."""

import json
import os
import select
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from subprocess import TimeoutExpired
from types import TracebackType
from typing import Any, Self

import numpy as np
from building import alone
from numpy.typing import NDArray

FIRMWARE = Path(__file__).parents[2] / "firmware_arduino"
SIMULATOR = FIRMWARE / "build" / "simulator" / "stance-sim"
MCUS = {"mega": "atmega2560", "uno": "atmega328p"}
TRUTH = np.dtype(
    [("conversion", "<u8"), ("row", "<i8"), ("counts", "<i4", (8,)), ("boot", "<u4"), ("fate", "<u4")],
)
SUPPRESSED, LATE, CORRUPTED, READ = 1, 2, 4, 8
START_S, STOP_S = 10.0, 20.0


@cache
def make(folder: str, *arguments: str) -> None:
    """Runs make in a folder of the firmware; what it prints is in the error if it fails."""
    command = ["make", "--no-print-directory", "-C", str(FIRMWARE / folder), *arguments]
    with alone():
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"


def build_simulator() -> Path:
    """Builds the simulator."""
    make("simulator")
    return SIMULATOR


def build_firmware(board: str = "mega", adc: str = "ads131m08", baud: int = 500_000) -> Path:
    """Builds the firmware.

    Args:
        board: `mega` or `uno`.
        adc: `ads131m08`, `ads1256`, `hx711` or `dry`.
        baud: Bits per second.

    Returns:
        The ELF file.
    """
    make(".", f"BOARD={board}", f"ADC={adc}", f"BAUD={baud}", "WERROR=-Werror")
    return FIRMWARE / "build" / f"{board}-{adc}-{baud}" / "stance.elf"


def build_probe(name: str, board: str = "mega", **defines: int) -> Path:
    """Builds a probe, a tiny firmware that tries the simulator itself.

    Args:
        name: Name of the probe in `simulator/probes`.
        board: `mega` or `uno`.
        **defines: Macros of the probe.

    Returns:
        The ELF file.
    """
    flags = " ".join(f"-D{key}={value}" for key, value in defines.items())
    out = "-".join([name, board, *(f"{key}{value}" for key, value in defines.items())])
    make("simulator/probes", f"PROBE={name}", f"MCU={MCUS[board]}", f"DEFINES={flags}", f"OUT={out}.elf")
    return FIRMWARE / "build" / "probes" / f"{out}.elf"


class Simulator:
    """A running `stance-sim`, as a context manager.

    Attributes:
        port: Name of the serial port.
        process: The running program.
        returncode: Exit code after `stop()`.
        errors: What the program said on stderr, after `stop()`.
        truth: Conversions, shape (conversions,) of `TRUTH`, after `stop()`.
        tx: All bytes that the UART sent, after `stop()`.
        ledger: What really happened, after `stop()`.
    """

    truth: NDArray[np.void]
    tx: bytes
    ledger: dict[str, Any]

    def __init__(
        self,
        firmware: Path,
        *,
        board: str = "mega",
        adc: str = "none",
        cells: NDArray[np.float64] | None = None,
        belt: NDArray[np.int32] | None = None,
        at: tuple[str, ...] = (),
        eeprom: Path | None = None,
        flags: tuple[str, ...] = (),
        **options: float,
    ) -> None:
        """Starts the program and waits until the port can be opened.

        Args:
            firmware: ELF file.
            board: `mega` or `uno`.
            adc: `ads131m08`, `ads1256`, `hx711` or `none`.
            cells: Volts at the converter, shape (rows, 8).
            belt: Belt pulses so far, shape (rows,).
            at: Events, such as `2.5:reset`.
            eeprom: File that keeps the EEPROM from one run to the next.
            flags: Options without a value, such as `--reset-on-open`.
            **options: Options with a number: `seconds=5` is `--seconds 5`, `boot_s=1` is `--boot-s 1`.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="sim-")
        self._work = Path(self._folder.name)
        self.port = str(self._work / "port")
        self.returncode: int | None = None
        self.errors = ""
        command = [str(build_simulator()), "--with-parent", "--mcu", MCUS[board], "--firmware", str(firmware)]
        command += ["--link", self.port, "--adc", adc, *flags]
        for name in ("truth", "tx", "ledger"):
            command += [f"--{name}", str(self._work / name)]
        if eeprom is not None:
            command += ["--eeprom", str(eeprom)]
        if cells is not None:
            command += ["--cells", self._keep("cells", np.asarray(cells, "<f8").tobytes())]
        if belt is not None:
            command += ["--belt", self._keep("belt", np.asarray(belt, "<i4").tobytes())]
        for key, value in options.items():
            command += [f"--{key.replace('_', '-')}", str(value)]
        for event in at:
            command += ["--at", event]
        self.command = command
        with (self._work / "errors").open("wb") as errors:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        self._wait_until_ready()

    def _keep(self, name: str, content: bytes) -> str:
        path = self._work / name
        path.write_bytes(content)
        return str(path)

    def _wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], START_S)
        line = self.process.stdout.readline() if ready else b""
        if line.startswith(b"ready"):
            return
        self.process.kill()
        self.process.wait()
        said = self._said()
        self._close()
        raise RuntimeError(f"stance-sim did not start: {said or 'it said nothing'}\n{' '.join(self.command)}")

    def _said(self) -> str:
        return (self._work / "errors").read_text(errors="replace").strip()

    def __enter__(self) -> Self:
        """Gives itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Ends the program, if it still runs, and reads what it recorded."""
        try:
            self.stop(expect=None)
        finally:
            self._close()

    def _close(self) -> None:
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._folder.cleanup()

    def wait(self, timeout_s: float = STOP_S, *, expect: int | None = 0) -> None:
        """Waits until the program ends by itself, at the end of its `seconds`, and reads what it recorded.

        Args:
            timeout_s: How long, in seconds of real time.
            expect: The exit code it must have; `None` for any.

        Raises:
            RuntimeError: It ended with another code; with what it said.
        """
        self.returncode = self.process.wait(timeout_s)
        self.errors = self._said()
        if expect is not None and self.returncode != expect:
            raise RuntimeError(f"stance-sim ended with {self.returncode}, not {expect}: {self.errors}")
        if (self._work / "ledger").exists():
            self.truth = np.fromfile(self._work / "truth", TRUTH)
            self.tx = (self._work / "tx").read_bytes()
            self.ledger = json.loads((self._work / "ledger").read_text())

    def stop(self, *, expect: int | None = 0) -> None:
        """Ends the program and reads what it recorded.

        Args:
            expect: The exit code it must have; `None` for any.

        Raises:
            TimeoutExpired: It did not end when told to; it is killed.
        """
        if self.returncode is not None:
            return
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.wait(expect=expect)
        except TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def wait_for_port(self, present: bool, timeout_s: float = STOP_S) -> None:
        """Waits until the port is there, or is gone.

        Args:
            present: Which of both.
            timeout_s: How long, in seconds of real time.

        Raises:
            RuntimeError: It did not happen in time, or the program ended.
        """
        until = time.monotonic() + timeout_s
        while os.path.lexists(self.port) != present:
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(f"{self.port}: still {'absent' if present else 'there'}; {self._said()}")
            time.sleep(0.005)
