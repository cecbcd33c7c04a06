#include "cli/predictions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/number.h"

/* --- text --- */

static neural_status put(cli_predictions *to, const char *text, size_t bytes) {
    if (to->file) {
        return neural_file_writer_write(to->file, text, bytes);
    }
    NEURAL_REQUIRE(fwrite(text, 1, bytes, stdout) == bytes, NEURAL_ERR_FILE_WRITE,
                   "standard output: could not be written");
    return NEURAL_OK;
}

static neural_status put_text(cli_predictions *to, const char *text) {
    return put(to, text, strlen(text));
}

/* A field, quoted (RFC 4180) where it has to be. */
static neural_status put_field(cli_predictions *to, const char *text) {
    if (!strpbrk(text, ",;\t\"\r\n") && *text != ' ') {
        return put_text(to, text);
    }
    NEURAL_TRY(put_text(to, "\""));
    for (const char *at = text; *at; at++) {
        NEURAL_TRY(put(to, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1));
    }
    return put_text(to, "\"");
}

static neural_status put_class(cli_predictions *to, int64_t c) {
    char number[CLI_NUMBER_TEXT];
    const char *name = neural_model_class_name(to->model, c);
    snprintf(number, sizeof number, "%lld", (long long)c);
    return put_field(to, name ? name : number);
}

static neural_status put_header(cli_predictions *to) {
    const int64_t outputs = neural_model_outputs(to->model);
    const int is_classifier = neural_model_is_classifier(to->model);
    const int columns = is_classifier && !to->probabilities ? 1 : (int)outputs;
    for (int i = 0; i < columns; i++) {
        char name[CLI_NUMBER_TEXT + 16];
        NEURAL_TRY(put_text(to, i ? "," : ""));
        if (is_classifier && to->probabilities) {
            NEURAL_TRY(put_class(to, i));
            continue;
        }
        snprintf(name, sizeof name, columns > 1 ? "%s_%d" : "%s",
                 to->probabilities ? "probability" : "prediction", i);
        NEURAL_TRY(put_text(to, name));
    }
    return put_text(to, "\n");
}

/* --- rows --- */

/* Element i of a contiguous float tensor, as text. */
static const char *value_text(const neural_tensor *tensor, int64_t i, char out[CLI_NUMBER_TEXT]) {
    const void *data = neural_tensor_data(tensor);
    return neural_tensor_dtype(tensor) == NEURAL_DTYPE_F64
               ? cli_double_text(((const double *)data)[i], out)
               : cli_float_text(((const float *)data)[i], out);
}

static neural_status put_values(cli_predictions *to, const neural_tensor *prediction, int64_t row,
                                int64_t columns) {
    char text[CLI_NUMBER_TEXT];
    for (int64_t i = 0; i < columns; i++) {
        NEURAL_TRY(put_text(to, i ? "," : ""));
        NEURAL_TRY(put_text(to, value_text(prediction, row * columns + i, text)));
    }
    return NEURAL_OK;
}

static neural_status put_rows(cli_predictions *to, const neural_tensor *prediction,
                              const int64_t *classes) {
    const int64_t *dims = neural_tensor_dims(prediction);
    for (int64_t row = 0; row < dims[0]; row++, to->rows++) {
        NEURAL_TRY(classes ? put_class(to, classes[row])
                           : put_values(to, prediction, row, dims[1]));
        NEURAL_TRY(put_text(to, "\n"));
    }
    return NEURAL_OK;
}

static neural_status check_finite(const cli_predictions *to, const neural_tensor *prediction) {
    int64_t position = -1;
    NEURAL_TRY(neural_tensor_find_nonfinite(prediction, &position));
    NEURAL_REQUIRE(position < 0, NEURAL_ERR_NAN_DETECTED,
                   "row %lld: the prediction is not a finite number",
                   (long long)(to->rows + position / neural_tensor_dims(prediction)[1] + 1));
    return NEURAL_OK;
}

neural_status cli_predictions_add(cli_predictions *to, const neural_tensor *prediction) {
    NEURAL_TRY(check_finite(to, prediction));
    if (!neural_model_is_classifier(to->model) || to->probabilities) {
        return put_rows(to, prediction, NULL);
    }
    neural_tensor *classes = NULL;
    NEURAL_TRY(neural_tensor_create(1, neural_tensor_dims(prediction), NEURAL_DTYPE_I64, &classes));
    neural_status status = neural_argmax(prediction, classes);
    if (!status) {
        status = put_rows(to, prediction, neural_tensor_data(classes));
    }
    neural_tensor_release(classes);
    return status;
}

/* --- begin, end --- */

neural_status cli_predictions_begin(const neural_model *model, int probabilities, int has_header,
                                    const char *path, cli_predictions *out) {
    *out = (cli_predictions){.model = model, .probabilities = probabilities};
    if (path) {
        NEURAL_TRY(neural_file_writer_create(path, &out->file));
    }
    return has_header ? put_header(out) : NEURAL_OK;
}

neural_status cli_predictions_flush(const cli_predictions *predictions) {
    NEURAL_REQUIRE(predictions->file || fflush(stdout) == 0, NEURAL_ERR_FILE_WRITE,
                   "standard output: %s", strerror(errno));
    return NEURAL_OK;
}

neural_status cli_predictions_commit(cli_predictions *predictions) {
    return predictions->file ? neural_file_writer_commit(predictions->file) : NEURAL_OK;
}

void cli_predictions_end(cli_predictions *predictions) {
    if (predictions->file) {
        neural_file_writer_destroy(predictions->file);
    }
    predictions->file = NULL;
}
