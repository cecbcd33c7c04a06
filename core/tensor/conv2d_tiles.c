#include "core/base/memory.h"
#include "core/base/threads.h"
#include "core/tensor/conv2d_job.h"

/* Convolutions below this many multiplications stay on the calling thread. */
static const double SERIAL_WORK = 512.0 * 1024;

neural_conv_type neural_conv_type_of(neural_dtype dtype, const neural_kernel_table *kernels) {
    const int is_f32 = dtype == NEURAL_DTYPE_F32;
    return (neural_conv_type){is_f32 ? 4 : 8, is_f32 ? &kernels->gemm_f32 : &kernels->gemm_f64,
                              kernels};
}

void neural_conv_transpose(const neural_conv_type *type, void *dst, const void *src, int64_t rows,
                           int64_t cols, int64_t dst_ld, int64_t src_ld) {
    if (type->size == 4) {
        type->kernels->transpose_f32(dst, src, rows, cols, dst_ld, src_ld);
    } else {
        type->kernels->transpose_f64(dst, src, rows, cols, dst_ld, src_ld);
    }
}

void neural_conv_add(const neural_conv_type *type, void *dst, const void *src, int64_t len) {
    if (type->size == 4) {
        type->kernels->add_f32(dst, dst, src, len);
    } else {
        type->kernels->add_f64(dst, dst, src, len);
    }
}

int64_t neural_conv_panel(const neural_conv_type *type) {
    return type->tiles->wide.nr;
}

int64_t neural_conv_k_block(const neural_conv_type *type) {
    return type->tiles->wide.k_block;
}

static const neural_gemm_tile *tile_for(const neural_conv_type *type, int64_t columns) {
    const neural_gemm_kernels *tiles = type->tiles;
    return columns <= tiles->narrow.nr ? &tiles->narrow
           : columns <= tiles->tall.nr ? &tiles->tall
                                       : &tiles->wide;
}

/* One panel of columns under all rows, in tiles of equal height. */
static void multiply_panel(const neural_conv_type *type, const neural_conv_product *product,
                           int64_t column, int64_t columns) {
    const int64_t size = type->size;
    const neural_gemm_tile *tile = tile_for(type, columns);
    const int64_t tiles = (product->m + tile->mr - 1) / tile->mr;
    const int64_t height = product->m / tiles, taller = product->m % tiles;
    neural_gemm_panel panel = {.a = product->a,
                               .a_row = product->a_row,
                               .a_col = product->a_col,
                               .b = product->b + column * size,
                               .b_row = product->b_row,
                               .c = product->c + column * size,
                               .c_row = product->c_row,
                               .n = columns,
                               .k = product->k,
                               .bias = product->bias,
                               .flags = product->flags};
    panel.fetch = panel.b;
    for (int64_t t = 0; t < tiles; t++) {
        panel.m = height + (t < taller);
        char *next = (char *)panel.c + panel.m * product->c_row * size;
        panel.next_c = t + 1 < tiles ? next : panel.c;
        tile->kernel(&panel);
        panel.a = (const char *)panel.a + panel.m * product->a_row * size;
        panel.bias = panel.bias ? (const char *)panel.bias + panel.m * size : NULL;
        panel.c = next;
    }
}

void neural_conv_multiply(const neural_conv_type *type, const neural_conv_product *product) {
    const int64_t step = neural_conv_panel(type);
    for (int64_t j = 0; product->m > 0 && j < product->n; j += step) {
        const int64_t left = product->n - j;
        multiply_panel(type, product, j, left < step ? left : step);
    }
}

typedef struct unit_range {
    neural_conv_unit *body;
    const void *context;
    char *scratch;
    int64_t scratch_bytes, grain;
} unit_range;

static void run_range(void *context, int64_t begin, int64_t end) {
    const unit_range *range = context;
    char *scratch = range->scratch + begin / range->grain * range->scratch_bytes;
    for (int64_t unit = begin; unit < end; unit++) {
        range->body(range->context, unit, scratch);
    }
}

neural_status neural_conv_run_units(int64_t units, double work, int64_t scratch_bytes,
                                    neural_conv_unit *body, const void *context) {
    if (units == 0) {
        return NEURAL_OK;
    }
    const int64_t wanted = work < SERIAL_WORK ? 1 : neural_num_threads();
    const int64_t threads = wanted < units ? wanted : units;
    int64_t bytes;
    scratch_bytes = (scratch_bytes + 63) / 64 * 64;
    NEURAL_TRY(neural_size_mul(threads, scratch_bytes, &bytes));
    neural_block *block = neural_block_create((size_t)bytes);
    NEURAL_REQUIRE(block, NEURAL_ERR_OUT_OF_MEMORY, "conv2d: no %lld bytes of scratch",
                   (long long)bytes);
    unit_range range = {body, context, neural_block_data(block), scratch_bytes,
                        (units + threads - 1) / threads};
    neural_parallel_for(units, range.grain, run_range, &range);
    neural_block_release(block);
    return NEURAL_OK;
}
