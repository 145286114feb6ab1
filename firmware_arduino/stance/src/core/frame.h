// One conversion, and the data frame it becomes.
#pragma once
#include <stdint.h>

#include "layout.h"

// What was latched when the converter said that data are ready.
struct Edge {
    uint32_t tick = 0;
    uint16_t belt = 0;
    bool sync = false;
};

struct Sample {
    uint8_t counts[3 * wire::CHANNELS];  // big-endian, as on the wire
    uint16_t counts_crc = 0;             // CRC of the counts, begun at 0
    uint8_t status = 0;                  // what the converter's driver knows: STATUS_ADC_CRC, STATUS_SATURATED
};

// A data frame's bytes before and behind the counts, which stay where they were read.
struct Wrapping {
    uint8_t head[wire::frame::COUNTS];
    uint8_t tail[wire::frame::BYTES - wire::frame::BELT];
};

// begun: checksum of what all frames of a boot have in common, made once by begin_frames.
void wrap_frame(Wrapping &out, uint16_t boot, uint16_t begun, uint16_t seq, const Edge &edge, uint8_t status,
                const Sample &sample);
uint16_t begin_frames(uint16_t boot);

// Whether a 24-bit number is at an end of its range.
inline bool at_end(const uint8_t *number) {
    const uint8_t high = number[0];
    if (high != 0x7F && high != 0x80) return false;
    const uint8_t rest = high == 0x7F ? 0xFF : 0;
    return number[1] == rest && number[2] == rest;
}
