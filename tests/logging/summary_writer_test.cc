#include "logging/summary_writer.h"

#include <cmath>
#include <limits>
#include <thread>

#include "core/base/memory.h"
#include "tests/logging/summary_testing.h"

namespace {

using namespace logging_testing;

using SummaryWriter = SummaryWriterTest;

// Written out by hand from the specification: every byte of the file but time and checksums.
TEST_F(SummaryWriter, BytesOfAScalar) {
    open();
    EXPECT_EQ(neural_summary_writer_dir(writer_), dir_.path());
    ASSERT_EQ(neural_summary_writer_add_scalar(writer_, "loss", 0.5, 300), NEURAL_OK);
    const std::string file = read_file(neural_summary_writer_path(writer_));
    const std::string second = file.substr(16 + 24); // a record of 24 bytes comes first
    EXPECT_EQ(file.substr(0, 8), std::string("\x18\0\0\0\0\0\0\0", 8));
    EXPECT_EQ(file.substr(12 + 9, 15), "\x1A\x0D"
                                       "brain.Event:2");
    EXPECT_EQ(second.substr(0, 8), std::string("\x1B\0\0\0\0\0\0\0", 8));
    EXPECT_EQ(second[12], '\x09'); // field 1, 8 bytes
    EXPECT_EQ(second.substr(12 + 9, 18),
              std::string("\x10\xAC\x02"         // field 2: 300
                          "\x2A\x0D"             // field 5, 13 bytes: the summary
                          "\x0A\x0B"             // its field 1, 11 bytes: the value
                          "\x0A\x04loss"         // its field 1, 4 bytes: the tag
                          "\x15\x00\x00\x00\x3F" // its field 2: 0.5f
                          ,
                          18));
    EXPECT_EQ(second.size(), 16u + 27u);
}

TEST_F(SummaryWriter, ScalarsOfAllKinds) {
    open();
    const double inf = std::numeric_limits<double>::infinity();
    const double values[] = {0, -0.0, 1e-300, 3.1, inf, -inf, 1e300};
    const int64_t steps[] = {0, 1, -1, INT64_MAX, INT64_MIN, 2, 3};
    std::vector<std::string> expected;
    for (int i = 0; i < 7; i++) {
        ASSERT_EQ(neural_summary_writer_add_scalar(writer_, "a/b", values[i], steps[i]), NEURAL_OK);
        const float kept = static_cast<float>(values[i]);
        expected.push_back(value_event(steps[i], "a/b", field_float(2, kept)));
    }
    EXPECT_EQ(events(), expected);
    ASSERT_EQ(neural_summary_writer_add_scalar(writer_, "n", NAN, 4), NEURAL_OK);
    const std::string last = events().back();
    float kept = 0;
    memcpy(&kept, &last[last.size() - 4], 4);
    EXPECT_TRUE(std::isnan(kept));
}

TEST_F(SummaryWriter, TagsOfAnyLengthAndCharacters) {
    open();
    const std::string tags[] = {"", "two\nlines\t\"quoted\" $(rm -rf /) `x` ; ../../etc/passwd",
                                "Größe/损失/\xF0\x9F\x98\x80", std::string(10240, 'x'),
                                std::string(5000, '/') + "\x01\x7F"};
    std::vector<std::string> expected;
    for (const std::string &tag : tags) {
        ASSERT_EQ(neural_summary_writer_add_scalar(writer_, tag.c_str(), 1, 2), NEURAL_OK);
        // a text of no bytes is not written (proto3)
        const std::string value = (tag.empty() ? "" : field(1, tag)) + field_float(2, 1);
        expected.push_back(field_int(2, 2) + field(5, field(1, value)));
    }
    EXPECT_EQ(events(), expected);
}

// Well-formed UTF-8 stays, every other byte becomes U+FFFD (Unicode 15, table 3-7).
TEST_F(SummaryWriter, TagsThatAreNoUtf8AreRepaired) {
    open();
    const std::string bad = "\xEF\xBF\xBD";
    const std::pair<std::string, std::string> cases[] = {
        {"\xFF", bad},
        {"a\x80z", "a" + bad + "z"},
        {"\xC3(", bad + "("},
        {"\xC0\xAF", bad + bad},
        {"\xE0\x80\xAF", bad + bad + bad},
        {"\xED\xA0\x80", bad + bad + bad},
        {"\xF4\x90\x80\x80", bad + bad + bad + bad},
        {"\xF0\x9F\x98", bad + bad + bad},
        {"\xE2\x82", bad + bad},
        {"\xF4\x8F\xBF\xBF\xED\x9F\xBF\xC2\x80", "\xF4\x8F\xBF\xBF\xED\x9F\xBF\xC2\x80"}};
    std::vector<std::string> expected;
    for (const auto &[given, kept] : cases) {
        ASSERT_EQ(neural_summary_writer_add_scalar(writer_, given.c_str(), 1, 2), NEURAL_OK);
        expected.push_back(value_event(2, kept, field_float(2, 1)));
    }
    EXPECT_EQ(events(), expected);
}

TEST_F(SummaryWriter, AResumedRunVoidsWhatComesAfterItsStep) {
    const neural_summary_options options = {0, ".resumed", 1, 77};
    open(&options);
    EXPECT_EQ(events(), std::vector<std::string>{field_int(2, 77) + field(7, field_int(1, 1))});
    const std::string path = neural_summary_writer_path(writer_);
    EXPECT_EQ(path.substr(path.size() - 8), ".resumed");
    const neural_summary_options from_zero = {0, nullptr, 1, 0};
    open(&from_zero);
    EXPECT_EQ(events(), std::vector<std::string>{field(7, field_int(1, 1))});
}

TEST_F(SummaryWriter, ScalarsInRunsOfTheirOwn) {
    open();
    const char *const names[] = {"train", "../up/val"};
    for (int64_t step = 1; step <= 3; step++) {
        const double values[] = {0.25 * static_cast<double>(step), -1};
        ASSERT_EQ(neural_summary_writer_add_scalars(writer_, "net/loss", names, values, 2, step),
                  NEURAL_OK);
    }
    EXPECT_TRUE(events().empty());
    auto train = records_in(only_file_of(dir_.path() + "/net_loss_train"));
    ASSERT_EQ(train.size(), 4u);
    EXPECT_EQ(without_time(train[0]), field(3, "brain.Event:2"));
    EXPECT_EQ(without_time(train[3]), value_event(3, "net/loss", field_float(2, 0.75f)));
    auto up = records_in(only_file_of(dir_.path() + "/net_loss_.._up_val"));
    ASSERT_EQ(up.size(), 4u);
    EXPECT_EQ(without_time(up[1]), value_event(1, "net/loss", field_float(2, -1)));
}

TEST_F(SummaryWriter, LongAndForeignNamesOfRuns) {
    open();
    const std::string one = std::string(9000, 'a') + "1", two = std::string(9000, 'a') + "2";
    const char *const names[] = {one.c_str(), two.c_str(), "", "\xFF"};
    const double values[] = {1, 2, 3, 4};
    ASSERT_EQ(neural_summary_writer_add_scalars(writer_, "m\xFF", names, values, 4, 5), NEURAL_OK)
        << neural_last_error();
    int runs = 0;
    std::string found;
    for (const auto &entry : std::filesystem::directory_iterator(dir_.path())) {
        if (entry.is_directory()) {
            const auto records = records_in(only_file_of(entry.path()));
            ASSERT_EQ(records.size(), 2u);
            const std::string event = without_time(records[1]);
            const float kept = static_cast<float>(values[runs++]);
            found += event.substr(event.size() - 4);
            EXPECT_EQ(
                event.substr(0, event.size() - 4),
                value_event(5, "m\xEF\xBF\xBD", field_float(2, kept)).substr(0, event.size() - 4));
        }
    }
    EXPECT_EQ(runs, 4);
    for (const float value : {1.f, 2.f, 3.f, 4.f}) {
        EXPECT_NE(found.find(bits_of(value)), std::string::npos);
    }
}

TEST_F(SummaryWriter, AGroupIsOneEvent) {
    open();
    const char *const names[] = {"min", "max", "b\xFF"};
    const double values[] = {-1, 4, 0};
    ASSERT_EQ(neural_summary_writer_add_scalar_group(writer_, "w", names, values, 3, 9), NEURAL_OK);
    ASSERT_EQ(neural_summary_writer_add_scalar_group(writer_, "w", nullptr, nullptr, 0, 9),
              NEURAL_OK);
    const std::string summary = field(1, field(1, "w/min") + field_float(2, -1)) +
                                field(1, field(1, "w/max") + field_float(2, 4)) +
                                field(1, field(1, "w/b\xEF\xBF\xBD") + field_float(2, 0));
    EXPECT_EQ(events().at(0), field_int(2, 9) + field(5, summary));
    EXPECT_EQ(events().at(1), field_int(2, 9) + field(5, ""));
}

TEST_F(SummaryWriter, ThreadsShareOneWriter) {
    open();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++) {
        threads.emplace_back([this, t] {
            for (int64_t i = 0; i < 500; i++) {
                const std::string tag(static_cast<size_t>(t) * 50 + 1, 't');
                EXPECT_EQ(neural_summary_writer_add_scalar(writer_, tag.c_str(), t, i), NEURAL_OK);
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    EXPECT_EQ(events().size(), 2000u);
}

TEST_F(SummaryWriter, ClosedAndMissing) {
    open();
    const char *const names[] = {"a"};
    const double values[] = {1};
    EXPECT_EQ(neural_summary_writer_add_scalars(writer_, "t", names, values, 1, 0), NEURAL_OK);
    EXPECT_EQ(neural_summary_writer_flush(writer_), NEURAL_OK);
    EXPECT_EQ(neural_summary_writer_close(writer_), NEURAL_OK);
    EXPECT_EQ(neural_summary_writer_close(writer_), NEURAL_OK);
    EXPECT_EQ(neural_summary_writer_add_scalar(writer_, "t", 1, 1), NEURAL_ERR_INVALID_ARGUMENT);
    const std::string path = neural_summary_writer_path(writer_);
    EXPECT_EQ(neural_last_error(), path + ": is closed");
    EXPECT_EQ(neural_summary_writer_add_scalars(writer_, "t", names, values, 1, 0),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_summary_writer_add_scalar(writer_, nullptr, 1, 1), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_summary_writer_add_scalar(nullptr, "t", 1, 1), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_summary_writer_add_scalars(writer_, "t", nullptr, values, 1, 1),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_summary_writer_add_scalars(writer_, "t", names, values, -1, 1),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_summary_writer_flush(nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_summary_writer_create(nullptr, nullptr, &writer_), NEURAL_ERR_NULL_POINTER);
    neural_summary_writer_destroy(nullptr);
}

TEST_F(SummaryWriter, AScalarAllocatesNothing) {
    open();
    const int64_t count = neural_alloc_count();
    for (int64_t i = 0; i < 100; i++) {
        EXPECT_EQ(neural_summary_writer_add_scalar(writer_, "loss", 1, i), NEURAL_OK);
    }
    EXPECT_EQ(neural_alloc_count(), count);
}

// Every allocation of a whole life fails once; nothing is lost and the file stays whole.
TEST_F(SummaryWriter, FailedAllocations) {
    const int64_t before = neural_alloc_bytes();
    const char *const names[] = {"a", "b"};
    const double values[] = {1, 2};
    int failures = 0;
    for (int n = 1; n < 40; n++) {
        neural_summary_writer *writer = nullptr;
        const neural_summary_options options = {0, ".x", 0, 0};
        neural_alloc_fail_at(n);
        neural_status status = neural_summary_writer_create(dir_.path().c_str(), &options, &writer);
        if (!status) {
            status = neural_summary_writer_add_scalar(writer, "t\xFF", 1, 2);
        }
        if (!status) {
            status = neural_summary_writer_add_scalars(writer, "t\xFF", names, values, 2, 3);
        }
        if (!status) {
            status = neural_summary_writer_add_scalar_group(writer, "t", names, values, 2, 3);
        }
        neural_alloc_fail_at(0);
        EXPECT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_OUT_OF_MEMORY) << status;
        failures += status != NEURAL_OK;
        if (writer) {
            records_in(neural_summary_writer_path(writer));
        }
        neural_summary_writer_destroy(writer);
        EXPECT_EQ(neural_alloc_bytes(), before) << n;
    }
    EXPECT_GE(failures, 15);
}

} // namespace
