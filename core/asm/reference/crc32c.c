/* CRC-32C (Castagnoli; RFC 3720 12.1), eight bytes at a time through eight tables. */
#include "core/asm/kernel_table.h"

/* One step of the register without input: multiplication by x, reflected bits. */
#define STEP(r) ((r) >> 1 ^ (0x82F63B78u & (0u - ((r)&1u))))

/* S_<n>: the polynomial itself after n steps. Byte 1 << j, followed by k bytes of 0, leaves
 * S_<8k + 7 - j> in the register. */
#define EIGHT(a, b, c, d, e, f, g, h, before)                                                      \
    S_##a = STEP(before), S_##b = STEP(S_##a), S_##c = STEP(S_##b), S_##d = STEP(S_##c),           \
    S_##e = STEP(S_##d), S_##f = STEP(S_##e), S_##g = STEP(S_##f), S_##h = STEP(S_##g)
enum {
    EIGHT(0, 1, 2, 3, 4, 5, 6, 7, 1u),
    EIGHT(8, 9, 10, 11, 12, 13, 14, 15, S_7),
    EIGHT(16, 17, 18, 19, 20, 21, 22, 23, S_15),
    EIGHT(24, 25, 26, 27, 28, 29, 30, 31, S_23),
    EIGHT(32, 33, 34, 35, 36, 37, 38, 39, S_31),
    EIGHT(40, 41, 42, 43, 44, 45, 46, 47, S_39),
    EIGHT(48, 49, 50, 51, 52, 53, 54, 55, S_47),
    EIGHT(56, 57, 58, 59, 60, 61, 62, 63, S_55)
};

/* ALL_<n>: the register after each of 2^n bytes that share their higher bits; x is what those
 * leave, b0 ... what the single bits below leave. */
#define ALL_1(x, b0) (x), (x) ^ (b0)
#define ALL_2(x, b0, b1) ALL_1(x, b0), ALL_1((x) ^ (b1), b0)
#define ALL_3(x, b0, b1, b2) ALL_2(x, b0, b1), ALL_2((x) ^ (b2), b0, b1)
#define ALL_4(x, b0, b1, b2, b3) ALL_3(x, b0, b1, b2), ALL_3((x) ^ (b3), b0, b1, b2)
#define ALL_5(x, b0, b1, b2, b3, b4) ALL_4(x, b0, b1, b2, b3), ALL_4((x) ^ (b4), b0, b1, b2, b3)
#define ALL_6(x, b0, b1, b2, b3, b4, b5)                                                           \
    ALL_5(x, b0, b1, b2, b3, b4), ALL_5((x) ^ (b5), b0, b1, b2, b3, b4)
#define ALL_7(x, b0, b1, b2, b3, b4, b5, b6)                                                       \
    ALL_6(x, b0, b1, b2, b3, b4, b5), ALL_6((x) ^ (b6), b0, b1, b2, b3, b4, b5)
#define ALL_8(b7, b6, b5, b4, b3, b2, b1, b0)                                                      \
    { ALL_7(0u, b0, b1, b2, b3, b4, b5, b6), ALL_7(b7, b0, b1, b2, b3, b4, b5, b6) }

/* table[k][i]: what byte i, followed by k bytes of 0, leaves in the register. */
static const uint32_t table[8][256] = {
    ALL_8(S_0, S_1, S_2, S_3, S_4, S_5, S_6, S_7),
    ALL_8(S_8, S_9, S_10, S_11, S_12, S_13, S_14, S_15),
    ALL_8(S_16, S_17, S_18, S_19, S_20, S_21, S_22, S_23),
    ALL_8(S_24, S_25, S_26, S_27, S_28, S_29, S_30, S_31),
    ALL_8(S_32, S_33, S_34, S_35, S_36, S_37, S_38, S_39),
    ALL_8(S_40, S_41, S_42, S_43, S_44, S_45, S_46, S_47),
    ALL_8(S_48, S_49, S_50, S_51, S_52, S_53, S_54, S_55),
    ALL_8(S_56, S_57, S_58, S_59, S_60, S_61, S_62, S_63),
};

uint32_t neural_crc32c_c(uint32_t crc, const void *data, int64_t bytes) {
    const unsigned char *p = data;
    uint32_t r = ~crc;
    for (; bytes >= 8; bytes -= 8, p += 8) {
        r = table[7][p[0] ^ (r & 255)] ^ table[6][p[1] ^ (r >> 8 & 255)] ^
            table[5][p[2] ^ (r >> 16 & 255)] ^ table[4][p[3] ^ r >> 24] ^ table[3][p[4]] ^
            table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
    }
    for (; bytes > 0; bytes--, p++) {
        r = r >> 8 ^ table[0][(r ^ *p) & 255];
    }
    return ~r;
}
