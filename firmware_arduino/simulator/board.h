// SPDX-License-Identifier: GPL-3.0-or-later
// The board: processor, power and reset.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

// Builds the board of the options, with power off.
void board_begin(const options *o);
// Runs until stopping(); false if the firmware crashed, which it has then said on stderr.
bool board_run(void);
void board_save_eeprom(const char *path);

// Take effect before the next instruction.
void board_reset(void);
void board_unplug(void);
void board_replug(void);
void board_poke(uint16_t address, const uint8_t *bytes, size_t count);
