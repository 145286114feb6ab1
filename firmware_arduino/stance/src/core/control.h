// Control frames: finding the host's commands in a stream of bytes, and wrapping answers.
#pragma once
#include <stdint.h>

#include "layout.h"

struct Command {
    uint8_t version = 0, kind = 0, token = 0, length = 0;
    const uint8_t *payload = nullptr;
};

class Receiver {
  public:
    // Takes one byte. tick: when it came; silence: after so many ticks without a byte a frame that had begun is forgotten.
    void put(uint8_t byte, uint32_t tick, uint32_t silence);

    // The next whole command; its payload is good until the next call of put or take.
    bool take(Command &command);

    uint32_t heard() const { return heard_; }    // when the newest byte came
    uint32_t errors() const { return errors_; }  // wrong checksums, and frames broken off

  private:
    void drop(uint8_t count);

    static constexpr uint8_t CAPACITY = wire::CONTROL_HEAD + wire::MAX_PAYLOAD + 2;
    uint8_t bytes_[CAPACITY];
    uint8_t count_ = 0, taken_ = 0;
    uint32_t heard_ = 0, errors_ = 0;
};

// Puts head and checksum around a payload that already stands at frame + CONTROL_HEAD; gives the frame's length.
uint8_t wrap_control(uint8_t *frame, uint8_t kind, uint8_t token, uint8_t length);

constexpr uint8_t LONGEST_CONTROL = wire::CONTROL_HEAD + wire::MAX_PAYLOAD + 2;
