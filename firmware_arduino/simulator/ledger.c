// SPDX-License-Identifier: GPL-3.0-or-later
#include "ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "options.h"
#include "spi.h"
#include "uart.h"

typedef struct truth_record {
    uint64_t conversion;
    int64_t row;
    int32_t counts[8];
    uint32_t boot, fate;
} truth_record;
_Static_assert(sizeof(truth_record) == 56, "written as it lies in memory");

typedef struct range {
    uint64_t first, end;
} range;

typedef struct list {
    void *items;
    size_t count, room, size;
} list;

static list truth = {.size = sizeof(truth_record)}, tx = {.size = 1}, lost = {.size = sizeof(range)};
static list flips = {.size = sizeof(uint64_t)}, boots = {.size = sizeof(uint64_t)};
static uint64_t counters[LEDGER_COUNTERS], asleep, off, start, asleep_at_start, off_at_start, conversions_at_start;

static void *append(list *l) {
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 1024;
        l->items = realloc(l->items, l->room * l->size);
        if (!l->items) fail("out of memory");
    }
    return (char *)l->items + l->size * l->count++;
}

void ledger_count(enum ledger_counter counter, uint64_t count) { counters[counter] += count; }

uint64_t ledger_counted(enum ledger_counter counter) { return counters[counter]; }

uint64_t ledger_tx(uint8_t byte) {
    *(uint8_t *)append(&tx) = byte;
    return tx.count - 1;
}

uint64_t ledger_tx_bytes(void) { return tx.count; }

void ledger_lost(uint64_t first, uint64_t count) {
    range *last = lost.count ? (range *)lost.items + lost.count - 1 : NULL;
    if (last && last->end == first)
        last->end += count;
    else
        *(range *)append(&lost) = (range){first, first + count};
}

void ledger_flipped(uint64_t offset) { *(uint64_t *)append(&flips) = offset; }

void ledger_boot(void) { *(uint64_t *)append(&boots) = tx.count; }

void ledger_asleep(uint64_t cycles) { asleep += cycles; }

void ledger_off(uint64_t cycles) { off += cycles; }

void ledger_started(uint64_t cycle) {
    start = cycle;
    asleep_at_start = asleep;
    off_at_start = off;
    conversions_at_start = truth.count;
}

void ledger_conversion(uint64_t conversion, int64_t row, const int32_t *counts) {
    truth_record *record = append(&truth);
    *record = (truth_record){.conversion = conversion, .row = row, .boot = (uint32_t)boots.count - 1};
    memcpy(record->counts, counts, sizeof record->counts);
}

// The newest of this number: one that is read or announced is never far back.
void ledger_fate(uint64_t conversion, enum fate fate) {
    truth_record *records = truth.items;
    for (size_t i = truth.count; i > 0 && i + 64 > truth.count; i--) {
        if (records[i - 1].conversion != conversion) continue;
        records[i - 1].fate |= fate;
        return;
    }
}

uint64_t ledger_conversions(void) { return truth.count; }

static FILE *open_file(const char *path) {
    FILE *file = fopen(path, "wb");
    if (!file) fail("%s: cannot be written: %s", path, strerror(errno));
    return file;
}

static void write_list(const char *path, const list *l) {
    FILE *file = open_file(path);
    const size_t done = l->count ? fwrite(l->items, l->size, l->count, file) : 0;
    if (fclose(file) != 0 || done != l->count) fail("%s: not written whole: %s", path, strerror(errno));
}

static void write_numbers(FILE *file, const char *name, const list *l) {
    fprintf(file, "  \"%s\": [", name);
    for (size_t i = 0; i < l->count; i++)
        fprintf(file, "%s%llu", i ? ", " : "", (unsigned long long)((uint64_t *)l->items)[i]);
    fprintf(file, "],\n");
}

static int by_first(const void *a, const void *b) {
    const range *left = a, *right = b;
    return left->first < right->first ? -1 : left->first > right->first;
}

static void write_ranges(FILE *file, const char *name, list *l) {
    const range *ranges = l->items;
    if (l->count) qsort(l->items, l->count, l->size, by_first);
    fprintf(file, "  \"%s\": [", name);
    for (size_t i = 0; i < l->count; i++)
        fprintf(file, "%s[%llu, %llu]", i ? ", " : "", (unsigned long long)ranges[i].first,
                (unsigned long long)ranges[i].end);
    fprintf(file, "],\n");
}

static void write_number(FILE *file, const char *name, uint64_t value) {
    fprintf(file, "  \"%s\": %llu,\n", name, (unsigned long long)value);
}

static void write_json(const char *path) {
    static const char *names[LEDGER_COUNTERS] = {"rx_bytes",     "rx_unheard", "garbled_tx", "garbled_rx",
                                                 "edges_missed", "edges_late", "spi_errors", "watchdog_resets"};
    const uint64_t cycles = clock_now() - start;
    FILE *file = open_file(path);
    fprintf(file, "{\n");
    write_number(file, "conversions", truth.count);
    write_number(file, "tx_bytes", tx.count);
    for (int i = 0; i < LEDGER_COUNTERS; i++) write_number(file, names[i], counters[i]);
    write_number(file, "rx_overruns", uart_overruns());
    write_number(file, "spi_collisions", spi_collisions());
    write_ranges(file, "lost", &lost);
    write_numbers(file, "flipped", &flips);
    write_numbers(file, "boots", &boots);
    write_number(file, "start_cycle", start);
    write_number(file, "cycles", cycles);
    write_number(file, "awake_cycles", cycles - (asleep - asleep_at_start) - (off - off_at_start));
    write_number(file, "frames_between", truth.count - conversions_at_start);
    fprintf(file, "  \"seconds\": %.9f\n}\n", (double)cycles / CLOCK_HZ);
    if (fclose(file) != 0) fail("%s: not written whole: %s", path, strerror(errno));
}

void ledger_write(const char *truth_path, const char *tx_path, const char *json_path) {
    if (truth_path) write_list(truth_path, &truth);
    if (tx_path) write_list(tx_path, &tx);
    if (json_path) write_json(json_path);
}
