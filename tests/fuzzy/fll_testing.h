// A system of our own with every kind of part, and help to read systems.
#ifndef TESTS_FUZZY_FLL_TESTING_H_
#define TESTS_FUZZY_FLL_TESTING_H_

#include <memory>
#include <string>

#include "fuzzy/fll.h"

namespace neural_test {

struct DestroySystem {
    void operator()(neural_fuzzy_system *s) const { neural_fuzzy_system_destroy(s); }
};
using System = std::unique_ptr<neural_fuzzy_system, DestroySystem>;

inline System parse(const std::string &text) {
    neural_fuzzy_system *system = nullptr;
    neural_fuzzy_fll_parse("text", text.data(), int64_t(text.size()), &system);
    return System(system);
}

inline std::string text_of(const System &system) {
    std::string text(size_t(neural_fuzzy_fll_text(system.get(), nullptr, 0)) + 1, '?');
    neural_fuzzy_fll_text(system.get(), &text[0], int64_t(text.size()));
    text.pop_back();
    return text;
}

// Norms of the system below, and its activation.
struct Norms {
    const char *aggregation, *conjunction, *disjunction, *implication, *activation;
};

inline std::string every_part(const Norms &n) {
    const std::string set =
        std::string("  range: -1 3\n  aggregation: ") + n.aggregation + "\n  defuzzifier: ";
    return "Engine: parts\n"
           "InputVariable: a\n  range: -2 2\n"
           "  term: lo Ramp 1 -1\n  term: mid Triangle -1 0 1 0.9\n  term: hi SShape -1 1\n"
           "  term: bell Bell 0.5 1 2\n"
           "InputVariable: b\n  range: -2 2\n"
           "  term: lo ZShape -1 1\n  term: hi Sigmoid 0 3\n  term: bin Binary 0.3 inf\n"
           "  term: sp Spike 0 2\n"
           "OutputVariable: bis\n" +
           set +
           "Bisector 101\n  term: s Trapezoid -1 -0.5 0 0.5\n  term: m Gaussian 1 0.3\n"
           "  term: l PiShape 1 2 2.5 3\n"
           "OutputVariable: som\n" +
           set +
           "SmallestOfMaximum 100\n  term: s Trapezoid -1 -0.5 0 0.5\n  term: m Cosine 1 0.9\n"
           "  term: l SigmoidDifference 1 9 8 2.5\n"
           "OutputVariable: lom\n" +
           set +
           "LargestOfMaximum 100\n  term: s Discrete -1 0.2 0 1 0.6 0.3\n"
           "  term: m GaussianProduct 1 0.3 1.2 0.4\n  term: l SigmoidProduct 1 9 -8 2.5\n"
           "OutputVariable: mom\n" +
           set +
           "MeanOfMaximum 100\n  term: s Rectangle -1 0\n  term: m Spike 1 2\n"
           "  term: l Concave 1 2.5\n"
           "OutputVariable: cen\n" +
           set +
           "Centroid 77\n  term: s Rectangle -1 0\n  term: m Spike 1 2\n"
           "  term: l Triangle 1 2 3\n"
           "OutputVariable: ws\n  range: -1 3\n  aggregation: none\n"
           "  defuzzifier: WeightedSum Automatic\n  term: s Constant 3\n"
           "  term: m Function 2*a^2 - b + sin(b*a)/3\n  term: l Linear 1 2 3\n"
           "RuleBlock: one\n  conjunction: " +
           n.conjunction + "\n  disjunction: " + n.disjunction +
           "\n  implication: " + n.implication + "\n  activation: " + n.activation +
           "\n"
           "  rule: if a is lo and b is hi then bis is s and som is s and lom is s and mom is s "
           "and cen is s and ws is s\n"
           "  rule: if a is not hi or (b is very lo and a is somewhat mid) then bis is m and som "
           "is m and lom is m and mom is m and cen is m and ws is m with 0.7\n"
           "  rule: if a is extremely bell and b is seldom sp or b is bin then bis is l and som "
           "is l and lom is l and mom is l and cen is l and ws is l with 0.9\n"
           "  rule: if a is mid and b is lo and a is any then bis is very l and som is m and lom "
           "is l and mom is m and cen is s and ws is l\n";
}

} // namespace neural_test

#endif // TESTS_FUZZY_FLL_TESTING_H_
