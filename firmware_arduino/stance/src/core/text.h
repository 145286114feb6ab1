// Texts for people are kept in program memory, which small boards have more of.
#pragma once
#include <stdint.h>

#ifdef __AVR__
#include <avr/pgmspace.h>
#define TEXT(literal) PSTR(literal)
#else
#define TEXT(literal) (literal)
#define pgm_read_byte(address) (*(address))
#endif

// Copies a text from program memory, without its end, at most so many bytes; gives how many.
inline uint8_t copy_text(uint8_t *to, const char *text, uint8_t most) {
    uint8_t count = 0;
    for (; count < most; ++count) {
        const uint8_t letter = static_cast<uint8_t>(pgm_read_byte(text + count));
        if (!letter) break;
        to[count] = letter;
    }
    return count;
}
