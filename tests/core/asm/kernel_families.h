// The families of kernels.
#ifndef TESTS_CORE_ASM_KERNEL_FAMILIES_H_
#define TESTS_CORE_ASM_KERNEL_FAMILIES_H_

namespace neural_test {

// The function types of kernel_types.h; the names are those of the slot list.
enum class Family {
    unary,
    param,
    binary,
    grad,
    param_grad,
    axpy,
    fill,
    reduce,
    reduce2,
    find,
    argmax,
    rows,
    rows_grad,
    col_sum,
    fuzzy_set,
    norm,
    norm_grad,
    norm_param_grad,
    channel_stats,
    channel_sums,
    channel_norm,
    channel_norm_grad,
    pool_max,
    pool_max_grad,
    pool_avg,
    pool_avg_grad,
    winograd,
    conv_pixels,
    conv_filters,
    conv_plane,
    conv_plane_grad,
    conv_take,
    conv_give,
    sparse_row,
    transpose,
    gather,
    gather_i32,
    scatter_add,
    scatter_add_i32,
    sgd,
    adam,
    amsgrad,
    rmsprop,
    adagrad,
    lion,
    ema,
    uniform,
    normal,
    bernoulli,
    mask_scale,
    words,
    keep,
    checksum,
    narrow_bf16,
    widen_bf16
};

} // namespace neural_test

#endif // TESTS_CORE_ASM_KERNEL_FAMILIES_H_
