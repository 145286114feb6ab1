// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { MOST_EVENTS = 1024 };

typedef struct options {
    const char *mcu, *firmware, *link, *adc, *cells, *belt, *eeprom, *truth, *tx, *ledger;
    uint32_t clkin_hz, bridge;
    double cells_rate_hz, pace, seconds, boot_s;
    bool reset_on_open, with_parent;
    const char *events[MOST_EVENTS];
    int event_count;
} options;

options read_options(int argc, char **argv);

// Says what is wrong and ends the program with exit code 2.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
// True as soon as a signal, the end of --seconds or the end of the parent says so.
bool stopping(void);
void stop(void);
