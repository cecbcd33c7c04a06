// The harness must see what it is there to see.
#include "tests/core/asm/kernel_harness.h"

#include <gtest/gtest-spi.h>

extern "C" void neural_test_break_promises(void);
extern "C" void neural_test_dirty_upper_half(void);

namespace neural_test {
namespace {

TEST(KernelHarness, SeesBrokenPromises) {
    testing::TestPartResultArray failures;
    {
        testing::ScopedFakeTestPartResultReporter reporter(
            testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &failures);
        call_checked(&neural_test_break_promises);
    }
    EXPECT_EQ(failures.size(), 3); // rbx, direction flag, MXCSR
}

TEST(KernelHarness, SeesDirtyUpperHalves) {
    if (neural_isa_detected() < NEURAL_ISA_AVX2) {
        GTEST_SKIP() << "no upper halves here";
    }
    EXPECT_NONFATAL_FAILURE(call_checked(&neural_test_dirty_upper_half), "upper halves");
}

double add_up(const int *a, int64_t b, double c, double d) {
    return *a + static_cast<double>(b) + c + d;
}

TEST(KernelHarness, PassesArgumentsAndResults) {
    const int one = 1;
    EXPECT_EQ(call_checked(&add_up, &one, 20, 300, 4000), 4321);
}

TEST(KernelHarness, GuardsBothEnds) {
    GuardedBuffer buffer(100);
    char *end = buffer.at_end<char>(100);
    EXPECT_DEATH(*reinterpret_cast<volatile char *>(end + 100) = 0, "");
    char *start = buffer.at_start<char>(100);
    EXPECT_DEATH(*reinterpret_cast<volatile char *>(start - 1) = 0, "");
    EXPECT_TRUE(buffer.is_intact());
    start[100] = 0;
    EXPECT_FALSE(buffer.is_intact());
}

TEST(KernelHarness, MeasuresInUnitsOfTheLastPlace) {
    EXPECT_EQ(ulp_error(1.0f, 1.0), 0);
    EXPECT_EQ(ulp_error(std::nextafter(1.0f, 2.0f), 1.0), 1);
    EXPECT_EQ(ulp_error(0.0f, 0x1p-149), 1);
    EXPECT_EQ(ulp_error(INFINITY, 1e39), 0);
    EXPECT_EQ(ulp_error(std::numeric_limits<float>::max(), 0x1p128), 1);
    EXPECT_EQ(ulp_error(NAN, 1.0), INFINITY);
    EXPECT_EQ(ulp_error(NAN, static_cast<double>(NAN)), 0);
}

} // namespace
} // namespace neural_test
