// What the GEMM benches say at the end: the ratios of the rows that are judged, per level.
#ifndef BENCH_GEMM_SUMMARY_H_
#define BENCH_GEMM_SUMMARY_H_

#include <cmath>
#include <cstdio>
#include <map>
#include <string>

namespace bench {

// ratio_best of the rows that are judged, per level.
inline std::map<std::string, std::map<std::string, double>> &JudgedRatios() {
    static std::map<std::string, std::map<std::string, double>> ratios;
    return ratios;
}

// One line per level on stderr: stdout may be JSON.
inline void PrintSummary(const std::string &name) {
    for (const auto &[level, ratios] : JudgedRatios()) {
        double logs = 0;
        auto least = ratios.begin();
        for (auto row = ratios.begin(); row != ratios.end(); ++row) {
            logs += std::log(row->second);
            if (row->second < least->second) least = row;
        }
        std::fprintf(stderr,
                     "%s/%s: ratio_best of the %zu judged rows: geometric mean %.3f, least %.3f"
                     " (%s)\n",
                     name.c_str(), level.c_str(), ratios.size(),
                     std::exp(logs / static_cast<double>(ratios.size())), least->second,
                     least->first.c_str());
    }
}

} // namespace bench

#endif // BENCH_GEMM_SUMMARY_H_
