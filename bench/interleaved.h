// Interleaved timing: each repeat times every contender once, one after the other, so that a busy
// machine or a changing clock meets them all alike. Ratios of the medians are the result.
#ifndef BENCH_INTERLEAVED_H_
#define BENCH_INTERLEAVED_H_

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

namespace bench {

// CPU seconds of the calling thread: time in which another process had the core does not count.
inline double ThreadSeconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Calls per sample so that one lasts about `seconds`.
inline int64_t CallsPerSample(const std::function<void()> &call, double seconds) {
    call();
    for (int64_t calls = 1;; calls *= 2) {
        const double start = ThreadSeconds();
        for (int64_t i = 0; i < calls; i++)
            call();
        const double elapsed = ThreadSeconds() - start;
        if (elapsed > seconds / 4) {
            return std::max<int64_t>(
                1, static_cast<int64_t>(static_cast<double>(calls) * seconds / elapsed));
        }
    }
}

// Median seconds per call of each contender.
inline std::vector<double> MedianSeconds(const std::vector<std::function<void()>> &contenders,
                                         double sample_seconds, double total_seconds) {
    const size_t count = contenders.size();
    std::vector<int64_t> calls;
    for (const auto &contender : contenders) {
        calls.push_back(CallsPerSample(contender, sample_seconds));
    }
    std::vector<std::vector<double>> samples(count);
    const double start = ThreadSeconds();
    do {
        for (size_t i = 0; i < count; i++) {
            contenders[i](); // its own caches and branch history
            const double before = ThreadSeconds();
            for (int64_t c = 0; c < calls[i]; c++)
                contenders[i]();
            samples[i].push_back((ThreadSeconds() - before) / static_cast<double>(calls[i]));
        }
    } while (ThreadSeconds() - start < total_seconds || samples[0].size() < 5);
    std::vector<double> medians;
    for (auto &s : samples) {
        std::nth_element(s.begin(), s.begin() + static_cast<int64_t>(s.size() / 2), s.end());
        medians.push_back(s[s.size() / 2]);
    }
    return medians;
}

} // namespace bench

#endif // BENCH_INTERLEAVED_H_
