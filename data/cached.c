#include "core/base/log.h"
#include "data/cache.h"

/* A disk that is full or fails costs the cache, not the data. */
static neural_status without_cache(const char *path, const neural_file_view *file,
                                   const neural_data_options *options, neural_parts *out) {
    neural_log_write(NEURAL_LOG_WARNING, "no cache of %s: %s", path, neural_last_error());
    neural_clear_error();
    return neural_parts_read_csv(path, file, options, 0, out);
}

neural_status neural_parts_read_cached(const char *path, const neural_file_view *file,
                                       const neural_data_options *options, neural_parts *out) {
    neural_cache_key key;
    int fresh = 0;
    if (options->categorical || options->category_columns) {
        return neural_parts_read_csv(path, file, options, 0, out);
    }
    NEURAL_TRY(neural_cache_key_make(path, file, options, &key));
    NEURAL_TRY(neural_cache_open(options->cache, &key, options, out, &fresh));
    if (fresh) {
        return NEURAL_OK;
    }
    const neural_status status = neural_parts_cache_csv(path, file, options, &key);
    if (status == NEURAL_ERR_FILE_WRITE) {
        return without_cache(path, file, options, out);
    }
    NEURAL_TRY(status);
    NEURAL_TRY(neural_cache_open(options->cache, &key, options, out, &fresh));
    if (!fresh) {
        (void)neural_error(NEURAL_ERR_FILE_READ, "%s: cannot be read back", options->cache);
        return without_cache(path, file, options, out);
    }
    return NEURAL_OK;
}
