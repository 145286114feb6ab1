// SPDX-License-Identifier: GPL-3.0-or-later
#include "pins.h"

#include <simavr/avr_extint.h>
#include <simavr/avr_ioport.h>
#include <string.h>

typedef struct wire {
    char port;
    uint8_t bit;
} wire;

typedef struct wiring {
    wire wires[PIN_COUNT];
    uint8_t belt_interrupt;
} wiring;

static const wiring MEGA = {
    .wires = {[PIN_DRDY] = {'L', 0},
              [PIN_CS] = {'B', 0},
              [PIN_RESET] = {'L', 1},
              [PIN_BELT] = {'E', 4},
              [PIN_SYNC_INPUT] = {'G', 5},
              [PIN_DOUT] = {'F', 0}, {'F', 1}, {'F', 2}, {'F', 3}, {'F', 4}, {'F', 5}, {'F', 6}, {'F', 7}},
    .belt_interrupt = 4,
};

static const wiring UNO = {
    .wires = {[PIN_DRDY] = {'B', 0},
              [PIN_CS] = {'B', 2},
              [PIN_RESET] = {'B', 1},
              [PIN_BELT] = {'D', 2},
              [PIN_SYNC_INPUT] = {'D', 4},
              [PIN_DOUT] = {'C', 0}, {'C', 1}, {'C', 2}, {'C', 3}, {'C', 4}, {'C', 5}},
    .belt_interrupt = 0,
};

static avr_t *mcu;
static const wiring *board;
static int levels[PIN_COUNT];  // -1: left open
static void (*watchers[PIN_COUNT])(int level);

// With a low pin and an interrupt not yet set up the library would look at the pin again every cycle.
void pins_settle(void) { avr_extint_set_strict_lvl_trig(mcu, board->belt_interrupt, 0); }

void pins_begin(avr_t *avr, const char *name) {
    mcu = avr;
    board = strcmp(name, "atmega2560") == 0 ? &MEGA : &UNO;
    for (int pin = 0; pin < PIN_COUNT; pin++) levels[pin] = -1;
    pins_settle();
}

static avr_irq_t *irq_of(enum pin pin) {
    const wire w = board->wires[pin];
    return w.port ? avr_io_getirq(mcu, AVR_IOCTL_IOPORT_GETIRQ(w.port), w.bit) : NULL;
}

// Every write to a port makes the library set its inputs anew, from what it knows to be outside.
static void tell_port(char port) {
    avr_ioport_external_t outside = {.name = port};
    for (int pin = 0; pin < PIN_COUNT; pin++) {
        if (board->wires[pin].port != port || levels[pin] < 0) continue;
        outside.mask |= 1U << board->wires[pin].bit;
        outside.value |= (unsigned)levels[pin] << board->wires[pin].bit;
    }
    avr_ioctl(mcu, AVR_IOCTL_IOPORT_SET_EXTERNAL(port), &outside);
}

static int driven_by_processor(wire w) {
    avr_ioport_state_t state = {0};
    avr_ioctl(mcu, AVR_IOCTL_IOPORT_GETSTATE(w.port), &state);
    return state.ddr >> w.bit & 1;
}

void pins_drive(enum pin pin, int level) {
    const wire w = board->wires[pin];
    if (!w.port || levels[pin] == level) return;
    levels[pin] = level;
    tell_port(w.port);
    if (!driven_by_processor(w)) avr_raise_irq(irq_of(pin), (uint32_t)level);
}

static void on_change(struct avr_irq_t *irq, uint32_t value, void *param) {
    const int pin = (int)(intptr_t)param;
    if ((irq->value & 1) != (value & 1)) watchers[pin](value & 1);
}

void pins_watch(enum pin pin, void (*changed)(int level)) {
    watchers[pin] = changed;
    avr_irq_register_notify(irq_of(pin), on_change, (void *)(intptr_t)pin);
}

void pins_release(void) {
    pins_settle();
    for (int pin = 0; pin < PIN_COUNT; pin++) {
        avr_irq_t *irq = irq_of(pin);
        if (!irq || levels[pin] < 0) continue;
        irq->flags |= IRQ_FLAG_INIT;  // so that it takes effect even if it is the level of before
        avr_raise_irq(irq, (uint32_t)levels[pin]);
    }
}
