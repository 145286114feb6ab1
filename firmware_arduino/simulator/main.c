// SPDX-License-Identifier: GPL-3.0-or-later
// The firmware's true binary on a simulated board, at the end of a pseudo terminal. README.md beside this file explains.
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "board.h"
#include "clock.h"
#include "converter.h"
#include "ledger.h"
#include "line.h"
#include "options.h"
#include "schedule.h"
#include "snoop.h"
#include "stimulus.h"

static volatile sig_atomic_t ending;
static pid_t parent;

bool stopping(void) { return ending; }

void stop(void) { ending = 1; }

static void on_signal(int number) {
    (void)number;
    ending = 1;
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void on_start(uint64_t cycle) {
    ledger_started(cycle);
    stimulus_start(cycle);
    schedule_start(cycle);
}

static void on_open(void) { board_reset(); }

static void check_parent(void) {
    if (parent && getppid() != parent) stop();
}

int main(int argc, char **argv) {
    const options o = read_options(argc, argv);
    if (o.with_parent) parent = getppid();
    catch_signals();
    board_begin(&o);
    converter_begin(o.adc, o.clkin_hz, 8);
    stimulus_begin(o.cells, o.belt, o.cells_rate_hz);
    schedule_begin(&o);
    snoop_on_start(on_start);
    line_begin(o.link, o.bridge, o.pace);
    line_on_millisecond(check_parent);
    if (o.reset_on_open) line_on_open(on_open);
    printf("ready %s\n", o.link);
    fflush(stdout);
    line_wait_until_opened();
    const bool works = board_run();
    line_end();
    board_save_eeprom(o.eeprom);
    ledger_write(o.truth, o.tx, o.ledger);
    return works ? 0 : 1;
}
