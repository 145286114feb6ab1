// SPDX-License-Identifier: GPL-3.0-or-later
// SPI master in place of the library's, which takes 100 us for every byte: here a byte takes eight periods of the
// divided clock. The linker takes this avr_spi_init because it sees it first; it would complain of a second one.
#include "spi.h"

#include <simavr/avr_spi.h>
#include <stdbool.h>
#include <stddef.h>

static uint8_t (*peer)(uint8_t mosi);
static uint32_t collisions;
static bool busy;

void spi_connect(uint8_t (*exchange)(uint8_t mosi)) { peer = exchange; }

uint32_t spi_collisions(void) { return collisions; }

static uint32_t byte_cycles(avr_t *avr, const avr_spi_t *spi) {
    static const uint8_t dividers[4] = {4, 16, 64, 128};
    const uint8_t low = avr_regbit_get(avr, spi->spr[0]) | (uint8_t)(avr_regbit_get(avr, spi->spr[1]) << 1);
    const uint32_t divider = dividers[low];
    return 8 * (avr_regbit_get(avr, spi->spr[2]) ? divider / 2 : divider);
}

// Both converters sample on the falling edge of a clock that rests low, highest bit first: SPI mode 1.
static bool is_mode_1(const avr_t *avr, const avr_spi_t *spi) {
    const uint8_t dord = 0x20, cpol = 0x08, cpha = 0x04;
    return (avr->data[spi->r_spcr] & (dord | cpol | cpha)) == cpha;
}

static avr_cycle_count_t on_shifted(avr_t *avr, avr_cycle_count_t when, void *param) {
    avr_spi_t *spi = param;
    (void)when;
    busy = false;
    spi->input_data_register = peer && is_mode_1(avr, spi) ? peer(avr->data[spi->r_spdr]) : 0xff;
    avr_raise_interrupt(avr, &spi->spi);
    return 0;
}

static void clear_flag(avr_t *avr, avr_spi_t *spi) {
    if (avr_regbit_get(avr, spi->spi.raised)) avr_clear_interrupt(avr, &spi->spi);
}

static uint8_t on_read(avr_t *avr, avr_io_addr_t addr, void *param) {
    avr_spi_t *spi = param;
    (void)addr;
    clear_flag(avr, spi);
    return spi->input_data_register;
}

static void on_write(avr_t *avr, avr_io_addr_t addr, uint8_t value, void *param) {
    avr_spi_t *spi = param;
    if (busy) {
        collisions++;
        return;
    }
    clear_flag(avr, spi);
    if (!avr_regbit_get(avr, spi->spe) || !avr_regbit_get(avr, spi->mstr)) return;
    avr->data[addr] = value;
    busy = true;
    avr_cycle_timer_register(avr, byte_cycles(avr, spi), on_shifted, spi);
}

static void on_reset(avr_io_t *io) {
    (void)io;
    busy = false;
}

void avr_spi_init(avr_t *avr, avr_spi_t *spi) {
    static const char *names[SPI_IRQ_COUNT] = {"8<in", "8<out"};
    spi->io = (avr_io_t){.kind = "spi", .reset = on_reset, .irq_names = names};
    avr_register_io(avr, &spi->io);
    avr_register_vector(avr, &spi->spi);
    avr_io_setirqs(&spi->io, AVR_IOCTL_SPI_GETIRQ(spi->name), SPI_IRQ_COUNT, NULL);
    avr_register_io_write(avr, spi->r_spdr, on_write, spi);
    avr_register_io_read(avr, spi->r_spdr, on_read, spi);
}
