// Numbers conversions by the clock: an edge lost on the wire is counted, not passed over.
#pragma once
#include <stdint.h>

// The converter ticks evenly, so the time since the last edge, in whole periods, tells how many conversions there were.
// The grid follows the converter's true period, which differs from the nominal one by the clocks' tolerance.
class Conversions {
  public:
    struct Step {
        uint16_t count;   // conversions since the last edge, modulo 2^16; 0: the edge came too early to be one
        uint32_t missed;  // those of them that nobody saw
        bool late;        // the edge is off the grid by more than a quarter of a period
    };

    // The converter was started anew, its next edge may come at any time. nominal: ticks per conversion, times 256.
    // counted: the time until then counts as conversions that nobody saw.
    void begin(uint32_t nominal, bool counted = false);

    Step edge(uint32_t tick);

    // Ticks per conversion, as far as is known, rounded down; and times 256.
    uint32_t period() const { return period_ >> FRACTION; }
    uint32_t period_256() const { return period_; }

    static constexpr uint8_t FRACTION = 8;

  private:
    uint32_t steps_to(uint32_t since);
    void advance(uint32_t count);
    void follow(int32_t error);

    uint32_t period_ = 1UL << FRACTION, nominal_ = 1UL << FRACTION;
    uint32_t grid_ = 0;      // where the last conversion should have been, ticks
    uint8_t fraction_ = 0;   // and 256ths of them
    uint8_t pull_ = 0;      // what is still to be added to the period, 256ths of its smallest step
    uint8_t strays_ = 0;     // edges in a row that were off the grid
    bool begun_ = false, acquired_ = false;
};
