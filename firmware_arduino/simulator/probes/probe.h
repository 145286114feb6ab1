// SPDX-License-Identifier: GPL-3.0-or-later
// What all probes share: the line at 2,000,000 baud / DIVIDER, and the 2 MHz timer with the capture pin.
#pragma once
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef DIVIDER
#define DIVIDER 4
#endif

#ifdef __AVR_ATmega2560__
#define TIMER_CONTROL TCCR4B
#define TIMER TCNT4
#define CAPTURED ICR4
#define TIMER_FLAGS TIFR4
#define CAPTURE_FLAG ICF4
#define OVERFLOW_FLAG TOV4
#define CAPTURE_VECTOR TIMER4_CAPT_vect
#define TIMER_INTERRUPTS TIMSK4
#define BELT_VECTOR INT4_vect
static inline void belt_on(void) {
    EICRB |= 1 << ISC41 | 1 << ISC40;  // rising edge
    EIFR = 1 << INTF4;
    EIMSK |= 1 << INT4;
}
static inline void spi_pins(void) { DDRB |= 1 << PB0 | 1 << PB1 | 1 << PB2; }
#else
#define TIMER_CONTROL TCCR1B
#define TIMER TCNT1
#define CAPTURED ICR1
#define TIMER_FLAGS TIFR1
#define CAPTURE_FLAG ICF1
#define OVERFLOW_FLAG TOV1
#define CAPTURE_VECTOR TIMER1_CAPT_vect
#define TIMER_INTERRUPTS TIMSK1
#define BELT_VECTOR INT0_vect
static inline void belt_on(void) {
    EICRA |= 1 << ISC01 | 1 << ISC00;
    EIFR = 1 << INTF0;
    EIMSK |= 1 << INT0;
}
static inline void spi_pins(void) { DDRB |= 1 << PB2 | 1 << PB3 | 1 << PB5; }
#endif

static inline void line_on(void) {
    UBRR0 = DIVIDER - 1;
    UCSR0A = 1 << U2X0;
    UCSR0C = 1 << UCSZ01 | 1 << UCSZ00;
    UCSR0B = 1 << RXEN0 | 1 << TXEN0;
}

static inline void say(uint8_t byte) {
    while (!(UCSR0A & 1 << UDRE0)) {
    }
    UDR0 = byte;
}

static inline void say16(uint16_t value) {
    say(value >> 8);
    say(value & 0xff);
}

static inline uint8_t hear(void) {
    while (!(UCSR0A & 1 << RXC0)) {
    }
    return UDR0;
}
