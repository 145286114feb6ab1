// SPDX-License-Identifier: GPL-3.0-or-later
// Says every byte it hears, by interrupts, and asleep in between: SEI, SLEEP, CLI, where an interrupt can only come while
// it sleeps.
#include "probe.h"

#ifdef USART0_RX_vect
#define HEARD_vect USART0_RX_vect
#define EMPTY_vect USART0_UDRE_vect
#else
#define HEARD_vect USART_RX_vect
#define EMPTY_vect USART_UDRE_vect
#endif

static volatile uint8_t ring[256], in, out;

ISR(HEARD_vect) {
    ring[in++] = UDR0;
    UCSR0B |= 1 << UDRIE0;
}

ISR(EMPTY_vect) {
    if (in == out)
        UCSR0B &= (uint8_t) ~(1 << UDRIE0);
    else
        UDR0 = ring[out++];
}

int main(void) {
    line_on();
    UCSR0B |= 1 << RXCIE0;
    set_sleep_mode(SLEEP_MODE_IDLE);
    sleep_enable();
    for (;;) {
        sei();
        sleep_cpu();
        cli();
    }
}
