/* Start and end of the library, and its version. */
#ifndef API_LIFECYCLE_H_
#define API_LIFECYCLE_H_

#include "core/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NEURAL_VERSION_MAJOR 2
#define NEURAL_VERSION_MINOR 0
#define NEURAL_VERSION_PATCH 0

/* Optional: everything starts at first use. May be called again. */
NEURAL_API neural_status neural_init(void);

/* Joins the worker threads and gives cached memory back; objects stay valid, and the next call
 * starts what it needs again. */
NEURAL_API void neural_shutdown(void);

/* "2.0.0" */
NEURAL_API const char *neural_version(void);

#ifdef __cplusplus
}
#endif

#endif /* API_LIFECYCLE_H_ */
