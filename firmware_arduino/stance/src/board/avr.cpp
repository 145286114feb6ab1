#if defined(__AVR__)
#include "../core/fast.h"

#include "board.h"

#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>

#include "../../config.h"
#include "../core/ring.h"

// Both boards: a 16-bit timer with a capture pin, clocked by 2 MHz, and the UART that goes to USB.
#if defined(__AVR_ATmega2560__)
#define TCNT TCNT4
#define ICR ICR4
#define OCR OCR4A
#define TIFR TIFR4
#define TIMSK TIMSK4
#define TCCRA TCCR4A
#define TCCRB TCCR4B
#define CAPTURE_VECT TIMER4_CAPT_vect
#define BEAT_VECT TIMER4_COMPA_vect
#define OVERFLOW_VECT TIMER4_OVF_vect
#define BELT_VECT INT4_vect
#define UART_HEARD_VECT USART0_RX_vect
#else
#define TCNT TCNT1
#define ICR ICR1
#define OCR OCR1A
#define TIFR TIFR1
#define TIMSK TIMSK1
#define TCCRA TCCR1A
#define TCCRB TCCR1B
#define CAPTURE_VECT TIMER1_CAPT_vect
#define BEAT_VECT TIMER1_COMPA_vect
#define OVERFLOW_VECT TIMER1_OVF_vect
#define BELT_VECT INT0_vect
#define UART_HEARD_VECT USART_RX_vect
#endif

// The bits have the same places in every 16-bit timer of these chips.
#define OVERFLOW_BIT _BV(TOV1)
#define CAPTURE_BIT _BV(ICF1)
#define BEAT_BIT _BV(OCF1A)

static_assert(F_CPU / 8 == board::TICKS_PER_S, "the timer counts every eighth cycle");

// The upper half of the timer.
volatile uint16_t stance_ticks_high __attribute__((used, section(".data"))) = 0;

namespace {

Ring from_host;

// Set by interrupts that bring work, or when the timer has gone round, every 33 ms. A register that one instruction can
// set and test: the processor wakes for every byte it sends, and should see at once that it may sleep on.
#define WORK GPIOR0
#define WORK_BIT 0

Edge newest;  // written by interrupts
volatile bool edge_is_new = false;
volatile uint16_t belt_pulses = 0;
volatile uint32_t heard_tick = 0;
uint16_t beat_period = 0;
uint32_t next_beat = 0;
void (*beat_work)(const Edge &) = nullptr;
uint16_t last_boot __attribute__((section(".noinit")));

const char NAME[] PROGMEM =
#if defined(__AVR_ATmega2560__)
    "mega2560";
#else
    "uno";
#endif

// The whole time of a value that the timer had a moment ago. An overflow may wait for its interrupt.
__attribute__((always_inline)) inline uint32_t whole(uint16_t low) {
    uint16_t high = stance_ticks_high;
    if ((TIFR & OVERFLOW_BIT) && low < 0x8000) ++high;
    return static_cast<uint32_t>(high) << 16 | low;
}

__attribute__((always_inline)) inline void latch(uint32_t tick) {
    newest.tick = tick;
    newest.belt = belt_pulses;
    newest.sync = STANCE_SYNC && (PIN_OF(SYNC_PORT) & _BV(SYNC_BIT));
    edge_is_new = true;
    WORK |= _BV(WORK_BIT);
}

void begin_uart(uint32_t baud) {
    UCSR0A = _BV(U2X0);
    UBRR0 = static_cast<uint16_t>((F_CPU / 4 / baud - 1) / 2);
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

void begin_pins() {
    board::reset_pin(true);  // before it is driven: it must not go low for a moment
    DDR_OF(RESET_PORT) |= _BV(RESET_BIT);
    board::deselect();
    DDR_OF(CS_PORT) |= _BV(CS_BIT);
    PORT_OF(DRDY_PORT) |= _BV(DRDY_BIT);  // pulled up: a loose wire makes no edges
    PORT_OF(BELT_PORT) |= _BV(BELT_BIT);
#if STANCE_BELT && defined(__AVR_ATmega2560__)
    EICRB |= _BV(ISC41) | _BV(ISC40);
    EIMSK |= _BV(INT4);
#elif STANCE_BELT
    EICRA |= _BV(ISC01) | _BV(ISC00);
    EIMSK |= _BV(INT0);
#endif
}

void begin_clock_out() {
#if STANCE_CLOCK_OUT
    TCCR2A = _BV(COM2B0) | _BV(WGM21);  // toggles at every cycle: 8 MHz
    TCCR2B = _BV(CS20);
    OCR2A = OCR2B = 0;
    DDR_OF(CLOCK_PORT) |= _BV(CLOCK_BIT);
#endif
}

}  // namespace

ISR(CAPTURE_VECT) { latch(whole(ICR)); }

ISR(BEAT_VECT) {
    const uint32_t tick = next_beat;  // counted, for a beat that comes late could be taken for one of the next round
    next_beat += beat_period;
    OCR = static_cast<uint16_t>(next_beat);
    latch(tick);
    if (!beat_work) return;
    const Edge beat = newest;
    TIMSK &= static_cast<uint8_t>(~BEAT_BIT);  // its own interrupt is shut out as long as it works, the others are not
    sei();
    beat_work(beat);
    cli();
    TIMSK |= BEAT_BIT;
}

ISR(OVERFLOW_VECT) {
    stance_ticks_high = static_cast<uint16_t>(stance_ticks_high + 1);
    WORK |= _BV(WORK_BIT);
}

ISR(BELT_VECT) { belt_pulses = static_cast<uint16_t>(belt_pulses + 1); }

ISR(UART_HEARD_VECT) {
    const uint8_t byte = UDR0;
    if (!from_host.full()) from_host.put(byte);
    heard_tick = whole(TCNT);
    WORK |= _BV(WORK_BIT);
}

// A watchdog that has bitten still runs after the reset, and would bite again at once.
void stance_stop_watchdog() __attribute__((naked, used, section(".init3")));
void stance_stop_watchdog() {
    MCUSR = 0;
    wdt_disable();
}

void board::begin(uint32_t baud) {
    const Quiet quiet;
    TIMSK0 = 0;  // the Arduino's own millisecond interrupt would only delay ours
    begin_pins();
    begin_clock_out();
    TCCRA = 0;
    TCCRB = _BV(ICNC1) | _BV(CS11);  // falling edges, noise canceller, 2 MHz
    TIFR = OVERFLOW_BIT | CAPTURE_BIT | BEAT_BIT;
    TIMSK = OVERFLOW_BIT;
    begin_uart(baud);
    set_sleep_mode(SLEEP_MODE_IDLE);
    wdt_enable(WDTO_500MS);
}

uint32_t board::now() {
    const Quiet quiet;
    return whole(TCNT);
}

void board::wait_us(uint16_t us) {
    const uint32_t since = now();
    while (now() - since <= us * (TICKS_PER_MS / 1000)) feed_watchdog();
}

bool board::hear(uint8_t &byte, uint32_t &tick) {
    const Quiet quiet;
    if (from_host.empty()) return false;
    byte = from_host.take();
    tick = heard_tick;
    return true;
}

uint32_t board::line_frames_per_s(uint8_t frame_bytes) {
    const uint32_t bits_per_s = F_CPU / 8 / (UBRR0 + 1UL);
    return bits_per_s / 10 / frame_bytes;
}

void board::begin_edges() {
    const Quiet quiet;
    edge_is_new = false;
    TIFR = CAPTURE_BIT;
    TIMSK |= _BV(ICIE1);
}

void board::end_edges() {
    const Quiet quiet;
    TIMSK &= static_cast<uint8_t>(~_BV(ICIE1));
}

bool board::take_edge(Edge &edge) {
    if (!edge_is_new) return false;
    const Quiet quiet;
    edge = newest;
    edge_is_new = false;
    return true;
}

bool board::edge_waits() { return edge_is_new; }

void board::begin_beat(uint16_t period, void (*work)(const Edge &)) {
    const Quiet quiet;
    beat_work = work;
    beat_period = period;
    edge_is_new = false;
    next_beat = whole(TCNT) + period;
    OCR = static_cast<uint16_t>(next_beat);
    TIFR = BEAT_BIT;
    TIMSK |= _BV(OCIE1A);
}

void board::spi_begin(SpiSpeed speed) {
    DDR_OF(CS_PORT) |= _BV(MOSI_BIT) | _BV(SCK_BIT);  // SPI and chip select share a port on both boards
    SPCR = _BV(SPE) | _BV(MSTR) | _BV(CPHA) | (speed == SPI_1M ? _BV(SPR0) : 0);
    SPSR = speed == SPI_8M ? _BV(SPI2X) : 0;
}

void board::data_pins_begin() {
    DDR_OF(DATA_PORT) = 0;
    PORT_OF(DATA_PORT) = 0xFF;  // pulled up: a missing HX711 is never ready
}

const char *board::name() { return NAME; }

// A counter in EEPROM, high byte first: power that fails between the two bytes leaves a number not used before.
uint16_t board::boot_id() {
    const uint16_t before = static_cast<uint16_t>(eeprom_read_byte(reinterpret_cast<uint8_t *>(0)) << 8 |
                                                  eeprom_read_byte(reinterpret_cast<uint8_t *>(1)));
    const uint16_t id = static_cast<uint16_t>(before + 1);
    eeprom_update_byte(reinterpret_cast<uint8_t *>(0), static_cast<uint8_t>(id >> 8));
    eeprom_update_byte(reinterpret_cast<uint8_t *>(1), static_cast<uint8_t>(id));
    const bool kept = eeprom_read_byte(reinterpret_cast<uint8_t *>(0)) == static_cast<uint8_t>(id >> 8) &&
                      eeprom_read_byte(reinterpret_cast<uint8_t *>(1)) == static_cast<uint8_t>(id);
    // A worn-out EEPROM: go on from what memory held when the board woke, and from the time it took to find out.
    last_boot = kept ? id : static_cast<uint16_t>(last_boot * 25173U + 13849U + TCNT);
    return last_boot;
}

void board::idle() {
    feed_watchdog();
    sleep_enable();
    for (;;) {
        cli();
        if (WORK & _BV(WORK_BIT)) break;
        sei();
        sleep_cpu();  // the instruction behind sei comes before any interrupt, so none can slip in between
    }
    WORK &= static_cast<uint8_t>(~_BV(WORK_BIT));
    sei();
    sleep_disable();
}

#endif
