// SPDX-License-Identifier: GPL-3.0-or-later
#include "schedule.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "clock.h"
#include "converter.h"
#include "line.h"
#include "pins.h"
#include "uart.h"

typedef struct event {
    double seconds;
    const char *text;  // as given
    const struct kind *kind;
    double first, second;
    const char *rest;
} event;

typedef struct kind {
    const char *name;
    int numbers;  // how many it takes
    void (*happen)(const event *e);
} kind;

static event events[MOST_EVENTS + 1];
static int count, next;
static uint64_t start_cycle, slow_until = CLOCK_NEVER;

static void do_reset(const event *e) {
    (void)e;
    board_reset();
}

static void do_unplug(const event *e) {
    (void)e;
    board_unplug();
}

static void do_replug(const event *e) {
    (void)e;
    board_replug();
}

static void do_adc_reset(const event *e) {
    (void)e;
    converter_brown_out();
}

static void do_end(const event *e) {
    (void)e;
    stop();
    clock_pause();
}

static uint64_t after_ms(double ms) { return clock_now() + clock_cycles(ms / 1000); }

static void do_flip(const event *e) { line_flip((uint32_t)e->first, (uint32_t)e->second); }
static void do_rx_flip(const event *e) { line_flip_received((uint32_t)e->first); }
static void do_spi(const event *e) { converter_corrupt_reads((uint32_t)e->first); }
static void do_late(const event *e) { converter_delay_edges((uint32_t)e->second, clock_cycles(e->first / 1e6)); }
static void do_miss(const event *e) { converter_suppress_edges((uint32_t)e->first); }
static void do_stall(const event *e) { line_stall(after_ms(e->first)); }
static void do_sync(const event *e) { pins_drive(PIN_SYNC_INPUT, e->first != 0); }

static void do_slow(const event *e) {
    uart_slow_down(3);
    slow_until = after_ms(e->first);
}

// SYMBOLADDR=HEXBYTES; the address as avr-nm gives it, where memory begins at 0x800000.
static void do_poke(const event *e) {
    char *hex;
    uint8_t bytes[256];
    size_t size = 0;
    const unsigned long address = strtoul(e->rest, &hex, 16);
    if (*hex++ != '=') fail("--at %s: ADDRESS=HEXBYTES is wanted", e->text);
    for (unsigned byte; size < sizeof bytes && sscanf(hex + 2 * size, "%2x", &byte) == 1; size++)
        bytes[size] = (uint8_t)byte;
    if (size == 0 || strlen(hex) != 2 * size) fail("--at %s: ADDRESS=HEXBYTES is wanted", e->text);
    board_poke((uint16_t)address, bytes, size);
}

static const kind KINDS[] = {
    {"reset", 0, do_reset}, {"unplug", 0, do_unplug},       {"replug", 0, do_replug}, {"adc-reset", 0, do_adc_reset},
    {"flip", 2, do_flip},   {"rx-flip", 1, do_rx_flip},     {"spi", 1, do_spi},       {"late", 2, do_late},
    {"miss", 1, do_miss},   {"slow", 1, do_slow},           {"stall", 1, do_stall},   {"sync", 1, do_sync},
    {"poke", -1, do_poke},
};
static const kind END = {"end", 0, do_end};

static const char *take_number(const event *e, const char *text, double *value) {
    char *end;
    if (*text++ != ':') fail("--at %s: %s takes %d numbers", e->text, e->kind->name, e->kind->numbers);
    *value = strtod(text, &end);
    if (end == text || *value < 0) fail("--at %s: %s is no such number", e->text, text);
    return end;
}

static void read_numbers(event *e, const char *text) {
    if (e->kind->numbers < 0) {
        e->rest = *text == ':' ? text + 1 : text;
        return;
    }
    if (e->kind->numbers > 0) text = take_number(e, text, &e->first);
    if (e->kind->numbers > 1) text = take_number(e, text, &e->second);
    if (*text) fail("--at %s: too much at its end: %s", e->text, text);
}

static event read_event(const char *text) {
    event e = {.text = text};
    char *colon;
    e.seconds = strtod(text, &colon);
    if (colon == text || *colon != ':' || e.seconds < 0) fail("--at %s: SECONDS:EVENT is wanted", text);
    const size_t length = strcspn(colon + 1, ":");
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (strlen(KINDS[i].name) == length && strncmp(colon + 1, KINDS[i].name, length) == 0) e.kind = &KINDS[i];
    if (!e.kind) fail("--at %s: no such event; README.md beside the sources lists them", text);
    read_numbers(&e, colon + 1 + length);
    return e;
}

static uint64_t due(const event *e) { return start_cycle + clock_cycles(e->seconds); }

static void set_alarm(void) {
    uint64_t when = next < count ? due(&events[next]) : CLOCK_NEVER;
    clock_set(ALARM_SCHEDULE, slow_until < when ? slow_until : when);
}

// One at a time: the board serves a request before the next event.
static void on_event(uint64_t when) {
    if (when >= slow_until) {
        uart_slow_down(1);
        slow_until = CLOCK_NEVER;
    } else if (next < count) {
        const event *e = &events[next++];
        e->kind->happen(e);
    }
    set_alarm();
}

static void insert(event e) {
    int place = count++;
    for (; place > 0 && events[place - 1].seconds > e.seconds; place--) events[place] = events[place - 1];
    events[place] = e;
}

void schedule_begin(const options *o) {
    for (int i = 0; i < o->event_count; i++) insert(read_event(o->events[i]));
    if (o->seconds > 0) insert((event){.seconds = o->seconds, .text = "the end", .kind = &END});
    clock_handler(ALARM_SCHEDULE, on_event);
}

void schedule_start(uint64_t cycle) {
    start_cycle = cycle;
    set_alarm();
}
