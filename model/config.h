/* The configuration of a run: typed values, from an INI file, overrides and defaults.
 *
 * Every key is declared once in model/config_schema.inc; a key that is absent is off (dropout 0,
 * val_split 0, normalize none). */
#ifndef MODEL_CONFIG_H_
#define MODEL_CONFIG_H_

#include <stdint.h>

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opaque to users of the public interface; the struct is in model/config_fields.h. */
typedef struct neural_config neural_config;

/* Reads and validates `path` and the files that it includes (include = other.ini, relative to the
 * file that says so; what is read later wins; at most 16 deep, never itself), then applies
 * overrides ("section.key=value", later ones win). Errors: _FILE_NOT_FOUND, _FILE_READ,
 * _PARSE_ERROR, _INVALID_CONFIG ("run.ini:7:1: unknown key learing_rate in [training]; did you mean
 * learning_rate?", "run.ini:9:12: epochs is 0, expected a whole number from 1 to 1000000000"). */
NEURAL_API neural_status neural_config_load(const char *path, const char *const *overrides,
                                            int override_count, neural_config **out);
/* The same from text, which may not include files; path is only named in messages. */
NEURAL_API neural_status neural_config_parse(const char *text, const char *path,
                                             const char *const *overrides, int override_count,
                                             neural_config **out);
NEURAL_API void neural_config_destroy(neural_config *config);

/* Value or default of a key, by any of its spellings; fallback when the key is unknown or of
 * another type. The text is valid as long as the config. */
NEURAL_API int64_t neural_config_get_int(const neural_config *config, const char *section,
                                         const char *key, int64_t fallback);
NEURAL_API double neural_config_get_float(const neural_config *config, const char *section,
                                          const char *key, double fallback);
NEURAL_API const char *neural_config_get_string(const neural_config *config, const char *section,
                                                const char *key, const char *fallback);

/* The resolved config as canonical INI text: every key that differs from its default, sorted by
 * schema order; machine-dependent keys ([performance], paths) left out when portable is set. Free
 * with neural_text_free. Parsing it gives the same model. */
NEURAL_API neural_status neural_config_resolved(const neural_config *config, int portable,
                                                char **out);
NEURAL_API void neural_text_free(char *text);

/* Every key with its value and, as a comment, where that comes from: "run.ini:9:12", "--set
 * training.lr=0.1" or "default". An INI text of the same meaning; free with neural_text_free. */
NEURAL_API neural_status neural_config_origins(const neural_config *config, char **out);

/* NEURAL_OK when a run begun with config `then` can go on with `now`: they differ in nothing but
 * epochs, early stopping, validate_every, how files are read, and what depends on the machine. Else
 * NEURAL_ERR_INVALID_CONFIG "it was made with learning_rate 0.1, now it is 0.2". */
neural_status neural_config_check_resumable(const neural_config *now, const neural_config *then);

/* The reference page (Markdown) generated from the schema; free with neural_text_free. */
NEURAL_API neural_status neural_config_reference(char **out);

#ifdef __cplusplus
}
#endif

#endif /* MODEL_CONFIG_H_ */
