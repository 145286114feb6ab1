#if defined(__AVR__)
#include "../core/fast.h"

#include "board.h"

#include <avr/interrupt.h>
#include <string.h>

#if defined(__AVR_ATmega2560__)
#define UART_FREE_VECT USART0_UDRE_vect
#else
#define UART_FREE_VECT USART_UDRE_vect
#endif

// What waits for the line: a ring of 256 bytes in a memory page of its own, its indices in registers that `in` and `out`
// reach. A good part of the firmware's time goes into the interrupt below, 40 times a frame; so it is written by hand
// and saves only the two registers that it needs.
uint8_t stance_to_host[256] __attribute__((aligned(256), section(".noinit")));
#define TAKEN GPIOR1
#define PUT GPIOR2

ISR(UART_FREE_VECT, ISR_NAKED) {
    __asm__ __volatile__(
        "push r30 \n\t"
        "in r30, __SREG__ \n\t"
        "push r30 \n\t"
        "push r31 \n\t"
        "in r30, %[taken] \n\t"
        "ldi r31, hi8(stance_to_host) \n\t"
        "ld r31, Z \n\t"
        "sts %[data], r31 \n\t"
        "inc r30 \n\t"
        "out %[taken], r30 \n\t"
        "in r31, %[put] \n\t"
        "cpse r30, r31 \n\t"
        "rjmp 1f \n\t"
        "lds r30, %[control] \n\t"  // nothing is left: no more interrupts until something is put
        "andi r30, %[quiet] \n\t"
        "sts %[control], r30 \n\t"
        "1: pop r31 \n\t"
        "pop r30 \n\t"
        "out __SREG__, r30 \n\t"
        "pop r30 \n\t"
        "reti \n\t" ::[taken] "I"(_SFR_IO_ADDR(TAKEN)),
        [put] "I"(_SFR_IO_ADDR(PUT)), [data] "n"(_SFR_MEM_ADDR(UDR0)), [control] "n"(_SFR_MEM_ADDR(UCSR0B)),
        [quiet] "M"(0xFF ^ _BV(UDRIE0)));
}

namespace {

uint8_t copy(uint8_t at, board::Piece piece) {
    const uint8_t to_end = static_cast<uint8_t>(-at);  // 0: the whole page is ahead
    if (!to_end || piece.count <= to_end) {
        memcpy(stance_to_host + at, piece.bytes, piece.count);
    } else {
        memcpy(stance_to_host + at, piece.bytes, to_end);
        memcpy(stance_to_host, piece.bytes + to_end, static_cast<uint8_t>(piece.count - to_end));
    }
    return static_cast<uint8_t>(at + piece.count);
}

}  // namespace

uint8_t board::room() { return static_cast<uint8_t>(TAKEN - PUT - 1); }

bool board::send(Piece one, Piece two, Piece three) {
    if (room() < one.count + two.count + three.count) return false;
    const uint8_t put = copy(copy(copy(PUT, one), two), three);
    const Quiet quiet;
    PUT = put;
    UCSR0B |= _BV(UDRIE0);
    return true;
}

#endif
