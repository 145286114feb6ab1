// CRC-16, polynomial 0x1021, most significant bit first, not reflected: that of the wire and of the ADS131M08.
#pragma once
#include <stdint.h>

#ifdef __AVR__
#include <avr/pgmspace.h>
#else
#define PROGMEM
#define pgm_read_word(address) (*(address))
#endif

namespace crc {

constexpr uint16_t with_bit(uint16_t crc) {
    return static_cast<uint16_t>((crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1);
}

// The register after so many zero bits.
constexpr uint16_t with_zeros(uint16_t crc, uint16_t bits) {
    return bits ? with_zeros(with_bit(crc), static_cast<uint16_t>(bits - 1)) : crc;
}

extern const uint16_t BYTES[256] PROGMEM;  // the register after each byte, begun at 0; in program memory

// Inline whatever the compiler thinks of its size: it stands in the loop that reads the converter.
__attribute__((always_inline)) inline uint16_t step(uint16_t crc, uint8_t byte) {
    return static_cast<uint16_t>(pgm_read_word(&BYTES[static_cast<uint8_t>(crc >> 8) ^ byte]) ^ (crc << 8));
}

inline uint16_t over(uint16_t crc, const uint8_t *bytes, uint8_t count) {
    while (count--) crc = step(crc, *bytes++);
    return crc;
}

// The register after 24 zero bytes. The CRC is linear, so crc(head + counts) = after_counts(crc(head)) ^ crc(0, counts):
// the 24 count bytes pass through the CRC once, while the SPI shifts them in, and serve both the converter's
// checksum and the wire's, whose heads differ.
uint16_t after_counts(uint16_t crc);

}  // namespace crc
