#include "control.h"

#include <string.h>

#include "bytes.h"
#include "crc.h"

namespace {

constexpr uint8_t SYNC_BYTES = 2, CRC_BYTES = 2;
enum : uint8_t { AT_TYPE = 2, AT_KIND, AT_TOKEN, AT_LENGTH };

}  // namespace

void Receiver::put(uint8_t byte, uint32_t tick, uint32_t silence) {
    if (count_ && tick - heard_ > silence) {
        if (count_ >= SYNC_BYTES) ++errors_;
        count_ = 0;
    }
    heard_ = tick;
    bytes_[count_++] = byte;
}

bool Receiver::take(Command &command) {
    drop(taken_);
    taken_ = 0;
    while (count_) {
        if (bytes_[0] != wire::SYNC_0 || (count_ > 1 && bytes_[1] != wire::SYNC_1)) {
            drop(1);
            continue;
        }
        if (count_ < wire::CONTROL_HEAD) return false;
        const uint8_t length = bytes_[AT_LENGTH];
        bool sound = (bytes_[AT_TYPE] & 0x0F) == (wire::CONTROL_TYPE & 0x0F) && length <= wire::MAX_PAYLOAD;
        if (sound) {
            const uint8_t end = static_cast<uint8_t>(wire::CONTROL_HEAD + length);
            if (count_ < end + CRC_BYTES) return false;
            const uint8_t inside = static_cast<uint8_t>(end - SYNC_BYTES);
            sound = crc::over(wire::CONTROL_SEED, bytes_ + SYNC_BYTES, inside) == get16(bytes_ + end);
        }
        if (!sound) {
            ++errors_;
            drop(SYNC_BYTES);
            continue;
        }
        command.version = bytes_[AT_TYPE] >> 4;
        command.kind = bytes_[AT_KIND];
        command.token = bytes_[AT_TOKEN];
        command.length = length;
        command.payload = bytes_ + wire::CONTROL_HEAD;
        taken_ = static_cast<uint8_t>(wire::CONTROL_HEAD + length + CRC_BYTES);
        return true;
    }
    return false;
}

void Receiver::drop(uint8_t count) {
    if (!count) return;
    count_ = static_cast<uint8_t>(count_ - count);
    memmove(bytes_, bytes_ + count, count_);
}

uint8_t wrap_control(uint8_t *frame, uint8_t kind, uint8_t token, uint8_t length) {
    frame[0] = wire::SYNC_0;
    frame[1] = wire::SYNC_1;
    frame[AT_TYPE] = wire::CONTROL_TYPE;
    frame[AT_KIND] = kind;
    frame[AT_TOKEN] = token;
    frame[AT_LENGTH] = length;
    const uint8_t end = static_cast<uint8_t>(wire::CONTROL_HEAD + length);
    const uint8_t inside = static_cast<uint8_t>(end - SYNC_BYTES);
    put16(frame + end, crc::over(wire::CONTROL_SEED, frame + SYNC_BYTES, inside));
    return static_cast<uint8_t>(end + CRC_BYTES);
}
