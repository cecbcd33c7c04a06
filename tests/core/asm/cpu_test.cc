// Levels, the ceiling NEURAL_ISA, caches. The ceiling is read once per process, so each case asks a
// process of its own: this program again, with --print.
#include "core/asm/cpu.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::string own_path;

std::string run_with_ceiling(const std::string &ceiling) {
    const std::string command = "NEURAL_ISA='" + ceiling + "' '" + own_path + "' --print";
    FILE *pipe = popen(command.c_str(), "r");
    char line[128] = "";
    if (!pipe || !std::fgets(line, sizeof(line), pipe)) {
        ADD_FAILURE() << "cannot run " << command;
    }
    if (pipe) {
        pclose(pipe);
    }
    return line;
}

std::string expected(neural_isa isa, int level, const char *name) {
    return std::string(neural_isa_name(isa)) + " " + std::to_string(level) + " " + name;
}

TEST(Cpu, ObeysTheCeiling) {
    EXPECT_EQ(run_with_ceiling("c"), expected(NEURAL_ISA_C, 0, "Scalar (no SIMD)"));
    EXPECT_EQ(run_with_ceiling("sse2"), expected(NEURAL_ISA_SSE2, 1, "SSE2"));
    if (neural_isa_detected() >= NEURAL_ISA_AVX2) {
        EXPECT_EQ(run_with_ceiling("avx2"), expected(NEURAL_ISA_AVX2, 3, "AVX2"));
    }
    if (neural_isa_detected() >= NEURAL_ISA_AVX512) {
        EXPECT_EQ(run_with_ceiling("avx512"), expected(NEURAL_ISA_AVX512, 4, "AVX-512"));
    }
}

TEST(Cpu, IgnoresAnUnknownCeiling) {
    EXPECT_EQ(run_with_ceiling("mmx"), run_with_ceiling("avx512"));
    EXPECT_EQ(run_with_ceiling(""), run_with_ceiling("avx512"));
}

TEST(Cpu, KnowsAtLeastSse2) {
    EXPECT_GE(neural_isa_detected(), NEURAL_ISA_SSE2);
    EXPECT_LE(neural_isa_active(), neural_isa_detected());
}

TEST(Cpu, AgreesWithTheCompilersDetection) {
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                      __builtin_cpu_supports("bmi2");
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl");
    EXPECT_EQ(neural_isa_detected(), avx512 ? NEURAL_ISA_AVX512
                                     : avx2 ? NEURAL_ISA_AVX2
                                            : NEURAL_ISA_SSE2);
}

TEST(Cpu, KnowsItsCachesAndName) {
    const neural_caches caches = neural_cpu_caches();
    EXPECT_GE(caches.l1d, 4 << 10);
    EXPECT_GE(caches.l2, caches.l1d);
    EXPECT_GE(caches.l3, caches.l1d);
    EXPECT_GT(std::strlen(neural_cpu_name()), 0u);
    EXPECT_STREQ(neural_isa_name((neural_isa)17), "unknown");
}

} // namespace

int main(int argc, char **argv) {
    if (argc > 1 && std::strcmp(argv[1], "--print") == 0) {
        std::printf("%s %d %s", neural_isa_name(neural_isa_active()), neural_get_simd_level(),
                    neural_get_simd_name());
        return 0;
    }
    own_path = argv[0];
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
