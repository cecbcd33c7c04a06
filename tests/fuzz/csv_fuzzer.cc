// CSV: the first two bytes choose how it is read.
#include "data/dataset.h"
#include "tests/fuzz/fuzzing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    const fuzzing::MemoryBound bound(size);
    neural_data_options options = {};
    options.dtype = data[0] & 1 ? NEURAL_DTYPE_F64 : NEURAL_DTYPE_F32;
    options.target = (neural_target_kind)(data[0] >> 1 & 3);
    options.header = (data[0] >> 3 & 3) - 1;
    options.missing = (neural_missing)((data[0] >> 5) % 5);
    options.separator = "\0,;\t"[data[1] & 3];
    options.categorical = data[1] & 4 ? "auto" : nullptr;
    options.label_column = data[1] & 8 ? "0" : nullptr;
    options.outputs = data[1] >> 4 & 3;
    neural_dataset *dataset = nullptr;
    fuzzing::check_status(
        neural_dataset_load(fuzzing::file_of(data + 2, size - 2), &options, &dataset));
    neural_dataset_destroy(dataset);
    return 0;
}
