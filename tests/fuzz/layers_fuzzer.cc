// The layers line, and `architecture`: shapes are worked out without making the network.
#include <string>

#include "model/config.h"
#include "tests/fuzz/fuzzing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const std::string line(reinterpret_cast<const char *>(data), size);
    const fuzzing::MemoryBound bound(size);
    for (const char *begin : {"[model]\ninput = 3x12x10\nlayers = ", "[model]\narchitecture = "}) {
        neural_config *config = nullptr;
        const std::string text = begin + line + "\n";
        fuzzing::check_status(neural_config_parse(text.c_str(), "fuzz.ini", nullptr, 0, &config));
        neural_config_destroy(config);
    }
    return 0;
}
