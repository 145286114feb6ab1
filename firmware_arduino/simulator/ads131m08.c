// SPDX-License-Identifier: GPL-3.0-or-later
// The ADS131M08 as its data sheet (SBAS950B) describes it: registers, commands, answers, checksum.
// Not modelled, and said so on stderr when switched on: input CRC, ANSI CRC, global chop, current detect, phase and
// calibration registers.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ads131m08.h"

static uint16_t status(const ads131m08 *a) {
    const uint16_t mode = a->registers[MODE], ready = a->waiting ? a->registers[CLOCK] >> 8 : 0;
    return (uint16_t)(a->locked << 15 | a->resynced << 14 | (mode & 0x0F00) | ready);
}

uint16_t ads131m08_crc(const uint8_t *bytes, uint32_t count) {
    uint16_t sum = 0xFFFF;
    while (count--) {
        sum ^= (uint16_t)(*bytes++ << 8);
        for (int bit = 0; bit < 8; ++bit) sum = (uint16_t)(sum & 0x8000 ? sum << 1 ^ 0x1021 : sum << 1);
    }
    return sum;
}

static uint16_t read_register(const ads131m08 *a, unsigned address) {
    return address == STATUS ? status(a) : address < REGISTERS ? a->registers[address] : 0;
}

static uint8_t *put_word(const ads131m08 *a, uint8_t *to, uint32_t value32) {
    for (int byte = 0; byte < a->word_bytes; ++byte) *to++ = (uint8_t)(value32 >> (24 - 8 * byte));
    return to;
}

// The first word answers the command of the frame before.
static uint16_t response(ads131m08 *a) {
    const uint16_t command = a->answered;
    if (command >> 13 == 5) {
        if (!(command & 0x7F)) return read_register(a, command >> 7 & 63);
        return (uint16_t)(0xE000 | (command & 0x1FFF));
    }
    if (command >> 13 == 3) return (uint16_t)(0x4000 | (command & 0x1F80) | ((a->answered_written - 1) & 0x7F));
    if (command) return command;
    const uint16_t word = status(a);
    a->resynced = false;
    return word;
}

static void spoil(ads131m08 *a, uint32_t bits) {
    const uint32_t bit = random_below(&a->random, bits);
    a->frame[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
}

static void put_counts(ads131m08 *a, uint8_t *to) {
    const adc_port *port = &a->model.port;
    a->fresh = a->waiting > 0;
    if (a->fresh) a->out = a->fifo[0];
    const bool extended = (a->registers[MODE] >> 8 & 3) == 3;
    for (int c = 0; c < ADC_CHANNELS; ++c)
        to = put_word(a, to, extended ? (uint32_t)a->out.counts[c] : (uint32_t)a->out.counts[c] << 8);
    const uint32_t length = a->data_end = (uint32_t)(to - a->frame);
    put_word(a, to, (uint32_t)ads131m08_crc(a->frame, length) << 16);
    if (a->fresh && port->reading(port->board, a->out.number)) spoil(a, 8 * length + 16);
}

static void begin_frame(ads131m08 *a, uint64_t now) {
    static const int word_bytes[4] = {2, 3, 4, 4};
    memset(a->frame, 0, sizeof a->frame);
    a->word_bytes = word_bytes[a->registers[MODE] >> 8 & 3];
    a->frame_start = now;
    a->fresh = false;
    a->data_end = 0;
    const unsigned more = a->answered >> 13 == 5 ? a->answered & 0x7F : 0, first = a->answered >> 7 & 63;
    uint8_t *to = put_word(a, a->frame, (uint32_t)response(a) << 16);
    if (!more) {
        put_counts(a, to);
    } else {
        for (unsigned i = 0; i <= more; ++i) to = put_word(a, to, (uint32_t)read_register(a, first + i) << 16);
        put_word(a, to, (uint32_t)ads131m08_crc(a->frame, (uint32_t)(to - a->frame)) << 16);
    }
    a->command = NOP;
    a->written = 0;
}

// STANDBY and WAKEUP take effect when the frame ends.
static void end_frame(ads131m08 *a, uint64_t now) {
    if (a->position && !a->resetting) {
        a->answered = a->command;
        a->answered_written = a->written;
        if (a->command == STANDBY) a->standby = true;
        if (a->command == WAKEUP && a->standby) {
            a->standby = false;
            ads131m08_restart(a, now, WAKE_WAIT);
        }
    }
    a->position = 0;
    a->resetting = false;
}


static bool modelled(const ads131m08 *a) {
    bool plain = !(a->registers[MODE] & 0x3800) && !(a->registers[CFG] & 0x0101);
    for (int i = FIRST_CHANNEL_REGISTER; i <= LAST_WRITABLE; ++i)
        plain = plain && a->registers[i] == ((i - FIRST_CHANNEL_REGISTER) % 5 == 3 ? 0x8000 : 0);
    return plain;
}

static void write_register(ads131m08 *a, uint64_t now, unsigned address, uint16_t value) {
    if (address < MODE || address > LAST_WRITABLE) return;
    ++a->written;
    const uint16_t before = a->registers[address];
    if (address == MODE) value &= (uint16_t)(before | ~0x0400);  // the flag of a reset can only be cleared
    a->registers[address] = value;
    if (value == before) return;
    if (address >= CLOCK && address <= GAIN2) ads131m08_restart(a, now, START_WAIT);
    if (address == MODE && value & 1) ads131m08_set_drdy(a, 1);
    if (!a->warned && !modelled(a))
        fprintf(stderr, "ads131m08: register 0x%02X = 0x%04X is not modelled\n", address, value);
    a->warned = !modelled(a);
}

static void take_command(ads131m08 *a, uint16_t word) {
    const bool reads = word >> 13 == 5, writes = word >> 13 == 3;
    const bool single = word == RESET || word == STANDBY || word == WAKEUP || word == LOCK || word == UNLOCK;
    a->command = (reads || writes || single) && (!a->locked || reads || word == UNLOCK) ? word : NOP;
    if (a->command == LOCK) a->locked = true;
    if (a->command == UNLOCK) a->locked = false;
}

static void take_word(ads131m08 *a, uint64_t now, uint32_t index, uint16_t word) {
    if (index == 0) take_command(a, word);
    else if (a->command >> 13 == 3 && index <= (a->command & 0x7FU) + 1)
        write_register(a, now, (a->command >> 7 & 63) + index - 1, word);
    else if (a->command == RESET && index == WORDS - 1) ads131m08_to_defaults(a, now, ACQUIRE);
}

static bool deaf(const ads131m08 *a) {
    return !a->powered || !a->selected || a->held_in_reset || a->resetting || a->ready_at != ADC_NEVER;
}

static uint8_t exchange(adc_model *self, uint64_t now, uint8_t mosi) {
    ads131m08 *a = (ads131m08 *)self;
    ads131m08_advance(self, now);
    if (deaf(a)) return 0;
    const bool timed = a->position && a->registers[MODE] & 0x10;
    if (timed && now - a->frame_start > ads131m08_clkins(a, SPI_TIMEOUT)) a->position = 0;
    if (!a->position) begin_frame(a, now);
    const uint8_t miso = a->position < sizeof a->frame ? a->frame[a->position] : 0;
    const uint32_t place = a->position % (uint32_t)a->word_bytes;
    if (place < 2) a->in_word = (uint16_t)(a->in_word << 8 | mosi);
    ++a->position;
    if (a->position == a->data_end) ads131m08_data_out(a, now);
    const uint32_t word = (a->position - 1) / (uint32_t)a->word_bytes;
    if (place == (uint32_t)a->word_bytes - 1) take_word(a, now, word, a->in_word);
    return miso;
}

static void select_chip(adc_model *self, uint64_t now, int level) {
    ads131m08 *a = (ads131m08 *)self;
    ads131m08_advance(self, now);
    if (a->selected == !level) return;
    a->selected = !level;
    if (!a->selected) end_frame(a, now);
}

static void power(adc_model *self, uint64_t now, bool on) {
    ads131m08 *a = (ads131m08 *)self;
    ads131m08_advance(self, now);
    a->powered = on;
    a->position = 0;
    if (on) ads131m08_to_defaults(a, now, POWER_UP);
}

static void brown_out(adc_model *self, uint64_t now) { power(self, now, true); }

static void free_model(adc_model *self) { free(self); }

adc_model *ads131m08_model(const adc_port *port, uint32_t clkin_hz, uint64_t seed) {
    ads131m08 *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    a->model = (adc_model){"ads131m08", *port, clkin_hz, power, ads131m08_reset_pin, select_chip, exchange,
                           ads131m08_due, ads131m08_advance, brown_out, free_model};
    a->random = seed;
    a->drdy = a->pin = 1;
    a->ready_at = a->hold_at = a->toggle_at = ADC_NEVER;
    return &a->model;
}
