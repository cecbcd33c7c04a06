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

inline double WallSeconds() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Runs something `calls` times and answers its CPU seconds per call. A contender in another process
// measures itself.
using Sampler = std::function<double(int64_t calls)>;

// A sampler of calls in this thread; of several threads, by the clock on the wall.
inline Sampler Timed(const std::function<void()> &call, double (*clock)() = ThreadSeconds) {
    return [call, clock](int64_t calls) {
        call(); // its own caches and branch history
        const double start = clock();
        for (int64_t i = 0; i < calls; i++)
            call();
        return (clock() - start) / static_cast<double>(calls);
    };
}

// Calls per sample so that one lasts about `seconds`.
inline int64_t CallsPerSample(const Sampler &sample, double seconds) {
    constexpr int64_t kMostCalls = int64_t(1) << 30; // of a contender that takes no time: it died
    for (int64_t calls = 1; calls < kMostCalls; calls *= 2) {
        const double elapsed = sample(calls) * static_cast<double>(calls);
        if (elapsed > seconds / 4) {
            const double wanted = static_cast<double>(calls) * seconds / elapsed;
            return std::max<int64_t>(1, static_cast<int64_t>(wanted));
        }
    }
    return 1;
}

// Median seconds per call of each contender, sampled in turns for about `total_seconds` in all, at
// least five times each.
inline std::vector<double> MedianOfSamples(const std::vector<Sampler> &contenders,
                                           double sample_seconds, double total_seconds) {
    const size_t count = contenders.size();
    std::vector<int64_t> calls;
    for (const Sampler &contender : contenders) {
        calls.push_back(CallsPerSample(contender, sample_seconds));
    }
    std::vector<std::vector<double>> samples(count);
    double spent = 0;
    do {
        for (size_t i = 0; i < count; i++) {
            samples[i].push_back(contenders[i](calls[i]));
            spent += samples[i].back() * static_cast<double>(calls[i]);
        }
    } while (spent < total_seconds || samples[0].size() < 5);
    std::vector<double> medians;
    for (auto &s : samples) {
        std::nth_element(s.begin(), s.begin() + static_cast<int64_t>(s.size() / 2), s.end());
        medians.push_back(s[s.size() / 2]);
    }
    return medians;
}

// The same for contenders that are plain calls in this thread.
inline std::vector<double> MedianSeconds(const std::vector<std::function<void()>> &contenders,
                                         double sample_seconds, double total_seconds) {
    std::vector<Sampler> samplers;
    for (const auto &contender : contenders) {
        samplers.push_back(Timed(contender));
    }
    return MedianOfSamples(samplers, sample_seconds, total_seconds);
}

} // namespace bench

#endif // BENCH_INTERLEAVED_H_
