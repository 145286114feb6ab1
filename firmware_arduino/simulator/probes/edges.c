// SPDX-License-Identifier: GPL-3.0-or-later
// Says for every data-ready edge: 'E', the captured time in 32 bits, the belt's count in 16. The converter is not read.
#include "probe.h"

typedef struct edge {
    uint16_t high, low, belt;
} edge;

static volatile uint16_t pulses;
static volatile uint8_t in;
static edge ring[16];
static uint16_t high;

ISR(BELT_VECTOR) { pulses++; }

ISR(CAPTURE_VECTOR) {
    const uint16_t low = CAPTURED;
    if (TIMER_FLAGS & 1 << OVERFLOW_FLAG && low < 0x8000) {
        TIMER_FLAGS = 1 << OVERFLOW_FLAG;
        high++;
    }
    ring[in % 16] = (edge){high, low, pulses};
    in++;
    if (TIMER_FLAGS & 1 << OVERFLOW_FLAG) {
        TIMER_FLAGS = 1 << OVERFLOW_FLAG;
        high++;
    }
}

int main(void) {
    line_on();
    belt_on();
    TIMER_CONTROL = 1 << 7 | 1 << 1;  // noise canceller, falling edge, 2 MHz
    TIMER_INTERRUPTS = 1 << 5;        // capture
    sei();
    for (uint8_t out = 0;; out++) {
        while (in == out) {
        }
        const edge e = ring[out % 16];
        say('E');
        say16(e.high);
        say16(e.low);
        say16(e.belt);
    }
}
