// SPDX-License-Identifier: GPL-3.0-or-later
#include "converter.h"

#include <stddef.h>
#include <string.h>

#include "adc_model.h"
#include "clock.h"
#include "ledger.h"
#include "pins.h"
#include "spi.h"
#include "stimulus.h"

static adc_model *model;
static bool powered;
static int model_level = 1;  // of data-ready, before faults
static uint64_t conversion;  // the one held last
static struct {
    uint32_t delayed, suppressed, corrupted;
    uint64_t delay;
} faults;

// Lets the model catch up first, and looks afterwards when it wants to be called again.
static uint64_t catch_up(void) {
    const uint64_t now = clock_now();
    model->advance(model, now);
    return now;
}

static void expect(void) { clock_set(ALARM_MODEL, powered ? model->due(model) : CLOCK_NEVER); }

static void on_due(uint64_t when) {
    model->advance(model, when);
    expect();
}

static void on_late_edge(uint64_t when) {
    (void)when;
    pins_drive(PIN_DRDY, 0);
    pins_drive(PIN_DRDY, model_level);
}

static void on_drdy(void *board, int level) {
    (void)board;
    const bool falls = model_level && !level;
    model_level = level;
    if (falls && powered && faults.suppressed) {
        faults.suppressed--;
        ledger_count(EDGES_MISSED, 1);
        ledger_fate(conversion, EDGE_SUPPRESSED);
    } else if (falls && powered && faults.delayed) {
        faults.delayed--;
        ledger_count(EDGES_LATE, 1);
        ledger_fate(conversion, EDGE_LATE);
        clock_set(ALARM_LATE_EDGE, clock_now() + faults.delay);
    } else {
        pins_drive(PIN_DRDY, level);
    }
}

static void on_dout(void *board, int which, int level) {
    (void)board;
    pins_drive(PIN_DOUT + which, level);
}

static void on_volts(void *board, uint64_t cycle, uint64_t number, double out[ADC_CHANNELS]) {
    (void)board;
    stimulus_volts(cycle, number, out);
}

static void on_held(void *board, uint64_t cycle, uint64_t number, const int32_t counts[ADC_CHANNELS]) {
    (void)board;
    conversion = number;
    ledger_conversion(number, stimulus_held(cycle), counts);
}

static bool on_reading(void *board, uint64_t number) {
    (void)board;
    if (faults.corrupted == 0) return false;
    faults.corrupted--;
    ledger_count(SPI_ERRORS, 1);
    ledger_fate(number, READ_CORRUPTED);
    return true;
}

static void on_was_read(void *board, uint64_t number) {
    (void)board;
    ledger_fate(number, WAS_READ);
}

static void on_select(int level) {
    model->select(model, catch_up(), level);
    expect();
}

static void on_reset_pin(int level) {
    model->reset_pin(model, catch_up(), level);
    expect();
}

static uint8_t on_exchange(uint8_t mosi) {
    const uint8_t miso = model->exchange(model, catch_up(), mosi);
    expect();
    return miso;
}

void converter_begin(const char *name, uint32_t clkin_hz, int hx711s) {
    const adc_port port = {.drdy = on_drdy,
                           .dout = on_dout,
                           .volts = on_volts,
                           .held = on_held,
                           .reading = on_reading,
                           .was_read = on_was_read};
    clock_handler(ALARM_MODEL, on_due);
    clock_handler(ALARM_LATE_EDGE, on_late_edge);
    const bool clocked_out = strcmp(name, "hx711") == 0;
    pins_drive(PIN_DRDY, 1);
    pins_drive(PIN_CS, 1);
    pins_drive(PIN_RESET, !clocked_out);
    if (strcmp(name, "none") == 0) return;
    if (clocked_out)
        model = hx711_model(&port, hx711s);
    else if (strcmp(name, "ads1256") == 0)
        model = ads1256_model(&port, clkin_hz);
    else
        model = ads131m08_model(&port, clkin_hz, 1);
    spi_connect(on_exchange);
    pins_watch(PIN_CS, on_select);
    pins_watch(PIN_RESET, on_reset_pin);
}

void converter_power(bool on) {
    if (!model) return;
    catch_up();
    powered = on;
    model->power(model, clock_now(), on);
    if (on) {
        model->reset_pin(model, clock_now(), strcmp(model->name, "hx711") != 0);
        model->select(model, clock_now(), 1);
    }
    expect();
}

void converter_brown_out(void) {
    if (!model) return;
    catch_up();
    model->brown_out(model, clock_now());
    expect();
}

void converter_delay_edges(uint32_t count, uint64_t cycles) {
    faults.delayed = count;
    faults.delay = cycles;
}

void converter_suppress_edges(uint32_t count) { faults.suppressed = count; }

void converter_corrupt_reads(uint32_t count) { faults.corrupted = count; }
