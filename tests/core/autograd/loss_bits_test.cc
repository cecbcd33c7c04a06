// The bits of losses and their gradients: the same with any number of threads, and with the kernels
// of AVX2 and AVX-512. The test calls itself for the latter: the level is a process's.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/asm/cpu.h"
#include "core/autograd/loss_ops.h"
#include "core/base/threads.h"
#include "tests/core/autograd/autograd_testing.h"

namespace {

using namespace autograd_testing;

constexpr int64_t kRows = 1031, kCols = 67; // several blocks, and a tail

// Each loss of a prediction and a target in [0, 1], or of labels; then its gradients.
std::vector<Tensor> Everything(neural_dtype dtype, neural_reduction r) {
    std::mt19937_64 random(71);
    const Dims dims{kRows, kCols};
    const Array x = random_uniform(dims, 0.01, 0.99, random);
    const Array t = random_uniform(dims, 0, 1, random);
    Array labels{{kRows}, {}};
    for (int64_t i = 0; i < kRows; i++) {
        labels.v.push_back(static_cast<double>(i * 13 % kCols));
    }
    const Tensor of_classes = make(labels, NEURAL_DTYPE_F64);
    const Tensor weights = make(random_uniform({kCols}, 0.5, 2, random), dtype);
    const Array dy = r != NEURAL_REDUCE_NONE ? Array{{}, {1}} : random_uniform(dims, -1, 1, random);
    const Array rows_dy =
        r != NEURAL_REDUCE_NONE ? Array{{}, {1}} : random_uniform({kRows}, -1, 1, random);
    std::vector<Tensor> all;
    const auto keep = [&](bool classes, auto apply) {
        const Tensor p = leaf(x, dtype), target = leaf(t, dtype);
        neural_tensor *out = nullptr;
        EXPECT_EQ(apply(p.get(), target.get(), &out), NEURAL_OK) << neural_last_error();
        all.emplace_back(out);
        const Tensor grad = make(classes ? rows_dy : dy, dtype);
        EXPECT_EQ(neural_backward(out, grad.get(), 0), NEURAL_OK) << neural_last_error();
        all.push_back(shared_grad(p));
        if (!classes) all.push_back(shared_grad(target));
    };
    const auto of_values = [&](auto loss) {
        keep(false, [&](auto *p, auto *to, auto **out) { return loss(p, to, r, out); });
    };
    of_values(neural_mse_loss_with);
    of_values(neural_l1_loss);
    of_values(neural_bce_loss_with);
    of_values(neural_bce_with_logits_loss_with);
    for (const bool log_target : {false, true}) {
        keep(false, [&](auto *p, auto *to, auto **out) {
            return neural_kl_div_loss(p, to, log_target, r, out);
        });
    }
    keep(false,
         [&](auto *p, auto *to, auto **out) { return neural_huber_loss(p, to, 0.3, r, out); });
    keep(false,
         [&](auto *p, auto *to, auto **out) { return neural_smooth_l1_loss(p, to, 0.3, r, out); });
    for (neural_tensor *w : {static_cast<neural_tensor *>(nullptr), weights.get()}) {
        keep(true, [&](auto *p, auto *, auto **out) {
            return neural_cross_entropy_loss_with(p, of_classes.get(), w, 0.1, 5, r, out);
        });
        keep(true, [&](auto *p, auto *, auto **out) {
            return neural_nll_loss(p, of_classes.get(), w, NEURAL_IGNORE_NONE, r, out);
        });
        keep(true, [&](auto *p, auto *, auto **out) {
            return neural_focal_loss(p, of_classes.get(), w, 2, r, out);
        });
    }
    return all;
}

TEST(LossBits, ThreadsChangeNothing) {
    for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (const neural_reduction r :
             {NEURAL_REDUCE_MEAN, NEURAL_REDUCE_SUM, NEURAL_REDUCE_NONE}) {
            expect_threads_keep_bits([&] { return Everything(dtype, r); });
        }
        ASSERT_EQ(neural_set_num_threads(2), NEURAL_OK);
        const std::vector<Tensor> two = Everything(dtype, NEURAL_REDUCE_MEAN);
        ASSERT_EQ(neural_set_num_threads(3), NEURAL_OK);
        const std::vector<Tensor> three = Everything(dtype, NEURAL_REDUCE_MEAN);
        for (size_t i = 0; i < two.size(); i++) {
            expect_same_bits(two[i].get(), three[i].get());
        }
        ASSERT_EQ(neural_set_num_threads(0), NEURAL_OK);
    }
}

// FNV-1a over all bytes.
uint64_t Digest() {
    uint64_t hash = 0xcbf29ce484222325;
    for (const neural_dtype dtype : {NEURAL_DTYPE_F32, NEURAL_DTYPE_F64}) {
        for (const neural_reduction r : {NEURAL_REDUCE_MEAN, NEURAL_REDUCE_NONE}) {
            for (const Tensor &tensor : Everything(dtype, r)) {
                const auto *bytes =
                    static_cast<const unsigned char *>(neural_tensor_data(tensor.get()));
                for (int64_t i = 0; i < neural_tensor_bytes(tensor.get()); i++) {
                    hash = (hash ^ bytes[i]) * 0x100000001b3;
                }
            }
        }
    }
    return hash;
}

// Run by the next test.
TEST(LossBits, PrintsADigest) {
    printf("digest %016llx\n", static_cast<unsigned long long>(Digest()));
}

std::string DigestAt(const char *isa) {
    char self[4096] = "", line[512];
    EXPECT_GT(readlink("/proc/self/exe", self, sizeof self - 1), 0);
    const std::string command =
        "NEURAL_ISA=" + std::string(isa) + " '" + self + "' --gtest_filter=LossBits.PrintsADigest";
    FILE *output = popen(command.c_str(), "r");
    std::string digest;
    while (output && fgets(line, sizeof line, output)) {
        digest = strncmp(line, "digest ", 7) == 0 ? line : digest;
    }
    EXPECT_EQ(output ? pclose(output) : -1, 0) << command;
    return digest;
}

TEST(LossBits, Avx2AndAvx512AreEqual) {
    if (neural_isa_detected() < NEURAL_ISA_AVX512) {
        GTEST_SKIP() << "this processor has no AVX-512";
    }
    const std::string avx2 = DigestAt("avx2");
    EXPECT_EQ(avx2.size(), strlen("digest 0123456789abcdef\n"));
    EXPECT_EQ(avx2, DigestAt("avx512"));
    EXPECT_NE(avx2, DigestAt("sse2")) << "the level was not applied";
}

} // namespace
