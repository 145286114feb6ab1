// SPDX-License-Identifier: GPL-3.0-or-later
// What the converter models have in common.
#pragma once
#include <math.h>
#include <stdint.h>

#define CPU_HZ 16000000ULL

// So many periods of a converter's clock in cycles of the board. Exact: nothing is rounded twice.
static inline uint64_t cycles_of(uint64_t periods, uint32_t clock_hz) {
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)((wide)periods * CPU_HZ / clock_hz);
}

// Volts, of which full_scale_V gives 2^23, as a converter of 24 bits counts them.
static inline int32_t count_of(double volts, double full_scale_V) {
    return (int32_t)fmax(fmin(rint(volts * 8388608.0 / full_scale_V), 8388607.0), -8388608.0);
}

static inline uint32_t random_below(uint64_t *state, uint32_t bound) {
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)((*state >> 33) % bound);
}
