#include "fast.h"

#include "device.h"

#include <string.h>

#include "../../config.h"
#include "../board/board.h"
#include "bytes.h"
#include "text.h"

namespace {

constexpr uint8_t FIRMWARE[3] = {0, 2, 0};
constexpr uint8_t NAME_BYTES = 16;
constexpr uint8_t UNASKED = 0;  // the token of what nobody asked for
constexpr uint32_t BROKEN_OFF = 100 * board::TICKS_PER_MS;  // a command that stands still for so long is forgotten
constexpr uint32_t PATIENCE = 250 * board::TICKS_PER_MS;    // without a conversion for so long the converter is started anew

}  // namespace

// Number of the conversion before the first. Like the upper half of the timer it stands in memory by name, so that a
// test can set it shortly before its wrap.
volatile uint16_t stance_first_seq __attribute__((used, section(".data"))) = 0;

void Device::begin() {
    boot_ = board::boot_id();
    begun_ = begin_frames(boot_);
    seq_ = stance_first_seq;
    settings_ = {STANCE_GAIN, STANCE_RATE_MHZ};
    adc_.can(settings_);
    start_converter(settings_);
    token_ = UNASKED;
    hello();
}

void Device::poll() {
    if (!convert()) watch_converter();
    if (reply_bytes_ && board::send({reply_, reply_bytes_})) reply_bytes_ = 0;
    if (!reply_bytes_) hear();
}

bool Device::start_converter(const Settings &settings) {
    sound_ = adc_.begin(settings);
    if (sound_) settings_ = settings;
    const Facts facts = adc_.facts();
    const uint64_t ticks = static_cast<uint64_t>(board::TICKS_PER_S) * facts.rate_den << Conversions::FRACTION;
    conversions_.begin(static_cast<uint32_t>(ticks / facts.rate_num), streaming_);
    span_ = static_cast<uint32_t>(facts.channels - 1) * facts.skew_100ns / (10000000UL / board::TICKS_PER_S);
    seen_ = false;
    watched_ = board::now();
    return sound_;
}

// A converter that has just been started is given time for its first conversion.
bool Device::converting() const {
    return sound_ && !idle_ && board::now() - (seen_ ? last_tick_ : watched_) < PATIENCE;
}

void Device::watch_converter() {
    const uint32_t now = board::now();
    if (now - watched_ < PATIENCE || (sound_ && seen_ && now - last_tick_ < PATIENCE)) return;
    if (!seen_) idle_ = true;
    start_converter(settings_);
}

// False: there was none.
bool Device::convert() {
    Edge edge;
    if (!adc_.ready(edge)) return false;
    const Conversions::Step step = conversions_.edge(edge.tick);
    if (!step.count && !step.missed) {  // noise on the line: no conversion can be due yet
        ++late_;
        return false;
    }
    Sample sample;
    const bool sound = adc_.read(sample, step.missed > 0);
    seen_ = true;
    idle_ = false;
    last_tick_ = edge.tick;
    seq_ = static_cast<uint16_t>(seq_ + step.count);
    uint8_t status = static_cast<uint8_t>(sample.status | timing_of(edge, board::now()));
    if (!sound_) status |= wire::STATUS_ADC_CRC;  // nobody knows by which settings it converts
    if (step.late) status |= wire::STATUS_LATE;
    if (step.missed) status |= wire::STATUS_MISSED;
    if (edge.sync) status |= wire::STATUS_SYNC_IN;
    missed_ += step.missed;
    if (status & wire::STATUS_LATE) ++late_;
    if (status & wire::STATUS_ADC_CRC) ++adc_errors_;
    if (streaming_) send(edge, status, sample);
    if (!sound) start_converter(settings_);
    return true;
}

// Whether the reading came so late that the next conversion was near, or there.
uint8_t Device::timing_of(const Edge &edge, uint32_t read_tick) const {
    const uint32_t taken = read_tick - edge.tick, since = taken > span_ ? taken - span_ : 0;
    const uint32_t period = conversions_.period();
    if (since >= period) return wire::STATUS_TORN;
    return since > period - (period >> 2) ? wire::STATUS_LATE : 0;
}

void Device::send(const Edge &edge, uint8_t status, const Sample &sample) {
    if (board::room() < reply_bytes_ + wire::frame::BYTES) {  // an answer that waits must not starve
        ++dropped_;
        debt_ |= static_cast<uint8_t>(wire::STATUS_DROPPED | (status & wire::STATUS_MISSED));
        return;
    }
    Wrapping wrapping;
    wrap_frame(wrapping, boot_, begun_, seq_, edge, status | debt_, sample);
    debt_ = 0;
    board::send({wrapping.head, sizeof wrapping.head}, {sample.counts, sizeof sample.counts},
                {wrapping.tail, sizeof wrapping.tail});
    ++sent_;
}

void Device::hear() {
    uint8_t byte;
    uint32_t tick;
    Command command;
    while (!reply_bytes_ && !board::edge_waits()) {
        if (receiver_.take(command)) {
            token_ = command.token;
            obey(command);
        } else if (board::hear(byte, tick)) {
            receiver_.put(byte, tick, BROKEN_OFF);
        } else {
            return;
        }
    }
}

void Device::obey(const Command &command) {
    if (command.version != wire::VERSION && command.kind != wire::KIND_HELLO)
        return refuse(wire::ERR_WRONG_VERSION, TEXT("this is version 1"));
    if (command.kind == wire::KIND_SET) return set(command);
    if (command.kind < wire::KIND_HELLO || command.kind > wire::KIND_SET)
        return refuse(wire::ERR_UNKNOWN_KIND, TEXT("no such command"));
    if (command.length) return refuse(wire::ERR_BAD_PAYLOAD, TEXT("no payload wanted"));
    switch (command.kind) {
        case wire::KIND_HELLO:
            return hello();
        case wire::KIND_START:
            return start();
        case wire::KIND_CLOCK:
            return clock(receiver_.heard());
        case wire::KIND_STATS:
            return stats();
        default:
            streaming_ = false;
            answer(wire::KIND_STOP | wire::REPLY, 0);
    }
}

void Device::answer(uint8_t kind, uint8_t length) {
    reply_bytes_ = wrap_control(reply_, kind, token_, length);
    if (board::send({reply_, reply_bytes_})) reply_bytes_ = 0;
}

void Device::refuse(uint8_t code, const char *text) {
    payload()[0] = code;
    const uint8_t length = copy_text(payload() + 1, text, wire::MAX_PAYLOAD - 1);
    answer(wire::KIND_ERROR, static_cast<uint8_t>(1 + length));
}

void Device::hello() {
    const Facts facts = adc_.facts();
    uint8_t *out = payload();
    memset(out, 0, wire::HELLO_BYTES);
    out[wire::HELLO_PROTOCOL_VERSION] = wire::VERSION;
    put16(out + wire::HELLO_LAYOUT_SEED, wire::LAYOUT_SEED);
    memcpy(out + wire::HELLO_FIRMWARE, FIRMWARE, sizeof FIRMWARE);
    copy_text(out + wire::HELLO_BOARD, board::name(), NAME_BYTES);
    copy_text(out + wire::HELLO_ADC, facts.name, NAME_BYTES);
    put16(out + wire::HELLO_BOOT, boot_);
    put32(out + wire::HELLO_TICK_RATE_HZ, board::TICKS_PER_S);
    put32(out + wire::HELLO_RATE_NUM, facts.rate_num);
    put32(out + wire::HELLO_RATE_DEN, facts.rate_den);
    out[wire::HELLO_CHANNELS] = facts.channels;
    for (uint8_t channel = 0; channel < facts.channels; ++channel) {
        out[wire::HELLO_GAINS + channel] = settings_.gain;
        out[wire::HELLO_CHANNEL_MAP + channel] = channel;
        put16(out + wire::HELLO_SKEW_100NS + 2 * channel, static_cast<uint16_t>(channel * facts.skew_100ns));
    }
    const uint16_t can = facts.capabilities | wire::CAN_SETTINGS | (STANCE_BELT ? wire::CAN_BELT_COUNTER : 0) |
                         (STANCE_SYNC ? wire::CAN_SYNC_INPUT : 0);
    put16(out + wire::HELLO_CAPABILITIES, can);
    answer(wire::KIND_HELLO | wire::REPLY, wire::HELLO_BYTES);
}

void Device::start() {
    if (!sound_ && !start_converter(settings_))
        return refuse(wire::ERR_ADC_FAULT, TEXT("the converter does not answer: check its supply and wires"));
    if (!converting())
        return refuse(wire::ERR_ADC_FAULT, TEXT("the converter does not convert: check its clock and data-ready"));
    streaming_ = true;
    answer(wire::KIND_START | wire::REPLY, 0);
}

void Device::clock(uint32_t tick) {
    put32(payload() + wire::CLOCK_TICK, tick);
    put16(payload() + wire::CLOCK_BOOT, boot_);
    answer(wire::KIND_CLOCK | wire::REPLY, wire::CLOCK_BYTES);
}

void Device::stats() {
    uint8_t *out = payload();
    put32(out + wire::STATS_FRAMES_SENT, sent_);
    put32(out + wire::STATS_FRAMES_DROPPED, dropped_);
    put32(out + wire::STATS_MISSED, missed_);
    put32(out + wire::STATS_LATE, late_);
    put32(out + wire::STATS_ADC_CRC_ERRORS, adc_errors_);
    put32(out + wire::STATS_RX_ERRORS, receiver_.errors());
    put16(out + wire::STATS_BOOT, boot_);
    answer(wire::KIND_STATS | wire::REPLY, wire::STATS_BYTES);
}

// Everything is looked at before anything is changed.
void Device::set(const Command &command) {
    if (command.length != wire::SET_BYTES) return refuse(wire::ERR_BAD_PAYLOAD, TEXT("parameter and value wanted"));
    const uint8_t parameter = command.payload[wire::SET_PARAMETER];
    const uint32_t value = get32(command.payload + wire::SET_VALUE);
    Settings wanted = settings_;
    if (parameter == wire::SETTING_GAIN) {
        wanted.gain = value < 256 ? static_cast<uint8_t>(value) : 0;
    } else if (parameter == wire::SETTING_RATE_MHZ) {
        wanted.rate_mHz = value;
    } else {
        return refuse(wire::ERR_BAD_PAYLOAD, TEXT("parameter 1 is the gain, 2 the rate in mHz"));
    }
    if (streaming_) return refuse(wire::ERR_BUSY, TEXT("not while data flow: STOP first"));
    if (!adc_.can(wanted)) return refuse(wire::ERR_BAD_PAYLOAD, adc_.choices(parameter));
    if (wanted.rate_mHz / 1000 > board::line_frames_per_s(wire::frame::BYTES))
        return refuse(wire::ERR_BAD_PAYLOAD, TEXT("this line is too slow for that rate: build for more baud"));
    const Settings before = settings_;
    if (!start_converter(wanted)) {
        start_converter(before);
        return refuse(wire::ERR_ADC_FAULT, TEXT("the converter does not answer: check its supply and wires"));
    }
    answer(wire::KIND_SET | wire::REPLY, 0);
}
