// The device: conversions into frames, commands into answers. Never waits for the host.
#pragma once
#include <stdint.h>

#include "../adc/adc.h"
#include "control.h"
#include "conversions.h"
#include "frame.h"

class Device {
  public:
    explicit Device(Converter &converter) : adc_(converter) {}

    void begin();

    // Once around: a conversion if there is one, what the host has written, an answer that waits.
    void poll();

  private:
    bool start_converter(const Settings &settings);
    bool converting() const;
    void watch_converter();

    bool convert();
    void send(const Edge &edge, uint8_t status, const Sample &sample);
    uint8_t timing_of(const Edge &edge, uint32_t read_tick) const;

    void hear();
    void obey(const Command &command);
    void refuse(uint8_t code, const char *text);
    void answer(uint8_t kind, uint8_t length);
    void hello();
    void start();
    void clock(uint32_t tick);
    void stats();
    void set(const Command &command);
    uint8_t *payload() { return reply_ + wire::CONTROL_HEAD; }

    Converter &adc_;
    Settings settings_{};
    Conversions conversions_;
    Receiver receiver_;
    uint16_t boot_ = 0, begun_ = 0, seq_ = 0;
    uint32_t last_tick_ = 0, watched_ = 0;  // of the last conversion; of the converter's last start
    uint32_t span_ = 0;  // ticks from the first channel of a conversion to the last
    uint32_t sent_ = 0, dropped_ = 0, missed_ = 0, late_ = 0, adc_errors_ = 0;
    uint8_t debt_ = 0;  // status bits that the next frame owes the host
    bool sound_ = false, seen_ = false;  // the converter took its settings; it has converted since
    bool idle_ = false;                  // it had its time and did not
    bool streaming_ = false;
    uint8_t reply_[LONGEST_CONTROL];
    uint8_t reply_bytes_ = 0;  // an answer that has not found room yet
    uint8_t token_ = 0;
};
