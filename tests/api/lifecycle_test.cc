#include "api/lifecycle.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "api/neural_api.h"

namespace {

TEST(Lifecycle, VersionIsThatOfTheHeader) {
    EXPECT_EQ(neural_version(), std::to_string(NEURAL_VERSION_MAJOR) + "." +
                                    std::to_string(NEURAL_VERSION_MINOR) + "." +
                                    std::to_string(NEURAL_VERSION_PATCH));
}

/* softmax of a tensor that is large enough for all threads. */
std::vector<char> Compute(neural_tensor *x) {
    neural_tensor *y = nullptr;
    EXPECT_EQ(neural_softmax(x, -1, &y), NEURAL_OK) << neural_last_error();
    const char *data = (const char *)neural_tensor_data(y);
    const std::vector<char> bits(data, data + neural_tensor_bytes(y));
    neural_tensor_release(y);
    return bits;
}

TEST(Lifecycle, ObjectsSurviveAShutdownAndWorkGoesOnAfterIt) {
    ASSERT_EQ(neural_init(), NEURAL_OK);
    ASSERT_EQ(neural_init(), NEURAL_OK);
    ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
    const int64_t dims[] = {1000, 257};
    neural_tensor *x = nullptr;
    ASSERT_EQ(neural_tensor_create(2, dims, NEURAL_DTYPE_F32, &x), NEURAL_OK);
    ASSERT_EQ(neural_tensor_fill_normal(x, 1, 0, 1), NEURAL_OK);
    const std::vector<char> before = Compute(x);
    const int64_t held = neural_alloc_bytes();
    neural_shutdown();
    EXPECT_LT(neural_alloc_bytes(), held); /* cached memory went back */
    neural_shutdown();
    const int64_t parallel = neural_parallel_count();
    for (int i = 0; i < 5000 && neural_parallel_count() == parallel; i++) {
        ASSERT_EQ(Compute(x), before); /* a busy machine may give a worker no core at once */
    }
    EXPECT_GT(neural_parallel_count(), parallel); /* the workers started again */
    neural_tensor_release(x);
    ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
}

} // namespace
