"""Drawings of the converters' wiring: one row per signal, from the Arduino over the level shifter to the converter."""

from pins import PINS
from svg import BLUE, GREEN, GREY, LIGHT, ORANGE, RED, Drawing

BOARDS = {"uno": "Arduino Uno", "mega": "Arduino Mega 2560"}
ARDUINO, ARDUINO_END, SHIFTER, SHIFTER_END, ADC = 40, 210, 330, 470, 600
ADC_END, FILTER, FILTER_END, CELLS = 790, 850, 960, 1010
TOP, ROW = 110, 38


def _pin(drawing: Drawing, board: str, signal: str, y: float) -> None:
    pin, bit = PINS[board][signal]
    drawing.text((ARDUINO_END - 8, y + 4), f"{pin} = {bit}", size=12, anchor="end")


def _gate(drawing: Drawing, y: float, *, towards_adc: bool) -> None:
    """A buffer's triangle."""
    middle, half = (SHIFTER + SHIFTER_END) / 2, 12
    tip, back = (middle + half, middle - half) if towards_adc else (middle - half, middle + half)
    drawing.polygon([(tip, y), (back, y - 9), (back, y + 9)], fill="white", stroke="#222222")


def _signal(drawing: Drawing, board: str, signal: str, adc_pin: str, row: int, colour: str, *, dash: str = "") -> None:
    """One shifted signal: Arduino, gate, converter."""
    y = TOP + 40 + ROW * row
    inwards = signal in ("miso", "drdy")
    _pin(drawing, board, signal, y)
    middle = (SHIFTER + SHIFTER_END) / 2
    for start, end in ((ARDUINO_END, middle - 12), (middle + 12, ADC)):
        drawing.line([(start, y), (end, y)], stroke=colour, dash=dash)
    drawing.text((ARDUINO_END + 10, y - 5), signal.upper().replace("_", " "), size=11, fill=colour)
    drawing.text((ADC + 8, y + 4), adc_pin, size=12)
    _gate(drawing, y, towards_adc=not inwards)


def _title(drawing: Drawing, subtitle: str) -> None:
    drawing.text((40, 36), drawing.title, size=19, bold=True)
    drawing.text((40, 60), subtitle, size=13, fill=GREY)


def _inputs(drawing: Drawing, board: str, y: float) -> None:
    """Belt sensor and sync input: below the level shifters, in 5 V logic."""
    for k, (signal, words) in enumerate((("belt", "belt sensor, 5 V pulses"), ("sync", "sync input, 5 V level"))):
        at = y + ROW * k
        _pin(drawing, board, signal, at)
        drawing.line([(ARDUINO_END, at), (SHIFTER, at)], stroke=ORANGE)
        drawing.text((ARDUINO_END + 10, at - 5), signal.upper(), size=11, fill=ORANGE)
        drawing.rect((SHIFTER, at - 14), (200, 28), fill=LIGHT)
        drawing.text((SHIFTER + 10, at + 4), words, size=12)


def _channels(drawing: Drawing, count: int, names: list[tuple[str, str]], spacing: float, top: float) -> None:
    """Differential inputs with their filters, and the cells."""
    for k in range(count):
        y = top + spacing * k
        for dy, name, colour in ((-8, names[k][0], GREEN), (8, names[k][1], BLUE)):
            drawing.text((ADC_END - 8, y + dy + 4), name, size=11, anchor="end")
            drawing.line([(ADC_END, y + dy), (FILTER, y + dy)], stroke=colour)
            drawing.line([(FILTER_END, y + dy), (CELLS, y + dy)], stroke=colour)
        drawing.rect((FILTER, y - 15), (FILTER_END - FILTER, 30))
        drawing.text(((FILTER + FILTER_END) / 2, y + 4), "1 k · 10 n · 1 k", size=11, anchor="middle")
        drawing.rect((CELLS, y - 15), (150, 30), fill=LIGHT)
        drawing.text((CELLS + 8, y + 4), f"cell, channel {k}: S+ S−", size=11)


def _power(drawing: Drawing, y: float, blocks: list[tuple[str, ...]], notes: list[str]) -> None:
    """Supplies in a row, the first feeding the next two, and notes below them."""
    drawing.text((40, y - 14), "Power and ground", size=14, bold=True)
    x, width = 40.0, 250.0
    for words in blocks:
        drawing.block((x, y), (width, 64), words)
        x += width + 40
    bus = y + 82
    drawing.line([(165, y + 64), (165, bus), (745, bus)], stroke=RED)
    for middle in (455, 745):
        drawing.arrow((middle, bus), (middle, y + 64), stroke=RED)
    for k, note in enumerate(notes):
        drawing.text((40, y + 112 + 20 * k), note, size=12)


def ads131m08(board: str) -> Drawing:
    """Draw the reference wiring.

    Args:
        board: "uno" or "mega".

    Returns:
        The drawing.
    """
    d = Drawing(1200, 800, f"{BOARDS[board]} and ADS131M08")
    _title(d, "A 3.3 V converter on a 5 V board: every digital line goes through a logic buffer")
    d.rect((ARDUINO, TOP), (ARDUINO_END - ARDUINO, 405), fill=LIGHT)
    d.text((ARDUINO + 10, TOP + 20), BOARDS[board], bold=True)
    d.rect((SHIFTER, TOP), (SHIFTER_END - SHIFTER, 222))
    d.text((SHIFTER + 8, TOP + 17), "74LVC244A at 3.3 V", size=11, bold=True)
    d.rect((SHIFTER, TOP + 230), (SHIFTER_END - SHIFTER, 94))
    d.text((SHIFTER + 8, TOP + 317), "74AHCT125 at 5 V", size=11, bold=True)
    d.rect((ADC, TOP), (ADC_END - ADC, 405), fill=LIGHT)
    d.text((ADC + 10, TOP + 20), "ADS131M08", bold=True)
    pins = (("sck", "SCLK"), ("mosi", "DIN"), ("cs", "CS"), ("reset", "SYNC/RESET"), ("clock_out", "CLKIN"))
    for row, (signal, adc_pin) in enumerate(pins):
        optional = signal == "clock_out"
        _signal(d, board, signal, adc_pin, row, GREY if optional else BLUE, dash="5 4" if optional else "")
    _signal(d, board, "miso", "DOUT", 5.45, GREEN)
    _signal(d, board, "drdy", "DRDY", 6.4, GREEN)
    _inputs(d, board, TOP + 40 + ROW * 8.2)
    _channels(d, 8, [(f"AIN{k}P", f"AIN{k}N") for k in range(8)], 46, TOP + 48)
    blocks = [
        ("clean 5 V", "not the motor's supply"),
        ("3.3 V, low noise", "AVDD, DVDD: 1 µF each", "CAP: 220 nF to DGND"),
        ("excitation 2.5 V, low drift", "E+ of all cells; E− to AGND", "(±2.5 V: docs/build.md)"),
        ("star point", "AGND, DGND, E−, shields", "Arduino GND, once"),
    ]
    notes = [
        "Dashed: only without an 8.192 MHz crystal or oscillator at the converter (STANCE_CLOCK_OUT 1, 976.5625 Hz). "
        "With one, leave that wire out, and tie the buffer's input to GND.",
        "10 kΩ from CS and SYNC/RESET to 5 V on the Arduino's side. Enable inputs of the buffers to GND, "
        "except that of the MISO gate: to CS.",
        "100 nF from VCC to GND at every buffer; REFIN: 100 nF to AGND. SPI wires below 15 cm, beside ground wires.",
        "Channel k is 1 kΩ in each signal wire and 10 nF between them, at the converter. S+ to AINkP, S− to AINkN.",
        "Never connect excitation of 5 V above AGND: the signals would lie at 2.5 V; the limit is 1.5 V at this gain.",
    ]
    _power(d, 585, blocks, notes)
    return d


def ads1256(board: str = "mega") -> Drawing:
    """Draw the ADS1256's wiring.

    Args:
        board: "uno" or "mega".

    Returns:
        The drawing.
    """
    d = Drawing(1200, 740, f"{BOARDS[board]} and ADS1256")
    _title(d, "Four cells, one after the other; analogue part on 5 V, digital part on 3.3 V with inputs that stand 5 V")
    d.rect((ARDUINO, TOP), (ARDUINO_END - ARDUINO, 370), fill=LIGHT)
    d.text((ARDUINO + 10, TOP + 20), BOARDS[board], bold=True)
    d.rect((SHIFTER, TOP + 158), (SHIFTER_END - SHIFTER, 88))
    d.text((SHIFTER + 8, TOP + 239), "74AHCT125 at 5 V", size=11, bold=True)
    d.rect((ADC, TOP), (ADC_END - ADC, 370), fill=LIGHT)
    d.text((ADC + 10, TOP + 20), "ADS1256", bold=True)
    for row, (signal, name) in enumerate((("sck", "SCLK"), ("mosi", "DIN"), ("cs", "CS"), ("reset", "SYNC/PDWN"))):
        y = TOP + 40 + 32 * row
        _pin(d, board, signal, y)
        d.line([(ARDUINO_END, y), (ADC, y)], stroke=BLUE)
        d.text(
            (ARDUINO_END + 10, y - 5), "SYNC of the ADC" if signal == "reset" else signal.upper(), size=11, fill=BLUE
        )
        d.text((ADC + 8, y + 4), name, size=12)
    _signal(d, board, "miso", "DOUT", 3.65, GREEN)
    _signal(d, board, "drdy", "DRDY", 4.6, GREEN)
    y = TOP + 40 + ROW * 6
    d.text((ADC + 8, y + 4), "RESET", size=12)
    d.line([(ADC, y), (ADC - 40, y)], stroke=RED)
    d.text((ADC - 46, y + 4), "3.3 V", size=12, anchor="end", fill=RED)
    _inputs(d, board, TOP + 40 + ROW * 7.2)
    _channels(d, 4, [(f"AIN{2 * k}", f"AIN{2 * k + 1}") for k in range(4)], 60, TOP + 60)
    blocks = [
        ("clean 5 V, low drift", "AVDD, and E+ of the cells"),
        ("3.3 V", "DVDD"),
        ("2.5 V reference", "VREFP; VREFN to AGND"),
        ("star point", "AGND, DGND, E−, shields", "Arduino GND, once"),
    ]
    notes = [
        "E+ of the cells is AVDD: their signals lie at 2.5 V, inside the buffer's 0 to 3 V. AINCOM stays free.",
        "Many boards bring the 2.5 V reference and a 7.68 MHz crystal along. SCLK may not be faster than 1.92 MHz.",
        "10 kΩ from CS and from SYNC/PDWN to 3.3 V. RESET must not go to the Arduino: "
        "the firmware moves the multiplexer on by SYNC/PDWN, four times a frame.",
        "Enable inputs of the 74AHCT125 to GND. "
        "Where a board's inputs do not stand 5 V, use a 74LVC244A as for the ADS131M08.",
    ]
    _power(d, 535, blocks, notes)
    return d


def hx711() -> Drawing:
    """Draw up to four HX711 on one clock line.

    Returns:
        The drawing.
    """
    d = Drawing(1000, 560, "Arduino and four HX711 modules")
    _title(d, "For weighing and for calibration only: 10 or 80 samples a second are too few for a step")
    d.rect((40, 100), (250, 320), fill=LIGHT)
    d.text((50, 122), "Arduino", bold=True)
    d.text((190, 122), "Uno", size=12, anchor="end", fill=GREY)
    d.text((280, 122), "Mega 2560", size=12, anchor="end", fill=GREY)
    for k in range(4):
        y = 150 + 70 * k
        d.text((190, y + 4), PINS["uno"][f"data{k}"][0], size=12, anchor="end")
        d.text((280, y + 4), PINS["mega"][f"data{k}"][0], size=12, anchor="end")
        d.line([(290, y), (560, y)], stroke=GREEN)
        d.text((300, y - 5), f"DOUT of HX711 {k + 1}", size=11, fill=GREEN)
        d.block((560, y - 20), (170, 50), (f"HX711 {k + 1}", "DT  SCK  VCC 5 V  GND"))
        d.line([(480, y + 20), (560, y + 20)], stroke=BLUE)
        d.line([(730, y + 5), (790, y + 5)], stroke=GREY)
        d.rect((790, y - 15), (150, 40), fill=LIGHT)
        d.text((800, y + 9), f"cell, channel {k}", size=12)
    d.line([(480, 170), (480, 400), (290, 400)], stroke=BLUE)
    for k in range(1, 4):
        d.circle((480, 170 + 70 * k), 3, fill=BLUE, stroke=BLUE)
    d.text((190, 404), PINS["uno"]["reset"][0], size=12, anchor="end")
    d.text((280, 404), PINS["mega"]["reset"][0], size=12, anchor="end")
    d.text((300, 395), "SCK, common to all", size=11, fill=BLUE)
    notes = [
        "Four wires from a module to its cell: E+ E− A+ A−. "
        "The module feeds the bridge itself (E+, about 4.3 V) and uses it as its reference.",
        "RATE to VCC gives 80 samples a second, RATE to GND gives 10 (on most modules a solder link).",
        "Fewer than four: STANCE_HX711_COUNT in config.h, from DOUT 1 on. One 5 V supply for all, grounds joined.",
    ]
    for k, note in enumerate(notes):
        d.text((40, 470 + 22 * k), note, size=12)
    return d
