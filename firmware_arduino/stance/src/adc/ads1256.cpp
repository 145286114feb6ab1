// ADS1256: four differential channels, one after the other, 24 bits. Texas Instruments SBAS288.
//
// The board's beat cuts a frame into four slots. At each beat the conversion of the slot that ends is finished: the
// SYNC pin stops the converter, the multiplexer goes on, the pin starts the next conversion, and while that runs the
// finished one is read. So every channel is taken at its own, equally spaced time. A frame's time is the beat at which
// channel 0 was finished. A slot of 250 us has 10 us to spare, so all this is done by the beat's interrupt.
#include "../core/fast.h"

#include "../../config.h"
#if STANCE_ADC == STANCE_ADS1256
#include "../board/board.h"
#include "../core/crc.h"
#include "../core/text.h"
#include "adc.h"

namespace {

constexpr uint8_t CHANNELS = 4, WORD = 3;
constexpr uint8_t RDATA = 0x01, SDATAC = 0x0F, RREG = 0x10, WREG = 0x50, SELFCAL = 0xF0, RESET = 0xFE;
constexpr uint8_t STATUS = 0, MUX = 1, ADCON = 2, DRATE = 3;
constexpr uint8_t STATUS_OURS = 0x0E, BUFFER_ON = 0x02;  // a bridge must not be loaded by the amplifier's input
constexpr uint8_t PAIR[CHANNELS] = {0x01, 0x23, 0x45, 0x67};

// The data sheet's pauses, and a little more.
constexpr double us_of(uint8_t clocks) { return clocks * 1e6 / STANCE_ADC_CLOCK_HZ + 0.1; }
constexpr double ORDER_US = us_of(4), DATA_US = us_of(50);
constexpr uint32_t PATIENCE = 50 * board::TICKS_PER_MS;  // with a calibration
// A beat is served at most so late, else the next conversion is not where it should be. Usual are 20 us.
constexpr uint32_t LATE = 42 * (board::TICKS_PER_MS / 1000);
constexpr uint8_t LOOKS = 40;  // some 15 us

// Settling and the orders before it must fit into a slot, and a second conversion must not.
struct Rate {
    uint16_t Hz;
    uint8_t code;
};
constexpr Rate RATES[] = {{1000, 0xF0}, {500, 0xC0}, {250, 0xB0}};  // 30000, 3750, 2000 conversions per second

const char NAME[] PROGMEM = "ADS1256";

uint8_t gain_code(uint8_t gain) {
    uint8_t code = 0;
    for (; gain > 1; gain >>= 1) ++code;
    return code;
}

// An order that must be followed by a pause.
void put(uint8_t byte) {
    board::spi(byte);
    board::pause_us(ORDER_US);
}

void set_register(uint8_t number, uint8_t value) {
    put(WREG | number);
    put(0);
    put(value);
}

bool wait_ready() {
    const uint32_t since = board::now();
    board::wait_us(100);  // until data-ready has gone high
    while (!board::drdy_low()) {
        board::feed_watchdog();
        if (board::now() - since > PATIENCE) return false;
    }
    return true;
}

// Whether the conversion is there; it may still be on its way.
bool finished() {
    for (uint8_t looks = 0; looks < LOOKS; ++looks)
        if (board::drdy_low()) return true;
    return false;
}

void on_beat(const Edge &beat);

class Ads1256 final : public Converter {
  public:
    bool can(Settings &settings) const override {
        if (!settings.gain || settings.gain > 64 || settings.gain & (settings.gain - 1)) return false;
        for (const Rate &rate : RATES)
            if (settings.rate_mHz == rate.Hz * 1000UL) return true;
        return false;
    }

    const char *choices(uint8_t parameter) const override {
        return parameter == wire::SETTING_GAIN ? TEXT("gains 1 2 4 8 16 32 64") : TEXT("rates 250 500 1000 Hz");
    }

    bool begin(const Settings &settings) override {
        working_ = full_ = begun_ = false;
        choose(settings);
        board::spi_begin(board::SPI_1M);
        board::deselect();
        board::reset_pin(true);
        board::select();
        put(SDATAC);
        put(RESET);
        if (!wait_ready()) return false;
        for (uint8_t i = STATUS; i <= DRATE; ++i) set_register(i, registers_[i]);
        put(SELFCAL);
        if (!wait_ready() || !as_written(STATUS, DRATE)) return false;
        working_ = true;
        board::begin_beat(slot_, on_beat);
        return true;
    }

    bool ready(Edge &edge) override {
        Edge unused;
        board::take_edge(unused);
        if (full_) edge = whole_edge_;
        return full_;
    }

    // The last four channels are nil. False: its supply broke down, it has its own gain and rate again.
    bool read(Sample &sample, bool) override {
        sample = whole_;
        full_ = false;
        uint16_t sum = sample.counts_crc;
        for (uint8_t i = WORD * CHANNELS; i < sizeof sample.counts; ++i) sum = crc::step(sum, 0);
        sample.counts_crc = sum;
        return kept_;
    }

    Facts facts() const override {
        return {NAME, rate_.Hz, 1, CHANNELS, static_cast<uint16_t>(10000000UL / CHANNELS / rate_.Hz), 0};
    }

    void serve(const Edge &beat) {
        if (!working_) return;
        const uint8_t steps = steps_to(beat.tick);
        channel_ = (channel_ + steps) % CHANNELS;
        bool late = !finished();
        late |= late_ || steps != 1;
        late_ = start_next() - beat.tick > LATE;
        if (channel_ == 0) {
            edge_ = beat;
            status_ = 0;
            part_.counts_crc = 0;
        }
        if (late) status_ |= wire::STATUS_ADC_CRC;
        collect();
        collected_ = steps == 1 && (collected_ == channel_ || channel_ == 0) ? static_cast<uint8_t>(channel_ + 1) : 0;
        if (channel_ == 1) kept_ = as_written(ADCON, DRATE);
        if (collected_ == CHANNELS) hand_over();
    }

  private:
    void choose(const Settings &settings) {
        for (const Rate &rate : RATES)
            if (settings.rate_mHz == rate.Hz * 1000UL) rate_ = rate;
        slot_ = static_cast<uint16_t>(board::TICKS_PER_S / CHANNELS / rate_.Hz);
        registers_[STATUS] = BUFFER_ON;
        registers_[MUX] = PAIR[0];
        registers_[ADCON] = gain_code(settings.gain);  // and no clock for others
        registers_[DRATE] = rate_.code;
        kept_ = true;
    }

    bool as_written(uint8_t first, uint8_t last) const {
        board::spi(RREG | first);
        board::spi(static_cast<uint8_t>(last - first));
        board::pause_us(DATA_US);
        bool same = true;
        for (uint8_t i = first; i <= last; ++i) {
            const uint8_t ours = i == STATUS ? STATUS_OURS : 0xFF;
            same &= (board::spi(0) & ours) == registers_[i];
        }
        return same;
    }

    // Beats since the last one. The very first finds no conversion of ours: what it ends is taken for channel 3.
    uint8_t steps_to(uint32_t tick) {
        if (!begun_) {
            begun_ = true;
            channel_ = CHANNELS - 2;
            collected_ = 0;
            last_tick_ = tick;
            return 1;
        }
        const uint32_t since = tick - last_tick_;
        last_tick_ = tick;
        return since == slot_ ? 1 : static_cast<uint8_t>(since / slot_ % 128);
    }

    // Stop, multiplexer on, start. Gives when. Were it not stopped, a conversion could end between and mix two inputs.
    uint32_t start_next() const {
        const board::Quiet quiet;
        board::reset_pin(false);
        board::spi_put(WREG | MUX);
        const uint32_t when = board::now();
        board::spi_get();
        board::spi(0);
        put(PAIR[(channel_ + 1) % CHANNELS]);
        board::reset_pin(true);
        return when;
    }

    // The next byte is on its way while this one is dealt with.
    void collect() {
        uint8_t *count = part_.counts + WORD * channel_;
        uint16_t sum = part_.counts_crc;
        board::spi(RDATA);
        board::pause_us(DATA_US);
        board::spi_put(0);
        for (uint8_t i = 0; i < WORD; ++i) {
            count[i] = board::spi_get();
            if (i < WORD - 1) board::spi_put(0);
            sum = crc::step(sum, count[i]);
        }
        part_.counts_crc = sum;
        if (at_end(count)) status_ |= wire::STATUS_SATURATED;
    }

    // One that the main loop has not fetched yet stays; the new one is lost, and is missed by its time.
    void hand_over() {
        if (full_) return;
        part_.status = kept_ ? status_ : static_cast<uint8_t>(status_ | wire::STATUS_ADC_CRC);
        whole_ = part_;
        whole_edge_ = edge_;
        full_ = true;
    }

    Rate rate_ = RATES[0];
    uint16_t slot_ = 500;  // ticks
    uint8_t registers_[DRATE + 1] = {};
    Sample part_{}, whole_{};  // the frame that is being collected, and the last one that is complete
    Edge edge_, whole_edge_;   // of channel 0
    uint32_t last_tick_ = 0;   // of the last beat
    uint8_t channel_ = 0;      // whose conversion ends at this beat
    uint8_t collected_ = 0;    // channels of this frame, in order and without a gap
    uint8_t status_ = 0;       // of this frame
    bool begun_ = false;
    bool late_ = false;        // the conversion that runs was started late
    volatile bool working_ = false, full_ = false, kept_ = true;
};

Ads1256 the_converter;

void on_beat(const Edge &beat) { the_converter.serve(beat); }

}  // namespace

Converter &converter() { return the_converter; }

#endif
