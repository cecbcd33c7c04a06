#include "core/base/log.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace {

struct Lines {
    std::vector<std::string> texts;
    std::vector<neural_log_level> levels;
};

void collect(void *context, neural_log_level level, const char *line) {
    auto *lines = static_cast<Lines *>(context);
    lines->texts.push_back(line);
    lines->levels.push_back(level);
}

TEST(Log, SilentByDefaultAndAfterNull) {
    neural_log_write(NEURAL_LOG_ERROR, "nobody hears %d", 1);
    Lines lines;
    neural_set_log(collect, &lines, NEURAL_LOG_DEBUG);
    neural_set_log(nullptr, nullptr, NEURAL_LOG_DEBUG);
    neural_log_write(NEURAL_LOG_ERROR, "nobody hears %d", 2);
    EXPECT_TRUE(lines.texts.empty());
}

TEST(Log, HandsOnFromItsLevelUp) {
    Lines lines;
    neural_set_log(collect, &lines, NEURAL_LOG_WARNING);
    neural_log_write(NEURAL_LOG_DEBUG, "debug");
    neural_log_write(NEURAL_LOG_INFO, "info");
    neural_log_write(NEURAL_LOG_WARNING, "warning %d", 7);
    neural_log_write(NEURAL_LOG_ERROR, "error %s", "x");
    neural_set_log(nullptr, nullptr, NEURAL_LOG_DEBUG);
    EXPECT_EQ(lines.texts, (std::vector<std::string>{"warning 7", "error x"}));
    EXPECT_EQ(lines.levels, (std::vector<neural_log_level>{NEURAL_LOG_WARNING, NEURAL_LOG_ERROR}));
}

TEST(Log, LongLineIsCut) {
    Lines lines;
    neural_set_log(collect, &lines, NEURAL_LOG_DEBUG);
    neural_log_write(NEURAL_LOG_INFO, "%s", std::string(5000, 'z').c_str());
    neural_set_log(nullptr, nullptr, NEURAL_LOG_DEBUG);
    ASSERT_EQ(lines.texts.size(), 1u);
    EXPECT_EQ(lines.texts[0], std::string(1023, 'z'));
}

void reinstalling(void *context, neural_log_level, const char *) {
    ++*static_cast<int *>(context);
    neural_set_log(nullptr, nullptr, NEURAL_LOG_DEBUG);
}

TEST(Log, ReceiverMayInstallAnother) {
    int calls = 0;
    neural_set_log(reinstalling, &calls, NEURAL_LOG_DEBUG);
    neural_log_write(NEURAL_LOG_INFO, "one");
    neural_log_write(NEURAL_LOG_INFO, "two");
    EXPECT_EQ(calls, 1);
}

/* Two receivers, each of which must only ever see its own context. */
struct Receiver {
    int id;
    std::atomic<int> seen{0}, foreign{0};
};

template <int kId> void tagged(void *context, neural_log_level, const char *) {
    auto *receiver = static_cast<Receiver *>(context);
    ++(receiver->id == kId ? receiver->seen : receiver->foreign);
}

TEST(Log, FunctionAndContextChangeTogether) {
    Receiver one{1}, two{2};
    std::atomic<bool> stop{false};
    neural_set_log(tagged<1>, &one, NEURAL_LOG_DEBUG);
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; t++) {
        threads.emplace_back([&] {
            while (!stop) {
                neural_log_write(NEURAL_LOG_INFO, "line");
            }
        });
        threads.emplace_back([&, t] {
            for (int i = 0; i < 20000; i++) {
                (i + t) % 2 ? neural_set_log(tagged<1>, &one, NEURAL_LOG_DEBUG)
                            : neural_set_log(tagged<2>, &two, NEURAL_LOG_DEBUG);
            }
        });
    }
    threads[1].join();
    threads[3].join();
    while (one.seen + two.seen == 0) {
        std::this_thread::yield();
    }
    stop = true;
    threads[0].join();
    threads[2].join();
    neural_set_log(nullptr, nullptr, NEURAL_LOG_DEBUG);
    EXPECT_EQ(one.foreign, 0);
    EXPECT_EQ(two.foreign, 0);
}

} // namespace
