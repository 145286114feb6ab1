// SPDX-License-Identifier: GPL-3.0-or-later
// What a simulated converter is to the simulated board. Times are cycles of the board's clock, 16 MHz, since power-on
// of the simulator; they never run backwards.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define ADC_CHANNELS 8
#define ADC_NEVER UINT64_MAX

// What a model asks of the board. Every model gets one and keeps it.
typedef struct adc_port {
    void *board;
    // Level of the data-ready pin changes. The board may delay or swallow edges (fault events).
    void (*drdy)(void *board, int level);
    // Level of a data pin changes (HX711 only; which: 0 to 7).
    void (*dout)(void *board, int which, int level);
    // Volts between the differential inputs at an instant: all channels. conversion counts from power-on.
    void (*volts)(void *board, uint64_t cycle, uint64_t conversion, double out[ADC_CHANNELS]);
    // A conversion is complete and was given to the output buffer: what the converter holds.
    void (*held)(void *board, uint64_t cycle, uint64_t conversion, const int32_t counts[ADC_CHANNELS]);
    // A conversion's data begin to be shifted out; true: the board wants a bit of this frame corrupted on the way.
    bool (*reading)(void *board, uint64_t conversion);
    // A conversion was shifted out whole.
    void (*was_read)(void *board, uint64_t conversion);
} adc_port;

typedef struct adc_model adc_model;
struct adc_model {
    const char *name;
    adc_port port;
    uint32_t clkin_hz;
    void (*power)(adc_model *self, uint64_t now, bool on);         // power-on reset, or all off
    void (*reset_pin)(adc_model *self, uint64_t now, int level);   // SYNC/RESET (ADS131M08), SYNC/PDWN (ADS1256), SCK (HX711)
    void (*select)(adc_model *self, uint64_t now, int level);      // chip select
    uint8_t (*exchange)(adc_model *self, uint64_t now, uint8_t mosi);  // one whole SPI byte; gives MISO
    uint64_t (*due)(const adc_model *self);                        // cycle of the model's next event, or ADC_NEVER
    void (*advance)(adc_model *self, uint64_t now);                // let the events up to now happen
    void (*brown_out)(adc_model *self, uint64_t now);              // registers fall to their defaults
    void (*free)(adc_model *self);
};

adc_model *ads131m08_model(const adc_port *port, uint32_t clkin_hz, uint64_t seed);
adc_model *ads1256_model(const adc_port *port, uint32_t clkin_hz);
adc_model *hx711_model(const adc_port *port, int count);
