// SPDX-License-Identifier: GPL-3.0-or-later
// Counts its boots in EEPROM. At every boot, and when it hears '?', it says: 'B', the count, why it was reset, and
// whether a mark in its memory has survived. On 'W' it lets the watchdog bite, on 'X' it jumps into the void, on 'S' it
// sleeps for ever.
#include <avr/eeprom.h>
#include <avr/wdt.h>

#include "probe.h"

static volatile uint32_t mark __attribute__((section(".noinit")));

static void do_as_told(uint8_t order) {
    if (order == 'W') {
        wdt_enable(WDTO_15MS);
        for (;;) {
        }
    }
    if (order == 'X') ((void (*)(void))0x3ff0)();
    if (order == 'S') {
        cli();
        sleep_mode();
    }
}

int main(void) {
    const uint8_t cause = MCUSR;
    MCUSR = 0;
    wdt_disable();
    const uint8_t boots = (uint8_t)(eeprom_read_byte((uint8_t *)1) + 1);
    eeprom_write_byte((uint8_t *)1, boots);
    const bool kept = mark == 0x600dcafe;
    mark = 0x600dcafe;
    line_on();
    for (uint8_t order = '?';; order = hear()) {
        do_as_told(order);
        if (order != '?') continue;
        say('B');
        say(boots);
        say(cause);
        say(kept);
    }
}
