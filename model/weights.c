#include "model/weights.h"

neural_status neural_weights_add(neural_safetensors_writer *writer,
                                 const neural_parameters *parameters) {
    for (int i = 0; i < parameters->count; i++) {
        const neural_parameter *parameter = parameters->item[i];
        NEURAL_TRY(neural_safetensors_add_tensor(writer, parameter->name, parameter->value));
    }
    return NEURAL_OK;
}

neural_status neural_weights_check(const neural_safetensors *file,
                                   const neural_parameters *parameters) {
    for (int i = 0; i < parameters->count; i++) {
        const neural_parameter *parameter = parameters->item[i];
        NEURAL_TRY(neural_safetensors_check(file, parameter->name, parameter->value));
    }
    return NEURAL_OK;
}

neural_status neural_weights_read(const neural_safetensors *file,
                                  const neural_parameters *parameters) {
    NEURAL_TRY(neural_weights_check(file, parameters));
    for (int i = 0; i < parameters->count; i++) {
        const neural_parameter *parameter = parameters->item[i];
        NEURAL_TRY(neural_safetensors_read_into(file, parameter->name, parameter->value));
    }
    return NEURAL_OK;
}
