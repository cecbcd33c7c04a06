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

std::string run_with(const std::string &environment, const std::string &option) {
    const std::string command = environment + " '" + own_path + "' " + option;
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

std::string run_with_ceiling(const std::string &ceiling) {
    return run_with("NEURAL_ISA='" + ceiling + "'", "--print");
}

std::string extras_with(const std::string &environment) {
    return run_with(environment, "--extras");
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

TEST(Cpu, KnowsItsExtras) {
    const bool avx512 = neural_isa_detected() >= NEURAL_ISA_AVX512;
    unsigned want = 0;
    if (avx512 && __builtin_cpu_supports("avx512vnni")) want |= NEURAL_QUIRK_VNNI;
    if (avx512 && __builtin_cpu_supports("avx512bf16")) want |= NEURAL_QUIRK_BF16;
    EXPECT_EQ(neural_quirks_detected(), want);
    EXPECT_EQ(neural_quirks_active() & ~neural_quirks_detected(), 0u);
}

std::string detected_extras(unsigned admitted) {
    return std::to_string(neural_quirks_detected() & admitted);
}

TEST(Cpu, AdmitsTheExtrasThatTheEnvironmentNames) {
    const std::string top = "NEURAL_ISA=avx512 NEURAL_QUIRKS=";
    EXPECT_EQ(extras_with(top + "''"), detected_extras(3));
    EXPECT_EQ(extras_with(top + "none"), "0");
    EXPECT_EQ(extras_with(top + "vnni"), detected_extras(NEURAL_QUIRK_VNNI));
    EXPECT_EQ(extras_with(top + "bf16"), detected_extras(NEURAL_QUIRK_BF16));
    EXPECT_EQ(extras_with(top + "bf16,vnni"), detected_extras(3));
    for (const char *wrong : {"amx", "vnni,", ",", "vnn", "vnni2", "none,vnni"}) {
        EXPECT_EQ(extras_with(top + "'" + wrong + "'"), detected_extras(3)) << wrong;
    }
    EXPECT_EQ(extras_with("NEURAL_ISA=avx2 NEURAL_QUIRKS=vnni,bf16"), "0");
}

void ExpectCaches(neural_caches reported, int64_t l1d, int64_t l2, int64_t l3) {
    const neural_caches caches = neural_caches_believed(reported);
    EXPECT_EQ(caches.l1d, l1d);
    EXPECT_EQ(caches.l2, l2);
    EXPECT_EQ(caches.l3, l3);
}

TEST(Cpu, BelievesOnlySaneCaches) {
    ExpectCaches({48 << 10, 2 << 20, 36 << 20}, 48 << 10, 2 << 20, 36 << 20);
    ExpectCaches({0, 0, 0}, 32 << 10, 512 << 10, 8 << 20);
    ExpectCaches({32 << 10, 1 << 20, 0}, 32 << 10, 1 << 20, 8 << 20);
    ExpectCaches({32 << 10, 16 << 20, 1 << 20}, 32 << 10, 16 << 20, 16 << 20);
    ExpectCaches({1, 1, 1}, 32 << 10, 512 << 10, 8 << 20);
    ExpectCaches({-5, INT64_MAX, INT64_MIN}, 32 << 10, 512 << 10, 8 << 20);
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
    if (argc > 1 && std::strcmp(argv[1], "--extras") == 0) {
        std::printf("%u", neural_quirks_active());
        return 0;
    }
    own_path = argv[0];
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
