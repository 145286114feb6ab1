// SPDX-License-Identifier: GPL-3.0-or-later
// Events and faults at given times after START.
#pragma once
#include "options.h"

void schedule_begin(const options *o);
void schedule_start(uint64_t cycle);
