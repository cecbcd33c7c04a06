// Safetensors: every tensor of an accepted file can be read.
#include "core/tensor/tensor.h"
#include "model/safetensors.h"
#include "tests/fuzz/fuzzing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = fuzzing::file_of(fuzzing::safetensors_of(data, size));
    const fuzzing::MemoryBound bound(size);
    neural_safetensors *file = nullptr;
    const neural_status status = neural_safetensors_open(path, &file);
    fuzzing::check_status(status);
    for (int i = 0; !status && i < neural_safetensors_count(file); i++) {
        neural_tensor *tensor = nullptr;
        fuzzing::check_status(
            neural_safetensors_read(file, neural_safetensors_name(file, i), &tensor));
        neural_tensor_release(tensor);
    }
    neural_safetensors_close(file);
    return 0;
}
