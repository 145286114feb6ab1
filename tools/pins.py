"""The one pin table: drawings, the page on the firmware, and the test of the firmware's own pins read it."""

PINS: dict[str, dict[str, tuple[str, str]]] = {
    "uno": {
        "drdy": ("D8", "PB0"), "cs": ("D10", "PB2"), "mosi": ("D11", "PB3"), "miso": ("D12", "PB4"),
        "sck": ("D13", "PB5"), "reset": ("D9", "PB1"), "belt": ("D2", "PD2"), "sync": ("D4", "PD4"),
        "clock_out": ("D3", "PD3"),
        "data0": ("A0", "PC0"), "data1": ("A1", "PC1"), "data2": ("A2", "PC2"), "data3": ("A3", "PC3"),
    },
    "mega": {
        "drdy": ("D49", "PL0"), "cs": ("D53", "PB0"), "mosi": ("D51", "PB2"), "miso": ("D50", "PB3"),
        "sck": ("D52", "PB1"), "reset": ("D48", "PL1"), "belt": ("D2", "PE4"), "sync": ("D4", "PG5"),
        "clock_out": ("D9", "PH6"),
        "data0": ("A0", "PF0"), "data1": ("A1", "PF1"), "data2": ("A2", "PF2"), "data3": ("A3", "PF3"),
    },
}  # fmt: skip
"""Board, signal: (Arduino pin, port bit)."""

SIGNALS = {
    "drdy": "DRDY of the ADC, input capture",
    "cs": "CS of the ADC",
    "mosi": "MOSI, to DIN of the ADC",
    "miso": "MISO, from DOUT of the ADC",
    "sck": "SCK",
    "reset": "SYNC/RESET (ADS1256: SYNC/PDWN; HX711: common SCK)",
    "belt": "belt pulses, rising edges count",
    "sync": "sync input",
    "clock_out": "8 MHz for the ADC, only with `STANCE_CLOCK_OUT`",
    "data0": "DOUT of HX711 1",
    "data1": "DOUT of HX711 2",
    "data2": "DOUT of HX711 3",
    "data3": "DOUT of HX711 4",
}
"""What each signal is, in the order of the page's table."""


def markdown() -> str:
    """Spell the pin table.

    Returns:
        A Markdown table with a row for each signal.
    """
    rows = ["| signal | what | Uno | Mega 2560 |", "| --- | --- | --- | --- |"]
    for signal, what in SIGNALS.items():
        uno, mega = (" = ".join(PINS[board][signal]) for board in ("uno", "mega"))
        rows.append(f"| `{signal}` | {what} | {uno} | {mega} |")
    return "\n".join(rows)
