// A writer in a directory of its own, and its events.
#ifndef TESTS_LOGGING_SUMMARY_TESTING_H_
#define TESTS_LOGGING_SUMMARY_TESTING_H_

#include <memory>
#include <string>
#include <vector>

#include "logging/summary_writer.h"
#include "tests/logging/logging_testing.h"

namespace logging_testing {

class SummaryWriterTest : public testing::Test {
  protected:
    void TearDown() override { neural_summary_writer_destroy(writer_); }

    void open(const neural_summary_options *options = nullptr) {
        neural_summary_writer_destroy(writer_);
        writer_ = nullptr;
        EXPECT_EQ(neural_summary_writer_create(dir_.path().c_str(), options, &writer_), NEURAL_OK)
            << neural_last_error();
    }

    // The events of a file behind the first, without their times.
    static std::vector<std::string> events_in(const std::string &path) {
        std::vector<std::string> all = records_in(path);
        EXPECT_EQ(without_time(all.at(0)), field(3, "brain.Event:2"));
        all.erase(all.begin());
        for (std::string &event : all) {
            event = without_time(event);
        }
        return all;
    }
    std::vector<std::string> events() { return events_in(neural_summary_writer_path(writer_)); }

    static std::string only_file_of(const std::string &dir) {
        std::vector<std::string> files;
        for (const auto &entry : std::filesystem::directory_iterator(dir)) {
            files.push_back(entry.path());
        }
        EXPECT_EQ(files.size(), 1u) << dir;
        return files.empty() ? "" : files[0];
    }

    TempDir dir_;
    neural_summary_writer *writer_ = nullptr;
};

struct Release {
    void operator()(neural_tensor *tensor) const { neural_tensor_release(tensor); }
};
using Tensor = std::unique_ptr<neural_tensor, Release>;

template <typename T>
Tensor tensor_of(const std::vector<T> &values, neural_dtype dtype, std::vector<int64_t> dims = {}) {
    if (dims.empty()) {
        dims = {static_cast<int64_t>(values.size())};
    }
    neural_tensor *out = nullptr;
    EXPECT_EQ(neural_tensor_from_data(values.data(),
                                      static_cast<int64_t>(values.size() * sizeof(T)),
                                      static_cast<int>(dims.size()), dims.data(), dtype, &out),
              NEURAL_OK)
        << neural_last_error();
    return Tensor(out);
}

// The metadata of a plugin, with its content when there is any.
inline std::string metadata(const std::string &plugin, const std::string &content = "") {
    return field(9, field(1, field(1, plugin) + (content.empty() ? "" : field(2, content))));
}

} // namespace logging_testing

#endif // TESTS_LOGGING_SUMMARY_TESTING_H_
