// SPDX-License-Identifier: GPL-3.0-or-later
// The USB cable as the host's system sees it: a pseudo terminal under a fixed name.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void pty_plug(const char *link);
// Bytes that were handed over and that nobody has read are lost; gives their number. Waits a little for a slow reader.
size_t pty_unplug(void);
bool pty_plugged(void);
bool pty_opened(void);  // somebody has the port open
// The bits per second that the host has set; 0 if unknown.
unsigned pty_speed(void);
size_t pty_write(const uint8_t *bytes, size_t count);  // as many as there is room for
size_t pty_read(uint8_t *bytes, size_t room);
// Waits in real time until there is room to write, but not longer.
void pty_wait_room(int milliseconds);
