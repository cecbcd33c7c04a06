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

#ifdef __cplusplus
}
#endif

#endif /* LOGGING_SUMMARY_WRITER_H_ */
