#include "core/tensor/dtype.h"

typedef struct dtype_row {
    int64_t bytes;
    const char *name;
} dtype_row;

static const dtype_row rows[NEURAL_DTYPE_COUNT] = {
    [NEURAL_DTYPE_F32] = {4, "f32"},   [NEURAL_DTYPE_F64] = {8, "f64"},
    [NEURAL_DTYPE_I8] = {1, "i8"},     [NEURAL_DTYPE_U8] = {1, "u8"},
    [NEURAL_DTYPE_I32] = {4, "i32"},   [NEURAL_DTYPE_I64] = {8, "i64"},
    [NEURAL_DTYPE_BOOL] = {1, "bool"}, [NEURAL_DTYPE_BF16] = {2, "bf16"},
};

static int is_known(neural_dtype dtype) {
    return (unsigned)dtype < NEURAL_DTYPE_COUNT;
}

int64_t neural_dtype_bytes(neural_dtype dtype) {
    return is_known(dtype) ? rows[dtype].bytes : 0;
}

const char *neural_dtype_name(neural_dtype dtype) {
    return is_known(dtype) ? rows[dtype].name : "?";
}
