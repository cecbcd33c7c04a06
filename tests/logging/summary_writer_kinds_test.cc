#include <cfloat>
#include <cmath>
#include <limits>

#include "core/base/memory.h"
#include "tests/logging/summary_testing.h"

namespace {

using namespace logging_testing;

using SummaryKinds = SummaryWriterTest;

std::string packed(const std::vector<double> &values) {
    std::string out;
    for (const double value : values) {
        out += bits_of(value);
    }
    return out;
}

// --- histograms ---

TEST_F(SummaryKinds, BytesOfAHistogramOfTheCallers) {
    open();
    const double limit[] = {0.5, 1, 2}, count[] = {3, 0, 1};
    const neural_buckets buckets = {-1, 1.5, 2, 4, 4, limit, count, 3};
    ASSERT_EQ(neural_summary_writer_add_histogram_raw(writer_, "h", &buckets, 5), NEURAL_OK);
    const std::string histogram = field_double(1, -1) + field_double(2, 1.5) + field_double(3, 4) +
                                  field_double(4, 2) + field_double(5, 4) +
                                  field(6, packed({0.5, 1, 2})) + field(7, packed({3, 0, 1}));
    EXPECT_EQ(events().back(), value_event(5, "h", field(5, histogram)));
    const double wrong[] = {0.5, 0.5, 2};
    const neural_buckets unsorted = {0, 0, 0, 0, 0, wrong, count, 3};
    EXPECT_EQ(neural_summary_writer_add_histogram_raw(writer_, "h", &unsorted, 5),
              NEURAL_ERR_INVALID_ARGUMENT);
    const neural_buckets none = {0, 0, 0, 0, 0, nullptr, nullptr, 3};
    EXPECT_EQ(neural_summary_writer_add_histogram_raw(writer_, "h", &none, 5),
              NEURAL_ERR_NULL_POINTER);
}

// 0 lies in [0, 1e-12); 1e30 in the last bucket; all below, between and their neighbours is empty.
TEST_F(SummaryKinds, HistogramsOfTensors) {
    open();
    const Tensor values = tensor_of<float>({0, 0, 1e30f, NAN, INFINITY}, NEURAL_DTYPE_F32);
    const double large = static_cast<double>(1e30f);
    ASSERT_EQ(neural_summary_writer_add_histogram(writer_, "h", values.get(), 1), NEURAL_OK);
    double last = 1e-12;
    while (last * 1.1 < 1e20) {
        last *= 1.1;
    }
    const std::string histogram = field_double(2, large) + field_double(3, 3) +
                                  field_double(4, large) + field_double(5, large * large) +
                                  field(6, packed({0, 1e-12, last, DBL_MAX})) +
                                  field(7, packed({0, 2, 0, 1}));
    EXPECT_EQ(events().back(), value_event(1, "h", field(5, histogram)));

    const Tensor empty = tensor_of<double>({}, NEURAL_DTYPE_F64, {0});
    ASSERT_EQ(neural_summary_writer_add_histogram(writer_, "e", empty.get(), 1), NEURAL_OK);
    const std::string one = field(6, packed({DBL_MAX})) + field(7, packed({0}));
    EXPECT_EQ(events().back(), value_event(1, "e", field(5, one)));

    const Tensor words = tensor_of<int64_t>({1, 2}, NEURAL_DTYPE_I64);
    EXPECT_EQ(neural_summary_writer_add_histogram(writer_, "e", words.get(), 1),
              NEURAL_ERR_DTYPE_MISMATCH);
}

TEST_F(SummaryKinds, HistogramsOfViewsAreThoseOfTheirElements) {
    open();
    const Tensor all = tensor_of<double>({1, 10, 2, 20, 3, 30}, NEURAL_DTYPE_F64, {3, 2});
    neural_tensor *slice = nullptr;
    ASSERT_EQ(neural_tensor_slice(all.get(), 1, 0, 1, 1, &slice), NEURAL_OK);
    const Tensor column(slice), copy = tensor_of<double>({1, 2, 3}, NEURAL_DTYPE_F64);
    ASSERT_EQ(neural_summary_writer_add_histogram(writer_, "h", column.get(), 1), NEURAL_OK);
    ASSERT_EQ(neural_summary_writer_add_histogram(writer_, "h", copy.get(), 1), NEURAL_OK);
    EXPECT_EQ(events()[0], events()[1]);
}

TEST_F(SummaryKinds, StatisticsOfAHistogram) {
    open();
    const auto expect = [&](const std::vector<float> &values, float least, float most, float mean) {
        const Tensor tensor = tensor_of(values, NEURAL_DTYPE_F32);
        ASSERT_EQ(neural_summary_writer_add_histogram_stats(writer_, "w", tensor.get(), 3),
                  NEURAL_OK);
        const std::string got = events().back();
        const std::string parts = field(1, field(1, "w/min") + field_float(2, least)) +
                                  field(1, field(1, "w/max") + field_float(2, most)) +
                                  field(1, field(1, "w/mean") + field_float(2, mean));
        const std::string whole = field_int(2, 3) + field(5, parts);
        if (!std::isnan(mean)) {
            EXPECT_EQ(got, whole);
        }
        float kept = 0;
        memcpy(&kept, &got[got.size() - 4], 4);
        EXPECT_EQ(std::isnan(kept), std::isnan(mean));
        EXPECT_EQ(got.size(), whole.size());
    };
    expect({1, -2, 7}, -2, 7, 2);
    expect({5}, 5, 5, 5);
    expect({1, INFINITY}, 1, INFINITY, INFINITY);
    expect({1, NAN, 2}, NAN, NAN, NAN);
    const size_t before = events().size();
    const Tensor empty = tensor_of<float>({}, NEURAL_DTYPE_F32, {0});
    EXPECT_EQ(neural_summary_writer_add_histogram_stats(writer_, "w", empty.get(), 3), NEURAL_OK);
    EXPECT_EQ(events().size(), before);
}

// --- images and texts ---

TEST_F(SummaryKinds, Images) {
    open();
    const std::vector<uint8_t> pixels(300 * 7 * 3, 0x55);
    ASSERT_EQ(neural_summary_writer_add_image(writer_, "i", pixels.data(), 300, 7, 3, 2),
              NEURAL_OK);
    const std::string event = events().back();
    const size_t png = event.find("\x89PNG\r\n\x1A\n");
    ASSERT_NE(png, std::string::npos);
    const std::string image = field_int(1, 300) + field_int(2, 7) + field_int(3, 3);
    EXPECT_EQ(event, value_event(2, "i", field(4, image + field(4, event.substr(png)))));
    EXPECT_EQ(event.substr(event.size() - 12), std::string("\0\0\0\0IEND\xAE\x42\x60\x82", 12));
    EXPECT_EQ(neural_summary_writer_add_image(writer_, "i", pixels.data(), 1, 1, 2, 2),
              NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_summary_writer_add_image(writer_, "i", nullptr, 1, 1, 1, 2),
              NEURAL_ERR_NULL_POINTER);
}

TEST_F(SummaryKinds, Texts) {
    open();
    const std::string long_text = std::string(70000, 'm') + "\n# title\xFF";
    for (const std::string &text : {std::string("a *b*\n"), std::string(), long_text}) {
        ASSERT_EQ(neural_summary_writer_add_text(writer_, "t\xFE", text.c_str(), 4), NEURAL_OK);
        std::string kept = text;
        if (!kept.empty() && kept.back() == '\xFF') {
            kept.replace(kept.size() - 1, 1, "\xEF\xBF\xBD");
        }
        const std::string tensor =
            field_int(1, 7) + field(2, field(2, field_int(1, 1))) + field(8, kept);
        EXPECT_EQ(events().back(), value_event(4, "t\xEF\xBF\xBD/text_summary",
                                               field(8, tensor) + metadata("text")));
    }
}

// --- precision and recall ---

TEST_F(SummaryKinds, CurveOfPrecisionAndRecall) {
    open();
    const Tensor labels = tensor_of<int64_t>({1, 0, 1, 1, 0}, NEURAL_DTYPE_I64);
    const Tensor scores = tensor_of<float>({1, 0.5f, 0.5f, 0.2f, 0}, NEURAL_DTYPE_F32);
    ASSERT_EQ(
        neural_summary_writer_add_pr_curve(writer_, "p", labels.get(), scores.get(), nullptr, 3, 6),
        NEURAL_OK);
    // At thresholds 0, 0.5 and 1, counted by hand.
    const float third = 1.f / 3, two_thirds = 2.f / 3;
    const float rows[] = {3, 2, 1, 2,    1,          0, 0, 1,          2,
                          0, 1, 2, 0.6f, two_thirds, 1, 1, two_thirds, third};
    std::string floats;
    for (const float value : rows) {
        floats += bits_of(value);
    }
    const std::string shape = field(2, field_int(1, 6)) + field(2, field_int(1, 3));
    const std::string tensor = field_int(1, 1) + field(2, shape) + field(5, floats);
    EXPECT_EQ(events().back(),
              value_event(6, "p", field(8, tensor) + metadata("pr_curves", field_int(2, 3))));
}

TEST_F(SummaryKinds, CurvesThatAreRefusedAndThoseOfOneClass) {
    open();
    const auto add = [&](const std::vector<double> &y, const std::vector<double> &p,
                         const std::vector<double> &w, int64_t thresholds) {
        const Tensor labels = tensor_of(y, NEURAL_DTYPE_F64),
                     scores = tensor_of(p, NEURAL_DTYPE_F64);
        const Tensor weights = tensor_of(w, NEURAL_DTYPE_F64, {static_cast<int64_t>(w.size())});
        return neural_summary_writer_add_pr_curve(writer_, "p", labels.get(), scores.get(),
                                                  w.empty() ? nullptr : weights.get(), thresholds,
                                                  1);
    };
    EXPECT_EQ(add({1, 0}, {0.5}, {}, 3), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(add({1}, {0.5}, {1, 2}, 3), NEURAL_ERR_SHAPE_MISMATCH);
    EXPECT_EQ(add({1}, {1.5}, {}, 3), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(add({1}, {NAN}, {}, 3), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(add({1}, {0.5}, {-1}, 3), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(add({1}, {0.5}, {INFINITY}, 3), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(add({1}, {0.5}, {}, 1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(add({0, 0}, {0.5, 1}, {2, 0}, 2), NEURAL_OK);
    // tp fp tn fn precision recall at 0 and 1: the row of weight 2 is above 0 only
    std::string floats;
    for (const float value : {0.f, 0.f, 2.f, 0.f, 0.f, 2.f, 0.f, 0.f, 0.f, 0.f, 0.f, 0.f}) {
        floats += bits_of(value);
    }
    EXPECT_NE(events().back().find(field(5, floats)), std::string::npos);
}

// --- hyper-parameters ---

std::string hparams_event(int64_t step, const std::string &tag, const std::string &content) {
    return value_event(step, tag, metadata("hparams", content));
}

// The event without a double field near its end that holds a time.
std::string cut_time(std::string event, const std::string &before) {
    const size_t at = event.find(before);
    EXPECT_NE(at, std::string::npos);
    double time = 0;
    memcpy(&time, &event[at + before.size()], 8);
    EXPECT_GT(time, 1.6e9);
    return event.replace(at + before.size(), 8, 8, '\0');
}

TEST_F(SummaryKinds, HyperParametersAndTheirMetrics) {
    open();
    const neural_hparam hparams[] = {{"lr", NEURAL_HPARAM_NUMBER, 0.1, nullptr},
                                     {"optimizer", NEURAL_HPARAM_TEXT, 0, "adam"},
                                     {"amsgrad", NEURAL_HPARAM_BOOL, 1, nullptr}};
    const char *const metrics[] = {"val/accuracy"};
    const double values[] = {0.5};
    ASSERT_EQ(
        neural_summary_writer_add_hparams(writer_, "trial/1", hparams, 3, metrics, values, 1, 8),
        NEURAL_OK);
    EXPECT_TRUE(events().empty());
    const auto got = events_in(only_file_of(dir_.path() + "/trial_1"));
    ASSERT_EQ(got.size(), 4u);
    const std::string experiment = field(4, field(1, "lr") + field_int(4, 3)) +
                                   field(4, field(1, "optimizer") + field_int(4, 1)) +
                                   field(4, field(1, "amsgrad") + field_int(4, 2)) +
                                   field(5, field(1, field(2, "val/accuracy")));
    EXPECT_EQ(got[0], hparams_event(8, "_hparams_/experiment", field(2, experiment)));
    const std::string start = field(1, field(1, "lr") + field(2, field_double(2, 0.1))) +
                              field(1, field(1, "optimizer") + field(2, field(3, "adam"))) +
                              field(1, field(1, "amsgrad") + field(2, field_int(4, 1)));
    EXPECT_EQ(
        cut_time(got[1], start + "\x29"),
        hparams_event(8, "_hparams_/session_start_info", field(3, start + field_double(5, 0))));
    EXPECT_EQ(cut_time(got[2], field_int(1, 1) + "\x11"),
              hparams_event(8, "_hparams_/session_end_info",
                            field(4, field_int(1, 1) + field_double(2, 0))));
    EXPECT_EQ(got[3], value_event(8, "val/accuracy", field_float(2, 0.5f)));

    ASSERT_EQ(
        neural_summary_writer_add_hparams(writer_, nullptr, hparams, 3, nullptr, nullptr, 0, 8),
        NEURAL_OK);
    EXPECT_EQ(events().size(), 3u);
    EXPECT_EQ(neural_summary_writer_add_hparams(writer_, "..", hparams, 3, nullptr, nullptr, 0, 8),
              NEURAL_ERR_INVALID_ARGUMENT);
    const neural_hparam missing[] = {{"x", NEURAL_HPARAM_TEXT, 0, nullptr}};
    EXPECT_EQ(neural_summary_writer_add_hparams(writer_, "r", missing, 1, nullptr, nullptr, 0, 8),
              NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_summary_writer_add_hparams(writer_, "r", nullptr, 1, nullptr, nullptr, 0, 8),
              NEURAL_ERR_NULL_POINTER);
}

// --- graphs ---

TEST_F(SummaryKinds, Graphs) {
    open();
    const int64_t dims[] = {-1, 10};
    const char *const inputs[] = {"input", "a/w\xFF"};
    const neural_graph_node nodes[] = {{"input", "Input", nullptr, 0, -1, nullptr, nullptr},
                                       {"a/linear", "Linear", inputs, 2, 2, dims, "bias: true"},
                                       {"scalar", "Sum", inputs, 1, 0, nullptr, nullptr}};
    ASSERT_EQ(neural_summary_writer_add_graph(writer_, nodes, 3), NEURAL_OK) << neural_last_error();
    const std::string shape = field(2, field_int(1, -1)) + field(2, field_int(1, 10));
    const std::string shapes =
        field(5, field(1, "_output_shapes") + field(2, field(1, field(7, shape))));
    const std::string scalar =
        field(5, field(1, "_output_shapes") + field(2, field(1, field(7, ""))));
    const std::string detail = field(5, field(1, "attr") + field(2, field(2, "bias: true")));
    const std::string graph =
        field(1, field(1, "input") + field(2, "Input")) +
        field(1, field(1, "a/linear") + field(2, "Linear") + field(3, "input") +
                     field(3, "a/w\xEF\xBF\xBD") + shapes + detail) +
        field(1, field(1, "scalar") + field(2, "Sum") + field(3, "input") + scalar) +
        field(4, field_int(1, 22));
    EXPECT_EQ(events().back(), field(4, graph));
    const neural_graph_node broken[] = {{"input", nullptr, nullptr, 0, -1, nullptr, nullptr}};
    EXPECT_EQ(neural_summary_writer_add_graph(writer_, broken, 1), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_summary_writer_add_graph(writer_, nodes, -1), NEURAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(neural_summary_writer_add_graph(writer_, nullptr, 1), NEURAL_ERR_NULL_POINTER);
}

// --- all of them ---

// One event of each kind.
neural_status add_all(neural_summary_writer *writer, const Tensor &values, const Tensor &scores) {
    const uint8_t pixels[12] = {};
    const neural_hparam hparam[] = {{"l\xFF", NEURAL_HPARAM_TEXT, 0, "x\xFF"}};
    const char *const names[] = {"m\xFF"};
    const double numbers[] = {1};
    const int64_t dims[] = {3};
    const neural_graph_node node[] = {{"n\xFF", "O", names, 1, 1, dims, "d\xFF"}};
    NEURAL_TRY(neural_summary_writer_add_histogram(writer, "h", values.get(), 1));
    NEURAL_TRY(neural_summary_writer_add_histogram_stats(writer, "h", values.get(), 1));
    NEURAL_TRY(neural_summary_writer_add_image(writer, "i\xFF", pixels, 2, 2, 3, 1));
    NEURAL_TRY(neural_summary_writer_add_text(writer, "t\xFF", "text\xFF", 1));
    NEURAL_TRY(neural_summary_writer_add_pr_curve(writer, "p", scores.get(), scores.get(),
                                                  scores.get(), 5, 1));
    NEURAL_TRY(neural_summary_writer_add_hparams(writer, "run", hparam, 1, names, numbers, 1, 1));
    return neural_summary_writer_add_graph(writer, node, 1);
}

TEST_F(SummaryKinds, FailedAllocations) {
    const Tensor values = tensor_of<float>({0, 1, 2}, NEURAL_DTYPE_F32);
    const Tensor scores = tensor_of<double>({0, 1, 0.5}, NEURAL_DTYPE_F64);
    open();
    ASSERT_EQ(add_all(writer_, values, scores), NEURAL_OK) << neural_last_error();
    EXPECT_EQ(events().size(), 6u);
    neural_pool_trim();
    const int64_t before = neural_alloc_bytes();
    int failures = 0;
    for (int n = 1; n < 60; n++) {
        neural_alloc_fail_at(n);
        const neural_status status = add_all(writer_, values, scores);
        neural_alloc_fail_at(0);
        EXPECT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_OUT_OF_MEMORY) << status;
        failures += status != NEURAL_OK;
        events();
        neural_pool_trim();
        EXPECT_EQ(neural_alloc_bytes(), before) << n;
    }
    EXPECT_GE(failures, 15);
}

std::string output_of(const std::string &command) {
    FILE *pipe = popen(command.c_str(), "r");
    std::string out;
    char part[4096];
    for (size_t got; pipe && (got = fread(part, 1, sizeof part, pipe)) > 0;) {
        out.append(part, got);
    }
    EXPECT_TRUE(pipe && pclose(pipe) == 0) << command;
    return out;
}

// Every event as protoc reads it: all fields are known, all texts are UTF-8.
TEST_F(SummaryKinds, ProtocReadsThem) {
    if (system("protoc --version > /dev/null 2>&1") != 0) {
        GTEST_SKIP() << "protoc is not installed";
    }
    const Tensor values = tensor_of<float>({-2, 0, 1, 2}, NEURAL_DTYPE_F32);
    const Tensor scores = tensor_of<double>({0, 1, 0.5}, NEURAL_DTYPE_F64);
    const neural_summary_options options = {0, nullptr, 1, 42};
    open(&options);
    ASSERT_EQ(neural_summary_writer_add_scalar(writer_, "loss\n\xFF", -0.25, -7), NEURAL_OK);
    ASSERT_EQ(add_all(writer_, values, scores), NEURAL_OK);
    std::string all;
    int number = 0;
    for (const std::string &record : records_in(neural_summary_writer_path(writer_))) {
        const std::string path = dir_.path() + "/event" + std::to_string(number++);
        std::ofstream(path, std::ios::binary) << record;
        const std::string text =
            output_of("protoc --decode=neural.Event logging/event.proto < " + path);
        EXPECT_EQ(text.rfind("wall_time: 1", 0), 0u) << text;
        all += text;
    }
    EXPECT_EQ(number, 9);
    for (const char *expected :
         {"file_version: \"brain.Event:2\"\n", "step: 42\nsession_log {\n  status: START\n}\n",
          "step: -7\nsummary {\n  value {\n    tag: \"loss\\n\\357\\277\\275\"\n"
          "    simple_value: -0.25\n  }\n}\n",
          "      min: -2\n      max: 2\n      num: 4\n      sum: 1\n      sum_squares: 9\n",
          "      height: 2\n      width: 2\n      colorspace: 3\n",
          "        plugin_name: \"text\"\n", "        plugin_name: \"pr_curves\"\n",
          "    tag: \"h/mean\"\n    simple_value: 0.25\n",
          "      string_val: \"text\\357\\277\\275\"", "graph_def: \"\\n"}) {
        EXPECT_NE(all.find(expected), std::string::npos) << expected << "in\n" << all;
    }
    // an unknown field would be shown by its number
    std::istringstream lines(all);
    for (std::string line; std::getline(lines, line);) {
        const size_t at = line.find_first_not_of(' ');
        EXPECT_FALSE(isdigit(static_cast<unsigned char>(line[at]))) << line;
    }
}

} // namespace
