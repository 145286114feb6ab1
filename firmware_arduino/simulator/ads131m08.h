// SPDX-License-Identifier: GPL-3.0-or-later
// What the two halves of the ADS131M08's model share: ads131m08.c talks over SPI, ads131m08_conversions.c converts.
#pragma once
#include "adc_model.h"
#include "model_tools.h"

#define REGISTERS 64
#define WORDS 10                  // response, eight channels, checksum
#define FIRST_CHANNEL_REGISTER 9  // five for each channel
#define POWER_UP (CPU_HZ / 4000)  // 250 us
#define ACQUIRE (CPU_HZ / 200000)  // 5 us: registers take their defaults
#define START_WAIT 300            // modulator clocks before the first conversion begins
#define WAKE_WAIT 8
#define RESET_PULSE 2048   // CLKIN periods of SYNC/RESET low that reset
#define SPI_TIMEOUT 32768  // CLKIN periods a frame may last

enum { ID, STATUS, MODE, CLOCK, GAIN1, GAIN2, CFG, LAST_WRITABLE = 0x30 };
enum { NOP = 0, RESET = 0x0011, STANDBY = 0x0022, WAKEUP = 0x0033, LOCK = 0x0555, UNLOCK = 0x0655, WAS_RESET = 0xFF28 };

typedef struct conversion {
    uint64_t number;
    int32_t counts[ADC_CHANNELS];
    bool announced;  // by data-ready
} conversion;

typedef struct ads131m08 {
    adc_model model;
    uint64_t random;
    uint16_t registers[REGISTERS];
    bool powered, selected, locked, standby, resynced, held_in_reset, warned;
    int drdy, pin;
    // Conversions: number k of this run is complete at start + (wait + k * OSR) modulator clocks.
    uint64_t start, wait, done, total;
    conversion fifo[2], out;
    int waiting;
    bool skipped;  // the pulse format left out the last conversion
    // Events besides the next conversion, or ADC_NEVER.
    uint64_t ready_at, hold_at, toggle_at;
    // The frame under way.
    uint8_t frame[4 * (2 + 128)];
    uint32_t position, data_end;
    int word_bytes;
    bool fresh, resetting;  // the frame carries an unread conversion; the chip was reset within this frame
    uint64_t frame_start;
    uint16_t in_word, command, answered;  // command: of this frame; answered: of the frame before
    uint32_t written, answered_written;
} ads131m08;

uint16_t ads131m08_crc(const uint8_t *bytes, uint32_t count);
uint64_t ads131m08_clkins(const ads131m08 *a, uint64_t count);  // in cycles of the board
void ads131m08_set_drdy(ads131m08 *a, int level);
void ads131m08_restart(ads131m08 *a, uint64_t now, uint64_t wait);
void ads131m08_to_defaults(ads131m08 *a, uint64_t now, uint64_t silence);
bool ads131m08_reading(const ads131m08 *a);
void ads131m08_data_out(ads131m08 *a, uint64_t now);
void ads131m08_reset_pin(adc_model *self, uint64_t now, int level);
uint64_t ads131m08_due(const adc_model *self);
void ads131m08_advance(adc_model *self, uint64_t now);
