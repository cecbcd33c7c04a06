// What a row measured beside PyTorch reports.
#ifndef BENCH_TORCH_REPORT_H_
#define BENCH_TORCH_REPORT_H_

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace bench {

// ratio_best of the rows so far, by level; one level without a name where a bench has none.
inline std::map<std::string, std::vector<double>> &TorchRatios() {
    static std::map<std::string, std::vector<double>> ratios;
    return ratios;
}

// `seconds` are ours and, where PyTorch was measured too, those of its ways. Counters: `unit` and
// `torch`, its fastest way, which are seconds times `scale`, and ratio_best, how many times faster
// we are.
inline void ReportBesideTorch(benchmark::State &state, const std::string &unit, double scale,
                              const std::vector<double> &seconds, const std::string &level = "") {
    state.counters[unit] = seconds[0] * scale;
    if (seconds.size() > 1) {
        const double best = *std::min_element(seconds.begin() + 1, seconds.end());
        state.counters["torch"] = best * scale;
        state.counters["ratio_best"] = best / seconds[0];
        TorchRatios()[level].push_back(best / seconds[0]);
    }
}

// The geometric mean and the least of ratio_best, per level, on stderr.
inline void PrintTorchRatios() {
    for (const auto &[level, ratios] : TorchRatios()) {
        double sum = 0;
        for (const double ratio : ratios) {
            sum += std::log(ratio);
        }
        std::fprintf(stderr,
                     "%s%s%zu rows, PyTorch's time over ours %.2f (geometric mean), least %.2f\n",
                     level.c_str(), level.empty() ? "" : ": ", ratios.size(),
                     std::exp(sum / static_cast<double>(ratios.size())),
                     *std::min_element(ratios.begin(), ratios.end()));
    }
}

} // namespace bench

#endif // BENCH_TORCH_REPORT_H_
