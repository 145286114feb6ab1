// SPDX-License-Identifier: GPL-3.0-or-later
#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char USAGE[] =
    "usage: stance-sim --mcu atmega2560|atmega328p --firmware FILE.elf --link PATH\n"
    "    [--adc ads131m08|ads1256|hx711|none] [--clkin HZ] [--cells FILE] [--cells-rate HZ] [--belt FILE]\n"
    "    [--pace X] [--bridge BYTES] [--seconds T] [--reset-on-open] [--boot-s S] [--with-parent]\n"
    "    [--eeprom FILE] [--truth FILE] [--tx FILE] [--ledger FILE] [--at T:EVENT ...]\n"
    "README.md beside the program's sources explains them.\n";

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("stance-sim: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

static double number(const char *name, const char *text, double least) {
    char *end;
    const double value = strtod(text, &end);
    if (end == text || *end || !(value >= least)) fail("%s %s: a number of %g or more is wanted", name, text, least);
    return value;
}

typedef struct text_option {
    const char *name;
    const char **place;
} text_option;

static bool take_text(options *o, const char *name, const char *value) {
    const text_option all[] = {
        {"--mcu", &o->mcu},       {"--firmware", &o->firmware}, {"--link", &o->link},   {"--adc", &o->adc},
        {"--cells", &o->cells},   {"--belt", &o->belt},         {"--truth", &o->truth}, {"--tx", &o->tx},
        {"--ledger", &o->ledger}, {"--eeprom", &o->eeprom},
    };
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(name, all[i].name) != 0) continue;
        *all[i].place = value;
        return true;
    }
    return false;
}

static bool take_number(options *o, const char *name, const char *value) {
    if (strcmp(name, "--clkin") == 0)
        o->clkin_hz = (uint32_t)number(name, value, 1);
    else if (strcmp(name, "--bridge") == 0)
        o->bridge = (uint32_t)number(name, value, 1);
    else if (strcmp(name, "--cells-rate") == 0)
        o->cells_rate_hz = number(name, value, 1e-3);
    else if (strcmp(name, "--pace") == 0)
        o->pace = number(name, value, 0);
    else if (strcmp(name, "--seconds") == 0)
        o->seconds = number(name, value, 0);
    else if (strcmp(name, "--boot-s") == 0)
        o->boot_s = number(name, value, 0);
    else
        return false;
    return true;
}

static bool take_flag(options *o, const char *name) {
    if (strcmp(name, "--reset-on-open") == 0)
        o->reset_on_open = true;
    else if (strcmp(name, "--with-parent") == 0)
        o->with_parent = true;
    else
        return false;
    return true;
}

static void take_event(options *o, const char *event) {
    if (o->event_count == MOST_EVENTS) fail("more than %d --at", MOST_EVENTS);
    o->events[o->event_count++] = event;
}

static void check(const options *o) {
    if (!o->mcu || !o->firmware || !o->link) {
        fputs(USAGE, stderr);
        fail("--mcu, --firmware and --link are needed");
    }
    if (strcmp(o->mcu, "atmega2560") != 0 && strcmp(o->mcu, "atmega328p") != 0)
        fail("--mcu %s: atmega2560 or atmega328p is wanted", o->mcu);
    static const char *adcs[] = {"ads131m08", "ads1256", "hx711", "none"};
    for (int i = 0; i < 4; i++)
        if (strcmp(o->adc, adcs[i]) == 0) return;
    fail("--adc %s: ads131m08, ads1256, hx711 or none is wanted", o->adc);
}

options read_options(int argc, char **argv) {
    options o = {.adc = "none", .clkin_hz = 8192000, .bridge = 4096};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(USAGE, stdout);
            exit(0);
        }
        if (take_flag(&o, argv[i])) continue;
        if (i + 1 == argc) fail("%s: unknown, or its value is missing", argv[i]);
        if (strcmp(argv[i], "--at") == 0)
            take_event(&o, argv[i + 1]);
        else if (!take_text(&o, argv[i], argv[i + 1]) && !take_number(&o, argv[i], argv[i + 1]))
            fail("%s: unknown; --help lists the options", argv[i]);
        i++;
    }
    check(&o);
    return o;
}
