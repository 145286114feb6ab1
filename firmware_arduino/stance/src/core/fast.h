// Included first by what runs for every conversion: the Arduino IDE builds for small size, which costs half of the speed.
#pragma once
#if defined(__AVR__)
#pragma GCC optimize("O2")
#endif
