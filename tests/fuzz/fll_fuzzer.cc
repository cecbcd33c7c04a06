// FLL: an accepted system is written as a text that gives the same text again, and evaluates.
#include <string>
#include <vector>

#include "fuzzy/fll.h"
#include "fuzzy/system.h"
#include "tests/fuzz/fuzzing.h"

namespace {

std::string text_of(const neural_fuzzy_system *system) {
    std::string text((size_t)neural_fuzzy_fll_text(system, nullptr, 0) + 1, '\0');
    neural_fuzzy_fll_text(system, &text[0], (int64_t)text.size());
    text.pop_back();
    return text;
}

void evaluate(neural_fuzzy_system *system) {
    const std::vector<double> x((size_t)neural_fuzzy_system_inputs(system), 0.25);
    std::vector<double> y((size_t)neural_fuzzy_system_outputs(system));
    fuzzing::check_status(neural_fuzzy_system_evaluate(system, x.data(), 1, y.data()));
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const fuzzing::MemoryBound bound(size);
    neural_fuzzy_system *system = nullptr, *again = nullptr;
    const neural_status status = neural_fuzzy_fll_parse(
        "fuzz.fll", reinterpret_cast<const char *>(data), (int64_t)size, &system);
    fuzzing::check_status(status);
    if (status) {
        return 0;
    }
    const std::string text = text_of(system);
    if (neural_fuzzy_fll_parse("again.fll", text.data(), (int64_t)text.size(), &again)) {
        fuzzing::fail(neural_last_error());
    }
    if (text_of(again) != text) {
        fuzzing::fail("the text changes when it is read again");
    }
    evaluate(system);
    neural_fuzzy_system_destroy(again);
    neural_fuzzy_system_destroy(system);
    return 0;
}
