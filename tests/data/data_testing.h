// What the tests of data/ share: files that vanish, text flush against a forbidden page, and
// handles that free themselves.
#ifndef TESTS_DATA_DATA_TESTING_H_
#define TESTS_DATA_DATA_TESTING_H_

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "data/dataset.h"

namespace data_testing {

struct Destroy {
    void operator()(neural_dataset *dataset) const { neural_dataset_destroy(dataset); }
    void operator()(neural_tensor *tensor) const { neural_tensor_release(tensor); }
};
using Dataset = std::unique_ptr<neural_dataset, Destroy>;
using Tensor = std::unique_ptr<neural_tensor, Destroy>;

// A file in memory, gone with the object: rewriting one on a disk costs milliseconds.
class TempFile {
  public:
    TempFile(const std::string &name, const std::string &content)
        : fd_(memfd_create(name.c_str(), 0)), path_("/proc/self/fd/" + std::to_string(fd_)) {
        write(content);
    }
    ~TempFile() { close(fd_); }
    TempFile(const TempFile &) = delete;
    TempFile &operator=(const TempFile &) = delete;
    void write(const std::string &content) const {
        const ssize_t size = static_cast<ssize_t>(content.size());
        ASSERT_EQ(ftruncate(fd_, 0), 0);
        ASSERT_EQ(pwrite(fd_, content.data(), content.size(), 0), size);
    }
    const char *path() const { return path_.c_str(); }

  private:
    int fd_;
    std::string path_;
};

// A copy of text whose end is the end of a page; the next page must not be touched.
class GuardedText {
  public:
    explicit GuardedText(const std::string &text) : size_(text.size()) {
        const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        const size_t used = (text.size() + page - 1) / page * page;
        total_ = used + page;
        base_ = static_cast<char *>(
            mmap(nullptr, total_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        mprotect(base_ + used, page, PROT_NONE);
        data_ = base_ + used - text.size();
        memcpy(data_, text.data(), text.size());
    }
    ~GuardedText() { munmap(base_, total_); }
    GuardedText(const GuardedText &) = delete;
    GuardedText &operator=(const GuardedText &) = delete;
    const char *data() const { return data_; }
    const char *end() const { return data_ + size_; }
    size_t size() const { return size_; }

  private:
    char *base_, *data_;
    size_t size_, total_;
};

// zlib's own compressor; level 9, one member.
inline std::string gzip(const std::string &text) {
    z_stream stream = {};
    deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef *>(&out[0]);
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

inline std::string big_endian(uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; i--) {
        out += static_cast<char>(value >> (8 * i));
    }
    return out;
}

// An IDX file of the given type byte, sizes and raw payload.
inline std::string idx_file(int type, const std::vector<uint32_t> &dims,
                            const std::string &payload) {
    std::string out = {0, 0, static_cast<char>(type), static_cast<char>(dims.size())};
    for (uint32_t size : dims) {
        out += big_endian(size, 4);
    }
    return out + payload;
}

// Result of a load: the dataset, or the status and text of the failure.
struct Loaded {
    Dataset dataset;
    neural_status status;
    std::string error;
};

inline Loaded load(const char *path, const neural_data_options &options) {
    neural_dataset *dataset = nullptr;
    neural_clear_error();
    const neural_status status = neural_dataset_load(path, &options, &dataset);
    EXPECT_EQ(status == NEURAL_OK, dataset != nullptr);
    return {Dataset(dataset), status, neural_last_error()};
}

// The error text with the file's path cut to "FILE".
inline std::string without_path(std::string text, const TempFile &file,
                                const std::string &name = "FILE") {
    const std::string path = file.path();
    for (size_t at; (at = text.find(path)) != std::string::npos;) {
        text.replace(at, path.size(), name);
    }
    return text;
}

inline std::vector<double> values_of(const neural_tensor *tensor) {
    std::vector<double> out(static_cast<size_t>(neural_tensor_len(tensor)));
    const void *data = neural_tensor_data(tensor);
    for (size_t i = 0; i < out.size(); i++) {
        switch (neural_tensor_dtype(tensor)) {
        case NEURAL_DTYPE_F32:
            out[i] = static_cast<const float *>(data)[i];
            break;
        case NEURAL_DTYPE_F64:
            out[i] = static_cast<const double *>(data)[i];
            break;
        default:
            out[i] = static_cast<double>(static_cast<const int64_t *>(data)[i]);
        }
    }
    return out;
}

} // namespace data_testing

#endif // TESTS_DATA_DATA_TESTING_H_
