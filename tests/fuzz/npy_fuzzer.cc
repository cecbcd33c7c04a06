// NPY, and NPZ with its ZIP directory; the first byte says whether targets are in the same file.
#include "data/dataset.h"
#include "tests/fuzz/fuzzing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) {
        return 0;
    }
    const fuzzing::MemoryBound bound(fuzzing::unpacked_size(data + 1, size - 1));
    const char *path = fuzzing::file_of(data + 1, size - 1);
    neural_data_options options = {};
    options.dtype = data[0] & 1 ? NEURAL_DTYPE_F64 : NEURAL_DTYPE_F32;
    options.target = (neural_target_kind)(data[0] >> 1 & 3);
    options.label_file = data[0] & 8 ? path : nullptr;
    neural_dataset *dataset = nullptr;
    fuzzing::check_status(neural_dataset_load(path, &options, &dataset));
    neural_dataset_destroy(dataset);
    return 0;
}
