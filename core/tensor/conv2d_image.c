#include <string.h>

#include "core/tensor/conv2d_job.h"

/* Rows and, per phase, columns that out_rows rows of output need. */
static int64_t rows_for(const neural_conv_geometry *g, int64_t out_rows) {
    return (out_rows - 1) * g->stride_h + (g->kernel_h - 1) * g->dilation_h + 1;
}

static int64_t padded_width(const neural_conv_geometry *g) {
    return (g->out_w - 1) * g->stride_w + (g->kernel_w - 1) * g->dilation_w + 1;
}

static int64_t phase_width(const neural_conv_geometry *g) {
    return (padded_width(g) + g->stride_w - 1) / g->stride_w;
}

int64_t neural_conv_image_bytes(const neural_conv_geometry *g, int64_t size, int64_t channels,
                                int64_t out_rows) {
    const neural_conv_image image = neural_conv_image_layout(g, out_rows, NULL);
    return (channels * image.channel * size + 63) / 64 * 64 + NEURAL_CONV_ROOM;
}

neural_conv_image neural_conv_image_layout(const neural_conv_geometry *g, int64_t rows,
                                           char *data) {
    const int64_t phase = phase_width(g), row = phase * g->stride_w;
    return (neural_conv_image){data, rows_for(g, rows) * row, row, phase};
}

/* Larger kernels read each element often: a copy with room behind it makes that cheaper. */
int neural_conv_image_in_place(const neural_conv_geometry *g) {
    return neural_conv_taps(g) == 1 && g->stride_w == 1 && g->pad_top <= 0 && g->pad_left <= 0 &&
           rows_for(g, g->out_h) - g->pad_top <= g->height &&
           padded_width(g) - g->pad_left <= g->width;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high) {
    return value < low ? low : value > high ? high : value;
}

/* Columns j in [begin, end) of a phase lie inside the image, at j*stride_w + shift. */
typedef struct inside {
    int64_t begin, end, shift;
} inside;

static inside inside_of(const neural_conv_geometry *g, int64_t phase) {
    const int64_t s = g->stride_w, width = phase_width(g), shift = phase - g->pad_left;
    const int64_t begin = shift >= 0 ? 0 : (-shift + s - 1) / s;
    const int64_t end = g->width > shift ? (g->width - shift + s - 1) / s : 0;
    inside range = {clamp(begin, 0, width), clamp(end, 0, width), shift};
    range.end = range.end < range.begin ? range.begin : range.end;
    return range;
}

#define DEFINE_COLUMNS(T, name)                                                                    \
    static void take_##name(void *dst, const void *src, int64_t len, int64_t step) {               \
        T *to = dst;                                                                               \
        const T *from = src;                                                                       \
        for (int64_t j = 0; j < len; j++) {                                                        \
            to[j] = from[j * step];                                                                \
        }                                                                                          \
    }                                                                                              \
    static void give_##name(void *dst, const void *src, int64_t len, int64_t step,                 \
                            int accumulate) {                                                      \
        T *to = dst;                                                                               \
        const T *from = src;                                                                       \
        for (int64_t j = 0; j < len; j++) {                                                        \
            to[j * step] = accumulate ? to[j * step] + from[j] : from[j];                          \
        }                                                                                          \
    }

DEFINE_COLUMNS(float, f32)
DEFINE_COLUMNS(double, f64)

/* Few elements, most often one or two. */
static void clear(char *dst, int64_t bytes) {
    for (int64_t i = 0; i < bytes; i += 4) {
        memset(dst + i, 0, 4);
    }
}

/* One phase of a row. */
static void copy_columns(const neural_conv_geometry *g, int64_t size, char *dst, const char *src,
                         int64_t width, const inside *range) {
    const int64_t len = range->end - range->begin;
    char *to = dst + range->begin * size;
    const char *from = src + (range->begin * g->stride_w + range->shift) * size;
    clear(dst, range->begin * size);
    clear(dst + range->end * size, (width - range->end) * size);
    if (g->stride_w == 1) {
        memcpy(to, from, (size_t)(len * size));
    } else if (size == 4) {
        take_f32(to, from, len, g->stride_w);
    } else {
        take_f64(to, from, len, g->stride_w);
    }
}

static void copy_phase(const neural_conv_geometry *g, int64_t size, const char *src,
                       int64_t channels, int64_t first, int64_t count, int64_t phase, char *dst,
                       const neural_conv_image *image) {
    const inside range = inside_of(g, phase);
    char *to = dst + phase * image->phase * size;
    for (int64_t c = 0; c < channels; c++) {
        const char *plane = src + c * g->height * g->width * size;
        for (int64_t row = first; row < first + count; row++, to += image->row * size) {
            if (row >= 0 && row < g->height) {
                copy_columns(g, size, to, plane + row * g->width * size, image->phase, &range);
            } else {
                memset(to, 0, (size_t)(image->phase * size));
            }
        }
    }
}

void neural_conv_image_prepare(const neural_conv_geometry *g, int64_t size, const char *src,
                               int64_t channels, int64_t row, int64_t rows, char *dst,
                               neural_conv_image *image) {
    const int64_t first = row * g->stride_h - g->pad_top, count = rows_for(g, rows);
    if (neural_conv_image_in_place(g)) {
        *image = (neural_conv_image){src + (first * g->width - g->pad_left) * size,
                                     g->height * g->width, g->width, 0};
        return;
    }
    *image = neural_conv_image_layout(g, rows, dst);
    for (int64_t phase = 0; phase < g->stride_w; phase++) {
        copy_phase(g, size, src, channels, first, count, phase, dst, image);
    }
}

static void restore_row(const neural_conv_geometry *g, int64_t size, char *dst, const char *src,
                        int accumulate) {
    for (int64_t phase = 0; phase < g->stride_w; phase++) {
        const inside range = inside_of(g, phase);
        const char *from = src + (phase * phase_width(g) + range.begin) * size;
        char *to = dst + (range.begin * g->stride_w + range.shift) * size;
        (size == 4 ? give_f32 : give_f64)(to, from, range.end - range.begin, g->stride_w,
                                          accumulate);
    }
}

void neural_conv_image_restore(const neural_conv_geometry *g, int64_t size, char *dst,
                               int64_t channels, const neural_conv_image *image, int accumulate) {
    const int64_t rows = rows_for(g, g->out_h);
    const int64_t right = padded_width(g) - g->pad_left; /* columns beyond it are never met */
    for (int64_t c = 0; c < channels; c++) {
        for (int64_t i = 0; i < g->height; i++) {
            char *to = dst + (c * g->height + i) * g->width * size;
            const int64_t r = i + g->pad_top;
            const int met = r >= 0 && r < rows;
            if (!accumulate && (!met || right < g->width || g->pad_left < 0)) {
                memset(to, 0, (size_t)(g->width * size));
            }
            if (met) {
                restore_row(g, size, to, image->data + (c * image->channel + r * image->row) * size,
                            accumulate);
            }
        }
    }
}

/* A walk over the taps (c, p, q). */
typedef struct tap {
    int64_t c, p, q;
} tap;

static tap tap_of(const neural_conv_geometry *g, int64_t index) {
    const int64_t taps = neural_conv_taps(g);
    return (tap){index / taps, index % taps / g->kernel_w, index % g->kernel_w};
}

static inline void next_tap(const neural_conv_geometry *g, tap *at) {
    if (++at->q == g->kernel_w) {
        at->q = 0;
        if (++at->p == g->kernel_h) {
            at->p = 0;
            at->c++;
        }
    }
}

static int64_t tap_offset(const neural_conv_geometry *g, const neural_conv_image *image, tap at) {
    const int64_t column = at.q * g->dilation_w;
    const int64_t across =
        g->stride_w == 1 ? column : column % g->stride_w * image->phase + column / g->stride_w;
    return at.c * image->channel + at.p * g->dilation_h * image->row + across;
}

void neural_conv_tap_offsets(const neural_conv_geometry *g, const neural_conv_image *layout,
                             int64_t count, int64_t *dst) {
    tap at = {0, 0, 0};
    for (int64_t t = 0; t < count; t++, next_tap(g, &at)) {
        dst[t] = tap_offset(g, layout, at);
    }
}

void neural_conv_pixel_offsets(const neural_conv_geometry *g, const neural_conv_image *layout,
                               int64_t rows, int64_t *dst) {
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < g->out_w; j++) {
            *dst++ = i * g->stride_h * layout->row + j;
        }
    }
}

static void copy_exactly(char *dst, const char *src, int64_t bytes) {
    memcpy(dst, src, (size_t)bytes);
}

/* Up to ROOM - 4 bytes too many: what is written behind a run is overwritten by the next one. */
static inline void copy_freely(char *dst, const char *src, int64_t bytes) {
    int64_t i = 0;
    for (; i + 64 <= bytes; i += 64) {
        memcpy(dst + i, src + i, 64);
    }
    for (; i < bytes; i += 16) {
        memcpy(dst + i, src + i, 16);
    }
}

/* Runs of at most 16, 32, 48 or 64 bytes as one piece. */
#define DEFINE_COPY(width)                                                                         \
    static inline void copy_##width(char *dst, const char *src, int64_t bytes) {                   \
        (void)bytes;                                                                               \
        memcpy(dst, src, width);                                                                   \
    }
DEFINE_COPY(16)
DEFINE_COPY(32)
DEFINE_COPY(48)
DEFINE_COPY(64)

/* What is common to all taps, in bytes: a first run, whole lines, the rest. */
typedef struct run_list {
    int64_t start, skip, head, line, bytes, next_row;
} run_list;

typedef void gather_function(const neural_conv_geometry *g, int64_t size,
                             const neural_conv_image *image, tap at, int64_t taps, char *dst,
                             int64_t dst_row, const run_list *runs);

#define DEFINE_GATHER(copy)                                                                        \
    static void gather_##copy(const neural_conv_geometry *g, int64_t size,                         \
                              const neural_conv_image *image, tap at, int64_t taps, char *dst,     \
                              int64_t dst_row, const run_list *runs) {                             \
        const run_list r = *runs;                                                                  \
        for (int64_t t = 0; t < taps; t++, next_tap(g, &at), dst += dst_row * size) {              \
            const char *from = image->data + tap_offset(g, image, at) * size + r.start;            \
            int64_t done = r.head;                                                                 \
            copy(dst, from, r.head);                                                               \
            from += r.next_row - r.skip;                                                           \
            for (; done + r.line <= r.bytes; done += r.line, from += r.next_row) {                 \
                copy(dst + done, from, r.line);                                                    \
            }                                                                                      \
            if (done < r.bytes) {                                                                  \
                copy(dst + done, from, r.bytes - done);                                            \
            }                                                                                      \
        }                                                                                          \
    }
DEFINE_GATHER(copy_exactly)
DEFINE_GATHER(copy_freely)
DEFINE_GATHER(copy_16)
DEFINE_GATHER(copy_32)
DEFINE_GATHER(copy_48)
DEFINE_GATHER(copy_64)

void neural_conv_gather(const neural_conv_geometry *g, int64_t size, const neural_conv_image *image,
                        int64_t first, int64_t taps, int64_t pixel, int64_t pixels, char *dst,
                        int64_t dst_row) {
    static gather_function *const short_runs[] = {gather_copy_16, gather_copy_32, gather_copy_48,
                                                  gather_copy_64};
    const int64_t row = pixel / g->out_w, skip = pixel % g->out_w;
    run_list runs = {.line = g->out_w * size, .bytes = pixels * size};
    runs.skip = skip * size;
    runs.start = (row * g->stride_h * image->row + skip) * size;
    runs.head = runs.line - runs.skip < runs.bytes ? runs.line - runs.skip : runs.bytes;
    runs.next_row = g->stride_h * image->row * size;
    const tap at = tap_of(g, first);
    if (neural_conv_image_in_place(g)) {
        gather_copy_exactly(g, size, image, at, taps, dst, dst_row, &runs);
    } else if (runs.line <= 64) {
        short_runs[(runs.line - 1) / 16](g, size, image, at, taps, dst, dst_row, &runs);
    } else {
        gather_copy_freely(g, size, image, at, taps, dst, dst_row, &runs);
    }
}

/* Runs are mostly too short for a call of the add kernel. */
#define DEFINE_ADD(T, dtype)                                                                       \
    typedef T pair_##dtype __attribute__((vector_size(16), aligned(sizeof(T)), may_alias));        \
    static inline void add_##dtype(char *dst, const char *src, int64_t len) {                      \
        enum { LANES = 16 / sizeof(T) };                                                           \
        T *to = (T *)(void *)dst;                                                                  \
        const T *from = (const T *)(const void *)src;                                              \
        int64_t i = 0;                                                                             \
        for (; i + LANES <= len; i += LANES) {                                                     \
            *(pair_##dtype *)(to + i) += *(const pair_##dtype *)(from + i);                        \
        }                                                                                          \
        for (; i < len; i++) {                                                                     \
            to[i] += from[i];                                                                      \
        }                                                                                          \
    }

DEFINE_ADD(float, f32)
DEFINE_ADD(double, f64)

void neural_conv_scatter(const neural_conv_geometry *g, const neural_conv_type *type,
                         const neural_conv_image *image, int64_t taps, int64_t pixel,
                         int64_t pixels, const char *src, int64_t src_row) {
    const int64_t size = type->size;
    tap at = {0, 0, 0};
    for (int64_t t = 0; t < taps; t++, next_tap(g, &at)) {
        const int64_t offset = tap_offset(g, image, at);
        const char *from = src + t * src_row * size;
        int64_t row = pixel / g->out_w, column = pixel % g->out_w, run;
        for (int64_t done = 0; done < pixels; done += run, row++, column = 0) {
            run = g->out_w - column < pixels - done ? g->out_w - column : pixels - done;
            char *to = (char *)(uintptr_t)image->data +
                       (offset + row * g->stride_h * image->row + column) * size;
            (type->size == 4 ? add_f32 : add_f64)(to, from + done * size, run);
        }
    }
}
