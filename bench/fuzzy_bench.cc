// Fuzzy systems: evaluations per second on one core, of two inputs, three triangles each, and nine
// rules. Where /usr/bin/fuzzylite is installed, its own `benchmark` command evaluates the same FLL
// on the same points in turns with ours: it reads both first and times each pass over the points by
// itself, so that its start-up does not count. `fuzzylite` is its evaluations per second,
// `ratio_best` how many times faster we are.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "bench/interleaved.h"
#include "fuzzy/fll.h"
#include "fuzzy/mamdani.h"
#include "fuzzy/surface.h"

namespace {

constexpr int kPerAxis = 32, kPoints = kPerAxis * kPerAxis;

void require(neural_status status) {
    if (status) {
        std::fprintf(stderr, "%s\n", neural_last_error());
        std::abort();
    }
}

const std::string kTerms = "  term: low Triangle -0.5 0 0.5\n  term: mid Triangle 0 0.5 1\n"
                           "  term: high Triangle 0.5 1 1.5\n";

// `output`: lines of the output variable and its terms; `block`: lines of the rule block.
std::string NineRules(const std::string &output, const std::string &block) {
    const char *const names[] = {"low", "mid", "high"};
    std::string text = "Engine: nine\nInputVariable: a\n  range: 0 1\n" + kTerms +
                       "InputVariable: b\n  range: 0 1\n" + kTerms +
                       "OutputVariable: y\n  range: 0 1\n  default: nan\n" + output +
                       "RuleBlock: r\n  conjunction: Minimum\n  activation: General\n" + block;
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
            text += std::string("  rule: if a is ") + names[a] + " and b is " + names[b] +
                    " then y is " + names[(a + b) / 2] + "\n";
        }
    }
    return text;
}

std::string Centroid(const char *implication) {
    return NineRules("  aggregation: Maximum\n  defuzzifier: Centroid 200\n" + kTerms,
                     std::string("  implication: ") + implication + "\n");
}

std::string Sugeno() {
    return NineRules("  defuzzifier: WeightedAverage TakagiSugeno\n  term: low Linear 1 2 0\n"
                     "  term: mid Linear 2 1 0.5\n  term: high Constant 1\n",
                     "");
}

std::vector<double> Grid() {
    std::vector<double> x;
    for (int i = 0; i < kPoints; i++) {
        x.push_back(i / kPerAxis / double(kPerAxis - 1));
        x.push_back(i % kPerAxis / double(kPerAxis - 1));
    }
    return x;
}

// Files of one peer run, removed at the end.
class Fuzzylite {
  public:
    explicit Fuzzylite(const std::string &fll) {
        const char *folder = std::getenv("TMPDIR");
        base_ = std::string(folder ? folder : "/tmp") + "/neural_bench_fuzzy_" +
                std::to_string(getpid());
        std::ofstream(base_ + ".fll") << fll;
        Run("-i " + base_ + ".fll -if fll -of fld -o " + base_ + ".fld -decimals 17 -values " +
            std::to_string(kPoints) + " -scope AllVariables");
    }
    ~Fuzzylite() {
        for (const char *suffix : {".fll", ".fld", ".tsv"}) {
            std::remove((base_ + suffix).c_str());
        }
    }
    Fuzzylite(const Fuzzylite &) = delete;
    Fuzzylite &operator=(const Fuzzylite &) = delete;

    static bool IsThere() { return access("/usr/bin/fuzzylite", X_OK) == 0; }

    // The median over `passes` of the seconds of one; 0 when it gives none.
    double Seconds(int64_t passes) const {
        std::remove((base_ + ".tsv").c_str());
        Run("benchmark " + base_ + ".fll " + base_ + ".fld " + std::to_string(passes) + " " +
            base_ + ".tsv");
        std::ifstream in(base_ + ".tsv");
        std::string header, line;
        std::getline(in, header);
        std::getline(in, line);
        std::vector<double> times; // nanoseconds, the last columns of the line
        for (int64_t i = 0; i < passes && !line.empty(); i++) {
            const size_t tab = line.find_last_of('\t');
            times.push_back(std::atof(line.c_str() + tab + 1));
            line.resize(tab == std::string::npos ? 0 : tab);
        }
        if (times.empty()) {
            return 0;
        }
        std::nth_element(times.begin(), times.begin() + int64_t(times.size() / 2), times.end());
        return 1e-9 * times[times.size() / 2];
    }

  private:
    static void Run(const std::string &arguments) {
        if (std::system(("/usr/bin/fuzzylite " + arguments + " > /dev/null 2>&1").c_str()) != 0) {
            std::fprintf(stderr, "fuzzylite %s: failed\n", arguments.c_str());
        }
    }
    std::string base_;
};

// ours[0]: evaluates `count` points; with fll the peer stands beside it.
void Measure(benchmark::State &state, const std::function<void()> &ours, const std::string *fll) {
    std::vector<double> mine, theirs;
    const bool has_peer = fll && Fuzzylite::IsThere();
    const bench::Sampler sampler = bench::Timed(ours);
    const int64_t calls = bench::CallsPerSample(sampler, 0.02);
    for (auto _ : state) {
        const Fuzzylite peer(has_peer ? *fll : "");
        for (int turn = 0; turn < 9; turn++) {
            mine.push_back(sampler(calls));
            if (has_peer) {
                theirs.push_back(peer.Seconds(11));
            }
        }
        std::nth_element(mine.begin(), mine.begin() + 4, mine.end());
        state.SetIterationTime(mine[4]);
    }
    state.counters["evaluations_per_second"] = kPoints / mine[4];
    state.counters["ns_per_element"] = 1e9 * mine[4] / kPoints;
    if (has_peer) {
        std::nth_element(theirs.begin(), theirs.begin() + 4, theirs.end());
        state.counters["fuzzylite"] = kPoints / theirs[4];
        state.counters["ratio_best"] = theirs[4] / mine[4];
    }
}

// rows: points per call
void RunSystem(benchmark::State &state, const std::string &fll, int64_t rows) {
    neural_fuzzy_system *system = nullptr;
    require(neural_fuzzy_fll_parse("nine", fll.data(), int64_t(fll.size()), &system));
    const std::vector<double> x = Grid();
    std::vector<double> out(kPoints);
    const auto ours = [&] {
        for (int64_t at = 0; at < kPoints; at += rows) {
            require(
                neural_fuzzy_system_evaluate(system, &x[size_t(2 * at)], rows, &out[size_t(at)]));
        }
        benchmark::DoNotOptimize(out.data());
    };
    Measure(state, ours, &fll);
    neural_fuzzy_system_destroy(system);
}

void RunSurface(benchmark::State &state) {
    const std::string fll = Centroid("Minimum");
    neural_fuzzy_system *system = nullptr;
    require(neural_fuzzy_fll_parse("nine", fll.data(), int64_t(fll.size()), &system));
    std::vector<double> out(kPoints);
    const neural_fuzzy_grid grid = {0, 1, kPerAxis, kPerAxis, nullptr};
    Measure(
        state, [&] { require(neural_fuzzy_surface(system, &grid, out.data())); }, nullptr);
    neural_fuzzy_system_destroy(system);
}

// The same system built by indices.
void RunByIndices(benchmark::State &state) {
    neural_mamdani *system = nullptr;
    require(neural_mamdani_create(2, 200, NEURAL_MAMDANI_CENTROID, &system));
    for (int64_t t = 0, index = 0; t < 3; t++) {
        const double middle = 0.5 * double(t), p[] = {middle - 0.5, middle, middle + 0.5, 0};
        for (int64_t i = 0; i < 2; i++) {
            require(neural_mamdani_add_input_term(system, i, NEURAL_MAMDANI_TRIANGULAR, p, &index));
        }
        require(neural_mamdani_add_output_term(system, NEURAL_MAMDANI_TRIANGULAR, p, &index));
    }
    const int64_t inputs[] = {0, 1};
    for (int64_t rule = 0; rule < 9; rule++) {
        const int64_t terms[] = {rule / 3, rule % 3};
        require(neural_mamdani_add_rule(system, inputs, terms, 2, (terms[0] + terms[1]) / 2, 1));
    }
    const std::vector<double> x = Grid();
    std::vector<double> out(kPoints);
    Measure(
        state, [&] { require(neural_mamdani_evaluate(system, x.data(), kPoints, out.data())); },
        nullptr);
    neural_mamdani_destroy(system);
}

void Register(const char *name, const std::function<void(benchmark::State &)> &body) {
    benchmark::RegisterBenchmark(name, body)
        ->Iterations(1)
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
}

} // namespace

int main(int argc, char **argv) {
    const std::string mamdani = Centroid("Minimum"), larsen = Centroid("AlgebraicProduct");
    Register("mamdani_centroid_200", [=](benchmark::State &s) { RunSystem(s, mamdani, kPoints); });
    Register("mamdani_centroid_200/one_row",
             [=](benchmark::State &s) { RunSystem(s, mamdani, 1); });
    Register("larsen_centroid_200", [=](benchmark::State &s) { RunSystem(s, larsen, kPoints); });
    Register("sugeno", [](benchmark::State &s) { RunSystem(s, Sugeno(), kPoints); });
    Register("surface", RunSurface);
    Register("by_indices", RunByIndices);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
