/* A line of patches is turned to [row, column, channel] in a strip, so that kernels work on
 * vectors of channels wherever a patch begins. */
#include <string.h>

#include "core/tensor/conv2d_winograd.h"

enum { TILE = NEURAL_WINOGRAD_TILE };

/* An odd number of cache lines. */
int64_t neural_winograd_plane(const neural_conv_type *type, int64_t len) {
    return ((len * type->size + 63) / 64 | 1) * 64 / type->size;
}

static int64_t strip_width(const neural_winograd_grid *grid) {
    return grid->across * TILE + grid->patch - TILE;
}

/* And a row of an image besides, for sums. */
int64_t neural_winograd_strip_bytes(const neural_winograd_grid *grid) {
    const int64_t pixels = (grid->patch + 1) * strip_width(grid);
    return (pixels * grid->channels * grid->type->size + 63) / 64 * 64;
}

/* Row `row` of an image [channels, height, width], or zeros, with its padding. */
static void take_row(const neural_winograd_grid *grid, const char *image, int64_t row, char *to) {
    const int64_t pixel = grid->channels * grid->type->size, all = strip_width(grid);
    const int64_t first = grid->pad_left < 0 ? -grid->pad_left : 0;
    const int64_t before = neural_conv_smaller(first + grid->pad_left, all);
    int64_t inside = neural_conv_smaller(grid->width - first, all - before);
    inside = row < 0 || row >= grid->height || inside < 0 ? 0 : inside;
    memset(to, 0, (size_t)(before * pixel));
    if (inside) {
        neural_conv_transpose(grid->type, to + before * pixel,
                              image + (row * grid->width + first) * grid->type->size,
                              grid->channels, inside, grid->channels, grid->height * grid->width);
    }
    memset(to + (before + inside) * pixel, 0, (size_t)((all - before - inside) * pixel));
}

/* The rows of a line of patches; those it shares with the line above are there already. */
static void take_rows(const neural_winograd_grid *grid, const char *image, int64_t line,
                      int follows, char *strip) {
    const int64_t row_bytes = strip_width(grid) * grid->channels * grid->type->size;
    const int64_t shared = follows ? grid->patch - TILE : 0;
    memmove(strip, strip + TILE * row_bytes, (size_t)(shared * row_bytes));
    const int64_t image_bytes = grid->channels * grid->height * grid->width * grid->type->size;
    const int64_t top = line % grid->down * TILE - grid->pad_top;
    for (int64_t r = shared; r < grid->patch; r++) {
        take_row(grid, image + line / grid->down * image_bytes, top + r, strip + r * row_bytes);
    }
}

void neural_winograd_take(const neural_winograd_grid *grid, const char *image, int64_t line,
                          int64_t lines, char *tiles, char *strip) {
    const neural_kernel_table *kernels = grid->type->kernels;
    const int64_t size = grid->type->size, channels = grid->channels;
    const neural_winograd_args args = {.dst_row = NEURAL_WINOGRAD_PATCH * grid->plane,
                                       .dst_col = grid->plane,
                                       .src_row = strip_width(grid) * channels,
                                       .src_col = channels};
    const int is_input = grid->patch == NEURAL_WINOGRAD_PATCH;
    for (int64_t i = 0; i < lines; i++) {
        take_rows(grid, image, line + i, i > 0 && (line + i) % grid->down > 0, strip);
        for (int64_t t = 0; t < grid->across; t++, tiles += channels * size) {
            const char *patch = strip + t * TILE * channels * size;
            if (size == 4) {
                (is_input ? kernels->winograd_input_f32 : kernels->winograd_output_grad_f32)(
                    (float *)tiles, (const float *)patch, &args, channels);
            } else {
                (is_input ? kernels->winograd_input_f64 : kernels->winograd_output_grad_f64)(
                    (double *)tiles, (const double *)patch, &args, channels);
            }
        }
    }
}

/* `pixels` pixels from `strip` to one row, or several whole ones, of all channels of an image. */
static void give_pixels(const neural_winograd_grid *grid, const char *strip, int64_t pixels,
                        char *image, int accumulate, char *spare) {
    const int64_t size = grid->type->size, area = grid->height * grid->width;
    if (!accumulate) {
        neural_conv_transpose(grid->type, image, strip, pixels, grid->channels, area,
                              grid->channels);
        return;
    }
    neural_conv_transpose(grid->type, spare, strip, pixels, grid->channels, pixels, grid->channels);
    for (int64_t c = 0; c < grid->channels; c++) {
        neural_conv_add(grid->type, image + c * area * size, spare + c * pixels * size, pixels);
    }
}

static void give_rows(const neural_winograd_grid *grid, char *image, int64_t line, char *strip,
                      int accumulate) {
    const int64_t size = grid->type->size, pixel = grid->channels * size;
    const int64_t all = grid->across * TILE, row = line % grid->down * TILE;
    const int64_t rows = neural_conv_smaller(TILE, grid->height - row);
    char *to =
        image + (line / grid->down * grid->channels * grid->height + row) * grid->width * size;
    if (grid->width == all && !accumulate) {
        give_pixels(grid, strip, rows * all, to, 0, NULL);
        return;
    }
    for (int64_t r = 0; r < rows; r++) {
        give_pixels(grid, strip + r * all * pixel, grid->width, to + r * grid->width * size,
                    accumulate, strip + TILE * all * pixel);
    }
}

void neural_winograd_give(const neural_winograd_grid *grid, char *image, int64_t line,
                          int64_t lines, const char *tiles, char *strip,
                          const neural_winograd_finish *finish) {
    const neural_kernel_table *kernels = grid->type->kernels;
    const int64_t size = grid->type->size, channels = grid->channels;
    const neural_winograd_args args = {.dst_row = grid->across * TILE * channels,
                                       .dst_col = channels,
                                       .src_row = NEURAL_WINOGRAD_PATCH * grid->plane,
                                       .src_col = grid->plane,
                                       .bias = finish->bias,
                                       .relu = finish->relu};
    for (int64_t i = 0; i < lines; i++) {
        for (int64_t t = 0; t < grid->across; t++, tiles += channels * size) {
            char *to = strip + t * TILE * channels * size;
            if (size == 4) {
                kernels->winograd_output_f32((float *)to, (const float *)tiles, &args, channels);
            } else {
                kernels->winograd_output_f64((double *)to, (const double *)tiles, &args, channels);
            }
        }
        give_rows(grid, image, line + i, strip, finish->accumulate);
    }
}
