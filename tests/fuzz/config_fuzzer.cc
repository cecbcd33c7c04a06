// INI text: what is accepted is written again as the same text.
#include <string>

#include "model/config.h"
#include "tests/fuzz/fuzzing.h"

namespace {

std::string resolved(const neural_config *config) {
    char *text = nullptr;
    if (neural_config_resolved(config, 0, &text)) {
        fuzzing::fail(neural_last_error());
    }
    const std::string out = text;
    neural_text_free(text);
    return out;
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const std::string text(reinterpret_cast<const char *>(data), size);
    const fuzzing::MemoryBound bound(size);
    neural_config *config = nullptr, *again = nullptr;
    const neural_status status = neural_config_parse(text.c_str(), "fuzz.ini", nullptr, 0, &config);
    fuzzing::check_status(status);
    if (status) {
        return 0;
    }
    const std::string first = resolved(config);
    if (neural_config_parse(first.c_str(), "again.ini", nullptr, 0, &again)) {
        fuzzing::fail(neural_last_error());
    }
    if (resolved(again) != first) {
        fuzzing::fail("the resolved config changes when it is read again");
    }
    neural_config_destroy(again);
    neural_config_destroy(config);
    return 0;
}
