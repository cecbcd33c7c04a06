// What the fuzz targets share. A target defines LLVMFuzzerTestOneInput: tools/fuzz links it with
// libFuzzer, the ordinary tests with replay_test.cc, which feeds it the corpus and what was found.
#ifndef TESTS_FUZZ_FUZZING_H_
#define TESTS_FUZZ_FUZZING_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/status.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace fuzzing {

// Ends the process, saying why: what libFuzzer keeps the input of.
[[noreturn]] void fail(const char *what);

// A refusal has a text; success and refusal are the only outcomes.
void check_status(neural_status status);

// While it lives, the process may hold 16 times `bytes` + 16 MiB more than at its begin. Counts
// what malloc gives under a sanitizer, nothing without one.
class MemoryBound {
  public:
    explicit MemoryBound(size_t bytes);
    ~MemoryBound();
    MemoryBound(const MemoryBound &) = delete;
    MemoryBound &operator=(const MemoryBound &) = delete;
};

// What gzip or ZIP files of so many bytes can hold at most, 1032 times as much (zlib's technical
// notes on deflate), the size itself of other files.
size_t unpacked_size(const uint8_t *data, size_t size);

// The bytes as a regular file, at the same path every time.
const char *file_of(const void *data, size_t size);
const char *file_of(const std::string &bytes);

// "{...}" NUL DATA becomes a safetensors file of that header and those bytes, other inputs stay as
// they are. A wrong checksum becomes the right one: mutations reach behind both.
std::string safetensors_of(const uint8_t *data, size_t size);

} // namespace fuzzing

#endif // TESTS_FUZZ_FUZZING_H_
