#include "fast.h"

#include "frame.h"

#include "bytes.h"
#include "crc.h"

static_assert(wire::frame::BYTES == 40 && wire::frame::COUNTS == 12 && wire::frame::BELT == 36 && wire::frame::CRC == 38,
              "wrap_frame was written for this layout");
static_assert(sizeof(Sample::counts) == 24, "crc::after_counts skips 24 bytes");

uint16_t begin_frames(uint16_t boot) {
    const uint8_t common[] = {wire::DATA_TYPE, static_cast<uint8_t>(boot >> 8), static_cast<uint8_t>(boot)};
    return crc::over(wire::LAYOUT_SEED, common, sizeof common);
}

void wrap_frame(Wrapping &out, uint16_t boot, uint16_t begun, uint16_t seq, const Edge &edge, uint8_t status,
                const Sample &sample) {
    using namespace wire::frame;
    out.head[SYNC] = wire::SYNC_0;
    out.head[SYNC + 1] = wire::SYNC_1;
    out.head[TYPE_VERSION] = wire::DATA_TYPE;
    put16(out.head + BOOT, boot);
    put16(out.head + SEQ, seq);
    put32(out.head + TICK, edge.tick);
    out.head[STATUS] = status;
    put16(out.tail, edge.belt);
    const uint16_t before = crc::over(begun, out.head + SEQ, COUNTS - SEQ);
    const uint16_t body = static_cast<uint16_t>(crc::after_counts(before) ^ sample.counts_crc);
    put16(out.tail + CRC - BELT, crc::over(body, out.tail, CRC - BELT));
}
