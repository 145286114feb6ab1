// SPDX-License-Identifier: GPL-3.0-or-later
// Emulated time, in cycles of the board's clock since the simulator's power-on. Each part that has something to do
// later owns one alarm. Alarms go off at their exact cycle, also while the processor sleeps, resets or has no power.
#pragma once
#include <stdint.h>

#define CLOCK_HZ 16000000
#define CLOCK_NEVER UINT64_MAX
#define CYCLES_PER_MS (CLOCK_HZ / 1000)

struct avr_t;

enum clock_alarm {
    ALARM_MODEL,      // the converter's next event
    ALARM_LATE_EDGE,  // a data-ready edge that a fault has delayed
    ALARM_BELT,
    ALARM_LINE,     // the USB side of the serial line, once a millisecond
    ALARM_RECEIVE,  // next byte from the host to the UART
    ALARM_SCHEDULE,
    ALARM_BOOT,
    ALARM_PAUSE,
    ALARM_COUNT
};

void clock_begin(struct avr_t *avr);
void clock_handler(enum clock_alarm alarm, void (*handler)(uint64_t when));
void clock_set(enum clock_alarm alarm, uint64_t when);
// Exactly now: within a handler, the cycle that its alarm was set to.
uint64_t clock_now(void);
// After a reset of the processor, which takes all timers of the library with it.
void clock_restart(void);
// Ends a sleep of the processor now, so that the run loop sees what has been asked of it.
void clock_pause(void);
// Lets time jump to the next alarm: for a processor that does not run.
void clock_skip(void);
uint64_t clock_cycles(double seconds);
