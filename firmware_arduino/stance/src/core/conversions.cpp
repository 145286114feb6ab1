#include "fast.h"

#include "conversions.h"

namespace {

constexpr uint8_t STRAYS = 8;  // so many edges off the grid: it is the grid that is wrong
constexpr uint8_t PHASE = 2, RATE = 8;  // shares of an error that move the grid and the period: 1/4 and 1/256
constexpr uint16_t LONG = 1024;  // after so many unseen conversions nobody knows the phase that well
static_assert(RATE == 8, "follow keeps the rest in one byte");
constexpr uint32_t BACKWARDS = 0xF0000000;  // two minutes before it, or half an hour after it
constexpr uint8_t TRUST = 6;  // the period may differ from the nominal one by 1/64

}  // namespace

void Conversions::begin(uint32_t nominal, bool counted) {
    period_ = nominal_ = nominal;
    fraction_ = pull_ = 0;
    strays_ = 0;
    acquired_ = false;
    begun_ = begun_ && counted;
}

Conversions::Step Conversions::edge(uint32_t tick) {
    if (!begun_) {
        begun_ = acquired_ = true;
        grid_ = tick;
        return {1, 0, false};
    }
    const uint32_t since = tick - grid_;
    if (since > BACKWARDS) return {0, 0, true};  // before the last grid point
    const uint32_t steps = steps_to(since);
    if (steps == 0) return {0, 0, true};
    advance(steps);
    if (steps > LONG) acquired_ = false;
    const int32_t error = static_cast<int32_t>(tick - grid_);
    const int32_t quarter = static_cast<int32_t>(period() >> 2);
    const bool stray = acquired_ && (error > quarter || error < -quarter);
    strays_ = stray ? static_cast<uint8_t>(strays_ + 1) : 0;
    if (!acquired_ || strays_ > STRAYS) {
        grid_ = tick;
        fraction_ = 0;
        strays_ = 0;
        acquired_ = true;
    } else if (!stray) {
        follow(error);
    }
    return {static_cast<uint16_t>(steps), steps - 1, stray};
}

// Whole periods in so many ticks, rounded to the nearest.
uint32_t Conversions::steps_to(uint32_t since) {
    const uint32_t ticks = period();
    if (since - (ticks >> 1) < ticks) return 1;  // from a half to one and a half, the usual case
    uint32_t steps = since / ticks;
    // The division took the period without its fraction: put right what this makes over many periods.
    int32_t left = static_cast<int32_t>(since - static_cast<uint32_t>((static_cast<uint64_t>(steps) * period_) >> FRACTION));
    const int32_t half = static_cast<int32_t>(ticks >> 1), whole = static_cast<int32_t>(ticks);
    for (; left < -half; left += whole) --steps;
    for (; left > half; left -= whole) ++steps;
    return steps;
}

void Conversions::advance(uint32_t count) {
    if (count == 1) {
        const uint16_t sum = static_cast<uint16_t>((period_ & 0xFF) + fraction_);
        grid_ += (period_ >> FRACTION) + (sum >> FRACTION);
        fraction_ = static_cast<uint8_t>(sum);
        return;
    }
    const uint64_t way = static_cast<uint64_t>(count) * period_ + fraction_;
    grid_ += static_cast<uint32_t>(way >> FRACTION);
    fraction_ = static_cast<uint8_t>(way);
}

// Draws grid and period towards an edge.
void Conversions::follow(int32_t error) {
    const int32_t fine = error * (1L << FRACTION) - fraction_;
    const int32_t phase = (fine >> PHASE) + fraction_;
    grid_ += static_cast<uint32_t>(phase >> FRACTION);
    fraction_ = static_cast<uint8_t>(phase);
    const int32_t pull = fine + pull_;  // what is less than a step is kept for the next time, or small errors would stay
    pull_ = static_cast<uint8_t>(pull);
    const uint32_t next = period_ + static_cast<uint32_t>(pull >> RATE);
    if (next - (nominal_ - (nominal_ >> TRUST)) <= (nominal_ >> (TRUST - 1))) period_ = next;
}
