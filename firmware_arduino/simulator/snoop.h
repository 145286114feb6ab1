// SPDX-License-Identifier: GPL-3.0-or-later
// Watches what the host says for the first whole START request: it is time 0 of cells, belt and fault events.
#pragma once
#include <stdint.h>

void snoop_on_start(void (*started)(uint64_t cycle));
void snoop(uint64_t when, uint8_t byte);
