/* Writer of TensorBoard's event files, with the calls of PyTorch's SummaryWriter.
 *
 * An add_ call appends one event, stamped with the present time: it appears in TensorBoard as point
 * `step` of the curve `tag` in the run named by the directory. Tags and other texts are copied and
 * have any length and any characters; bytes that are not UTF-8 become U+FFFD. Every call may come
 * from any thread. Each returns NEURAL_ERR_NULL_POINTER for a NULL, NEURAL_ERR_INVALID_ARGUMENT
 * after close, NEURAL_ERR_FILE_WRITE "PATH: reason" (then the event is not in the file, which stays
 * readable), NEURAL_ERR_OUT_OF_MEMORY, and what is said at the function. */
#ifndef LOGGING_SUMMARY_WRITER_H_
#define LOGGING_SUMMARY_WRITER_H_

#include "core/base/status.h"
#include "core/tensor/tensor.h"
#include "logging/histogram.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct neural_summary_writer neural_summary_writer;

typedef struct neural_summary_options {
    double flush_seconds;        /* events may wait that long for others; 0 = none waits */
    const char *filename_suffix; /* NULL = none */
    int is_resumed;     /* what earlier files of the directory hold from purge_step on is void: */
    int64_t purge_step; /* TensorBoard forgets it (SessionLog START) */
} neural_summary_options;

/* Creates dir with its parents and a new file events.out.tfevents.<sec>.<host>.<pid>.<n><suffix>
 * in it. options NULL = all 0. */
NEURAL_API neural_status neural_summary_writer_create(const char *dir,
                                                      const neural_summary_options *options,
                                                      neural_summary_writer **out);
NEURAL_API void neural_summary_writer_destroy(neural_summary_writer *writer); /* accepts NULL */

/* Borrowed. */
NEURAL_API const char *neural_summary_writer_dir(const neural_summary_writer *writer);
NEURAL_API const char *neural_summary_writer_path(const neural_summary_writer *writer);

/* Hands what waits to the system; close also closes all files and may be repeated. */
NEURAL_API neural_status neural_summary_writer_flush(neural_summary_writer *writer);
NEURAL_API neural_status neural_summary_writer_close(neural_summary_writer *writer);

/* One number, kept as f32; NaN and infinities are kept too. */
NEURAL_API neural_status neural_summary_writer_add_scalar(neural_summary_writer *writer,
                                                          const char *tag, double value,
                                                          int64_t step);

/* Several numbers for one diagram, as PyTorch does it: value i under main_tag in a run of its own,
 * the directory DIR/<main_tag>_<name i> (slashes become _, long names are cut and numbered by
 * checksum). */
NEURAL_API neural_status neural_summary_writer_add_scalars(neural_summary_writer *writer,
                                                           const char *main_tag,
                                                           const char *const *names,
                                                           const double *values, int64_t count,
                                                           int64_t step);
/* Several numbers in one event of this run: value i under "<main_tag>/<name i>". */
NEURAL_API neural_status neural_summary_writer_add_scalar_group(neural_summary_writer *writer,
                                                                const char *main_tag,
                                                                const char *const *names,
                                                                const double *values, int64_t count,
                                                                int64_t step);

/* The distribution of a tensor's elements (f32 or f64, any strides; NaN and infinities are left
 * out), in the buckets of histogram.h; or buckets of the caller's: limits have to increase. */
NEURAL_API neural_status neural_summary_writer_add_histogram(neural_summary_writer *writer,
                                                             const char *tag,
                                                             const neural_tensor *values,
                                                             int64_t step);
NEURAL_API neural_status neural_summary_writer_add_histogram_raw(neural_summary_writer *writer,
                                                                 const char *tag,
                                                                 const neural_buckets *buckets,
                                                                 int64_t step);
/* Its smallest and largest element and its mean as scalars "<tag>/min", "/max", "/mean", in one
 * event; nothing for an empty tensor. NaN if one is among them. */
NEURAL_API neural_status neural_summary_writer_add_histogram_stats(neural_summary_writer *writer,
                                                                   const char *tag,
                                                                   const neural_tensor *values,
                                                                   int64_t step);

/* pixels [height, width, channels], row-major; channels 1 grey, 3 RGB, 4 RGBA. Sizes from 1 on. */
NEURAL_API neural_status neural_summary_writer_add_image(neural_summary_writer *writer,
                                                         const char *tag, const uint8_t *pixels,
                                                         int64_t height, int64_t width,
                                                         int64_t channels, int64_t step);

/* Markdown, under "<tag>/text_summary" as PyTorch has it. */
NEURAL_API neural_status neural_summary_writer_add_text(neural_summary_writer *writer,
                                                        const char *tag, const char *text,
                                                        int64_t step);

/* Precision and recall of a binary classifier at `thresholds` (>= 2; PyTorch: 127) evenly spaced
 * thresholds i / (thresholds - 1): tensors of equal length and any dtype, labels (positive above
 * 0), predictions in [0, 1], weights or NULL = 1 each.
 * precision = tp / (tp + fp), recall = tp / (tp + fn), 0 where nothing is divided. */
NEURAL_API neural_status neural_summary_writer_add_pr_curve(neural_summary_writer *writer,
                                                            const char *tag,
                                                            const neural_tensor *labels,
                                                            const neural_tensor *predictions,
                                                            const neural_tensor *weights,
                                                            int64_t thresholds, int64_t step);

/* --- hyper-parameters --- */

typedef enum neural_hparam_kind {
    NEURAL_HPARAM_NUMBER = 0,
    NEURAL_HPARAM_TEXT = 1,
    NEURAL_HPARAM_BOOL = 2
} neural_hparam_kind;

typedef struct neural_hparam {
    const char *name;
    neural_hparam_kind kind;
    double number;    /* of a number; not 0 = true */
    const char *text; /* of a text */
} neural_hparam;

/* A row of the HPARAMS page: hyper-parameters, session start and end (success), and the metrics as
 * scalars. run: a run DIR/<run> of its own (named as by add_scalars), NULL = this one. */
NEURAL_API neural_status neural_summary_writer_add_hparams(
    neural_summary_writer *writer, const char *run, const neural_hparam *hparams,
    int64_t hparam_count, const char *const *metrics, const double *values, int64_t metric_count,
    int64_t step);

/* --- the graph of a model --- */

typedef struct neural_graph_node {
    const char *name;          /* unique; slashes make groups */
    const char *op;            /* "Linear" */
    const char *const *inputs; /* names of other nodes */
    int64_t input_count;
    int ndim; /* of the output's shape; < 0 = unknown */
    const int64_t *dims;
    const char *detail; /* shown as attribute "attr"; NULL = none */
} neural_graph_node;

NEURAL_API neural_status neural_summary_writer_add_graph(neural_summary_writer *writer,
                                                         const neural_graph_node *nodes,
                                                         int64_t count);

#ifdef __cplusplus
}
#endif

#endif /* LOGGING_SUMMARY_WRITER_H_ */
