// SPDX-License-Identifier: GPL-3.0-or-later
// What really happened, for a test to compare with what the host has understood.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum ledger_counter {
    RX_BYTES,    // from the host, at the UART's pin
    RX_UNHEARD,  // of these, while the processor was in its bootloader
    GARBLED_TX,
    GARBLED_RX,
    EDGES_MISSED,
    EDGES_LATE,
    SPI_ERRORS,
    WATCHDOG_RESETS,
    LEDGER_COUNTERS
};

enum fate { EDGE_SUPPRESSED = 1, EDGE_LATE = 2, READ_CORRUPTED = 4, WAS_READ = 8 };

void ledger_count(enum ledger_counter counter, uint64_t count);
uint64_t ledger_counted(enum ledger_counter counter);
uint64_t ledger_tx(uint8_t byte);  // gives its offset
uint64_t ledger_tx_bytes(void);
void ledger_lost(uint64_t first, uint64_t count);
void ledger_flipped(uint64_t offset);
void ledger_boot(void);
void ledger_asleep(uint64_t cycles);
void ledger_off(uint64_t cycles);
void ledger_started(uint64_t cycle);
// A conversion that the converter now holds. row: -1 before START.
void ledger_conversion(uint64_t conversion, int64_t row, const int32_t *counts);
void ledger_fate(uint64_t conversion, enum fate fate);
uint64_t ledger_conversions(void);
// Writes the files that are asked for; any may be NULL.
void ledger_write(const char *truth, const char *tx, const char *json);
