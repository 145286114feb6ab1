// SPDX-License-Identifier: GPL-3.0-or-later
// USART0 in place of the library's, which counts a parity bit that is not there and has no transmit buffer. Here, as on
// the chip: a shift register and one byte of buffer to send, two bytes and a shift register to receive, flags that
// interrupt for as long as they are set. The other USARTs are not there.
#include "uart.h"

#include <simavr/avr_uart.h>
#include <stddef.h>

#include "clock.h"

static avr_uart_t *uart;
static void (*on_sent)(uint8_t byte);
static uint32_t factor = 1, overruns;
static struct {
    bool shifting, waiting;
    uint8_t shift, next;
    uint8_t received[3], unread;
} state;

void uart_connect(void (*sent)(uint8_t byte)) { on_sent = sent; }

void uart_slow_down(uint32_t slow) { factor = slow; }

uint32_t uart_overruns(void) { return overruns; }

static uint32_t bit_cycles(void) {
    avr_t *avr = uart->io.avr;
    const uint32_t divider = avr_regbit_get(avr, uart->ubrrl) | (uint32_t)(avr_regbit_get(avr, uart->ubrrh) << 8);
    return (divider + 1) * (avr_regbit_get(avr, uart->u2x) ? 8 : 16);
}

uint32_t uart_byte_cycles(void) {
    avr_t *avr = uart->io.avr;
    static const uint8_t data_bits[8] = {5, 6, 7, 8, 8, 8, 8, 9};
    const uint8_t size = avr_regbit_get(avr, uart->ucsz) | (uint8_t)(avr_regbit_get(avr, uart->ucsz2) << 2);
    const bool parity = avr->data[uart->r_ucsrc] & 0x20;
    return factor * bit_cycles() * (2U + data_bits[size] + avr_regbit_get(avr, uart->usbs) + parity);
}

double uart_baud(void) {
    avr_t *avr = uart->io.avr;
    if (!avr_regbit_get(avr, uart->txen) && !avr_regbit_get(avr, uart->rxen)) return 0;
    return (double)CLOCK_HZ / bit_cycles();
}

static void set_flag(avr_int_vector_t *flag) { avr_raise_interrupt(uart->io.avr, flag); }

static void clear_flag(avr_int_vector_t *flag) {
    avr_t *avr = uart->io.avr;
    if (!avr_regbit_get(avr, flag->raised)) return;
    avr_clear_interrupt(avr, flag);
    avr_regbit_clear(avr, flag->raised);
}

static avr_cycle_count_t on_shifted(avr_t *avr, avr_cycle_count_t when, void *param) {
    (void)avr, (void)param;
    if (on_sent) on_sent(state.shift);
    state.shifting = state.waiting;
    if (!state.waiting) {
        set_flag(&uart->txc);
        return 0;
    }
    state.shift = state.next;
    state.waiting = false;
    set_flag(&uart->udrc);
    return when + uart_byte_cycles();
}

static void on_data_write(avr_t *avr, avr_io_addr_t addr, uint8_t value, void *param) {
    (void)addr, (void)param;
    if (!avr_regbit_get(avr, uart->txen) || state.waiting) return;
    if (state.shifting) {
        state.next = value;
        state.waiting = true;
        clear_flag(&uart->udrc);
        return;
    }
    state.shift = value;
    state.shifting = true;
    avr_cycle_timer_register(avr, uart_byte_cycles(), on_shifted, uart);
}

static uint8_t on_data_read(avr_t *avr, avr_io_addr_t addr, void *param) {
    (void)addr, (void)param;
    if (state.unread == 0) return 0;
    const uint8_t byte = state.received[0];
    state.received[0] = state.received[1];
    state.received[1] = state.received[2];
    avr_regbit_clear(avr, uart->dor);
    if (--state.unread == 0) clear_flag(&uart->rxc);
    return byte;
}

void uart_receive(uint8_t byte) {
    avr_t *avr = uart->io.avr;
    if (!avr_regbit_get(avr, uart->rxen)) return;
    if (state.unread == sizeof state.received) {
        overruns++;
        avr_regbit_set(avr, uart->dor);
        return;
    }
    state.received[state.unread++] = byte;
    set_flag(&uart->rxc);
}

// Flags that are set interrupt as soon as they may, not only when they become set.
static void interrupt_again(avr_int_vector_t *flag) {
    avr_t *avr = uart->io.avr;
    if (!avr_regbit_get(avr, flag->raised) || !avr_regbit_get(avr, flag->enable) || flag->pending) return;
    avr_raise_interrupt(avr, flag);
}

static void on_running(struct avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq;
    if (!value) interrupt_again(param);
}

static void on_status_write(avr_t *avr, avr_io_addr_t addr, uint8_t value, void *param) {
    (void)param;
    const uint8_t writable = 0x03;  // U2X and MPCM; all else are flags
    if (avr_regbit_from_value(avr, uart->txc.raised, value)) clear_flag(&uart->txc);
    avr->data[addr] = (uint8_t)((avr->data[addr] & ~writable) | (value & writable));
}

static void on_control_write(avr_t *avr, avr_io_addr_t addr, uint8_t value, void *param) {
    (void)param;
    avr->data[addr] = value;
    if (!avr_regbit_get(avr, uart->rxen)) {
        state.unread = 0;
        clear_flag(&uart->rxc);
    }
    interrupt_again(&uart->rxc);
    interrupt_again(&uart->udrc);
    interrupt_again(&uart->txc);
}

static void on_reset(avr_io_t *io) {
    avr_t *avr = io->avr;
    state.shifting = state.waiting = false;
    state.unread = 0;
    avr_regbit_set(avr, uart->udrc.raised);
    avr_regbit_setto(avr, uart->ucsz, 3);
    avr->data[uart->r_ucsrc] = 0x06;  // eight data bits, no parity, one stop bit
}

static void add_vector(avr_t *avr, avr_int_vector_t *vector) {
    avr_register_vector(avr, vector);
    avr_irq_register_notify(vector->irq + AVR_INT_IRQ_RUNNING, on_running, vector);
}

void avr_uart_init(avr_t *avr, avr_uart_t *port) {
    if (port->name != '0') return;
    uart = port;
    port->io = (avr_io_t){.kind = "uart", .reset = on_reset};
    avr_register_io(avr, &port->io);
    add_vector(avr, &port->rxc);
    add_vector(avr, &port->udrc);
    avr_register_vector(avr, &port->txc);
    avr_register_io_write(avr, port->r_udr, on_data_write, port);
    avr_register_io_read(avr, port->r_udr, on_data_read, port);
    avr_register_io_write(avr, port->r_ucsra, on_status_write, port);
    avr_register_io_write(avr, port->r_ucsrb, on_control_write, port);
}
