// The lines that a model file holds about its columns: what is accepted is written again.
#include <string>

#include "core/base/memory.h"
#include "data/columns.h"
#include "tests/fuzz/fuzzing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const std::string text(reinterpret_cast<const char *>(data), size);
    const fuzzing::MemoryBound bound(size);
    neural_columns *columns = nullptr;
    const neural_status status = neural_columns_read(text.c_str(), &columns);
    fuzzing::check_status(status);
    if (!status) {
        char *again = nullptr;
        if (neural_columns_write(columns, &again)) {
            fuzzing::fail(neural_last_error());
        }
        neural_free(again);
    }
    neural_columns_destroy(columns);
    return 0;
}
