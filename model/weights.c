#include "model/weights.h"

#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/storage.h"
#include "model/masked.h"

neural_status neural_weights_add(neural_safetensors_writer *writer,
                                 const neural_parameters *parameters) {
    for (int i = 0; i < parameters->count; i++) {
        const neural_parameter *parameter = parameters->item[i];
        NEURAL_TRY(parameter->mask
                       ? neural_masked_add(writer, parameter)
                       : neural_safetensors_add_tensor(writer, parameter->name, parameter->value));
    }
    return NEURAL_OK;
}

int neural_weights_knows(const neural_parameters *parameters, const char *name) {
    for (int i = 0; i < parameters->count; i++) {
        const char *parameter = parameters->item[i]->name;
        if (strcmp(name, parameter) == 0 || neural_masked_is_part(name, parameter)) {
            return 1;
        }
    }
    return 0;
}

neural_status neural_weights_check(const neural_safetensors *file,
                                   const neural_parameters *parameters) {
    for (int i = 0; i < parameters->count; i++) {
        const neural_parameter *parameter = parameters->item[i];
        NEURAL_TRY(neural_masked_stands(file, parameter->name)
                       ? neural_masked_read(file, parameter, NULL)
                       : neural_safetensors_check(file, parameter->name, parameter->value));
    }
    return NEURAL_OK;
}

/* Everything that may fail for want of memory. */
static neural_status read_masked(const neural_safetensors *file,
                                 const neural_parameters *parameters, neural_masked *masked) {
    for (int i = 0; i < parameters->count; i++) {
        const neural_parameter *parameter = parameters->item[i];
        if (neural_masked_stands(file, parameter->name)) {
            NEURAL_TRY(neural_masked_read(file, parameter, &masked[i]));
        }
    }
    return NEURAL_OK;
}

static neural_status take(const neural_safetensors *file, neural_parameter *parameter,
                          neural_masked *masked) {
    NEURAL_TRY(masked->value
                   ? neural_tensor_copy(parameter->value, masked->value)
                   : neural_safetensors_read_into(file, parameter->name, parameter->value));
    neural_tensor_release(parameter->mask);
    parameter->mask = masked->mask;
    masked->mask = NULL;
    return NEURAL_OK;
}

neural_status neural_weights_read(const neural_safetensors *file,
                                  const neural_parameters *parameters) {
    NEURAL_TRY(neural_weights_check(file, parameters));
    neural_masked *masked = neural_alloc_zeroed((size_t)(parameters->count + 1) * sizeof *masked);
    NEURAL_REQUIRE(masked, NEURAL_ERR_OUT_OF_MEMORY, "weights_read: out of memory");
    neural_status status = read_masked(file, parameters, masked);
    for (int i = 0; i < parameters->count && !status; i++) {
        status = take(file, parameters->item[i], &masked[i]);
    }
    for (int i = 0; i < parameters->count; i++) {
        neural_tensor_release(masked[i].value);
        neural_tensor_release(masked[i].mask);
    }
    neural_free(masked);
    return status;
}
