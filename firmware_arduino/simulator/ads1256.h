// SPDX-License-Identifier: GPL-3.0-or-later
// What the two halves of the ADS1256's model share: ads1256.c talks over SPI, ads1256_conversions.c converts.
#pragma once
#include "adc_model.h"
#include "model_tools.h"

#define BYTE_CYCLES 128ULL  // a byte is seen when its last bit is in; at 1 MHz it began so long before
#define REFERENCE_V 2.5
#define FILTER 1382  // CLKIN periods of settling beyond one conversion
#define CALIBRATION 6600

enum { STATUS, MUX, ADCON, DRATE, IO, REGISTERS = 11 };
enum { WAKEUP = 0x00, RDATA = 0x01, RDATAC = 0x03, SDATAC = 0x0F, SELFCAL = 0xF0, LAST_CAL = 0xF4, SYNC = 0xFC,
       STANDBY = 0xFD, RESET = 0xFE, WAKEUP_TOO = 0xFF };
typedef enum { COMMAND, COUNT, WRITES, READS, DATA } state;

typedef struct ads1256 {
    adc_model model;
    uint8_t registers[REGISTERS];
    bool powered, selected, stopped, pin_low;
    int drdy;
    uint64_t start, settling, period, done, total;  // settling and period in CLKIN
    int32_t newest;
    uint64_t newest_number;
    bool fresh, writes;
    state state;
    uint8_t first, left, answer[4];
    uint64_t last_byte, quiet_until, pin_fell, random;
    const char *rule;  // what the quiet time is called in the data sheet
    unsigned complained;
} ads1256;

uint64_t ads1256_clkins(const ads1256 *a, uint64_t count);  // in cycles of the board
void ads1256_complain(ads1256 *a, unsigned kind, const char *what, const char *rule);  // once of each kind
void ads1256_set_drdy(ads1256 *a, int level);
void ads1256_restart(ads1256 *a, uint64_t now, uint64_t more);  // more: CLKIN periods besides settling
void ads1256_sync_pin(adc_model *self, uint64_t now, int level);
uint64_t ads1256_due(const adc_model *self);
void ads1256_advance(adc_model *self, uint64_t now);
