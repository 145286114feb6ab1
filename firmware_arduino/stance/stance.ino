// stance: eight load cells and a belt sensor to a host, conversion by conversion.
// Open this folder in the Arduino IDE, choose the board, look at config.h, upload. docs/firmware.md tells the rest.

#include "config.h"
#include "src/adc/adc.h"
#include "src/board/board.h"
#include "src/core/device.h"

static Device device(converter());

void setup() {
    board::begin(STANCE_BAUD);
    device.begin();
}

void loop() {
    device.poll();
    board::idle();
}
