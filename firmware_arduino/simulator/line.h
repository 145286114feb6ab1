// SPDX-License-Identifier: GPL-3.0-or-later
// The serial line between UART and host: the bridge chip with its buffer, the cable, and the faults of both.
#pragma once
#include <stdbool.h>
#include <stdint.h>

void line_begin(const char *link, uint32_t bridge_bytes, double pace);
void line_wait_until_opened(void);
void line_unplug(void);
void line_replug(void);
void line_end(void);  // hands over what is left and unplugs
// Called whenever somebody opens the port, but for the first time.
void line_on_open(void (*opened)(void));
// Called every emulated millisecond.
void line_on_millisecond(void (*passed)(void));
// While deaf, bytes from the host reach nobody: the processor is in its bootloader, or has no power.
void line_set_deaf(bool deaf);

void line_flip(uint32_t count, uint32_t gap);
void line_flip_received(uint32_t count);
void line_stall(uint64_t until);
