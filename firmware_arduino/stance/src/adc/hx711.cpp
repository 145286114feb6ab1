// HX711: up to four on one clock line, their data on A0, A1, A2, A3. For weighing: 80 conversions a second (RATE pin
// high) tell nothing of impacts. It has no crystal, so its rate is measured.
#include "../../config.h"
#if STANCE_ADC == STANCE_HX711
#include "../board/board.h"
#include "../core/crc.h"
#include "../core/text.h"
#include "adc.h"

namespace {

static_assert(STANCE_HX711_COUNT >= 1 && STANCE_HX711_COUNT <= 4, "one to four HX711");
constexpr uint8_t ALL = (1 << STANCE_HX711_COUNT) - 1;
constexpr uint8_t BITS = 24, WORD = 3;
constexpr uint32_t NOMINAL_mHz = 80000;
constexpr uint16_t POWER_DOWN_US = 100;  // 60 of clock high put it to sleep
constexpr uint16_t LOOK = 100 * (board::TICKS_PER_MS / 1000);  // how often we look whether all are ready
constexpr uint32_t PATIENCE = 120 * board::TICKS_PER_MS;       // settling takes 50 ms; at 10 per second it is in vain
constexpr uint8_t MEASURED = 16;                               // conversions

const char NAME[] PROGMEM = "HX711";

class Hx711 final : public Converter {
  public:
    bool can(Settings &settings) const override {
        if (settings.gain != 128 && settings.gain != 64) return false;
        if (settings.rate_mHz - NOMINAL_mHz * 9 / 10 > NOMINAL_mHz / 5) return false;
        settings.rate_mHz = NOMINAL_mHz;
        return true;
    }

    const char *choices(uint8_t parameter) const override {
        return parameter == wire::SETTING_GAIN ? TEXT("gains 64 128") : TEXT("rates 80 Hz");
    }

    // Sleep and waking make all of them start together, with gain 128.
    bool begin(const Settings &settings) override {
        working_ = false;
        pulses_ = settings.gain == 128 ? BITS + 1 : BITS + 3;
        board::data_pins_begin();
        board::reset_pin(true);
        board::wait_us(POWER_DOWN_US);
        board::reset_pin(false);
        if (!measure()) return false;
        working_ = true;
        board::begin_beat(LOOK);
        return true;
    }

    bool ready(Edge &edge) override { return board::take_edge(edge) && working_ && all_ready(); }

    bool read(Sample &sample, bool) override {
        for (uint8_t &byte : sample.counts) byte = 0;
        sample.status = 0;
        shift(sample.counts);
        if ((board::data_pins() & ALL) != ALL) sample.status = wire::STATUS_ADC_CRC;  // one is out of step
        for (const uint8_t *count = sample.counts; count < sample.counts + WORD * STANCE_HX711_COUNT; count += WORD)
            if (at_end(count)) sample.status |= wire::STATUS_SATURATED;
        sample.counts_crc = crc::over(0, sample.counts, sizeof sample.counts);
        return true;
    }

    Facts facts() const override {
        return {NAME, MEASURED * board::TICKS_PER_S, elapsed_, STANCE_HX711_COUNT, 0, wire::CAN_STATIC_ONLY};
    }

  private:
    static bool all_ready() { return !(board::data_pins() & ALL); }

    static bool wait_ready(uint32_t &tick) {
        const uint32_t since = board::now();
        do {
            tick = board::now();
            if (all_ready()) return true;
            board::feed_watchdog();
        } while (tick - since < PATIENCE);
        return false;
    }

    // Clock high for more than 50 us would put them to sleep, so nothing may come between.
    static uint8_t pulse() {
        const board::Quiet quiet;
        board::reset_pin(true);
        board::pause_us(0.5);  // data are there after 0.1 us, and the processor looks at them a little late
        const uint8_t pins = board::data_pins();
        board::reset_pin(false);
        return pins;
    }

    // All at once: each pulse brings one bit of every HX711.
    void shift(uint8_t *counts) const {
        for (uint8_t i = 0; i < pulses_; ++i) {
            uint8_t pins = pulse();
            if (i >= BITS) continue;
            uint8_t *byte = counts + i / 8;
            for (uint8_t which = 0; which < STANCE_HX711_COUNT; ++which, byte += WORD, pins >>= 1)
                *byte = static_cast<uint8_t>(*byte << 1 | (pins & 1));
        }
    }

    // The first conversion has the gain of a fresh start, and ours comes with the second.
    bool measure() {
        uint32_t first, last;
        uint8_t unused[WORD * STANCE_HX711_COUNT] = {};
        if (!wait_ready(first)) return false;
        for (uint8_t i = 0; i < MEASURED; ++i) {
            shift(unused);
            if (!wait_ready(last)) return false;
        }
        elapsed_ = last - first;
        shift(unused);
        return true;
    }

    uint32_t elapsed_ = MEASURED * (board::TICKS_PER_S / 80);  // ticks
    uint8_t pulses_ = BITS + 1;
    bool working_ = false;
};

Hx711 the_converter;

}  // namespace

Converter &converter() { return the_converter; }

#endif
