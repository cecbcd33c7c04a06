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
    return (channels * image.channel * size + 63) / 64 * 64;
}

neural_conv_image neural_conv_image_layout(const neural_conv_geometry *g, int64_t rows,
                                           char *data) {
    const int64_t phase = phase_width(g), row = phase * g->stride_w;
    return (neural_conv_image){data, rows_for(g, rows) * row, row, phase};
}

int neural_conv_image_in_place(const neural_conv_geometry *g) {
    return g->stride_w == 1 && g->pad_top <= 0 && g->pad_left <= 0 &&
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

static void copy_row(const neural_conv_geometry *g, int64_t size, char *dst, const char *src) {
    const int64_t width = phase_width(g);
    for (int64_t phase = 0; phase < g->stride_w; phase++) {
        const inside range = inside_of(g, phase);
        const int64_t len = range.end - range.begin;
        memset(dst, 0, (size_t)(range.begin * size));
        memset(dst + range.end * size, 0, (size_t)((width - range.end) * size));
        char *to = dst + range.begin * size;
        const char *from = src + (range.begin * g->stride_w + range.shift) * size;
        if (g->stride_w == 1) {
            memcpy(to, from, (size_t)(len * size));
        } else if (size == 4) {
            take_f32(to, from, len, g->stride_w);
        } else {
            take_f64(to, from, len, g->stride_w);
        }
        dst += width * size;
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
    for (int64_t c = 0; c < channels; c++) {
        for (int64_t r = 0; r < count; r++) {
            const int64_t from = first + r;
            if (from >= 0 && from < g->height) {
                copy_row(g, size, dst, src + (c * g->height + from) * g->width * size);
            } else {
                memset(dst, 0, (size_t)(image->row * size));
            }
            dst += image->row * size;
        }
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

/* Short runs in pieces of 16 bytes, the last one overlapping. */
static inline void copy_run(char *dst, const char *src, int64_t bytes) {
    if (bytes > 256) {
        memcpy(dst, src, (size_t)bytes);
        return;
    }
    if (bytes < 16) {
        for (int64_t i = 0; i < bytes; i += 4) {
            memcpy(dst + i, src + i, 4);
        }
        return;
    }
    for (int64_t i = 0; i < bytes - 16; i += 16) {
        memcpy(dst + i, src + i, 16);
    }
    memcpy(dst + bytes - 16, src + bytes - 16, 16);
}

void neural_conv_gather(const neural_conv_geometry *g, int64_t size, const neural_conv_image *image,
                        int64_t first, int64_t taps, int64_t pixel, int64_t pixels, char *dst,
                        int64_t dst_row) {
    const int64_t row = pixel / g->out_w, skip = pixel % g->out_w;
    const int64_t bytes = pixels * size, line = g->out_w * size;
    const int64_t next_row = g->stride_h * image->row * size;
    const int64_t head = (g->out_w - skip) * size;
    tap at = tap_of(g, first);
    for (int64_t t = 0; t < taps; t++, next_tap(g, &at)) {
        const char *from =
            image->data + (tap_offset(g, image, at) + row * g->stride_h * image->row) * size;
        char *to = dst + t * dst_row * size;
        int64_t done = head < bytes ? head : bytes;
        copy_run(to, from + skip * size, done);
        while (done < bytes) {
            const int64_t left = bytes - done, run = left < line ? left : line;
            from += next_row;
            copy_run(to + done, from, run);
            done += run;
        }
    }
}

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
            neural_conv_add(type, to, from + done * size, run);
        }
    }
}
