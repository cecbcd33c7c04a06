/* Rows are compared in pieces, converted to one wide type first. */
#include "core/tensor/compare.h"

#include "core/tensor/pairs.h"

#define COMPARE(member, relation)                                                                  \
    for (int64_t i = 0; i < len; i++) {                                                            \
        dst[i * stride] = lhs->member[i] relation rhs->member[i];                                  \
    }                                                                                              \
    break
#define COMPARE_CHUNK(member)                                                                      \
    static void compare_##member(void *comparison, void *out, int64_t stride,                      \
                                 const neural_wide *lhs, const neural_wide *rhs, int64_t len) {    \
        uint8_t *dst = out;                                                                        \
        switch (*(const neural_comparison *)comparison) {                                          \
        case NEURAL_EQUAL:                                                                         \
            COMPARE(member, ==);                                                                   \
        case NEURAL_NOT_EQUAL:                                                                     \
            COMPARE(member, !=);                                                                   \
        case NEURAL_LESS:                                                                          \
            COMPARE(member, <);                                                                    \
        case NEURAL_LESS_EQUAL:                                                                    \
            COMPARE(member, <=);                                                                   \
        case NEURAL_GREATER:                                                                       \
            COMPARE(member, >);                                                                    \
        case NEURAL_GREATER_EQUAL:                                                                 \
            COMPARE(member, >=);                                                                   \
        }                                                                                          \
    }
COMPARE_CHUNK(real)
COMPARE_CHUNK(whole)

neural_status neural_tensor_compare(const neural_tensor *lhs, const neural_tensor *rhs,
                                    neural_comparison comparison, neural_tensor **out) {
    neural_shape shape;
    neural_tensor *result = NULL;
    NEURAL_REQUIRE(lhs && rhs && out, NEURAL_ERR_NULL_POINTER, "tensor_compare: %s is NULL",
                   !lhs   ? "lhs"
                   : !rhs ? "rhs"
                          : "out");
    NEURAL_REQUIRE(comparison >= NEURAL_EQUAL && comparison <= NEURAL_GREATER_EQUAL,
                   NEURAL_ERR_INVALID_ARGUMENT, "tensor_compare: comparison %d is unknown",
                   (int)comparison);
    NEURAL_TRY(neural_shape_broadcast("tensor_compare", &lhs->shape, &rhs->shape, &shape));
    NEURAL_TRY(neural_tensor_like_shape(&shape, NEURAL_DTYPE_BOOL, &result));
    const int is_whole = neural_pairs_is_whole(lhs) && neural_pairs_is_whole(rhs);
    neural_pairs_run(result, lhs, rhs, is_whole ? NEURAL_DTYPE_I64 : NEURAL_DTYPE_F64,
                     is_whole ? compare_whole : compare_real, &comparison);
    *out = result;
    return NEURAL_OK;
}
