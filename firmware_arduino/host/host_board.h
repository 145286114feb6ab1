// A board of nothing but memory: the portable core runs on it in unit tests.
#pragma once

namespace board {

inline void feed_watchdog() {}

}  // namespace board
