// A byte ring between the main loop and one interrupt: one side only writes, the other only reads.
#pragma once
#include <stdint.h>

// 256 bytes: indices of one byte need no mask, and an 8-bit processor moves them in one step, so that neither side has
// to lock the other out.
class Ring {
  public:
    bool full() const { return static_cast<uint8_t>(head_ + 1) == tail_; }
    bool empty() const { return head_ == tail_; }

    void put(uint8_t byte) {
        const uint8_t head = head_;
        bytes_[head] = byte;
        __asm__ __volatile__("" ::: "memory");  // the byte must be in memory before the index says so
        head_ = static_cast<uint8_t>(head + 1);
    }

    uint8_t take() {
        const uint8_t tail = tail_;
        const uint8_t byte = bytes_[tail];
        tail_ = static_cast<uint8_t>(tail + 1);
        return byte;
    }

  private:
    volatile uint8_t head_ = 0, tail_ = 0;
    uint8_t bytes_[256];
};
