#include "core/tensor/map.h"

#include "tests/core/tensor/tensor_testing.h"

namespace {

using namespace tensor_testing;

// a + 10 b + 100 c, exact for multiples of 1/8.
void weighted(const neural_map_args *, void *dst, const void *const *src, int64_t len) {
    const auto *a = static_cast<const double *>(src[0]), *b = static_cast<const double *>(src[1]),
               *c = static_cast<const double *>(src[2]);
    for (int64_t i = 0; i < len; i++) {
        static_cast<double *>(dst)[i] = a[i] + 10 * b[i] + 100 * c[i];
    }
}

void check(const Dims &full, const Dims (&dims)[3], const Layout (&layout)[3],
           std::mt19937_64 &random) {
    Array in[3];
    Tensor tensor[3];
    for (int k = 0; k < 3; k++) {
        in[k] = random_grid(dims[k], random);
        tensor[k] = make(in[k], NEURAL_DTYPE_F64, layout[k]);
    }
    const Tensor dst = create(full, NEURAL_DTYPE_F64);
    neural_tensor *operands[] = {tensor[0].get(), tensor[1].get(), tensor[2].get()};
    const neural_map_args args = {NEURAL_DTYPE_F64, 0, 0};
    neural_map(weighted, &args, &dst->shape, dst->data, 3, operands);
    Array want{full, {}};
    for (int64_t i = 0; i < len_of(full); i++) {
        const Index index = index_of(i, full);
        double value = 0, weight = 1;
        for (int k = 0; k < 3; k++, weight *= 10) {
            value += weight * in[k].v[static_cast<size_t>(broadcast_position(index, dims[k]))];
        }
        want.v.push_back(value);
    }
    expect_values(dst.get(), want, NEURAL_DTYPE_F64);
}

TEST(Map, ThreeOperandsOfAnyStretchAndLayout) {
    const uint64_t seed = 271;
    std::mt19937_64 random(seed);
    for (int trial = 0; trial < 400; trial++) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", trial " + std::to_string(trial));
        const int64_t sizes[] = {1, 2, 3, 5, 17, 40, 300};
        Dims full(1 + random() % 3), dims[3];
        Layout layout[3];
        for (int64_t &size : full) {
            size = sizes[random() % 7];
        }
        for (int k = 0; k < 3; k++) {
            const auto from = static_cast<int64_t>(random() % (full.size() + 1));
            dims[k] = Dims(full.begin() + from, full.end());
            for (int64_t &size : dims[k]) {
                size = random() % 3 ? size : 1;
            }
            layout[k] = static_cast<Layout>(random() % kLayouts);
        }
        if (len_of(full) <= 100000) {
            check(full, dims, layout, random);
        }
    }
}

TEST(Map, PeriodsMeetRangesAtAnyPhase) {
    std::mt19937_64 random(3);
    ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
    for (int64_t period : {1, 7, 255, 256, 257, 1023}) {
        const Dims full = {100000 / period + 1, period};
        const Dims dims[3] = {{period}, full, {1}};
        const Layout layout[3] = {kContiguous, kSliced, kContiguous};
        check(full, dims, layout, random);
    }
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace
