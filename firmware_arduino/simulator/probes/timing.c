// SPDX-License-Identifier: GPL-3.0-or-later
// Measures in cycles. Waits for a byte from the host, then answers: the SPI flag of a byte at F_CPU / 2 a cycle before
// its time and at its time, then, two bytes each, the cycles of 100 SPI bytes at F_CPU / 2, as many at F_CPU / 16, and 16
// bytes on the line.
#include "probe.h"

// The flag, looked at so many cycles after the byte was written.
#define FLAG_AFTER(CYCLES)                                                                      \
    ({                                                                                          \
        uint8_t flags;                                                                          \
        __asm__ volatile("out %1, %0\n .rept " #CYCLES " - 1\n nop\n .endr\n in %0, %2"         \
                         : "=&r"(flags)                                                         \
                         : "I"(_SFR_IO_ADDR(SPDR)), "I"(_SFR_IO_ADDR(SPSR)));                   \
        flags >> SPIF;                                                                          \
    })

static void say_flags(void) {
    spi_pins();
    SPCR = 1 << SPE | 1 << MSTR;
    SPSR = 1 << SPI2X;
    const uint8_t early = FLAG_AFTER(15);
    for (volatile uint8_t i = 0; i < 20; i++) (void)SPDR;
    const uint8_t due = FLAG_AFTER(16);
    say(early);
    say(due);
}

static uint16_t spi_cycles(uint8_t control, uint8_t doubled) {
    spi_pins();
    SPCR = control;
    SPSR = doubled;
    cli();
    const uint16_t from = TIMER;
    for (uint8_t i = 0; i < 100; i++) {
        SPDR = i;
        while (!(SPSR & 1 << SPIF)) {
        }
    }
    const uint16_t to = TIMER;
    sei();
    return to - from;
}

// From one free place in the transmit buffer to the next is exactly a byte's time.
static uint16_t line_cycles(void) {
    for (uint8_t i = 0; i < 4; i++) say(0x55);
    while (!(UCSR0A & 1 << UDRE0)) {
    }
    const uint16_t from = TIMER;
    for (uint8_t i = 0; i < 16; i++) say(0x55);
    while (!(UCSR0A & 1 << UDRE0)) {
    }
    return TIMER - from;
}

int main(void) {
    TIMER_CONTROL = 1;  // every cycle
    line_on();
    for (;;) {
        hear();
        say_flags();
        const uint16_t fast = spi_cycles(1 << SPE | 1 << MSTR, 1 << SPI2X);
        const uint16_t slow = spi_cycles(1 << SPE | 1 << MSTR | 1 << SPR0, 0);
        const uint16_t line = line_cycles();
        say16(fast);
        say16(slow);
        say16(line);
    }
}
