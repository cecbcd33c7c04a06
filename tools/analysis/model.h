/* What clang-tidy cannot see from one file: neural_error returns the code that it is given. */
#ifndef TOOLS_ANALYSIS_MODEL_H_
#define TOOLS_ANALYSIS_MODEL_H_

#include "core/base/status.h"

#define neural_error(code, ...) ((void)neural_error(code, __VA_ARGS__), (code))

#endif /* TOOLS_ANALYSIS_MODEL_H_ */
