// SPDX-License-Identifier: GPL-3.0-or-later
// What the load cells and the belt sensor give, from files.
#pragma once
#include <stdint.h>

void stimulus_begin(const char *cells, const char *belt, double rate_hz);
void stimulus_start(uint64_t cycle);
void stimulus_volts(uint64_t cycle, uint64_t conversion, double volts[8]);
// A conversion is complete; gives its row, -1 before START.
int64_t stimulus_held(uint64_t cycle);
