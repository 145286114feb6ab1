// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

struct avr_t;

// Mends the library's timers: writing a flag register must clear the flags that are written as 1, and no others.
void timers_mend(struct avr_t *avr);
