#include "train/checkpoints.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/file_call.h"
#include "core/base/file_error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "data/number.h"
#include "model/safetensors.h"
#include "model/text.h"
#include "train/checkpoint.h"
#include "train/trainer_type.h"

#define SUFFIX ".safetensors"
#define LAST "last" SUFFIX

enum { NAME_BYTES = 160, PATH_BYTES = 4096 };

/* What a name says. */
typedef struct named {
    char name[NAME_BYTES];
    int64_t epoch, step;
    int is_scored;
    double accuracy, loss; /* accuracy 0 for values */
} named;

typedef struct listing {
    named *item;
    int64_t count, capacity;
} listing;

static neural_status path_of(const char *dir, const char *name, char out[PATH_BYTES]) {
    NEURAL_REQUIRE(snprintf(out, PATH_BYTES, "%s/%s", dir, name) < PATH_BYTES,
                   NEURAL_ERR_INVALID_ARGUMENT, "%.100s...: the path is too long", dir);
    return NEURAL_OK;
}

/* --- names --- */

/* Six digits are enough to tell scores apart. */
static double rounded(double value) {
    if (value == 0) {
        return 0;
    }
    const double scale = pow(10, 5 - floor(log10(fabs(value))));
    return isfinite(scale) && scale > 0 ? round(value * scale) / scale : value;
}

static void make_name(const train_progress *at, const neural_score *score, char out[NAME_BYTES]) {
    char accuracy[NEURAL_NUMBER_TEXT], loss[NEURAL_NUMBER_TEXT], scores[NAME_BYTES / 2] = "";
    if (score && score->rows > 0 && isfinite(score->loss)) {
        snprintf(scores, sizeof scores, "%s%s-val_loss-%s",
                 score->is_accuracy ? "-val_accuracy-" : "",
                 score->is_accuracy ? neural_number_text(rounded(score->metric), accuracy) : "",
                 neural_number_text(rounded(score->loss), loss));
    }
    snprintf(out, NAME_BYTES, "epoch-%04" PRId64 "-step-%08" PRId64 "%s" SUFFIX, at->epoch,
             at->steps, scores);
}

/* The number behind `word`, or NULL. */
static const char *take_number(const char *at, const char *word, double *out) {
    const size_t length = strlen(word);
    return strncmp(at, word, length) == 0
               ? neural_number_parse_f64(at + length, at + strlen(at), out)
               : NULL;
}

static int read_name(const char *name, named *out) {
    double epoch = 0, step = 0;
    const char *at = take_number(name, "epoch-", &epoch);
    at = at ? take_number(at, "-step-", &step) : NULL;
    if (!at || strlen(name) >= NAME_BYTES || !(epoch >= 0 && epoch < 1e15) ||
        !(step >= 0 && step < 1e15)) {
        return 0;
    }
    *out = (named){.epoch = (int64_t)epoch, .step = (int64_t)step};
    const char *behind = take_number(at, "-val_accuracy-", &out->accuracy);
    at = behind ? behind : at;
    behind = take_number(at, "-val_loss-", &out->loss);
    out->is_scored = behind != NULL;
    memcpy(out->name, name, strlen(name) + 1);
    at = behind ? behind : at;
    return strcmp(at[-1] == '.' ? at - 1 : at, SUFFIX) == 0; /* "5." is a number, too */
}

/* --- the directory --- */

static neural_status add(listing *list, const named *item) {
    if (list->count == list->capacity) {
        const int64_t grown = list->capacity ? 2 * list->capacity : 16;
        void *memory = neural_realloc(list->item, sizeof *item * (size_t)list->capacity,
                                      sizeof *item * (size_t)grown);
        if (!memory) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        list->item = memory;
        list->capacity = grown;
    }
    list->item[list->count++] = *item;
    return NEURAL_OK;
}

static int by_step(const void *a, const void *b) {
    const named *lhs = a, *rhs = b;
    return (lhs->step < rhs->step) - (lhs->step > rhs->step);
}

static int by_score(const void *a, const void *b) {
    const named *lhs = a, *rhs = b;
    if (lhs->is_scored != rhs->is_scored) {
        return rhs->is_scored - lhs->is_scored;
    }
    if (lhs->accuracy != rhs->accuracy) {
        return lhs->accuracy > rhs->accuracy ? -1 : 1;
    }
    if (lhs->loss != rhs->loss) {
        return lhs->loss < rhs->loss ? -1 : 1;
    }
    return (lhs->step > rhs->step) - (lhs->step < rhs->step);
}

/* The named checkpoints, in any order. A directory that is not there holds none, nor does one that
 * may be searched but not read. */
static neural_status list_names(const char *dir, listing *out) {
    named item;
    const struct dirent *entry;
    neural_status status = NEURAL_OK;
    DIR *stream = neural_file_call_list(AT_FDCWD, dir);
    if (!stream) {
        const int holds_none = errno == ENOENT || errno == ENOTDIR || errno == EACCES;
        return holds_none ? NEURAL_OK : neural_file_error(NEURAL_ERR_FILE_READ, dir, errno);
    }
    while (!status && (entry = neural_file_call_next(stream))) {
        if (read_name(entry->d_name, &item)) {
            status = add(out, &item);
        }
    }
    if (!status && errno) {
        status = neural_file_error(NEURAL_ERR_FILE_READ, dir, errno);
    }
    closedir(stream);
    return status;
}

/* --- saving --- */

static neural_status remove_name(const char *path) {
    const int is_gone = neural_file_call_remove(AT_FDCWD, path) == 0 || errno == ENOENT;
    return is_gone ? NEURAL_OK : neural_file_error(NEURAL_ERR_FILE_WRITE, path, errno);
}

/* Gives DIR/last.safetensors its name, too. What has that name is of an earlier run. */
static neural_status give_name(const neural_trainer *trainer, const char *dir, const char *last,
                               const char *name) {
    char path[PATH_BYTES];
    NEURAL_TRY(path_of(dir, name, path));
    NEURAL_TRY(remove_name(path));
    if (neural_file_call_link(last, path) != 0) {
        return neural_trainer_save_checkpoint(trainer, path);
    }
    return neural_directory_sync(dir);
}

/* While a run goes on, what cannot be removed does no harm. */
static void drop(const char *dir, const named *item) {
    char path[PATH_BYTES];
    if (path_of(dir, item->name, path) == NEURAL_OK) {
        (void)remove_name(path);
    }
}

/* Leaves of this run's the keep_last newest and the keep_best best. */
static void prune(const char *dir, listing *list, const neural_checkpoint_policy *policy) {
    const int64_t named_last = policy->keep_last > 1 ? policy->keep_last : 0;
    qsort(list->item, (size_t)list->count, sizeof *list->item, by_step);
    const int64_t kept = named_last < list->count ? named_last : list->count;
    int64_t best = policy->keep_best;
    const int64_t oldest_kept = kept > 0 ? list->item[kept - 1].step : INT64_MAX;
    qsort(list->item, (size_t)list->count, sizeof *list->item, by_score);
    for (int64_t i = 0; i < list->count; i++) {
        const int is_best = list->item[i].is_scored && best-- > 0;
        if (!is_best && list->item[i].step < oldest_kept) {
            drop(dir, &list->item[i]);
        }
    }
}

/* Drops what is not of this run, then what the policy does not keep. */
static neural_status tidy(const char *dir, const neural_checkpoint_policy *policy, const char *name,
                          int64_t step, int is_first) {
    listing list = {0};
    const neural_status status = list_names(dir, &list);
    int64_t ours = 0;
    for (int64_t i = 0; i < list.count; i++) {
        const int is_new = strcmp(list.item[i].name, name) == 0;
        if (is_new || (!is_first && list.item[i].step < step)) {
            list.item[ours++] = list.item[i];
        } else {
            drop(dir, &list.item[i]);
        }
    }
    list.count = ours;
    if (!status && ours > 0) {
        prune(dir, &list, policy);
    }
    neural_free(list.item);
    return status;
}

neural_status neural_checkpoints_save(const neural_trainer *trainer, const char *dir,
                                      const neural_checkpoint_policy *policy,
                                      const neural_score *validation, int is_first) {
    char last[PATH_BYTES], name[NAME_BYTES];
    NEURAL_REQUIRE(trainer && dir && policy, NEURAL_ERR_NULL_POINTER,
                   "checkpoints_save: trainer, dir and policy must be given");
    NEURAL_TRY(path_of(dir, LAST, last));
    NEURAL_TRY(neural_directory_create(dir, 0, NULL));
    NEURAL_TRY(neural_trainer_save_checkpoint(trainer, last));
    make_name(&trainer->progress, validation, name);
    if (policy->keep_last > 1 || policy->keep_best > 0) {
        NEURAL_TRY(give_name(trainer, dir, last, name));
    }
    return tidy(dir, policy, name, trainer->progress.steps, is_first);
}

/* --- finding --- */

static neural_status try_open(const char *path) {
    neural_safetensors *file = NULL;
    NEURAL_TRY(neural_safetensors_open(path, &file));
    neural_safetensors_close(file);
    return NEURAL_OK;
}

/* The newest of the names that can be opened; NEURAL_ERR_FILE_NOT_FOUND when there is none. */
static neural_status find_named(const char *dir, char path[PATH_BYTES]) {
    listing list = {0};
    neural_status status = list_names(dir, &list);
    int found = 0;
    if (!status && list.count > 0) {
        qsort(list.item, (size_t)list.count, sizeof *list.item, by_step);
    }
    for (int64_t i = 0; i < list.count && !status && !found; i++) {
        status = path_of(dir, list.item[i].name, path);
        if (!status) {
            found = try_open(path) == NEURAL_OK;
        }
        if (!status && !found) {
            neural_log_write(NEURAL_LOG_WARNING, "%s", neural_last_error());
        }
    }
    neural_free(list.item);
    return status || found ? status : NEURAL_ERR_FILE_NOT_FOUND;
}

neural_status neural_checkpoints_find(const char *dir, char *out, int64_t bytes) {
    char path[PATH_BYTES], why[1024];
    NEURAL_REQUIRE(dir && out && bytes > 0, NEURAL_ERR_NULL_POINTER,
                   "checkpoints_find: dir and out must be given");
    NEURAL_TRY(path_of(dir, LAST, path));
    const neural_status first = try_open(path);
    if (first) {
        snprintf(why, sizeof why, "%s", neural_last_error());
        const neural_status status = find_named(dir, path);
        if (status == NEURAL_ERR_FILE_NOT_FOUND) {
            return neural_error(first, "%s", why);
        }
        NEURAL_TRY(status);
        neural_log_write(NEURAL_LOG_WARNING, "%s; %s is taken", why, path);
    }
    NEURAL_REQUIRE(snprintf(out, (size_t)bytes, "%s", path) < bytes, NEURAL_ERR_INVALID_ARGUMENT,
                   "%.100s...: the path is too long", path);
    return NEURAL_OK;
}

neural_status neural_checkpoints_remove(const char *dir) {
    NEURAL_REQUIRE(dir, NEURAL_ERR_NULL_POINTER, "checkpoints_remove: dir must be given");
    const named last = {.name = LAST};
    listing list = {0};
    neural_status status = list_names(dir, &list);
    if (!status) {
        status = add(&list, &last);
    }
    for (int64_t i = 0; i < list.count; i++) {
        char path[PATH_BYTES];
        neural_status removed = path_of(dir, list.item[i].name, path);
        removed = removed ? removed : remove_name(path);
        status = status ? status : removed;
    }
    neural_free(list.item);
    return status;
}
