/* Floats travel through double and integers through int64, so 8 loads and 16 stores serve all 64
 * pairs of dtypes, each value being rounded at most once. Contiguous f32 and bf16 have kernels. */
#include "core/tensor/convert.h"

#include <math.h>
#include <string.h>

#include "core/asm/kernel_table.h"

enum { CHUNK = 256 };

typedef union chunk {
    double real[CHUNK];
    int64_t whole[CHUNK];
} chunk;

static double bf16_load(uint16_t stored) {
    const uint32_t bits = (uint32_t)stored << 16;
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* Through f32 rounded to odd: its 16 spare bits make the second rounding exact. */
static uint16_t bf16_store(double value) {
    const float near = (float)value;
    uint32_t bits;
    memcpy(&bits, &near, sizeof(bits));
    if (value != value) {
        return (uint16_t)(bits >> 16 | 0x40u);
    }
    if (near != value && !isinf(near)) {
        bits -= fabs((double)near) > fabs(value);
        bits |= 1;
    }
    return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

static int64_t saturate_real(double value, int64_t low, int64_t high) {
    if (value != value) {
        return 0;
    }
    return value <= (double)low ? low : value >= (double)high ? high : (int64_t)value;
}

static int64_t saturate_whole(int64_t value, int64_t low, int64_t high) {
    return value < low ? low : value > high ? high : value;
}

#define LOAD(name, T, wide, member, expression)                                                    \
    static void load_##name(chunk *to, const void *src, int64_t stride, int64_t len) {             \
        const T *from = src;                                                                       \
        for (int64_t i = 0; i < len; i++) {                                                        \
            const T x = from[i * stride];                                                          \
            to->member[i] = (wide)(expression);                                                    \
        }                                                                                          \
    }
LOAD(f32, float, double, real, x)
LOAD(f64, double, double, real, x)
LOAD(bf16, uint16_t, double, real, bf16_load(x))
LOAD(i8, int8_t, int64_t, whole, x)
LOAD(u8, uint8_t, int64_t, whole, x)
LOAD(i32, int32_t, int64_t, whole, x)
LOAD(i64, int64_t, int64_t, whole, x)
LOAD(bool, uint8_t, int64_t, whole, x != 0)
#undef LOAD

#define STORE(name, T, member, wide, expression)                                                   \
    static void store_##name##_##member(void *dst, const chunk *from, int64_t stride,              \
                                        int64_t len) {                                             \
        T *to = dst;                                                                               \
        for (int64_t i = 0; i < len; i++) {                                                        \
            const wide x = from->member[i];                                                        \
            to[i * stride] = (T)(expression);                                                      \
        }                                                                                          \
    }
#define STORE_REAL(name, T) STORE(name, T, real, double, x) STORE(name, T, whole, int64_t, x)
#define STORE_WHOLE(name, T, low, high)                                                            \
    STORE(name, T, real, double, saturate_real(x, low, high))                                      \
    STORE(name, T, whole, int64_t, saturate_whole(x, low, high))
STORE_REAL(f32, float)
STORE_REAL(f64, double)
STORE(bf16, uint16_t, real, double, bf16_store(x))
STORE(bf16, uint16_t, whole, int64_t, bf16_store((double)x))
STORE_WHOLE(i8, int8_t, INT8_MIN, INT8_MAX)
STORE_WHOLE(u8, uint8_t, 0, UINT8_MAX)
STORE_WHOLE(i32, int32_t, INT32_MIN, INT32_MAX)
STORE_WHOLE(i64, int64_t, INT64_MIN, INT64_MAX)
STORE(bool, uint8_t, real, double, x != 0)
STORE(bool, uint8_t, whole, int64_t, x != 0)
#undef STORE_WHOLE
#undef STORE_REAL
#undef STORE

typedef struct converter {
    void (*load)(chunk *to, const void *src, int64_t stride, int64_t len);
    int is_real; /* load fills chunk.real, else chunk.whole */
    void (*store_real)(void *dst, const chunk *from, int64_t stride, int64_t len);
    void (*store_whole)(void *dst, const chunk *from, int64_t stride, int64_t len);
} converter;

#define CONVERTER(name, is_real)                                                                   \
    { load_##name, is_real, store_##name##_real, store_##name##_whole }
static const converter converters[NEURAL_DTYPE_COUNT] = {
    [NEURAL_DTYPE_F32] = CONVERTER(f32, 1),   [NEURAL_DTYPE_F64] = CONVERTER(f64, 1),
    [NEURAL_DTYPE_I8] = CONVERTER(i8, 0),     [NEURAL_DTYPE_U8] = CONVERTER(u8, 0),
    [NEURAL_DTYPE_I32] = CONVERTER(i32, 0),   [NEURAL_DTYPE_I64] = CONVERTER(i64, 0),
    [NEURAL_DTYPE_BOOL] = CONVERTER(bool, 0), [NEURAL_DTYPE_BF16] = CONVERTER(bf16, 1),
};
#undef CONVERTER

#define MOVE(T)                                                                                    \
    do {                                                                                           \
        T *to = dst;                                                                               \
        const T *from = src;                                                                       \
        for (int64_t i = 0; i < len; i++) {                                                        \
            to[i * dst_stride] = from[i * src_stride];                                             \
        }                                                                                          \
    } while (0)

static void move(void *dst, int64_t dst_stride, const void *src, int64_t src_stride, int64_t bytes,
                 int64_t len) {
    if (dst_stride == 1 && src_stride == 1) {
        memcpy(dst, src, (size_t)(len * bytes));
        return;
    }
    switch (bytes) {
    case 1:
        MOVE(uint8_t);
        break;
    case 2:
        MOVE(uint16_t);
        break;
    case 4:
        MOVE(uint32_t);
        break;
    default:
        MOVE(uint64_t);
        break;
    }
}
#undef MOVE

void neural_convert(void *dst, neural_dtype dst_dtype, int64_t dst_stride, const void *src,
                    neural_dtype src_dtype, int64_t src_stride, int64_t len) {
    const int64_t dst_bytes = neural_dtype_bytes(dst_dtype);
    const int64_t src_bytes = neural_dtype_bytes(src_dtype);
    if (dst_dtype == src_dtype) {
        move(dst, dst_stride, src, src_stride, dst_bytes, len);
        return;
    }
    if (dst_stride == 1 && src_stride == 1 && dst_dtype == NEURAL_DTYPE_BF16 &&
        src_dtype == NEURAL_DTYPE_F32) {
        neural_kernels()->bf16_from_f32(dst, src, len);
        return;
    }
    if (dst_stride == 1 && src_stride == 1 && dst_dtype == NEURAL_DTYPE_F32 &&
        src_dtype == NEURAL_DTYPE_BF16) {
        neural_kernels()->f32_from_bf16(dst, src, len);
        return;
    }
    chunk wide;
    const converter *from = &converters[src_dtype];
    const converter *to = &converters[dst_dtype];
    for (int64_t done = 0; done < len; done += CHUNK) {
        const int64_t part = len - done < CHUNK ? len - done : CHUNK;
        from->load(&wide, (const char *)src + done * src_stride * src_bytes, src_stride, part);
        (from->is_real ? to->store_real : to->store_whole)(
            (char *)dst + done * dst_stride * dst_bytes, &wide, dst_stride, part);
    }
}
