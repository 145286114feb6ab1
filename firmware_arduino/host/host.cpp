// The portable core as a shared library: a device whose clock, line and converter the caller plays.
#include <deque>
#include <string.h>

#include "../stance/config.h"
#include "../stance/src/adc/adc.h"
#include "../stance/src/board/board.h"
#include "../stance/src/core/control.h"
#include "../stance/src/core/conversions.h"
#include "../stance/src/core/crc.h"
#include "../stance/src/core/device.h"

namespace {

struct Heard {
    uint8_t byte;
    uint32_t tick;
};

// What the caller plays: one at a time.
struct World {
    uint32_t now = 0;
    uint16_t boot = 0;
    uint32_t line = 1250;
    uint8_t capacity = 255;
    std::deque<uint8_t> sent;
    std::deque<Heard> heard;
    std::deque<Edge> edges;
    Sample sample{};
    bool answers = true, keeps = true;
    uint8_t doubled = 0;
};
World world;

class Played final : public Converter {
  public:
    bool can(Settings &settings) const override {
        return settings.gain && settings.gain <= 128 && (settings.rate_mHz == 1000000 || settings.rate_mHz == 2000000);
    }
    const char *choices(uint8_t parameter) const override {
        return parameter == wire::SETTING_GAIN ? "gains 1 to 128" : "rates 1000 2000 Hz";
    }
    bool begin(const Settings &settings) override {
        if (world.answers) rate_mHz_ = settings.rate_mHz;
        return world.answers;
    }
    bool ready(Edge &edge) override {
        if (world.edges.empty()) return false;
        edge = world.edges.front();
        world.edges.pop_front();
        return true;
    }
    bool read(Sample &sample, bool missed) override {
        sample = world.sample;
        world.doubled = static_cast<uint8_t>(world.doubled + missed);
        return world.keeps;
    }
    Facts facts() const override { return {"played", rate_mHz_, 1000, 4, 2500, 0}; }

  private:
    uint32_t rate_mHz_ = 1000000;
};

Played played;
Conversions conversions;
Receiver receiver;

}  // namespace

Converter &converter() { return played; }

void board::begin(uint32_t) {}
uint32_t board::now() { return world.now; }
void board::wait_us(uint16_t us) { world.now += 2U * us; }
uint8_t board::room() { return static_cast<uint8_t>(world.capacity - world.sent.size()); }
bool board::send(Piece one, Piece two, Piece three) {
    if (room() < one.count + two.count + three.count) return false;
    const Piece pieces[] = {one, two, three};
    for (const Piece &piece : pieces)
        world.sent.insert(world.sent.end(), piece.bytes, piece.bytes + piece.count);
    return true;
}
bool board::hear(uint8_t &byte, uint32_t &tick) {
    if (world.heard.empty()) return false;
    byte = world.heard.front().byte;
    tick = world.heard.front().tick;
    world.heard.pop_front();
    return true;
}
uint32_t board::line_frames_per_s(uint8_t) { return world.line; }
void board::begin_edges() {}
void board::end_edges() {}
bool board::take_edge(Edge &) { return false; }
bool board::edge_waits() { return !world.edges.empty(); }
void board::begin_beat(uint16_t, void (*)(const Edge &)) {}
uint16_t board::boot_id() { return world.boot; }
const char *board::name() { return "host"; }
void board::idle() {}

static Device *device = nullptr;

extern "C" {

uint16_t stance_crc(uint16_t crc, const uint8_t *bytes, uint8_t count) { return crc::over(crc, bytes, count); }
uint16_t stance_crc_after_counts(uint16_t crc) { return crc::after_counts(crc); }

void stance_conversions_begin(uint32_t nominal_256) {
    conversions = Conversions();
    conversions.begin(nominal_256);
}
// Gives count, missed, late of every edge.
void stance_conversions_edges(const uint32_t *ticks, uint32_t count, uint32_t *steps) {
    for (uint32_t i = 0; i < count; ++i) {
        const Conversions::Step step = conversions.edge(ticks[i]);
        *steps++ = step.count;
        *steps++ = step.missed;
        *steps++ = step.late;
    }
}
uint32_t stance_conversions_period_256() { return conversions.period_256(); }

void stance_receiver_begin() { receiver = Receiver(); }
// Bytes that came at one time; gives the commands found as version, kind, token, length, payload one behind the other.
uint32_t stance_receiver_feed(const uint8_t *bytes, uint32_t count, uint32_t tick, uint32_t silence, uint8_t *commands) {
    uint8_t *out = commands;
    Command command;
    while (count--) {
        receiver.put(*bytes++, tick, silence);
        while (receiver.take(command)) {
            *out++ = command.version;
            *out++ = command.kind;
            *out++ = command.token;
            *out++ = command.length;
            memcpy(out, command.payload, command.length);
            out += command.length;
        }
    }
    return static_cast<uint32_t>(out - commands);
}
uint32_t stance_receiver_errors() { return receiver.errors(); }

void stance_device_begin(uint16_t boot, uint8_t capacity, bool answers) {
    world = World();
    world.boot = boot;
    world.capacity = capacity;
    world.answers = answers;
    delete device;
    device = new Device(played);
    device->begin();
}
void stance_device_now(uint32_t tick) { world.now = tick; }
void stance_device_line(uint32_t frames_per_s) { world.line = frames_per_s; }
void stance_device_answers(bool answers, bool keeps) {
    world.answers = answers;
    world.keeps = keeps;
}
void stance_device_hear(const uint8_t *bytes, uint32_t count) {
    while (count--) world.heard.push_back({*bytes++, world.now});
}
void stance_device_convert(uint32_t tick, uint16_t belt, bool sync, const uint8_t *counts, uint8_t status) {
    Edge edge;
    edge.tick = tick;
    edge.belt = belt;
    edge.sync = sync;
    world.edges.push_back(edge);
    memcpy(world.sample.counts, counts, sizeof world.sample.counts);
    world.sample.counts_crc = crc::over(0, counts, sizeof world.sample.counts);
    world.sample.status = status;
}
void stance_device_poll() { device->poll(); }
uint8_t stance_device_doubled() { return world.doubled; }
uint32_t stance_device_take(uint8_t *bytes, uint32_t most) {
    uint32_t count = 0;
    for (; count < most && !world.sent.empty(); ++count) {
        *bytes++ = world.sent.front();
        world.sent.pop_front();
    }
    return count;
}
}
