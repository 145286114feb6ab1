"""Builds the firmware for both boards and every converter, and holds it to its budgets of flash, memory and cycles.

Cycles are those in which the processor is awake, interrupts included, per data frame at 1000 frames a second: counted
by the simulated board while it streams. Ends with an error if a budget is exceeded.
"""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from daq.errors import LinkError
from daq.link import open_link

ROOM = Path(__file__).parents[1] / "firmware_arduino"
SIMULATOR = ROOM / "build" / "simulator" / "stance-sim"
BAUD = 500_000
SECONDS = 3


@dataclass(frozen=True)
class Target:
    """A board and what the firmware may take of it."""

    board: str
    mcu: str
    flash: int
    """Bytes of flash that the firmware may fill."""
    ram: int
    """Bytes of memory for variables; the rest is left to the stack."""
    cycles: int = 5000
    """Cycles awake per frame, of 16,000 at 1000 frames a second."""


TARGETS = (Target("mega", "atmega2560", 16_384, 4_096), Target("uno", "atmega328p", 16_384, 1_280))
CONVERTERS = ("ads131m08", "ads1256", "hx711", "dry")
REFERENCE = "ads131m08"


def build(board: str, converter: str, baud: int = BAUD) -> Path:
    """Build one firmware.

    Args:
        board: mega or uno.
        converter: Name of the converter's driver.
        baud: Bits per second.

    Returns:
        The ELF file.

    Raises:
        SystemExit: The build fails, or prints warnings.
    """
    command = ["make", "-s", "-C", str(ROOM), f"BOARD={board}", f"ADC={converter}", f"BAUD={baud}", "WERROR=-Werror"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        raise SystemExit(f"{board} with {converter}:\n{done.stdout}{done.stderr}")
    return ROOM / "build" / f"{board}-{converter}-{baud}" / "stance.elf"


def sizes(elf: Path) -> tuple[int, int]:
    """Bytes of flash and of memory that a firmware takes before it runs."""
    out = subprocess.run(["avr-size", str(elf)], capture_output=True, text=True, check=True).stdout
    text, data, bss = map(int, out.splitlines()[1].split()[:3])
    return text + data, data + bss


def awake_cycles(target: Target, elf: Path) -> float:
    """Cycles per frame, interrupts included, while the simulated board streams."""
    with tempfile.TemporaryDirectory() as folder:
        link, ledger = Path(folder, "port"), Path(folder, "ledger.json")
        command = [str(SIMULATOR), "--mcu", target.mcu, "--firmware", str(elf), "--link", str(link)]
        command += ["--adc", REFERENCE, "--seconds", str(SECONDS), "--ledger", str(ledger)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
            assert simulator.stdout is not None
            simulator.stdout.readline()
            with suppress(LinkError), open_link(str(link), BAUD) as port:
                port.start()
                while port.read(1.0):
                    pass  # until the simulator has done its time and hangs up
            simulator.wait(60)
        found = json.loads(ledger.read_text(encoding="utf-8"))
    return float(found["awake_cycles"] / found["frames_between"])


def main() -> int:
    """Print the table; 1 if a budget is exceeded."""
    subprocess.run(["make", "-s", "-C", str(ROOM / "simulator")], check=True, env={**os.environ, "MAKEFLAGS": ""})
    over = False
    print(f"{'board':6}{'converter':12}{'flash':>16}{'memory':>16}{'cycles/frame':>16}")
    for target in TARGETS:
        for converter in CONVERTERS:
            elf = build(target.board, converter)
            flash, ram = sizes(elf)
            line = f"{target.board:6}{converter:12}{f'{flash}/{target.flash}':>16}{f'{ram}/{target.ram}':>16}"
            over |= flash > target.flash or ram > target.ram
            if converter == REFERENCE:
                cycles = awake_cycles(target, elf)
                line += f"{f'{cycles:.0f}/{target.cycles}':>16}"
                over |= cycles > target.cycles
            print(line)
    if over:
        print("over budget", file=sys.stderr)
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
