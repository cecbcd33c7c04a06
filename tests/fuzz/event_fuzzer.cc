// Records of an event file, as the tests of logging/ read them.
#include <string>
#include <vector>

#include "tests/fuzz/fuzzing.h"
#include "tests/logging/logging_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const std::string file(reinterpret_cast<const char *>(data), size);
    const fuzzing::MemoryBound bound(size);
    size_t at = 0;
    bool is_broken = false;
    const std::vector<std::string> payloads = logging_testing::records_of(file, &at, &is_broken);
    size_t bytes = 0;
    for (const std::string &payload : payloads) {
        bytes += 16 + payload.size();
    }
    if (bytes != at || at > size) {
        fuzzing::fail("records end where none does");
    }
    return 0;
}
