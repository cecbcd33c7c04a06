// The products that //bench:sgemm and //bench:dgemm measure.
#ifndef BENCH_GEMM_ROWS_H_
#define BENCH_GEMM_ROWS_H_

#include <string>
#include <vector>

namespace bench {

enum class Operands { kPlain, kPrepacked, kBatch };

constexpr int kBatchCount = 64;

struct GemmRow {
    std::string form; // "NN", "NT" (B stored [n, k]), "TN" (A stored [k, m]), "TT"
    int m, n, k;
    int beta;
    // Part of the summary: the sizes every GEMM is judged by, and the transposes of training.
    // Fewer than 16 rows or columns with k contiguous count with prepacked weights.
    bool is_judged;
    Operands operands = Operands::kPlain;
    int threads = 1;

    bool IsSmall() const { return 1.0 * m * n * k <= 1e9; }
    bool IsBoundByMemory() const { return (m == 1 || n == 1) && 1.0 * m * n * k >= 1e5; }
    std::string Name() const {
        const std::string sizes =
            std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
        const std::string kind =
            operands == Operands::kPrepacked ? "prepacked"
            : operands == Operands::kBatch
                ? "batch" + std::to_string(kBatchCount) + (form == "NN" ? "" : form)
                : form;
        return kind + "/" + sizes + (threads > 1 ? "/threads:" + std::to_string(threads) : "");
    }
};

inline const std::vector<GemmRow> kGemmRows = {
    {"NN", 8, 8, 8, 0, true},
    {"NN", 16, 16, 16, 0, true},
    {"NN", 32, 32, 32, 0, true},
    {"NN", 64, 64, 64, 0, true},
    {"NN", 128, 128, 128, 0, true},
    {"NN", 256, 256, 256, 0, true},
    {"NN", 512, 512, 512, 0, true},
    {"NN", 1000, 1000, 1000, 0, false},
    {"NN", 1024, 1024, 1024, 0, true},
    {"NN", 2048, 2048, 2048, 0, true},
    {"NN", 64, 256, 784, 0, true},
    {"NN", 64, 128, 256, 0, true},
    {"NN", 64, 10, 128, 0, true},
    {"NN", 32, 64, 11, 0, true},
    {"NN", 256, 784, 64, 0, true},
    {"NN", 1024, 32, 1024, 0, true},
    {"NN", 3136, 32, 288, 0, true},
    {"NN", 1, 1024, 1024, 0, true},
    {"NN", 1024, 1, 1024, 0, false},
    {"NT", 8, 8, 8, 0, false},
    {"NT", 16, 16, 16, 0, false},
    {"NT", 32, 32, 32, 0, false},
    {"NT", 64, 64, 64, 0, false},
    {"NT", 128, 128, 128, 0, false},
    {"NT", 512, 512, 512, 0, false},
    {"NT", 1024, 1024, 1024, 0, false},
    {"NT", 1, 1024, 1024, 0, false},
    {"TN", 64, 64, 64, 0, false},
    {"TN", 512, 512, 512, 0, false},
    {"TN", 1024, 1024, 1024, 0, false},
    // 784-256-128-10 at batch 64: Y = X W^T, dX = dY W, dW += dY^T X
    {"NT", 64, 256, 784, 0, true},
    {"NT", 64, 128, 256, 0, true},
    {"NT", 64, 10, 128, 0, false},
    {"NN", 64, 128, 10, 0, true},
    {"NN", 64, 256, 128, 0, true},
    {"TN", 10, 128, 64, 1, true},
    {"TN", 128, 256, 64, 1, true},
    {"TN", 256, 784, 64, 1, true},
    // 11-64-32-6 at batch 32
    {"NT", 32, 64, 11, 0, true},
    {"NT", 32, 32, 64, 0, true},
    {"NT", 32, 6, 32, 0, false},
    {"NN", 32, 32, 6, 0, true},
    {"NN", 32, 64, 32, 0, true},
    {"TN", 6, 32, 32, 1, true},
    {"TN", 32, 64, 32, 1, true},
    {"TN", 64, 11, 32, 1, true},
    // 2-8-1 at batch 4
    {"NT", 4, 8, 2, 0, false},
    {"NT", 4, 1, 8, 0, false},
    {"NN", 4, 8, 1, 0, false},
    {"TN", 1, 8, 4, 1, false},
    {"TN", 8, 2, 4, 1, false},
    // weights packed once, stored [n, k]
    {"NT", 1, 1024, 1024, 0, true, Operands::kPrepacked},
    {"NT", 1, 256, 784, 0, false, Operands::kPrepacked},
    {"NT", 1, 128, 256, 0, false, Operands::kPrepacked},
    {"NT", 8, 1024, 1024, 0, false, Operands::kPrepacked},
    {"NT", 64, 256, 784, 0, false, Operands::kPrepacked},
    {"NT", 64, 128, 256, 0, false, Operands::kPrepacked},
    {"NT", 64, 10, 128, 0, true, Operands::kPrepacked},
    {"NT", 32, 6, 32, 0, true, Operands::kPrepacked},
    // many products of one shape in one call, against a loop of the peers' calls
    {"NN", 8, 8, 8, 0, false, Operands::kBatch},
    {"NN", 16, 16, 16, 0, false, Operands::kBatch},
    {"NN", 32, 32, 32, 0, false, Operands::kBatch},
    {"NN", 64, 64, 64, 0, false, Operands::kBatch},
    {"NT", 32, 32, 32, 0, false, Operands::kBatch},
    {"NN", 16, 16, 16, 0, false, Operands::kBatch, 2},
    {"NN", 32, 32, 32, 0, false, Operands::kBatch, 2},
    {"NN", 64, 64, 64, 0, false, Operands::kBatch, 2},
    // two threads against one
    {"NN", 128, 128, 128, 0, false, Operands::kPlain, 2},
    {"NN", 256, 256, 256, 0, false, Operands::kPlain, 2},
    {"NN", 512, 512, 512, 0, false, Operands::kPlain, 2},
    {"NN", 1024, 1024, 1024, 0, false, Operands::kPlain, 2},
    {"NT", 512, 512, 512, 0, false, Operands::kPlain, 2},
    {"TN", 512, 512, 512, 0, false, Operands::kPlain, 2},
    {"NT", 64, 256, 784, 0, false, Operands::kPlain, 2},
    {"NT", 1, 1024, 1024, 0, false, Operands::kPrepacked, 2},
};

} // namespace bench

#endif // BENCH_GEMM_ROWS_H_
