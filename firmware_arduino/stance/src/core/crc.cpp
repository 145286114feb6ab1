#include "fast.h"

#include "crc.h"

namespace {

constexpr uint16_t SPAN_BITS = 24 * 8;

#define FOUR(one, byte) one(byte), one((byte) + 1), one((byte) + 2), one((byte) + 3)
#define SIXTEEN(one, byte) FOUR(one, byte), FOUR(one, (byte) + 4), FOUR(one, (byte) + 8), FOUR(one, (byte) + 12)
#define SIXTY_FOUR(one, byte) \
    SIXTEEN(one, byte), SIXTEEN(one, (byte) + 16), SIXTEEN(one, (byte) + 32), SIXTEEN(one, (byte) + 48)
#define ALL(one) SIXTY_FOUR(one, 0), SIXTY_FOUR(one, 64), SIXTY_FOUR(one, 128), SIXTY_FOUR(one, 192)

#define NEXT(byte) crc::with_zeros(static_cast<uint16_t>((byte)*256U), 8)
#define HIGH_LATER(byte) crc::with_zeros(static_cast<uint16_t>((byte)*256U), SPAN_BITS)
#define LOW_LATER(byte) crc::with_zeros(byte, SPAN_BITS)

// What each half of the register has become 24 zero bytes later; the whole is their sum.
constexpr uint16_t LOW[256] PROGMEM = {ALL(LOW_LATER)};
constexpr uint16_t HIGH[256] PROGMEM = {ALL(HIGH_LATER)};

}  // namespace

const uint16_t crc::BYTES[256] PROGMEM = {ALL(NEXT)};

uint16_t crc::after_counts(uint16_t crc) {
    const uint8_t low = static_cast<uint8_t>(crc), high = static_cast<uint8_t>(crc >> 8);
    return static_cast<uint16_t>(pgm_read_word(&LOW[low]) ^ pgm_read_word(&HIGH[high]));
}
