// ADS131M08: eight channels at once, 24 bits, checksum in every frame. Texas Instruments SBAS950B.
#include "../core/fast.h"

#include "../../config.h"
#if STANCE_ADC == STANCE_ADS131M08
#include "../board/board.h"
#include "../core/bytes.h"
#include "../core/crc.h"
#include "../core/text.h"
#include "adc.h"

namespace {

constexpr uint16_t COMMAND_NULL = 0x0000, COMMAND_LOCK = 0x0555, READ_REGISTER = 0xA000, WRITE_REGISTERS = 0x6000;
constexpr uint8_t ID = 0, MODE = 2, WRITTEN = 4;  // MODE, CLOCK, GAIN1, GAIN2
constexpr uint8_t ID_EIGHT_CHANNELS = 0x28;
constexpr uint16_t MODE_24_BITS = 0x0110;  // words of 24 bits, time-out; data-ready stays low until its data are read
constexpr uint16_t CLOCK_ALL_CHANNELS = 0xFF02;  // and high resolution
constexpr uint16_t WAS_RESET = 0x0400;  // in STATUS
constexpr uint8_t WORD = 3, WORDS = 10;
constexpr uint16_t RESET_US = 2048UL * 1000000 / STANCE_ADC_CLOCK_HZ + 20;
constexpr uint16_t READY_US = 10;
constexpr uint8_t UNSETTLED = 2;  // its fast filter makes the first two conversions

struct Ratio {
    uint8_t code;
    uint16_t oversampling;
};
constexpr Ratio RATIOS[] = {{7, 16256}, {6, 8192}, {5, 4096}, {4, 2048}};

const char NAME[] PROGMEM = "ADS131M08";

constexpr uint32_t rate_mHz(uint16_t oversampling) { return STANCE_ADC_CLOCK_HZ / 2 * 1000UL / oversampling; }
static_assert(STANCE_ADC_CLOCK_HZ / 2 <= UINT32_MAX / 1000, "rate_mHz must not overflow");

uint8_t gain_code(uint8_t gain) {
    uint8_t code = 0;
    for (; gain > 1; gain >>= 1) ++code;
    return code;
}

class Ads131m08 final : public Converter {
  public:
    bool can(Settings &settings) const override {
        if (!settings.gain || settings.gain & (settings.gain - 1)) return false;
        for (const Ratio &ratio : RATIOS) {
            const uint32_t rate = rate_mHz(ratio.oversampling), thousandth = rate / 1000;
            if (settings.rate_mHz - (rate - thousandth) > 2 * thousandth) continue;
            settings.rate_mHz = rate;
            return true;
        }
        return false;
    }

    const char *choices(uint8_t parameter) const override {
        if (parameter == wire::SETTING_GAIN) return TEXT("gains 1 2 4 8 16 32 64 128");
#if STANCE_ADC_CLOCK_HZ == 8192000
        return TEXT("rates 251.97 500 1000 2000 Hz");
#elif STANCE_ADC_CLOCK_HZ == 8000000
        return TEXT("rates 246.06 488.28 976.56 1953.13 Hz");
#else
        return TEXT("rates: the ADC's clock / 2 / 16256, 8192, 4096 or 2048");
#endif
    }

    bool begin(const Settings &settings) override {
        ratio_ = ratio_of(settings.rate_mHz);
        board::end_edges();
        board::spi_begin(board::SPI_8M);
        board::reset_pin(false);
        board::wait_us(RESET_US);
        board::reset_pin(true);
        board::wait_us(READY_US);
        const uint16_t gains = static_cast<uint16_t>(gain_code(settings.gain) * 0x1111);
        const uint16_t clock = static_cast<uint16_t>(CLOCK_ALL_CHANNELS | ratio_.code << 2);
        const uint16_t values[WRITTEN] = {MODE_24_BITS, clock, gains, gains};
        command(WRITE_REGISTERS | MODE << 7 | (WRITTEN - 1), values, WRITTEN);
        if (get_register(ID) >> 8 != ID_EIGHT_CHANNELS) return false;
        for (uint8_t i = 0; i < WRITTEN; ++i)
            if (get_register(static_cast<uint8_t>(MODE + i)) != values[i]) return false;
        command(COMMAND_LOCK);  // from now on noise on the wires can change nothing
        if (command(COMMAND_NULL) != COMMAND_LOCK) return false;
        unsettled_ = UNSETTLED;
        board::begin_edges();
        return true;
    }

    bool ready(Edge &edge) override { return board::take_edge(edge); }

    // After a pause its buffer holds two conversions, the older of which comes first.
    bool read(Sample &sample, bool missed) override {
        if (missed) transfer(sample);
        const uint16_t status = transfer(sample);
        if (unsettled_) {
            --unsettled_;
            sample.status |= wire::STATUS_TORN;
        }
        if (sample.status & wire::STATUS_ADC_CRC || !(status & WAS_RESET)) return true;
        sample.status |= wire::STATUS_ADC_CRC;  // its supply broke down: gain and rate are not ours
        return false;
    }

    Facts facts() const override {
        return {NAME, STANCE_ADC_CLOCK_HZ, 2UL * ratio_.oversampling, wire::CHANNELS, 0, 0};
    }

  private:
    static Ratio ratio_of(uint32_t rate) {
        for (const Ratio &ratio : RATIOS)
            if (rate_mHz(ratio.oversampling) == rate) return ratio;
        return RATIOS[0];
    }

    // One frame with a command in its first word and register values behind it; gives the answer to the one before.
    static uint16_t command(uint16_t word, const uint16_t *values = nullptr, uint8_t count = 0) {
        board::select();
        const uint8_t high = board::spi(static_cast<uint8_t>(word >> 8)), low = board::spi(static_cast<uint8_t>(word));
        board::spi(0);
        for (uint8_t i = 0; i < WORDS - 1; ++i) {
            const uint16_t value = i < count ? values[i] : 0;
            board::spi(static_cast<uint8_t>(value >> 8));
            board::spi(static_cast<uint8_t>(value));
            board::spi(0);
        }
        board::deselect();
        return static_cast<uint16_t>(high << 8 | low);
    }

    static uint16_t get_register(uint8_t number) {
        command(static_cast<uint16_t>(READ_REGISTER | number << 7));
        return command(COMMAND_NULL);
    }

    // One frame of data; the next byte is always on its way while this one is dealt with. Gives STATUS.
    static uint16_t transfer(Sample &sample) {
        board::select();
        const uint8_t high = board::spi(0), low = board::spi(0), pad = board::spi(0);
        board::spi_put(0);
        const uint16_t head = crc::step(crc::step(crc::step(0xFFFF, high), low), pad);
        uint16_t body = 0;
        uint8_t *counts = sample.counts;
        for (uint8_t i = 0; i < sizeof sample.counts; ++i) {
            const uint8_t byte = board::spi_get();
            board::spi_put(0);
            *counts++ = byte;
            body = crc::step(body, byte);
        }
        const uint8_t crc_high = board::spi_get(), crc_low = board::spi(0);
        board::spi(0);
        board::deselect();
        sample.counts_crc = body;
        sample.status = 0;
        if ((crc::after_counts(head) ^ body) != static_cast<uint16_t>(crc_high << 8 | crc_low)) sample.status = wire::STATUS_ADC_CRC;
        for (counts = sample.counts; counts < sample.counts + sizeof sample.counts; counts += WORD)
            if (at_end(counts)) sample.status |= wire::STATUS_SATURATED;
        return static_cast<uint16_t>(high << 8 | low);
    }

    Ratio ratio_ = RATIOS[0];
    uint8_t unsettled_ = 0;
};

Ads131m08 the_converter;

}  // namespace

Converter &converter() { return the_converter; }

#endif
