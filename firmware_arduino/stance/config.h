// What a maker may want to change. A Makefile build can give the same names on its command line.
#pragma once

// The converters that src/adc has drivers for.
#define STANCE_DRY 0        // no converter: a known pattern, to try board, cable and host
#define STANCE_ADS131M08 1  // eight simultaneous channels, the reference
#define STANCE_ADS1256 2    // four channels, one after the other
#define STANCE_HX711 3      // for weighing only

#ifndef STANCE_ADC
#define STANCE_ADC STANCE_ADS131M08
#endif

// Bits per second; `stance record --baud` must say the same. 500000 carries 1000 frames a second, 1000000 carries 2000.
#ifndef STANCE_BAUD
#define STANCE_BAUD 500000
#endif

// 1: the board makes the ADS131M08's clock of 8 MHz itself, on D3 (Uno) or D9 (Mega).
#ifndef STANCE_CLOCK_OUT
#define STANCE_CLOCK_OUT 0
#endif

// The converter's clock. 8192000: a crystal or oscillator of 8.192 MHz gives exactly 1000 Hz. 8000000: 976.5625 Hz.
#ifndef STANCE_ADC_CLOCK_HZ
#if STANCE_ADC == STANCE_ADS1256
#define STANCE_ADC_CLOCK_HZ 7680000
#elif STANCE_CLOCK_OUT
#define STANCE_ADC_CLOCK_HZ 8000000
#else
#define STANCE_ADC_CLOCK_HZ 8192000
#endif
#endif

#if STANCE_CLOCK_OUT && STANCE_ADC_CLOCK_HZ != 8000000
#error "The board makes 8 MHz: leave STANCE_ADC_CLOCK_HZ out, or set it to 8000000."
#endif

// What holds after every boot; the host may choose others before it starts. Gain 64 is the ADS1256's highest.
#ifndef STANCE_GAIN
#if STANCE_ADC == STANCE_ADS1256
#define STANCE_GAIN 64
#else
#define STANCE_GAIN 128
#endif
#endif
#ifndef STANCE_RATE_MHZ  // mHz
#if STANCE_ADC == STANCE_ADS131M08
#define STANCE_RATE_MHZ (STANCE_ADC_CLOCK_HZ / 2 * 1000UL / 4096)
#elif STANCE_ADC == STANCE_HX711
#define STANCE_RATE_MHZ 80000UL
#else
#define STANCE_RATE_MHZ 1000000UL
#endif
#endif

// HX711 only: how many there are, 1 to 4, on A0, A1, A2, A3 with one common clock line.
#ifndef STANCE_HX711_COUNT
#define STANCE_HX711_COUNT 4
#endif

// 1: a belt sensor is wired to D2. 1: a sync signal is wired to D4.
#ifndef STANCE_BELT
#define STANCE_BELT 1
#endif
#ifndef STANCE_SYNC
#define STANCE_SYNC 1
#endif
