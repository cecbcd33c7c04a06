// Model files, 8-bit and pruned ones too: an accepted model predicts.
#include <string>

#include "core/tensor/tensor.h"
#include "model/model.h"
#include "tests/fuzz/fuzzing.h"

namespace {

// One row of zeros, where it is not too long.
void predict(neural_model *model) {
    neural_tensor *x = nullptr, *y = nullptr;
    const int64_t dims[] = {1, neural_model_features(model)};
    if (dims[1] > 1 << 16 || neural_tensor_create(2, dims, neural_model_dtype(model), &x)) {
        return;
    }
    fuzzing::check_status(neural_model_forward(model, x, &y));
    neural_tensor_release(y);
    neural_tensor_release(x);
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const std::string file = fuzzing::safetensors_of(data, size);
    neural_model *model = nullptr;
    neural_status status;
    {
        const fuzzing::MemoryBound bound(size);
        status = neural_model_load(fuzzing::file_of(file), &model);
    }
    fuzzing::check_status(status);
    if (!status) {
        predict(model);
    }
    neural_model_destroy(model);
    return 0;
}
