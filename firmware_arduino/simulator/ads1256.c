// SPDX-License-Identifier: GPL-3.0-or-later
// The ADS1256 as its data sheet (SBAS288) describes it: registers, commands, answers. Complains on stderr, once each,
// about timing that the data sheet does not allow. Not modelled: continuous reading, calibration other than by the
// time it takes, burn-out currents, standby.
#include <stdlib.h>
#include <string.h>

#include "ads1256.h"

static void to_defaults(ads1256 *a, uint64_t now) {
    static const uint8_t defaults[REGISTERS] = {0x30, 0x01, 0x20, 0xF0, 0xE0};
    memcpy(a->registers, defaults, sizeof defaults);
    a->state = COMMAND;
    a->fresh = false;
    ads1256_restart(a, now, CALIBRATION);  // it calibrates itself after a reset
}

static void be_quiet(ads1256 *a, uint64_t now, uint64_t count, const char *rule) {
    a->quiet_until = now + ads1256_clkins(a, count);
    a->rule = rule;
}

static void load_data(ads1256 *a) {
    const adc_port *port = &a->model.port;
    uint32_t value = (uint32_t)a->newest & 0xFFFFFF;
    if (a->fresh && port->reading(port->board, a->newest_number)) value ^= 1U << random_below(&a->random, 24);
    for (int i = 0; i < 3; ++i) a->answer[i] = (uint8_t)(value >> (16 - 8 * i));
    a->state = DATA;
    a->left = 3;
}

static void calibrate_or_restart(ads1256 *a, uint64_t now, uint8_t command) {
    if (command == SYNC) a->stopped = true;
    if (command == SYNC) ads1256_set_drdy(a, 1);
    else if (command >= SELFCAL && command <= LAST_CAL) ads1256_restart(a, now, CALIBRATION);
    else if (command == RESET) to_defaults(a, now);
    else if ((command == WAKEUP || command == WAKEUP_TOO) && a->stopped)
        ads1256_restart(a, now - BYTE_CYCLES, 0);
    else if (command == RDATAC) ads1256_complain(a, 1, "not modelled", "RDATAC");
    else if (command == STANDBY) ads1256_complain(a, 1, "not modelled", "STANDBY");
}

static void take_command(ads1256 *a, uint64_t now, uint8_t command) {
    const uint8_t kind = command & 0xF0;
    if (command == RDATA) {
        load_data(a);
        be_quiet(a, now, 50, "t6: 50 CLKIN before data");
    } else if (kind == 0x10 || kind == 0x50) {
        a->state = COUNT;
        a->writes = kind == 0x50;
        a->first = command & 15;
    } else {
        calibrate_or_restart(a, now, command);
        be_quiet(a, now, command == SYNC || command == RDATAC ? 24 : 4, "t11: 24 CLKIN after SYNC, 4 after others");
    }
}

static void take_register(ads1256 *a, uint64_t now, uint8_t value) {
    const uint8_t address = a->first++;
    if (address == STATUS) value = (uint8_t)((a->registers[STATUS] & 0xF0) | (value & 0x0E));
    if (address < REGISTERS) a->registers[address] = value;
    if (address == ADCON || address == DRATE) ads1256_restart(a, now, 0);
    be_quiet(a, now, 4, "t11: 4 CLKIN after WREG");
}

static uint8_t give(ads1256 *a) {
    const uint8_t address = a->first;
    if (a->state == READS) {
        ++a->first;
        if (address == STATUS) return (uint8_t)(a->registers[STATUS] | a->drdy);
        return address < REGISTERS ? a->registers[address] : 0;
    }
    const uint8_t byte = a->answer[3 - a->left];
    if (a->left == 1) {
        if (a->fresh) a->model.port.was_read(a->model.port.board, a->newest_number);
        a->fresh = false;
        ads1256_set_drdy(a, 1);
    }
    return byte;
}

static uint8_t exchange(adc_model *self, uint64_t now, uint8_t mosi) {
    ads1256 *a = (ads1256 *)self;
    ads1256_advance(self, now);
    if (!a->powered || !a->selected) return 0;
    if (now < a->last_byte + ads1256_clkins(a, 32))
        ads1256_complain(a, 2, "the clock is faster than CLKIN / 4", "t1");
    if (now - BYTE_CYCLES < a->quiet_until) ads1256_complain(a, 4, "the next byte came too early", a->rule);
    a->last_byte = now;
    uint8_t miso = 0;
    if (a->state == COMMAND) {
        take_command(a, now, mosi);
    } else if (a->state == COUNT) {
        a->left = (mosi & 15) + 1;
        a->state = a->writes ? WRITES : READS;
        if (!a->writes) be_quiet(a, now, 50, "t6: 50 CLKIN before data");
    } else {
        if (a->state == WRITES) take_register(a, now, mosi);
        else miso = give(a);
        if (--a->left == 0) a->state = COMMAND;
    }
    return miso;
}

static void select_chip(adc_model *self, uint64_t now, int level) {
    ads1256 *a = (ads1256 *)self;
    ads1256_advance(self, now);
    a->selected = !level;
    a->state = COMMAND;
    a->quiet_until = 0;
}

static void power(adc_model *self, uint64_t now, bool on) {
    ads1256 *a = (ads1256 *)self;
    ads1256_advance(self, now);
    a->powered = on;
    if (on) to_defaults(a, now);
}

static void brown_out(adc_model *self, uint64_t now) { power(self, now, true); }
static void free_model(adc_model *self) { free(self); }

adc_model *ads1256_model(const adc_port *port, uint32_t clkin_hz) {
    ads1256 *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    a->model = (adc_model){"ads1256", *port,     clkin_hz,    power,           ads1256_sync_pin, select_chip,
                           exchange,  ads1256_due, ads1256_advance, brown_out,        free_model};
    a->drdy = 1;
    a->stopped = true;
    return &a->model;
}
