/* neural info: the program, the machine, and what a model file holds. */
#include <stdio.h>
#include <string.h>

#include "api/neural_api.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/number.h"
#include "cli/paths.h"

/* --- the machine --- */

static void print_machine(void) {
    printf("version    neural %s\n", neural_version());
    printf("processor  %s\n", neural_cpu_name());
    printf("SIMD       level %d, %s\n", neural_get_simd_level(), neural_get_simd_name());
    printf("extras     %s\n", neural_get_simd_extras());
    printf("cores      %d available\n", neural_cores_available());
    printf("threads    %d\n", neural_num_threads());
}

static void put_machine(json_t *json) {
    cli_json_text(json, "version", neural_version());
    cli_json_text(json, "processor", neural_cpu_name());
    cli_json_integer(json, "simd_level", neural_get_simd_level());
    cli_json_text(json, "simd", neural_get_simd_name());
    cli_json_text(json, "extras", neural_get_simd_extras());
    cli_json_integer(json, "cores", neural_cores_available());
    cli_json_integer(json, "threads", neural_num_threads());
}

/* --- the kernels --- */

static void print_kernels(void) {
    printf("\n%-17s accuracy\n", "kernel");
    for (int i = 0; i < neural_kernel_slot_count(); i++) {
        printf("%-17s %s\n", neural_kernel_slot_name(i), neural_kernel_slot_accuracy(i));
    }
}

static void put_kernels(json_t *json) {
    json_t *kernels = json_object();
    for (int i = 0; i < neural_kernel_slot_count(); i++) {
        cli_json_text(kernels, neural_kernel_slot_name(i), neural_kernel_slot_accuracy(i));
    }
    json_object_set_new(json, "kernels", kernels);
}

/* --- the file --- */

/* Texts that models and checkpoints carry, under the names that neural train gives them. The config
 * is told last: it has many lines. */
static const struct {
    const char *key, *name;
} texts[] = {
    {"format", "format"},       {"class_names", "classes"},
    {"transform", "transform"}, {"loss_function", "loss_function"},
    {"epoch", "epoch"},         {"step", "step"},
    {"steps", "step"}, /* as checkpoints call it */
    {"loss", "loss"},           {"checksum", "digest"},
    {"digest", "data_digest"},
};
enum { TEXTS = sizeof texts / sizeof *texts };

static void print_file(const neural_safetensors *file, const char *path) {
    char bytes[CLI_NUMBER_TEXT];
    const char *config = neural_safetensors_text(file, "config");
    printf("\nfile       %s, %s, %d tensors\n", path, cli_bytes_text(cli_file_bytes(path), bytes),
           neural_safetensors_count(file));
    for (int i = 0; i < TEXTS; i++) {
        const char *value = neural_safetensors_text(file, texts[i].key);
        if (value) {
            printf("%-13s %s\n", texts[i].name, value);
        }
    }
    if (config) {
        printf("\n%s", config);
    }
}

static void put_file(json_t *json, const neural_safetensors *file, const char *path) {
    cli_json_text(json, "model", path);
    cli_json_integer(json, "model_bytes", cli_file_bytes(path));
    cli_json_integer(json, "tensors", neural_safetensors_count(file));
    for (int i = 0; i < TEXTS; i++) {
        const char *value = neural_safetensors_text(file, texts[i].key);
        if (value) {
            cli_json_text(json, texts[i].name, value);
        }
    }
    cli_json_text(json, "config", neural_safetensors_text(file, "config"));
}

/* The layers' table; a checkpoint holds more than a model and has none. */
static neural_status print_summary(const neural_safetensors *file, const char *path) {
    neural_model *model = NULL;
    char *summary = NULL;
    const char *format = neural_safetensors_text(file, "format");
    if (format && strstr(format, "checkpoint")) {
        return NEURAL_OK;
    }
    neural_status status = neural_model_load(path, &model);
    if (!status) {
        status = neural_model_summary(model, &summary);
    }
    if (!status) {
        printf("\n%s", summary);
    }
    neural_text_free(summary);
    neural_model_destroy(model);
    return status;
}

int cli_run_info(const cli_options *options) {
    const char *path = cli_operand(options, 0);
    const int as_json = cli_has(options, CLI_OPTION_JSON);
    const int with_kernels = cli_has(options, CLI_OPTION_KERNELS);
    neural_safetensors *file = NULL;
    neural_status status = path ? neural_safetensors_open(path, &file) : NEURAL_OK;
    if (status) {
        return cli_fail(CLI_PLACE_MODEL_FILE, status);
    }
    if (as_json) {
        json_t *json = json_object();
        put_machine(json);
        if (with_kernels) {
            put_kernels(json);
        }
        if (file) {
            put_file(json, file, path);
        }
        cli_json_print(json);
    } else {
        print_machine();
        if (with_kernels) {
            print_kernels();
        }
        if (file) {
            print_file(file, path);
            status = print_summary(file, path);
        }
    }
    neural_safetensors_close(file);
    return status ? cli_fail(CLI_PLACE_MODEL_FILE, status) : CLI_OK;
}
