// SPDX-License-Identifier: GPL-3.0-or-later
// The ADS131M08's conversions: when they come, what they hold, the FIFO of two, data-ready and the SYNC/RESET pin.
// The filter settles at once: a conversion holds the volts of the instant at which it is complete.
#include <string.h>

#include "ads131m08.h"

uint64_t ads131m08_clkins(const ads131m08 *a, uint64_t count) { return cycles_of(count, a->model.clkin_hz); }

static uint64_t osr(const ads131m08 *a) {
    const int code = a->registers[CLOCK] >> 2 & 7;
    return code == 7 ? 16256 : 128ULL << code;
}

static bool converts(const ads131m08 *a) {
    return a->powered && !a->standby && !a->held_in_reset && a->registers[CLOCK] >> 8;
}

static uint64_t next_conversion(const ads131m08 *a) {
    return converts(a) ? a->start + ads131m08_clkins(a, 2 * (a->wait + (a->done + 1) * osr(a))) : ADC_NEVER;
}

void ads131m08_set_drdy(ads131m08 *a, int level) {
    if (a->drdy == level) return;
    a->drdy = level;
    a->model.port.drdy(a->model.port.board, level);
}

void ads131m08_restart(ads131m08 *a, uint64_t now, uint64_t wait) {
    a->start = now;
    a->wait = wait;
    a->done = 0;
}

void ads131m08_to_defaults(ads131m08 *a, uint64_t now, uint64_t silence) {
    memset(a->registers, 0, sizeof a->registers);
    a->registers[ID] = 0x2800;
    a->registers[MODE] = 0x0510;
    a->registers[CLOCK] = 0xFF0E;
    a->registers[CFG] = 0x0600;
    for (int c = 0; c < ADC_CHANNELS; ++c) a->registers[FIRST_CHANNEL_REGISTER + 5 * c + 3] = 0x8000;
    a->locked = a->standby = a->resynced = a->held_in_reset = a->skipped = false;
    a->waiting = 0;
    a->answered = WAS_RESET;
    a->resetting = a->selected;
    a->toggle_at = a->hold_at = ADC_NEVER;
    a->ready_at = now + silence;
    ads131m08_set_drdy(a, 0);
    ads131m08_restart(a, now + silence, START_WAIT);
}

// All eight channels were shifted out: the next conversion moves up.
void ads131m08_data_out(ads131m08 *a, uint64_t now) {
    if (!a->fresh || !a->waiting || a->fifo[0].number != a->out.number) return;  // pushed out while it was read
    a->fifo[0] = a->fifo[1];
    --a->waiting;
    a->model.port.was_read(a->model.port.board, a->out.number);
    if (a->registers[MODE] & 1) return;
    ads131m08_set_drdy(a, 1);
    if (a->waiting && a->fifo[0].announced) a->toggle_at = now + ads131m08_clkins(a, 4);
}

bool ads131m08_reading(const ads131m08 *a) {
    return a->selected && a->position > 0 && a->position < a->data_end;
}

static void announce(ads131m08 *a, uint64_t now, bool unread) {
    if (!(a->registers[MODE] & 1)) {
        a->toggle_at = ADC_NEVER;
        ads131m08_set_drdy(a, 1);
        ads131m08_set_drdy(a, 0);
        return;
    }
    a->skipped = unread && !a->skipped;
    if (a->skipped) return;
    ads131m08_set_drdy(a, 0);
    a->toggle_at = now + ads131m08_clkins(a, 4);
}

static void convert(ads131m08 *a, uint64_t now) {
    const adc_port *port = &a->model.port;
    conversion c = {.number = a->total++, .announced = !ads131m08_reading(a)};
    double volts[ADC_CHANNELS];
    ++a->done;
    port->volts(port->board, now, c.number, volts);
    for (int i = 0; i < ADC_CHANNELS; ++i) {
        const int gain = 1 << (a->registers[i < 4 ? GAIN1 : GAIN2] >> 4 * (i % 4) & 7);
        c.counts[i] = a->registers[CLOCK] >> (8 + i) & 1 ? count_of(volts[i], 1.2 / gain) : 0;
    }
    const bool unread = a->waiting > 0;
    if (a->waiting == 2) a->fifo[0] = a->fifo[--a->waiting];
    a->fifo[a->waiting++] = c;
    port->held(port->board, now, c.number, c.counts);
    if (c.announced) announce(a, now, unread);
}

// Level format: an unread conversion's data-ready goes high shortly before the next one.
static uint64_t lift_time(const ads131m08 *a) {
    const uint64_t next = next_conversion(a);
    const bool pulses = a->registers[MODE] & 1, busy = a->ready_at != ADC_NEVER || ads131m08_reading(a);
    if (next == ADC_NEVER || a->drdy || pulses || busy) return ADC_NEVER;
    return next - ads131m08_clkins(a, 4);
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

uint64_t ads131m08_due(const adc_model *self) {
    const ads131m08 *a = (const ads131m08 *)self;
    if (!a->powered) return ADC_NEVER;
    return least(least(least(a->ready_at, a->hold_at), least(a->toggle_at, lift_time(a))), next_conversion(a));
}

// The earliest event first, so that times never run backwards.
static void happen(ads131m08 *a, uint64_t at) {
    if (at == a->ready_at) {
        a->ready_at = ADC_NEVER;
        ads131m08_set_drdy(a, 1);
    } else if (at == a->hold_at) {
        a->hold_at = a->toggle_at = ADC_NEVER;
        a->held_in_reset = true;
        ads131m08_set_drdy(a, 0);
    } else if (at == a->toggle_at) {
        a->toggle_at = ADC_NEVER;
        ads131m08_set_drdy(a, !a->drdy);
    } else if (at == lift_time(a)) {
        ads131m08_set_drdy(a, 1);
    } else {
        convert(a, at);
    }
}

void ads131m08_advance(adc_model *self, uint64_t now) {
    for (uint64_t at = ads131m08_due(self); at <= now && at != ADC_NEVER; at = ads131m08_due(self))
        happen((ads131m08 *)self, at);
}

// A low pulse synchronises at its leading edge; a long one resets when it ends.
void ads131m08_reset_pin(adc_model *self, uint64_t now, int level) {
    ads131m08 *a = (ads131m08 *)self;
    ads131m08_advance(self, now);
    if (level == a->pin) return;
    a->pin = level;
    if (!a->powered) return;
    if (level) {
        a->hold_at = ADC_NEVER;
        if (a->held_in_reset) ads131m08_to_defaults(a, now, ACQUIRE);
        return;
    }
    a->hold_at = now + ads131m08_clkins(a, RESET_PULSE);
    a->waiting = 0;
    a->resynced = true;
    a->toggle_at = ADC_NEVER;
    if (a->ready_at != ADC_NEVER) return;
    ads131m08_set_drdy(a, 1);
    ads131m08_restart(a, now, START_WAIT);
}
