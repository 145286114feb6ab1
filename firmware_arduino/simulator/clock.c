// SPDX-License-Identifier: GPL-3.0-or-later
#include "clock.h"

#include <simavr/sim_avr.h>
#include <stdbool.h>
#include <stddef.h>

static avr_t *mcu;
static uint64_t alarms[ALARM_COUNT];
static void (*handlers[ALARM_COUNT])(uint64_t when);
static bool ringing;
static uint64_t processor;  // while ringing: where the processor is

static int next_alarm(void) {
    int next = 0;
    for (int alarm = 1; alarm < ALARM_COUNT; alarm++)
        if (alarms[alarm] < alarms[next]) next = alarm;
    return next;
}

// Handlers run at the cycle they asked for: an instruction may have taken the processor a few cycles past it.
static uint64_t ring_until(uint64_t until) {
    processor = mcu->cycle;
    ringing = true;
    int alarm = next_alarm();
    for (; alarms[alarm] <= until; alarm = next_alarm()) {
        const uint64_t when = alarms[alarm];
        alarms[alarm] = CLOCK_NEVER;
        mcu->cycle = when;
        handlers[alarm](when);
    }
    mcu->cycle = processor;
    ringing = false;
    return alarms[alarm];
}

static avr_cycle_count_t on_timer(avr_t *avr, avr_cycle_count_t when, void *param) {
    (void)when, (void)param;
    const uint64_t next = ring_until(avr->cycle);
    return next == CLOCK_NEVER ? 0 : next;
}

static void arm(void) {
    const uint64_t next = alarms[next_alarm()];
    if (next == CLOCK_NEVER)
        avr_cycle_timer_cancel(mcu, on_timer, NULL);
    else
        avr_cycle_timer_register(mcu, next > mcu->cycle ? next - mcu->cycle : 0, on_timer, NULL);
}

static void on_pause(uint64_t when) { (void)when; }

void clock_begin(avr_t *avr) {
    mcu = avr;
    for (int alarm = 0; alarm < ALARM_COUNT; alarm++) alarms[alarm] = CLOCK_NEVER;
    handlers[ALARM_PAUSE] = on_pause;
}

void clock_handler(enum clock_alarm alarm, void (*handler)(uint64_t when)) { handlers[alarm] = handler; }

void clock_set(enum clock_alarm alarm, uint64_t when) {
    if (alarms[alarm] == when) return;
    alarms[alarm] = when;
    if (!ringing) arm();
}

uint64_t clock_now(void) { return mcu->cycle; }

void clock_pause(void) { clock_set(ALARM_PAUSE, (ringing ? processor : mcu->cycle) + 1); }

void clock_restart(void) { arm(); }

void clock_skip(void) {
    const uint64_t next = alarms[next_alarm()];
    if (next > mcu->cycle) mcu->cycle = next;
    ring_until(mcu->cycle);
    arm();
}

uint64_t clock_cycles(double seconds) { return (uint64_t)(seconds * CLOCK_HZ + 0.5); }
