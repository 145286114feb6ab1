// SPDX-License-Identifier: GPL-3.0-or-later
// Up to eight HX711 on one clock line, RATE pin high: 80 conversions a second by an oscillator that is a little slow,
// as real ones are. Supply and reference 5 V. There is no checksum: a corrupted bit goes unseen. A conversion that
// completes while the one before is shifted out is lost.
#include <stdlib.h>

#include "adc_model.h"
#include "model_tools.h"

#define RATE_mHz 79200ULL
#define SETTLING 4              // conversions after waking
#define POWER_DOWN (CPU_HZ * 60 / 1000000)
#define STAGGER 320ULL          // cycles from one chip's data-ready to the next one's
#define SUPPLY_V 5.0
#define BITS 24

typedef struct hx711 {
    adc_model model;
    int count, gain, clock, pulses;
    int dout[ADC_CHANNELS];
    bool powered, asleep;
    uint64_t start, done, total, rise;
    int ready;  // chips that have shown this conversion
    int32_t newest[ADC_CHANNELS], shifted[ADC_CHANNELS];
    uint64_t shifted_number, random;
} hx711;

static void set_dout(hx711 *h, int which, int level) {
    if (h->dout[which] == level) return;
    h->dout[which] = level;
    h->model.port.dout(h->model.port.board, which, level);
}

static void all_high(hx711 *h) {
    for (int i = 0; i < h->count; ++i) set_dout(h, i, 1);
}

static void wake(hx711 *h, uint64_t now) {
    h->asleep = false;
    h->gain = 128;
    h->start = now;
    h->done = 0;
    h->pulses = h->ready = 0;
    all_high(h);
}

static uint64_t next_conversion(const hx711 *h) {
    if (!h->powered || h->asleep) return ADC_NEVER;
    return h->start + (h->done + SETTLING) * CPU_HZ * 1000 / RATE_mHz + STAGGER * (uint64_t)h->ready;
}

static uint64_t sleep_time(const hx711 *h) {
    return h->powered && h->clock && !h->asleep ? h->rise + POWER_DOWN : ADC_NEVER;
}

static uint64_t due(const adc_model *self) {
    const hx711 *h = (const hx711 *)self;
    const uint64_t next = next_conversion(h), sleep = sleep_time(h);
    return next < sleep ? next : sleep;
}

// The pulses after the 24 bits choose what the next conversion is: 25 gain 128, 26 channel B at 32, 27 gain 64.
static void convert(hx711 *h, uint64_t now) {
    const adc_port *port = &h->model.port;
    double volts[ADC_CHANNELS];
    if (h->pulses > BITS) h->gain = h->pulses == 25 ? 128 : h->pulses == 26 ? 32 : 64;
    h->pulses = 0;
    const uint64_t number = h->total++;
    port->volts(port->board, now, number, volts);
    for (int i = 0; i < h->count; ++i) {
        h->newest[i] = h->gain == 32 ? 0 : count_of(volts[i], 0.5 * SUPPLY_V / h->gain);
    }
    port->held(port->board, now, number, h->newest);
}

static void show(hx711 *h, uint64_t now) {
    const bool shifting = h->pulses > 0 && h->pulses <= BITS;
    if (h->ready == 0 && !shifting) convert(h, now);
    if (!shifting) set_dout(h, h->ready, 0);
    if (++h->ready < h->count) return;
    h->ready = 0;
    ++h->done;
}

static void advance(adc_model *self, uint64_t now) {
    hx711 *h = (hx711 *)self;
    for (uint64_t at = due(self); at <= now && at != ADC_NEVER; at = due(self)) {
        if (at == sleep_time(h)) {
            h->asleep = true;
            all_high(h);
        } else {
            show(h, at);
        }
    }
}

static void load(hx711 *h) {
    const adc_port *port = &h->model.port;
    h->shifted_number = h->total - 1;
    for (int i = 0; i < h->count; ++i) h->shifted[i] = h->newest[i];
    if (!port->reading(port->board, h->shifted_number)) return;
    h->shifted[random_below(&h->random, (uint32_t)h->count)] ^= 1 << random_below(&h->random, BITS);
}

static void pulse(hx711 *h) {
    if (h->total == 0) return;
    if (++h->pulses == 1) load(h);
    if (h->pulses > BITS) all_high(h);
    else
        for (int i = 0; i < h->count; ++i) set_dout(h, i, h->shifted[i] >> (BITS - h->pulses) & 1);
    if (h->pulses == BITS) h->model.port.was_read(h->model.port.board, h->shifted_number);
}

static void clock_pin(adc_model *self, uint64_t now, int level) {
    hx711 *h = (hx711 *)self;
    advance(self, now);
    if (level == h->clock) return;
    h->clock = level;
    if (!h->powered) return;
    if (level) {
        h->rise = now;
        if (!h->asleep) pulse(h);
    } else if (h->asleep) {
        wake(h, now);
    }
}

static void power(adc_model *self, uint64_t now, bool on) {
    hx711 *h = (hx711 *)self;
    advance(self, now);
    h->powered = on;
    h->rise = now;
    if (on) wake(h, now);
}

static void brown_out(adc_model *self, uint64_t now) { power(self, now, true); }

static void select_chip(adc_model *self, uint64_t now, int level) { (void)self, (void)now, (void)level; }

static uint8_t exchange(adc_model *self, uint64_t now, uint8_t mosi) {
    (void)self, (void)now, (void)mosi;
    return 0xFF;
}

static void free_model(adc_model *self) { free(self); }

adc_model *hx711_model(const adc_port *port, int count) {
    hx711 *h = calloc(1, sizeof *h);
    if (!h) return NULL;
    h->model = (adc_model){"hx711", *port, 0,       power,     clock_pin, select_chip,
                           exchange, due,  advance, brown_out, free_model};
    h->count = count;
    return &h->model;
}
