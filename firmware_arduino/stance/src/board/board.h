// What a board must give. Everything else is portable.
#pragma once
#include <stdint.h>

#include "../core/frame.h"

namespace board {

void begin(uint32_t baud);

// The timer: ticks of half a microsecond, modulo 2^32.
constexpr uint32_t TICKS_PER_S = 2000000;
constexpr uint32_t TICKS_PER_MS = TICKS_PER_S / 1000;
uint32_t now();
void wait_us(uint16_t us);  // at least so long; for setting up only

// The host's line. A message is queued whole or not at all, and the line never waits.
uint8_t room();
struct Piece {
    const uint8_t *bytes;
    uint8_t count;
};
bool send(Piece one, Piece two = {nullptr, 0}, Piece three = {nullptr, 0});
bool hear(uint8_t &byte, uint32_t &tick);  // tick: when the newest byte came
uint32_t line_frames_per_s(uint8_t frame_bytes);

// Data-ready edges, latched by hardware: the newest one, once.
void begin_edges();
void end_edges();  // the converter is about to be reset, which makes edges of its own
bool take_edge(Edge &edge);  // the newest edge or beat, once
bool edge_waits();

// A steady beat from the same timer, for converters that are paced by the board. period: 100 to 60000 ticks.
// work: done at every beat, as an interrupt that lets all others through; for what must not wait for the main loop.
void begin_beat(uint16_t period, void (*work)(const Edge &) = nullptr);

// A number that differs at every boot.
uint16_t boot_id();
const char *name();

// Sleeps until an edge, a beat or a byte has come, for 33 ms at most, and tells the watchdog that all is well.
void idle();

}  // namespace board

#if defined(__AVR__)
#include "avr.h"
#elif defined(STANCE_HOST)
#include STANCE_HOST
#else
#error "No board layer for this processor yet: see docs/firmware.md, which boards there are."
#endif
