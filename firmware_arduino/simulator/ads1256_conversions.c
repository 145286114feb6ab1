// SPDX-License-Identifier: GPL-3.0-or-later
// The ADS1256's conversions: multiplexer, settling, data-ready and the SYNC/PDWN pin. The value held is that of the
// instant at which the conversion is complete. Input pair AIN(2k), AIN(2k+1) is channel k of the board, any other
// sees 0 V.
#include <stdio.h>
#include <string.h>

#include "ads1256.h"

uint64_t ads1256_clkins(const ads1256 *a, uint64_t count) { return cycles_of(count, a->model.clkin_hz); }

void ads1256_complain(ads1256 *a, unsigned kind, const char *what, const char *rule) {
    if (a->complained & 1U << kind) return;
    a->complained |= 1U << kind;
    fprintf(stderr, "ads1256: %s (%s)\n", what, rule);
}

void ads1256_set_drdy(ads1256 *a, int level) {
    if (a->drdy == level) return;
    a->drdy = level;
    a->model.port.drdy(a->model.port.board, level);
}

// CLKIN periods of one conversion, by the DRATE register; 0 for codes that are not in the data sheet.
static uint64_t conversion_clkins(uint8_t rate) {
    static const uint8_t codes[16] = {0xF0, 0xE0, 0xD0, 0xC0, 0xB0, 0xA1, 0x92, 0x82,
                                      0x72, 0x63, 0x53, 0x43, 0x33, 0x23, 0x13, 0x03};
    static const uint32_t clkins[16] = {256,    512,    1024,   2048,   3840,   7680,   15360,   76800,
                                        128000, 153600, 256000, 307200, 512000, 768000, 1536000, 3072000};
    const uint8_t *code = memchr(codes, rate, sizeof codes);
    return code ? clkins[code - codes] : 0;
}

void ads1256_restart(ads1256 *a, uint64_t now, uint64_t more) {
    a->period = conversion_clkins(a->registers[DRATE]);
    if (!a->period) ads1256_complain(a, 0, "no such data rate", "DRATE");
    a->start = now;
    a->settling = a->period + FILTER + more;
    a->done = 0;
    a->stopped = !a->period;
    ads1256_set_drdy(a, 1);
}

static uint64_t next_conversion(const ads1256 *a) {
    if (!a->powered || a->stopped || a->pin_low) return ADC_NEVER;
    return a->start + ads1256_clkins(a, a->settling + a->done * a->period);
}

// The inputs of the multiplexer that are a pair of ours, or -1.
static int channel_of(uint8_t mux) {
    const int positive = mux >> 4, negative = mux & 15;
    return positive % 2 == 0 && negative == positive + 1 && positive < 8 ? positive / 2 : -1;
}

static void convert(ads1256 *a, uint64_t now) {
    const adc_port *port = &a->model.port;
    double volts[ADC_CHANNELS];
    int32_t counts[ADC_CHANNELS] = {0};
    const int channel = channel_of(a->registers[MUX]), code = a->registers[ADCON] & 7;
    const int gain = 1 << (code > 6 ? 6 : code);
    port->volts(port->board, now, a->total, volts);
    a->newest = channel < 0 ? 0 : count_of(volts[channel], 2 * REFERENCE_V / gain);
    a->newest_number = a->total++;
    a->fresh = true;
    ++a->done;
    if (channel >= 0) counts[channel] = a->newest;
    port->held(port->board, now, a->newest_number, counts);
    ads1256_set_drdy(a, 1);
    ads1256_set_drdy(a, 0);
}

// Data-ready of a conversion that nobody read goes high 16 CLKIN before the next.
static uint64_t lift_time(const ads1256 *a) {
    const uint64_t next = next_conversion(a);
    return next == ADC_NEVER || a->drdy ? ADC_NEVER : next - ads1256_clkins(a, 16);
}

uint64_t ads1256_due(const adc_model *self) {
    const ads1256 *a = (const ads1256 *)self;
    const uint64_t lift = lift_time(a), next = next_conversion(a);
    return lift < next ? lift : next;
}

void ads1256_advance(adc_model *self, uint64_t now) {
    ads1256 *a = (ads1256 *)self;
    for (uint64_t at = ads1256_due(self); at <= now && at != ADC_NEVER; at = ads1256_due(self)) {
        if (at == lift_time(a)) ads1256_set_drdy(a, 1);
        else convert(a, at);
    }
}

// SYNC/PDWN: low stops, high starts anew; low for 20 conversions would switch off.
void ads1256_sync_pin(adc_model *self, uint64_t now, int level) {
    ads1256 *a = (ads1256 *)self;
    ads1256_advance(self, now);
    if (a->pin_low == !level) return;
    a->pin_low = !level;
    if (!a->powered) return;
    if (!level) {
        a->pin_fell = now;
        ads1256_set_drdy(a, 1);
        return;
    }
    const uint64_t low = now - a->pin_fell;
    if (low < ads1256_clkins(a, 4) || low > ads1256_clkins(a, 20 * a->period))
        ads1256_complain(a, 3, "the SYNC pin was low too shortly or too long", "4 CLKIN to 20 conversions");
    ads1256_restart(a, now, 0);
}
