// SPDX-License-Identifier: GPL-3.0-or-later
#include "board.h"

#include <errno.h>
#include <simavr/avr_eeprom.h>
#include <simavr/avr_ioport.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "converter.h"
#include "ledger.h"
#include "line.h"
#include "pins.h"
#include "timers.h"

enum { MOST_WATCHDOG_RESETS = 20, INSTRUCTIONS_AT_ONCE = 64 };
enum request { NOTHING, POWER, RESET, UNPLUG, REPLUG };

static avr_t *mcu;
static bool powered, in_bootloader, resetting, was_reset;
static enum request requested;
static double boot_s;
static uint32_t last_address;  // where the processor was before the last step

static void to_stderr(avr_t *avr, const int level, const char *format, va_list arguments) {
    (void)avr;
    if (level <= LOG_ERROR) vfprintf(stderr, format, arguments);
}

static void no_sleep(avr_t *avr, avr_cycle_count_t cycles) {
    (void)avr;
    ledger_asleep(cycles + 1);
}

// The library calls this at every reset, also at the watchdog's.
static void on_reset(avr_io_t *io) {
    (void)io;
    was_reset = true;
    clock_restart();
    pins_release();
    if (resetting) return;
    ledger_count(WATCHDOG_RESETS, 1);
    ledger_boot();
}

// The library calls a handler in no time. On the chip that takes two cycles, and one for each byte of the return address.
static void on_handler(struct avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)param;
    if (value) mcu->cycle += 2U + mcu->address_size;
}

static void charge_interrupts(void) {
    for (int vector = 1; vector < 64; vector++) {
        avr_irq_t *irq = avr_get_interrupt_irq(mcu, (uint8_t)vector);
        if (irq) avr_irq_register_notify(irq + AVR_INT_IRQ_RUNNING, on_handler, NULL);
    }
}

static void load(const char *path) {
    elf_firmware_t firmware = {0};
    if (elf_read_firmware(path, &firmware) != 0) fail("%s: is no firmware in ELF format, or cannot be read", path);
    firmware.frequency = CLOCK_HZ;
    firmware.vcc = firmware.avcc = firmware.aref = 5000;
    avr_load_firmware(mcu, &firmware);
}

static void load_eeprom(const char *path) {
    uint8_t bytes[4096];
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (!file && (!path || errno == ENOENT)) return;
    if (!file) fail("%s: cannot be read: %s", path, strerror(errno));
    const size_t most = mcu->e2end + 1U;
    avr_eeprom_desc_t all = {.ee = bytes, .size = (uint32_t)fread(bytes, 1, most, file)};
    fclose(file);
    if (all.size) avr_ioctl(mcu, AVR_IOCTL_EEPROM_SET, &all);
}

void board_save_eeprom(const char *path) {
    if (!path) return;
    avr_eeprom_desc_t all = {.size = mcu->e2end + 1U};
    avr_ioctl(mcu, AVR_IOCTL_EEPROM_GET, &all);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(all.ee, 1, all.size, file) != all.size || fclose(file) != 0)
        fail("%s: cannot be written: %s", path, strerror(errno));
}

void board_begin(const options *o) {
    static avr_io_t hook = {.kind = "board", .reset = on_reset};
    avr_global_logger_set(to_stderr);
    mcu = avr_make_mcu_by_name(o->mcu);
    if (!mcu || avr_init(mcu) != 0) fail("%s: not in this library of processors", o->mcu);
    mcu->log = LOG_ERROR;
    mcu->sleep = no_sleep;
    boot_s = o->boot_s;
    load(o->firmware);
    load_eeprom(o->eeprom);
    clock_begin(mcu);
    pins_begin(mcu, o->mcu);
    timers_mend(mcu);
    charge_interrupts();
    avr_register_io(mcu, &hook);
    requested = POWER;
}

static void end_bootloader(uint64_t when) {
    (void)when;
    in_bootloader = false;
    line_set_deaf(false);
    ledger_boot();
}

static void restart(avr_regbit_t cause) {
    resetting = true;
    avr_reset(mcu);
    resetting = false;
    if (cause.reg) avr_regbit_set(mcu, cause);
    in_bootloader = true;
    line_set_deaf(true);
    clock_handler(ALARM_BOOT, end_bootloader);
    if (boot_s > 0)
        clock_set(ALARM_BOOT, clock_now() + clock_cycles(boot_s));
    else
        end_bootloader(clock_now());
}

// Memory that has lost its power holds anything.
static void forget_memory(void) {
    uint32_t random = 0x2545F491;
    for (unsigned address = mcu->ioend + 1U; address <= mcu->ramend; address++) {
        random = random * 1664525 + 1013904223;
        mcu->data[address] = (uint8_t)(random >> 24);
    }
}

static void power_off(void) {
    powered = false;
    line_set_deaf(true);
    line_unplug();
    converter_power(false);
    clock_set(ALARM_BOOT, CLOCK_NEVER);
    resetting = true;
    avr_reset(mcu);
    resetting = false;
}

static void power_on(void) {
    powered = true;
    forget_memory();
    converter_power(true);
    restart(mcu->reset_flags.porf);
}

static void serve(void) {
    const enum request what = requested;
    requested = NOTHING;
    if (what == POWER) power_on();
    if (what == RESET && powered) restart(mcu->reset_flags.extrf);
    if (what == UNPLUG && powered) power_off();
    if (what == REPLUG && !powered) {
        line_replug();
        power_on();
    }
}

static bool still_works(int state) {
    if (state == cpu_Done) fprintf(stderr, "stance-sim: the firmware sleeps with interrupts off, for ever\n");
    if (state == cpu_Crashed) fprintf(stderr, "stance-sim: the firmware crashed at address 0x%05x\n", mcu->pc);
    if (ledger_counted(WATCHDOG_RESETS) > MOST_WATCHDOG_RESETS) {
        fprintf(stderr, "stance-sim: the watchdog has reset the firmware %d times, at last at address 0x%05x\n",
                MOST_WATCHDOG_RESETS + 1, last_address);
        return false;
    }
    return state != cpu_Done && state != cpu_Crashed;
}

static void after_reset(void) {
    was_reset = false;
    mcu->run_cycle_limit = INSTRUCTIONS_AT_ONCE;
    pins_settle();
}

// After SEI or RETI one instruction comes before an interrupt: the library lets two pass, so that none would ever come
// between the SLEEP and the CLI of a loop of SEI, SLEEP, CLI.
static int step(void) {
    const uint32_t address = mcu->pc;
    const int state = avr_run(mcu);
    if (mcu->interrupt_state < 0) mcu->interrupt_state = (int8_t)avr_has_pending_interrupts(mcu);
    last_address = address;
    return state;
}

bool board_run(void) {
    while (!stopping()) {
        if (requested != NOTHING) serve();
        if (was_reset) after_reset();
        if (powered && !in_bootloader) {
            if (!still_works(step())) return false;
        } else {
            const uint64_t before = clock_now();
            clock_skip();
            ledger_off(clock_now() - before);
        }
    }
    return true;
}

static void request(enum request what) {
    requested = what;
    clock_pause();
}

void board_reset(void) { request(RESET); }

void board_unplug(void) { request(UNPLUG); }

void board_replug(void) { request(REPLUG); }

void board_poke(uint16_t address, const uint8_t *bytes, size_t count) {
    if (address + count > mcu->ramend + 1U) fail("poke: 0x%04x is beyond the memory", address);
    memcpy(mcu->data + address, bytes, count);
}
