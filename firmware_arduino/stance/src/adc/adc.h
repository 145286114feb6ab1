// What every converter can do for the device. One of them is built in, chosen by STANCE_ADC in config.h.
#pragma once
#include <stdint.h>

#include "../core/frame.h"

struct Settings {
    uint8_t gain;       // of all channels
    uint32_t rate_mHz;  // conversions per second, times 1000
};

// What HELLO tells of a converter.
struct Facts {
    const char *name;                // at most 16 characters
    uint32_t rate_num, rate_den;     // true conversions per second
    uint8_t channels;
    uint16_t skew_100ns;             // channel k is sampled k times this after data-ready
    uint16_t capabilities;           // CAN_STATIC_ONLY or nothing
};

class Converter {
  public:
    // Whether the converter can do this; then the settings become exactly what it does (a rate near enough is taken).
    virtual bool can(Settings &settings) const = 0;

    // What it can do, for people, in program memory: "gain 1 2 4", "rate 500 1000 Hz".
    virtual const char *choices(uint8_t parameter) const = 0;

    // Sets up, from any state. False: it does not answer, or not with what was written.
    virtual bool begin(const Settings &settings) = 0;

    // Whether a conversion waits to be read, and when it was made.
    virtual bool ready(Edge &edge) = 0;

    // Reads it. missed: conversions before it were never read. False: it is not worth a frame, for the converter had
    // lost its settings; begin it again.
    virtual bool read(Sample &sample, bool missed) = 0;

    virtual Facts facts() const = 0;

  protected:
    ~Converter() = default;
};

// The one that is built in.
Converter &converter();
