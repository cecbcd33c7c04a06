#include <math.h>
#include <stdio.h>

#include "core/base/memory.h"
#include "train/board_type.h"

/* Points of single batches may wait so long; an epoch's are written at its end. */
static const double flush_seconds = 1;

neural_status neural_board_create(neural_trainer *trainer, const char *dir, neural_board **out) {
    NEURAL_REQUIRE(trainer && dir && out, NEURAL_ERR_NULL_POINTER,
                   "board_create: trainer, dir and out must be given");
    const int64_t steps = trainer->progress.steps;
    const neural_summary_options options = {
        .flush_seconds = flush_seconds, .is_resumed = steps > 0, .purge_step = steps + 1};
    neural_board *board = neural_alloc_zeroed(sizeof(*board));
    if (!board) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    board->trainer = trainer;
    neural_status status = neural_summary_writer_create(dir, &options, &board->writer);
    if (!status) {
        status = neural_histogram_create(&board->histogram);
    }
    if (!status) {
        status = board_log_graph(board);
    }
    if (!status) {
        status = board_want_confusion(board);
    }
    if (status) {
        neural_board_destroy(board);
        return status;
    }
    *out = board;
    return NEURAL_OK;
}

void neural_board_destroy(neural_board *board) {
    if (board) {
        neural_histogram_destroy(board->histogram);
        neural_summary_writer_destroy(board->writer);
        neural_free(board);
    }
}

/* --- batches and epochs --- */

static neural_status log_step(neural_board *board, const neural_epoch_report *report,
                              int64_t step) {
    neural_summary_writer *writer = board->writer;
    NEURAL_TRY(neural_summary_writer_add_scalar(writer, "step/loss", report->train_loss, step));
    NEURAL_TRY(neural_summary_writer_add_scalar(writer, "step/learning_rate", report->learning_rate,
                                                step));
    const neural_config *config = board->trainer->config;
    if (config->gradient_clip > 0 || config->log_gradient_norm) {
        return neural_summary_writer_add_scalar(writer, "step/gradient_norm", report->gradient_norm,
                                                step);
    }
    return NEURAL_OK;
}

static neural_status log_score(neural_board *board, const neural_score *score, const char *part,
                               int64_t step) {
    char tag[64];
    if (score->rows == 0) {
        return NEURAL_OK;
    }
    snprintf(tag, sizeof tag, "loss/%s", part);
    NEURAL_TRY(neural_summary_writer_add_scalar(board->writer, tag, score->loss, step));
    snprintf(tag, sizeof tag, "%s/%s", score->is_accuracy ? "accuracy" : "mse", part);
    return neural_summary_writer_add_scalar(board->writer, tag, score->metric, step);
}

/* A histogram of a parameter's values or gradients; *squares grows by their sum of squares. */
static neural_status log_tensor(neural_board *board, const char *kind, const char *name,
                                const neural_tensor *tensor, int64_t step, double *squares) {
    char tag[NEURAL_PARAMETER_NAME_BYTES + 16];
    snprintf(tag, sizeof tag, "%s/%s", kind, name);
    neural_histogram_reset(board->histogram);
    if (neural_tensor_dtype(tensor) == NEURAL_DTYPE_F32) {
        neural_histogram_add_f32(board->histogram, neural_tensor_data(tensor),
                                 neural_tensor_len(tensor));
    } else {
        neural_histogram_add_f64(board->histogram, neural_tensor_data(tensor),
                                 neural_tensor_len(tensor));
    }
    const neural_buckets buckets = neural_histogram_buckets(board->histogram);
    *squares += buckets.sum_squares;
    return neural_summary_writer_add_histogram_raw(board->writer, tag, &buckets, step);
}

static neural_status log_parameters(neural_board *board, int64_t step) {
    const neural_parameters *all = neural_model_parameters(board->trainer->model);
    double ignored = 0, squares = 0;
    for (int i = 0; i < all->count; i++) {
        const neural_parameter *parameter = all->item[i];
        NEURAL_TRY(
            log_tensor(board, "parameters", parameter->name, parameter->value, step, &ignored));
        NEURAL_TRY(
            log_tensor(board, "gradients", parameter->name, parameter->grad, step, &squares));
    }
    return neural_summary_writer_add_scalar(board->writer, "gradient_norm/last", sqrt(squares),
                                            step);
}

static neural_status log_epoch(neural_board *board, const neural_epoch_report *report,
                               int64_t step) {
    NEURAL_TRY(log_score(board, &report->train, "train", step));
    NEURAL_TRY(log_score(board, &report->validation, "validation", step));
    const double rate = report->seconds > 0 ? (double)report->samples / report->seconds : 0;
    NEURAL_TRY(neural_summary_writer_add_scalar(board->writer, "samples_per_second", rate, step));
    NEURAL_TRY(log_parameters(board, step));
    if (report->validation.rows > 0) {
        NEURAL_TRY(board_log_confusion(board, step));
    }
    return neural_summary_writer_flush(board->writer);
}

neural_status neural_board_log(neural_board *board, const neural_epoch_report *report) {
    NEURAL_REQUIRE(board && report, NEURAL_ERR_NULL_POINTER,
                   "board_log: board and report must be given");
    const int64_t step = board->trainer->progress.steps;
    NEURAL_TRY(log_step(board, report, step));
    return report->batch == report->batches ? log_epoch(board, report, step) : NEURAL_OK;
}

/* --- the end --- */

enum { MAX_METRICS = 5 };

neural_status neural_board_log_end(neural_board *board, const neural_train_report *report) {
    NEURAL_REQUIRE(board && report, NEURAL_ERR_NULL_POINTER,
                   "board_log_end: board and report must be given");
    const char *names[MAX_METRICS] = {"result/train_loss"};
    double values[MAX_METRICS] = {report->train_loss};
    int64_t count = 1;
    if (report->has_validation) {
        names[count] = "result/val_loss";
        values[count++] = report->val_loss;
        names[count] = report->is_accuracy ? "result/val_accuracy" : "result/val_mse";
        values[count++] = report->val_metric;
    }
    if (report->has_test) {
        names[count] = "result/test_loss";
        values[count++] = report->test_loss;
        names[count] = report->is_accuracy ? "result/test_accuracy" : "result/test_mse";
        values[count++] = report->test_metric;
    }
    NEURAL_TRY(board_log_hparams(board, names, values, count));
    return neural_summary_writer_flush(board->writer);
}
