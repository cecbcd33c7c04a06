/* The weights by name: one SHA-256 for everything that training changes in a model. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/sha256.h"
#include "core/tensor/parameter.h"
#include "model/model_type.h"

static int by_name(const void *a, const void *b) {
    const neural_parameter *const *lhs = a, *const *rhs = b;
    return strcmp((*lhs)->name, (*rhs)->name);
}

neural_status neural_model_digest(const neural_model *model, char out[NEURAL_MODEL_DIGEST]) {
    NEURAL_REQUIRE(model && out, NEURAL_ERR_NULL_POINTER,
                   "model_digest: model and out must be given");
    NEURAL_TRY(neural_model_check_whole(model, "model_digest"));
    const neural_parameters *weights = model->parameters, *buffers = model->buffers;
    const size_t count = (size_t)weights->count + (size_t)buffers->count;
    const neural_parameter **item = neural_alloc(count * sizeof *item);
    if (!item) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t first = (size_t)weights->count;
        item[i] = i < first ? weights->item[i] : buffers->item[i - first];
    }
    qsort(item, count, sizeof *item, by_name);
    neural_sha256 sha;
    neural_sha256_begin(&sha);
    for (size_t i = 0; i < count; i++) {
        const neural_tensor *value = item[i]->value;
        neural_sha256_add(&sha, item[i]->name, strlen(item[i]->name) + 1);
        neural_sha256_add(&sha, neural_tensor_data(value), (size_t)neural_tensor_bytes(value));
    }
    neural_sha256_end_text(&sha, out);
    neural_free(item);
    return NEURAL_OK;
}
