// Arduino Uno (ATmega328P) and Mega 2560: pins, and what must be inline to be fast.
//
// PIN drdy uno D8 PB0        PIN drdy mega D49 PL0
// PIN cs uno D10 PB2         PIN cs mega D53 PB0
// PIN mosi uno D11 PB3       PIN mosi mega D51 PB2
// PIN miso uno D12 PB4       PIN miso mega D50 PB3
// PIN sck uno D13 PB5        PIN sck mega D52 PB1
// PIN reset uno D9 PB1       PIN reset mega D48 PL1
// PIN belt uno D2 PD2        PIN belt mega D2 PE4
// PIN sync uno D4 PD4        PIN sync mega D4 PG5
// PIN clock_out uno D3 PD3   PIN clock_out mega D9 PH6
// PIN data0 uno A0 PC0       PIN data0 mega A0 PF0
// PIN data1 uno A1 PC1       PIN data1 mega A1 PF1
// PIN data2 uno A2 PC2       PIN data2 mega A2 PF2
// PIN data3 uno A3 PC3       PIN data3 mega A3 PF3
#pragma once
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>
#include <util/delay.h>

#if F_CPU != 16000000UL
#error "The timers are set for a board of 16 MHz."
#endif

#define STANCE_PORT(port) PORT##port
#define STANCE_DDR(port) DDR##port
#define STANCE_PIN(port) PIN##port

#if defined(__AVR_ATmega2560__)

#define DRDY_PORT L
#define DRDY_BIT 0
#define CS_PORT B
#define CS_BIT 0
#define MOSI_BIT 2
#define MISO_BIT 3
#define SCK_BIT 1
#define RESET_PORT L
#define RESET_BIT 1
#define BELT_PORT E
#define BELT_BIT 4
#define SYNC_PORT G
#define SYNC_BIT 5
#define CLOCK_PORT H
#define CLOCK_BIT 6
#define DATA_PORT F

#elif defined(__AVR_ATmega328P__)

#define DRDY_PORT B
#define DRDY_BIT 0
#define CS_PORT B
#define CS_BIT 2
#define MOSI_BIT 3
#define MISO_BIT 4
#define SCK_BIT 5
#define RESET_PORT B
#define RESET_BIT 1
#define BELT_PORT D
#define BELT_BIT 2
#define SYNC_PORT D
#define SYNC_BIT 4
#define CLOCK_PORT D
#define CLOCK_BIT 3
#define DATA_PORT C

#else
#error "This AVR has no pin table yet."
#endif

// One more step, so that a pin's name is replaced before it is joined to a register's.
#define PORT_OF(port) STANCE_PORT(port)
#define DDR_OF(port) STANCE_DDR(port)
#define PIN_OF(port) STANCE_PIN(port)

namespace board {

// Interrupts are off as long as it lives.
struct Quiet {
    const uint8_t before = SREG;
    __attribute__((always_inline)) Quiet() { cli(); }
    __attribute__((always_inline)) ~Quiet() {
        __asm__ __volatile__("" ::: "memory");  // nothing of what it guards may be moved behind it
        SREG = before;
    }
};

enum SpiSpeed : uint8_t { SPI_8M, SPI_1M };

// mode 1: idle low, data change on the rising edge (all converters here).
void spi_begin(SpiSpeed speed);
#define STANCE_INLINE __attribute__((always_inline)) inline
STANCE_INLINE void spi_put(uint8_t out) { SPDR = out; }
STANCE_INLINE uint8_t spi_get() {
    while (!(SPSR & _BV(SPIF))) {}
    return SPDR;
}
inline uint8_t spi(uint8_t out) {
    spi_put(out);
    return spi_get();
}
inline void select() { PORT_OF(CS_PORT) &= static_cast<uint8_t>(~_BV(CS_BIT)); }
inline void deselect() { PORT_OF(CS_PORT) |= _BV(CS_BIT); }

// SYNC/RESET of the ADS131M08, SYNC/PDWN of the ADS1256, the clock line of HX711s.
inline void reset_pin(bool high) {
    const Quiet quiet;  // port L is out of reach of single-instruction bit changes
    if (high)
        PORT_OF(RESET_PORT) |= _BV(RESET_BIT);
    else
        PORT_OF(RESET_PORT) &= static_cast<uint8_t>(~_BV(RESET_BIT));
}

inline bool drdy_low() { return !(PIN_OF(DRDY_PORT) & _BV(DRDY_BIT)); }

void data_pins_begin();
inline uint8_t data_pins() { return PIN_OF(DATA_PORT); }  // A0 is bit 0

// Short and to the cycle. us: a constant.
inline __attribute__((always_inline)) void pause_us(const double us) { _delay_us(us); }

inline void feed_watchdog() { wdt_reset(); }

}  // namespace board
