// SPDX-License-Identifier: GPL-3.0-or-later
#include "timers.h"

#include <simavr/avr_timer.h>
#include <string.h>

static void clear_if_written(avr_t *avr, avr_io_addr_t addr, uint8_t value, avr_int_vector_t *flag) {
    if (flag->raised.reg != addr || !avr_regbit_from_value(avr, flag->raised, value)) return;
    if (avr_regbit_get(avr, flag->raised)) avr_clear_interrupt(avr, flag);
}

static void on_flags_written(avr_t *avr, avr_io_addr_t addr, uint8_t value, void *param) {
    avr_timer_t *timer = param;
    clear_if_written(avr, addr, value, &timer->overflow);
    clear_if_written(avr, addr, value, &timer->icr);
    for (int i = 0; i < AVR_TIMER_COMP_COUNT; i++) clear_if_written(avr, addr, value, &timer->comp[i].interrupt);
}

void timers_mend(avr_t *avr) {
    for (avr_io_t *io = avr->io_port; io; io = io->next) {
        if (strcmp(io->kind, "timer") != 0) continue;
        avr_timer_t *timer = (avr_timer_t *)io;
        const int address = AVR_DATA_TO_IO(timer->overflow.raised.reg);
        if (!timer->overflow.raised.reg || avr->io[address].w.param != timer) continue;
        avr->io[address].w.c = on_flags_written;
    }
}
