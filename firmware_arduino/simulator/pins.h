// SPDX-License-Identifier: GPL-3.0-or-later
// How the board is wired: ../stance/src/board says the same to the firmware.
#pragma once

struct avr_t;

enum pin {
    PIN_DRDY,   // input capture
    PIN_CS,     // of the converter
    PIN_RESET,  // SYNC/RESET of the converter, or SCK of the HX711s
    PIN_BELT,
    PIN_SYNC_INPUT,
    PIN_DOUT,  // the first of eight: A0 to A7, six on the Uno
    PIN_COUNT = PIN_DOUT + 8
};

void pins_begin(struct avr_t *avr, const char *mcu);
// The level that the outside gives to a pin. If the processor drives it, its own level wins.
void pins_drive(enum pin pin, int level);
void pins_watch(enum pin pin, void (*changed)(int level));
// After a reset all pins are inputs: they show what the outside drives.
void pins_release(void);
// To be called when a reset is complete.
void pins_settle(void);
