// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <stdint.h>

// Who is at the other end of the bus: gets each byte when it has been shifted, gives the byte shifted in meanwhile.
void spi_connect(uint8_t (*exchange)(uint8_t mosi));
// Bytes written while another was being shifted: a fault of the firmware.
uint32_t spi_collisions(void);
