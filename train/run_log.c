#include "train/run_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/file_call.h"
#include "core/base/file_error.h"
#include "core/base/memory.h"
#include "core/base/sha256.h"
#include "model/text.h"
#include "train/trainer_type.h"

struct neural_run_log {
    const neural_trainer *trainer;
    int fd;
    char *path;
    int64_t every_steps;
    double epoch_seconds;  /* of the run, when the epoch began */
    int64_t epoch_samples; /* seen before it; -1 = not known yet */
};

/* --- lines --- */

static void add_number(neural_text *line, const char *key, double value) {
    neural_text_add(line, ", \"%s\": ", key);
    if (isfinite(value)) {
        neural_text_add_number(line, value);
    } else {
        neural_text_add(line, "null");
    }
}

static void add_whole(neural_text *line, const char *key, int64_t value) {
    neural_text_add(line, ", \"%s\": %" PRId64, key, value);
}

static void add_score(neural_text *line, const char *prefix, const neural_score *score) {
    char key[32];
    if (score->rows > 0) {
        snprintf(key, sizeof key, "%s_loss", prefix);
        add_number(line, key, score->loss);
        snprintf(key, sizeof key, "%s_%s", prefix, score->is_accuracy ? "accuracy" : "mse");
        add_number(line, key, score->metric);
    }
}

/* One write for the whole line; what went out of one that failed is cut off again. */
static neural_status append(const neural_run_log *log, neural_text *line) {
    char *text = NULL;
    neural_text_add(line, "}\n");
    NEURAL_TRY(neural_text_finish(line, &text));
    const off_t before = lseek(log->fd, 0, SEEK_END);
    const size_t bytes = strlen(text);
    size_t done = 0;
    int error = 0;
    while (done < bytes && !error) {
        const int64_t count = neural_write_unkilled(log->fd, text + done, bytes - done);
        done += count > 0 ? (size_t)count : 0;
        error = count < 0 && errno != EINTR ? errno : 0;
    }
    neural_text_free(text);
    if (error) {
        const int cut = neural_file_call_truncate(log->fd, before);
        return neural_error(NEURAL_ERR_FILE_WRITE, "%s: %s%s", log->path, strerror(error),
                            cut ? "; its last line is not whole" : "");
    }
    return NEURAL_OK;
}

static neural_status config_digest(const neural_config *config, char out[NEURAL_SHA256_TEXT]) {
    neural_sha256 sha;
    char *text = NULL;
    NEURAL_TRY(neural_config_resolved(config, 1, &text));
    neural_sha256_begin(&sha);
    neural_sha256_add(&sha, text, strlen(text));
    neural_sha256_end_text(&sha, out);
    neural_text_free(text);
    return NEURAL_OK;
}

static neural_status append_start(const neural_run_log *log, const char *version) {
    char digest[NEURAL_SHA256_TEXT];
    neural_text line = {0};
    const neural_trainer *trainer = log->trainer;
    NEURAL_TRY(config_digest(trainer->config, digest));
    neural_text_add(&line, "{\"event\": \"start\", \"version\": \"%s\"", version);
    neural_text_add(&line, ", \"config_digest\": \"%s\"", digest);
    neural_text_add(&line, ", \"data_digest\": \"%s\"", trainer->digest);
    add_whole(&line, "seed", trainer->config->random_seed);
    add_whole(&line, "epochs", trainer->config->epochs);
    add_whole(&line, "steps_per_epoch", neural_batches_count(trainer->batches));
    add_whole(&line, "train_rows", trainer->train_row_count);
    add_whole(&line, "val_rows", trainer->val_row_count);
    add_whole(&line, "test_rows", neural_trainer_test_rows(trainer));
    return append(log, &line);
}

/* --- opening --- */

/* The step of a line, -1 for a line without; *end: behind its newline, NULL when it is unfinished.
 */
static int64_t step_of(const char *line, const char *text_end, const char **end) {
    static const char key[] = "\"step\": ";
    const char *newline = memchr(line, '\n', (size_t)(text_end - line));
    *end = newline ? newline + 1 : NULL;
    for (const char *at = line; newline && at + sizeof key < newline; at++) {
        if (memcmp(at, key, sizeof key - 1) == 0) {
            return strtoll(at + sizeof key - 1, NULL, 10); /* stops at the comma */
        }
    }
    return -1;
}

/* Bytes of the lines up to `steps`, whole ones only. */
static neural_status whole_bytes(const char *path, int64_t steps, off_t *out) {
    neural_file_view view;
    *out = 0;
    const neural_status status = neural_file_view_open(path, &view);
    if (status == NEURAL_ERR_FILE_NOT_FOUND) {
        return NEURAL_OK;
    }
    NEURAL_TRY(status);
    const char *line = view.data, *text_end = view.data + view.bytes, *end = NULL;
    while (line < text_end && step_of(line, text_end, &end) <= steps && end) {
        line = end;
    }
    *out = (off_t)(line - view.data);
    neural_file_view_close(&view);
    return NEURAL_OK;
}

static neural_status open_file(neural_run_log *log, const char *version) {
    off_t kept = 0;
    if (log->trainer->progress.steps > 0) {
        NEURAL_TRY(whole_bytes(log->path, log->trainer->progress.steps, &kept));
    }
    log->fd =
        neural_file_call_open(AT_FDCWD, log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log->fd < 0 || neural_file_call_truncate(log->fd, kept)) {
        return neural_file_error(NEURAL_ERR_FILE_WRITE, log->path, errno);
    }
    return kept == 0 ? append_start(log, version) : NEURAL_OK;
}

neural_status neural_run_log_open(const neural_trainer *trainer, const char *path,
                                  const char *version, int64_t every_steps, neural_run_log **out) {
    NEURAL_REQUIRE(trainer && path && version && out, NEURAL_ERR_NULL_POINTER,
                   "run_log_open: trainer, path, version and out must be given");
    neural_run_log *log = neural_alloc_zeroed(sizeof *log);
    if (!log) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    *log = (neural_run_log){.trainer = trainer,
                            .fd = -1,
                            .path = neural_strdup(path),
                            .every_steps = every_steps,
                            .epoch_samples = trainer->progress.samples};
    const neural_status status = log->path ? open_file(log, version) : NEURAL_ERR_OUT_OF_MEMORY;
    if (status) {
        neural_run_log_close(log);
        return status;
    }
    *out = log;
    return NEURAL_OK;
}

void neural_run_log_close(neural_run_log *log) {
    if (log) {
        if (log->fd >= 0) {
            neural_file_call_close(log->fd);
        }
        neural_free(log->path);
        neural_free(log);
    }
}

/* --- the run --- */

static void add_rates(const neural_run_log *log, const neural_epoch_report *now,
                      neural_text *line) {
    const neural_config *config = log->trainer->config;
    const double seconds = now->seconds - log->epoch_seconds;
    const double samples = (double)(now->samples - log->epoch_samples);
    add_number(line, "learning_rate", now->learning_rate);
    if (config->gradient_clip > 0 || config->log_gradient_norm) {
        add_number(line, "gradient_norm", now->gradient_norm);
    }
    add_number(line, "seconds", seconds);
    add_number(line, "samples_per_second", seconds > 0 ? samples / seconds : 0);
}

neural_status neural_run_log_add(neural_run_log *log, const neural_epoch_report *now) {
    NEURAL_REQUIRE(log && now, NEURAL_ERR_NULL_POINTER, "run_log_add: log and now must be given");
    const int is_epoch = now->batch == now->batches;
    const int64_t step = (now->epoch - 1) * now->batches + now->batch;
    if (!is_epoch && (log->every_steps <= 0 || step % log->every_steps != 0)) {
        return NEURAL_OK;
    }
    neural_text line = {0};
    neural_text_add(&line, "{\"event\": \"%s\"", is_epoch ? "epoch" : "step");
    add_whole(&line, "epoch", now->epoch);
    add_whole(&line, "step", step);
    if (is_epoch) {
        add_score(&line, "train", &now->train);
        add_score(&line, "val", &now->validation);
        neural_text_add(&line, ", \"is_best\": %s", now->is_best ? "true" : "false");
    } else {
        add_number(&line, "train_loss", now->train_loss);
    }
    add_rates(log, now, &line);
    if (is_epoch) {
        log->epoch_seconds = now->seconds;
        log->epoch_samples = now->samples;
    }
    return append(log, &line);
}
