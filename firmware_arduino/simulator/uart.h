// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <stdbool.h>
#include <stdint.h>

// Every byte, at the end of its stop bit.
void uart_connect(void (*sent)(uint8_t byte));
// A byte from the line, whose stop bit ends now.
void uart_receive(uint8_t byte);
// Cycles that a byte takes on the line with the settings of now.
uint32_t uart_byte_cycles(void);
// Bits per second; 0 while neither transmitter nor receiver is on.
double uart_baud(void);
// Every byte takes so many times as long: a fault.
void uart_slow_down(uint32_t factor);
// Bytes that came while three were waiting: lost, as on the chip.
uint32_t uart_overruns(void);
