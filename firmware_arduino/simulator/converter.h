// SPDX-License-Identifier: GPL-3.0-or-later
// Between the board and the model of its converter.
#pragma once
#include <stdbool.h>
#include <stdint.h>

void converter_begin(const char *name, uint32_t clkin_hz, int hx711s);
void converter_power(bool on);
void converter_brown_out(void);

// Faults.
void converter_delay_edges(uint32_t count, uint64_t cycles);
void converter_suppress_edges(uint32_t count);
void converter_corrupt_reads(uint32_t count);
