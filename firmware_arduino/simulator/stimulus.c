// SPDX-License-Identifier: GPL-3.0-or-later
#include "stimulus.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "options.h"
#include "pins.h"

enum { CHANNELS = 8 };

static double *cells;
static int32_t *belt;
static int64_t cell_rows, belt_rows, row = -1;
static double rate;
static bool started;
static uint64_t start_cycle, last_conversion = UINT64_MAX, last_held, period;
static struct {
    uint64_t from, span;
    uint32_t pulses, done;
    bool high;
} burst;

static void *read_whole(const char *path, size_t item, int64_t *items) {
    FILE *file = fopen(path, "rb");
    if (!file) fail("%s: cannot be read: %s", path, strerror(errno));
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    void *all = malloc(size > 0 ? (size_t)size : 1);
    if (!all || fread(all, 1, (size_t)size, file) != (size_t)size) fail("%s: cannot be read whole", path);
    fclose(file);
    if (size == 0 || (size_t)size % item) fail("%s: %ld bytes, not a multiple of %zu", path, size, item);
    *items = size / (long)item;
    return all;
}

// Rising edge and falling edge in turn: pulse i begins in the middle of its share of the time.
static uint64_t next_belt_edge(void) {
    if (burst.done == burst.pulses) return CLOCK_NEVER;
    const uint64_t quarters = 4ULL * burst.done + (burst.high ? 3 : 2);
    return burst.from + burst.span * quarters / (4ULL * burst.pulses);
}

static void on_belt(uint64_t when) {
    (void)when;
    pins_drive(PIN_BELT, !burst.high);
    burst.done += burst.high;
    burst.high = !burst.high;
    clock_set(ALARM_BELT, next_belt_edge());
}

// The pulses between row and row + 1, in the time from one to the other.
static void begin_burst(uint64_t from, uint64_t span) {
    while (burst.done < burst.pulses) on_belt(from);  // the time was shorter than expected
    if (row < 0 || row + 1 >= belt_rows) return;
    const int32_t pulses = belt[row + 1] - belt[row];
    burst.from = from;
    burst.span = span;
    burst.pulses = pulses > 0 ? (uint32_t)pulses : 0;
    burst.done = 0;
    clock_set(ALARM_BELT, next_belt_edge());
}

static uint64_t row_cycle(int64_t k) { return start_cycle + clock_cycles((double)k / rate); }

// With a rate of their own, the rows go on without the converter.
static void advance_rows(uint64_t cycle) {
    while (started && row_cycle(row + 1) <= cycle) {
        row++;
        begin_burst(row_cycle(row), row_cycle(row + 1) - row_cycle(row));
    }
}

static void on_boundary(uint64_t when) {
    advance_rows(when);
    if (burst.pulses == burst.done) clock_set(ALARM_BELT, row_cycle(row + 1));
}

static void on_belt_or_boundary(uint64_t when) {
    if (burst.done < burst.pulses) on_belt(when);
    if (rate > 0 && burst.done == burst.pulses) on_boundary(when);
}

void stimulus_begin(const char *cells_path, const char *belt_path, double rate_hz) {
    if (cells_path) cells = read_whole(cells_path, CHANNELS * sizeof *cells, &cell_rows);
    if (belt_path) belt = read_whole(belt_path, sizeof *belt, &belt_rows);
    rate = rate_hz;
    pins_drive(PIN_BELT, 0);
    clock_handler(ALARM_BELT, on_belt_or_boundary);
}

void stimulus_start(uint64_t cycle) {
    started = true;
    start_cycle = cycle;
    if (rate > 0) on_boundary(cycle);
}

static int64_t clipped(int64_t k, int64_t rows) { return k < 0 || rows == 0 ? 0 : k < rows ? k : rows - 1; }

void stimulus_volts(uint64_t cycle, uint64_t conversion, double volts[8]) {
    if (rate > 0)
        advance_rows(cycle);
    else if (conversion != last_conversion && started && cycle >= start_cycle)
        row++;
    last_conversion = conversion;
    if (cells)
        memcpy(volts, cells + CHANNELS * clipped(row, cell_rows), CHANNELS * sizeof *volts);
    else
        memset(volts, 0, CHANNELS * sizeof *volts);
}

int64_t stimulus_held(uint64_t cycle) {
    period = cycle - last_held;
    last_held = cycle;
    if (rate == 0) begin_burst(cycle, period);
    return row < 0 || cell_rows == 0 ? row : clipped(row, cell_rows);
}
