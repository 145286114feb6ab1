// SPDX-License-Identifier: GPL-3.0-or-later
#include "line.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "ledger.h"
#include "options.h"
#include "pty.h"
#include "snoop.h"
#include "uart.h"

enum { QUEUE = 1 << 14, HANDED = 1 << 17, HEARD = 1 << 16 };
enum { SILENT_MS = 50, SILENT_PACE = 10 };

static struct {
    const char *link;
    uint32_t bridge;
    double pace;
    bool deaf, open;
    void (*opened)(void), (*passed)(void);
    uint8_t queue[QUEUE];  // towards the host
    uint64_t offsets[QUEUE];  // of each of these bytes in all that was sent
    uint32_t queued;
    uint64_t handed[HANDED], handed_count;  // offsets of the bytes handed over last: a ring
    uint8_t heard[HEARD];  // from the host, on its way to the UART
    uint32_t hearing, spoken;
    uint32_t flips, gap, since_flip, receive_flips;
    uint64_t stalled_until, random;
    unsigned speed;  // that the host has set
    struct timespec anchor;
    uint64_t anchor_cycle, last_byte;
    double kept;  // the pace since the anchor
} line;

static uint64_t random_bits(void) {
    line.random ^= line.random << 13;
    line.random ^= line.random >> 7;
    line.random ^= line.random << 17;
    return line.random;
}

// Both ends must count on the same speed, to 3 %.
static bool speeds_agree(void) {
    const double baud = uart_baud();
    return baud == 0 || fabs(line.speed - baud) <= 0.03 * baud;
}

static uint8_t garbled(uint8_t byte) { return byte ^ (uint8_t)(1 + random_bits() % 255); }

static uint8_t flipped(uint8_t byte) { return byte ^ (uint8_t)(1 << (random_bits() % 8)); }

static bool flips_this(void) {
    if (line.flips == 0 || ++line.since_flip < line.gap) return false;
    line.since_flip = 0;
    line.flips--;
    return true;
}

static bool loses(void) {
    if (!line.open) return true;
    const bool waits = line.pace == 0 && clock_now() >= line.stalled_until;
    return line.queued >= (waits ? QUEUE : line.bridge);
}

static void hand_over(void) {
    if (!line.open || clock_now() < line.stalled_until || line.queued == 0) return;
    const uint32_t done = (uint32_t)pty_write(line.queue, line.queued);
    for (uint32_t i = 0; i < done; i++) line.handed[line.handed_count++ % HANDED] = line.offsets[i];
    line.queued -= done;
    memmove(line.queue, line.queue + done, line.queued);
    memmove(line.offsets, line.offsets + done, line.queued * sizeof *line.offsets);
}

static void on_sent(uint8_t byte) {
    const uint64_t offset = ledger_tx(byte);
    line.last_byte = clock_now();
    if (loses()) {
        ledger_lost(offset, 1);
        return;
    }
    if (!speeds_agree()) {
        byte = garbled(byte);
        ledger_count(GARBLED_TX, 1);
    }
    if (flips_this()) {
        byte = flipped(byte);
        ledger_flipped(offset);
    }
    line.offsets[line.queued] = offset;
    line.queue[line.queued++] = byte;
    if (line.queued >= 64 && line.pace == 0) hand_over();
}

static void lose_queue(void) {
    for (uint32_t i = 0; i < line.queued; i++) ledger_lost(line.offsets[i], 1);
    line.queued = 0;
}

static void listen(void) {
    if (line.hearing == line.spoken) line.hearing = line.spoken = 0;
    const bool was_idle = line.hearing == 0;
    const uint32_t more = (uint32_t)pty_read(line.heard + line.hearing, HEARD - line.hearing);
    if (more) line.speed = pty_speed();  // the one they were written at, if it has just been set
    line.hearing += more;
    if (was_idle && line.hearing) clock_set(ALARM_RECEIVE, clock_now() + uart_byte_cycles());
}

// One byte from the host arrives at the UART.
static void on_receive(uint64_t when) {
    if (line.spoken == line.hearing) return;
    uint8_t byte = line.heard[line.spoken++];
    if (!speeds_agree()) {
        byte = garbled(byte);
        ledger_count(GARBLED_RX, 1);
    }
    if (line.receive_flips) {
        line.receive_flips--;
        byte = flipped(byte);
    }
    ledger_count(RX_BYTES, 1);
    line.last_byte = when;
    if (line.deaf) {
        ledger_count(RX_UNHEARD, 1);
    } else {
        uart_receive(byte);
        snoop(when, byte);
    }
    if (line.spoken < line.hearing) clock_set(ALARM_RECEIVE, when + uart_byte_cycles());
}

static void watch_port(void) {
    line.speed = pty_speed();
    const bool open = pty_opened();
    if (open == line.open) return;
    line.open = open;
    if (!open) {
        lose_queue();
        line.hearing = line.spoken = 0;
    } else if (line.opened) {
        line.opened();
    }
}

static double seconds_since(const struct timespec *then) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) + 1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

static void anchor(void) {
    clock_gettime(CLOCK_MONOTONIC, &line.anchor);
    line.anchor_cycle = clock_now();
}

// As fast as it goes only while bytes flow: a host that thinks for a second should not find that minutes have passed.
static double pace_now(void) {
    if (line.pace > 0) return line.pace;
    if (!line.open) return 1;
    return clock_now() - line.last_byte > SILENT_MS * CYCLES_PER_MS ? SILENT_PACE : 0;
}

// Holds emulated time back.
static void keep_pace(void) {
    const double pace = pace_now();
    if (pace == 0 || pace != line.kept) {
        line.kept = pace;
        anchor();
        return;
    }
    const double emulated = (double)(clock_now() - line.anchor_cycle) / CLOCK_HZ / pace;
    const double ahead = emulated - seconds_since(&line.anchor);
    if (ahead > 0) nanosleep(&(struct timespec){(time_t)ahead, (long)(1e9 * fmod(ahead, 1))}, NULL);
    if (ahead < -0.2) anchor();  // too slow a computer: no catching up later
}

static void on_millisecond(uint64_t when) {
    if (pty_plugged()) {
        watch_port();
        hand_over();
        while (line.pace == 0 && line.queued >= 2048 && line.open && clock_now() >= line.stalled_until && !stopping()) {
            pty_wait_room(20);  // a slow host: emulated time waits for it
            listen();
            watch_port();
            hand_over();
        }
        listen();
    }
    if (line.passed) line.passed();
    keep_pace();
    clock_set(ALARM_LINE, when + CYCLES_PER_MS);
}

void line_begin(const char *link, uint32_t bridge_bytes, double pace) {
    line.link = link;
    line.bridge = bridge_bytes < QUEUE ? bridge_bytes : QUEUE;
    line.pace = pace;
    line.random = 0x9E3779B97F4A7C15u;
    pty_plug(link);
    uart_connect(on_sent);
    clock_handler(ALARM_LINE, on_millisecond);
    clock_handler(ALARM_RECEIVE, on_receive);
}

void line_wait_until_opened(void) {
    while (!pty_opened() && !stopping()) nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);  // the host still has to set its speed
    line.open = pty_opened();
    line.speed = pty_speed();
    anchor();
    clock_set(ALARM_LINE, clock_now() + CYCLES_PER_MS);
}

void line_unplug(void) {
    lose_queue();
    for (uint64_t unread = pty_unplug(); unread; unread--)
        ledger_lost(line.handed[(line.handed_count - unread) % HANDED], 1);
    line.open = false;
    line.hearing = line.spoken = 0;
}

void line_replug(void) { pty_plug(line.link); }

void line_end(void) {
    for (int i = 0; i < 250 && line.queued && pty_opened(); i++) {
        hand_over();
        pty_wait_room(20);
    }
    line_unplug();
}

void line_on_open(void (*opened)(void)) { line.opened = opened; }

void line_on_millisecond(void (*passed)(void)) { line.passed = passed; }

void line_set_deaf(bool deaf) { line.deaf = deaf; }

void line_flip(uint32_t count, uint32_t gap) {
    line.flips = count;
    line.gap = gap;
    line.since_flip = 0;
}

void line_flip_received(uint32_t count) { line.receive_flips = count; }

void line_stall(uint64_t until) { line.stalled_until = until; }
