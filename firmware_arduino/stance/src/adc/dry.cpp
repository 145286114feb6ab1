// No converter: a known pattern that looks like somebody running, to try board, cable and host.
//
// Of the conversions, numbered as seq is, 360 make a step. Channels 0 to 3 show a contact of 250 samples, a parabola
// of p · (250 − p) · 67 counts, and 110 samples of flight. Channel c from 4 on counts n · c, modulo 2^23.
#include "../../config.h"
#if STANCE_ADC == STANCE_DRY
#include "../board/board.h"
#include "../core/crc.h"
#include "../core/text.h"
#include "adc.h"

namespace {

constexpr uint16_t STEP = 360, CONTACT = 250, SCALE = 67;
constexpr uint8_t FORCE_CHANNELS = 4;
constexpr uint32_t RANGE = 0x7FFFFF;
constexpr uint16_t RATES_HZ[] = {250, 500, 1000, 2000};

const char NAME[] PROGMEM = "dry";

class Dry final : public Converter {
  public:
    bool can(Settings &settings) const override {
        for (const uint16_t rate : RATES_HZ)
            if (settings.rate_mHz == rate * 1000UL) return settings.gain != 0;
        return false;
    }

    const char *choices(uint8_t parameter) const override {
        return parameter == wire::SETTING_GAIN ? TEXT("gains 1 to 255") : TEXT("rates 250 500 1000 2000 Hz");
    }

    bool begin(const Settings &settings) override {
        rate_Hz_ = static_cast<uint16_t>(settings.rate_mHz / 1000);
        period_ = static_cast<uint16_t>(board::TICKS_PER_S / rate_Hz_);
        begun_ = false;
        board::begin_beat(period_);
        return true;
    }

    bool ready(Edge &edge) override {
        if (!board::take_edge(edge)) return false;
        number_ += begun_ ? (edge.tick - last_tick_) / period_ : 1;
        begun_ = true;
        last_tick_ = edge.tick;
        return true;
    }

    bool read(Sample &sample, bool) override {
        const uint16_t place = static_cast<uint16_t>(number_ % STEP);
        const uint32_t force = place < CONTACT ? static_cast<uint32_t>(place) * (CONTACT - place) * SCALE : 0;
        uint16_t body = 0;
        uint8_t *counts = sample.counts;
        for (uint8_t channel = 0; channel < wire::CHANNELS; ++channel) {
            const uint32_t value = channel < FORCE_CHANNELS ? force : number_ * channel & RANGE;
            for (int8_t shift = 16; shift >= 0; shift = static_cast<int8_t>(shift - 8)) {
                *counts = static_cast<uint8_t>(value >> shift);
                body = crc::step(body, *counts++);
            }
        }
        sample.counts_crc = body;
        return true;
    }

    Facts facts() const override { return {NAME, rate_Hz_, 1, wire::CHANNELS, 0, 0}; }

  private:
    uint32_t number_ = 0, last_tick_ = 0;
    uint16_t rate_Hz_ = 1000, period_ = 2000;
    bool begun_ = false;
};

Dry the_converter;

}  // namespace

Converter &converter() { return the_converter; }

#endif
