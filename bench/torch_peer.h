// PyTorch as a peer of single ops: a child process (torch_ops.py) that keeps the inputs of each
// (op, dtype, shape) and times itself. Without /usr/bin/python3 or torch every Find is empty.
// Both sides stay on one core, or the two would meet different caches and different neighbours.
#ifndef BENCH_TORCH_PEER_H_
#define BENCH_TORCH_PEER_H_

#include <sched.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/child_process.h"
#include "bench/interleaved.h"

namespace bench {

class TorchPeer {
  public:
    TorchPeer() : child_((StayOnThisCpu(), Command{"/usr/bin/python3", "bench/torch_ops.py"})) {}

    // Samples of an op of torch_ops.py, CPU seconds per call; empty where there is none. `shape` is
    // "1000000" or "4096x256", `dtype` "f32", "f64" or "-".
    Sampler Find(const std::string &op, const std::string &dtype, const std::string &shape) {
        const std::string question = op + " " + dtype + " " + shape + " ";
        if (Ask(question, 1) <= 0) return nullptr;
        return [this, question](int64_t calls) { return Ask(question, calls); };
    }

  private:
    using Command = std::vector<std::string>;

    static void StayOnThisCpu() {
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        CPU_SET(sched_getcpu(), &cpus);
        sched_setaffinity(0, sizeof cpus, &cpus);
    }

    // 0 when there is no number in the answer.
    double Ask(const std::string &question, int64_t calls) {
        return std::atof(child_.Ask(question + std::to_string(calls)).c_str());
    }

    ChildProcess child_;
};

} // namespace bench

#endif // BENCH_TORCH_PEER_H_
