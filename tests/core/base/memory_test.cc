#include "core/base/memory.h"

#include <cstring>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace {

constexpr size_t kHuge[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 63, SIZE_MAX / 2, SIZE_MAX / 2 - 62};

bool aligned(const void *memory) {
    return reinterpret_cast<uintptr_t>(memory) % 64 == 0;
}

void expect_out_of_memory(size_t bytes) {
    EXPECT_EQ(neural_last_error_code(), NEURAL_ERR_OUT_OF_MEMORY);
    const std::string want = "cannot allocate " + std::to_string(bytes) + " bytes";
    EXPECT_EQ(neural_last_error(), want);
    neural_clear_error();
}

/* --- heap --- */

TEST(Alloc, LargeBlocksBeginAtAHugePage) {
    const size_t page = size_t{2} << 20;
    const int64_t before = neural_alloc_bytes();
    for (const size_t bytes : {page - 64, page - 1, page, page + 1, 2 * page - 1, 9 * page + 7}) {
        char *memory = static_cast<char *>(neural_alloc(bytes));
        ASSERT_NE(memory, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % (bytes > page - 64 ? page : 64), 0u);
        memset(memory, 1, bytes);
        const int64_t held = neural_alloc_bytes() - before;
        EXPECT_GE(held, static_cast<int64_t>(bytes));
        EXPECT_LE(held, static_cast<int64_t>(bytes + bytes / 8 + page)) << "rounded up too far";
        neural_free(memory);
        EXPECT_EQ(neural_alloc_bytes(), before);
    }
}

TEST(Alloc, AlignedCountedAndGivenBack) {
    const int64_t bytes_before = neural_alloc_bytes();
    for (size_t bytes : {0, 1, 63, 64, 65, 4097, 1 << 20}) {
        const int64_t count = neural_alloc_count(), held = neural_alloc_bytes();
        void *memory = neural_alloc(bytes);
        ASSERT_NE(memory, nullptr);
        EXPECT_TRUE(aligned(memory));
        memset(memory, 0xA5, bytes);
        EXPECT_EQ(neural_alloc_count(), count + 1);
        EXPECT_GE(neural_alloc_bytes(), held + int64_t(bytes));
        EXPECT_LE(neural_alloc_bytes(), held + int64_t(bytes) + 8192);
        neural_free(memory);
        EXPECT_EQ(neural_alloc_count(), count + 1);
    }
    neural_free(nullptr);
    EXPECT_EQ(neural_alloc_bytes(), bytes_before);
}

TEST(Alloc, ZeroedIsZero) {
    for (size_t bytes : {0, 1, 100, 100000}) {
        void *dirty = neural_alloc(bytes);
        memset(dirty, 0xFF, bytes);
        neural_free(dirty);
        auto *memory = static_cast<unsigned char *>(neural_alloc_zeroed(bytes));
        for (size_t i = 0; i < bytes; i++) {
            ASSERT_EQ(memory[i], 0) << i;
        }
        neural_free(memory);
    }
}

TEST(Alloc, HugeSizesAreRefused) {
    const int64_t count = neural_alloc_count(), held = neural_alloc_bytes();
    for (size_t bytes : kHuge) {
        EXPECT_EQ(neural_alloc(bytes), nullptr);
        expect_out_of_memory(bytes);
        EXPECT_EQ(neural_alloc_zeroed(bytes), nullptr);
        EXPECT_EQ(neural_pool_alloc(bytes), nullptr);
        EXPECT_EQ(neural_block_create(bytes), nullptr);
        expect_out_of_memory(bytes);
    }
    EXPECT_EQ(neural_alloc_count(), count);
    EXPECT_EQ(neural_alloc_bytes(), held);
}

TEST(Alloc, ReallocKeepsTheContents) {
    auto *memory = static_cast<char *>(neural_realloc(nullptr, 0, 10));
    memcpy(memory, "123456789", 10);
    memory = static_cast<char *>(neural_realloc(memory, 10, 5000));
    EXPECT_STREQ(memory, "123456789");
    memory = static_cast<char *>(neural_realloc(memory, 5000, 4));
    EXPECT_EQ(memcmp(memory, "1234", 4), 0);
    EXPECT_EQ(neural_realloc(memory, 4, SIZE_MAX), nullptr);
    EXPECT_EQ(memcmp(memory, "1234", 4), 0) << "the old memory stays valid";
    neural_free(memory);
}

TEST(Alloc, FailAtHitsExactlyTheNth) {
    for (int64_t n = 1; n <= 5; n++) {
        neural_alloc_fail_at(n);
        for (int64_t i = 1; i <= 8; i++) {
            void *memory = neural_alloc(100);
            EXPECT_EQ(memory == nullptr, i == n) << "n " << n << ", allocation " << i;
            if (!memory) {
                expect_out_of_memory(100);
            }
            neural_free(memory);
        }
    }
    neural_alloc_fail_at(1);
    neural_alloc_fail_at(0);
    void *memory = neural_alloc(1);
    EXPECT_NE(memory, nullptr);
    neural_free(memory);
}

TEST(Alloc, FailAtHitsOneThreadOnly) {
    for (int round = 0; round < 20; round++) {
        std::atomic<int> failures{0};
        neural_alloc_fail_at(500);
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; t++) {
            threads.emplace_back([&] {
                for (int i = 0; i < 250; i++) {
                    void *memory = neural_alloc(64);
                    failures += memory == nullptr;
                    neural_free(memory);
                }
            });
        }
        for (auto &thread : threads) {
            thread.join();
        }
        EXPECT_EQ(failures, 1);
    }
}

TEST(Alloc, Strdup) {
    char *copy = neural_strdup("fan_in");
    EXPECT_STREQ(copy, "fan_in");
    neural_free(copy);
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_strdup("x"), nullptr);
}

TEST(Alloc, SizeMul) {
    int64_t out = -7;
    EXPECT_EQ(neural_size_mul(1 << 20, 1 << 20, &out), NEURAL_OK);
    EXPECT_EQ(out, int64_t(1) << 40);
    EXPECT_EQ(neural_size_mul(INT64_MAX, 1, &out), NEURAL_OK);
    EXPECT_EQ(out, INT64_MAX);
    EXPECT_EQ(neural_size_mul(0, INT64_MAX, &out), NEURAL_OK);
    EXPECT_EQ(out, 0);
    out = 5;
    EXPECT_EQ(neural_size_mul(int64_t(1) << 32, int64_t(1) << 31, &out),
              NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_NE(std::string(neural_last_error()).find("4294967296"), std::string::npos);
    EXPECT_NE(std::string(neural_last_error()).find("2147483648"), std::string::npos);
    EXPECT_EQ(neural_size_mul(INT64_MAX, 2, &out), NEURAL_ERR_TENSOR_TOO_LARGE);
    EXPECT_EQ(out, 5);
}

/* --- pool --- */

TEST(Pool, BlocksAreLargeEnoughAndNotWasteful) {
    std::vector<size_t> sizes = {0, 1, 63, 64, 65, 128, 129, 255, 256, 257, 319, 320, 321};
    for (int shift = 9; shift < 24; shift++) {
        for (size_t quarter = 4; quarter < 8; quarter++) {
            const size_t edge = quarter << (shift - 2);
            sizes.insert(sizes.end(), {edge - 1, edge, edge + 1});
        }
    }
    for (size_t bytes : sizes) {
        neural_block *block = neural_block_create(bytes);
        ASSERT_NE(block, nullptr);
        EXPECT_TRUE(aligned(neural_block_data(block)));
        EXPECT_GE(neural_block_bytes(block), bytes);
        EXPECT_LE(neural_block_bytes(block), bytes + bytes / 4 + 64) << bytes;
        memset(neural_block_data(block), 0x5A, neural_block_bytes(block));
        neural_block_release(block);
    }
}

TEST(Pool, ExactClassesAreExact) {
    for (size_t bytes : {64, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1 << 20}) {
        neural_block *block = neural_block_create(bytes);
        EXPECT_EQ(neural_block_bytes(block), bytes);
        neural_block_release(block);
    }
}

TEST(Pool, References) {
    neural_block *block = neural_block_create(100);
    EXPECT_FALSE(neural_block_is_shared(block));
    EXPECT_EQ(neural_block_retain(block), block);
    EXPECT_TRUE(neural_block_is_shared(block));
    neural_block_release(block);
    EXPECT_FALSE(neural_block_is_shared(block));
    neural_block_release(block);
    EXPECT_EQ(neural_block_retain(nullptr), nullptr);
    neural_block_release(nullptr);
}

TEST(Pool, SecondRoundAllocatesNothing) {
    const size_t sizes[] = {40, 64, 1000, 4096, 100000, 3 << 20, 70 << 20, 300 << 20};
    int64_t after_first = 0;
    for (int round = 0; round < 3; round++) {
        std::vector<neural_block *> blocks;
        std::vector<void *> objects;
        for (size_t bytes : sizes) {
            blocks.push_back(neural_block_create(bytes));
            objects.push_back(neural_pool_alloc(bytes < 5000 ? bytes : 24));
        }
        for (size_t i = 0; i < blocks.size(); i++) {
            neural_block_release(blocks[i]);
            neural_pool_free(objects[i], sizes[i] < 5000 ? sizes[i] : 24);
        }
        if (round == 0) {
            after_first = neural_alloc_count();
        }
    }
    EXPECT_EQ(neural_alloc_count(), after_first);
}

TEST(Pool, BlocksOfOneThreadServeAnother) {
    neural_block *blocks[50];
    for (auto &block : blocks) {
        block = neural_block_create(12345);
    }
    std::thread([&] {
        for (auto *block : blocks) {
            neural_block_release(block);
        }
    }).join();
    const int64_t count = neural_alloc_count();
    for (auto &block : blocks) {
        block = neural_block_create(12345);
    }
    EXPECT_EQ(neural_alloc_count(), count);
    for (auto *block : blocks) {
        neural_block_release(block);
    }
}

TEST(Pool, ObjectsAreZeroedAndAligned) {
    for (size_t bytes : {1, 8, 63, 64, 65, 128, 200, 1000, 5000}) {
        for (int round = 0; round < 3; round++) {
            auto *object = static_cast<unsigned char *>(neural_pool_alloc(bytes));
            ASSERT_TRUE(aligned(object));
            for (size_t i = 0; i < bytes; i++) {
                ASSERT_EQ(object[i], 0) << bytes << " at " << i;
            }
            memset(object, 0xFF, bytes);
            neural_pool_free(object, bytes);
        }
    }
    neural_pool_free(nullptr, 10);
}

TEST(Pool, TrimGivesEverythingBack) {
    neural_pool_trim();
    const int64_t held = neural_alloc_bytes();
    for (size_t bytes : {64, 5000, 70 << 20}) {
        neural_block_release(neural_block_create(bytes));
        neural_pool_free(neural_pool_alloc(48), 48);
    }
    EXPECT_GT(neural_alloc_bytes(), held);
    neural_pool_trim();
    EXPECT_EQ(neural_alloc_bytes(), held);
}

TEST(Pool, FailureLeavesThePoolUsable) {
    neural_pool_trim();
    for (size_t bytes : {10, 1000, 100000}) {
        neural_alloc_fail_at(1);
        EXPECT_EQ(neural_block_create(bytes), nullptr);
        EXPECT_EQ(neural_last_error_code(), NEURAL_ERR_OUT_OF_MEMORY);
        neural_alloc_fail_at(1);
        EXPECT_EQ(neural_pool_alloc(bytes * 7), nullptr);
        neural_block *block = neural_block_create(bytes);
        EXPECT_NE(block, nullptr);
        neural_block_release(block);
    }
}

/* Each block carries its owner's mark from end to end; two owners of one block would meet. */
void churn(unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::pair<neural_block *, size_t>> held;
    for (int i = 0; i < 5000; i++) {
        if (held.size() < 20 || random() % 2) {
            const size_t bytes = 1 + random() % (random() % 8 ? 2000 : 200000);
            neural_block *block = neural_block_create(bytes);
            ASSERT_NE(block, nullptr);
            auto *data = static_cast<unsigned *>(neural_block_data(block));
            data[0] = data[neural_block_bytes(block) / 4 - 1] = seed * 100000 + unsigned(i);
            held.emplace_back(neural_block_retain(block), seed * 100000 + unsigned(i));
            neural_block_release(block);
        } else {
            std::swap(held[random() % held.size()], held.back());
            neural_block *block = held.back().first;
            auto *data = static_cast<unsigned *>(neural_block_data(block));
            ASSERT_EQ(data[0], held.back().second);
            ASSERT_EQ(data[neural_block_bytes(block) / 4 - 1], held.back().second);
            neural_block_release(block);
            held.pop_back();
        }
        if (i % 1000 == 0) {
            neural_pool_trim();
        }
    }
    for (auto &entry : held) {
        neural_block_release(entry.first);
    }
}

TEST(Pool, ManyThreads) {
    neural_pool_trim();
    const int64_t held = neural_alloc_bytes();
    std::vector<std::thread> threads;
    for (unsigned t = 1; t <= 6; t++) {
        threads.emplace_back(churn, t);
    }
    for (auto &thread : threads) {
        thread.join();
    }
    neural_pool_trim();
    EXPECT_EQ(neural_alloc_bytes(), held);
}

TEST(Pool, LastOfManyReleasesOnce) {
    for (int round = 0; round < 200; round++) {
        neural_block *block = neural_block_create(256);
        for (int i = 0; i < 3; i++) {
            neural_block_retain(block);
        }
        std::vector<std::thread> threads;
        for (int t = 0; t < 3; t++) {
            threads.emplace_back([block] { neural_block_release(block); });
        }
        neural_block_release(block);
        for (auto &thread : threads) {
            thread.join();
        }
        neural_block *one = neural_block_create(256), *two = neural_block_create(256);
        EXPECT_NE(one, two) << "released twice";
        neural_block_release(one);
        neural_block_release(two);
    }
}

#ifdef __SANITIZE_ADDRESS__
TEST(PoolDeathTest, UseAfterReleaseIsSeen) {
    neural_block *block = neural_block_create(1000);
    auto *data = static_cast<volatile char *>(neural_block_data(block));
    neural_block_release(block);
    EXPECT_DEATH(data[999] = 1, "use-after-poison");
}
#endif

/* --- arena --- */

TEST(Arena, MemoryIsDisjointAndAligned) {
    neural_arena *arena = nullptr;
    ASSERT_EQ(neural_arena_create(4096, &arena), NEURAL_OK);
    std::mt19937 random(5);
    for (int round = 0; round < 3; round++) {
        std::vector<std::pair<unsigned char *, size_t>> pieces;
        for (int i = 0; i < 300; i++) {
            const size_t bytes = random() % (i % 50 ? 300 : 20000);
            auto *memory = static_cast<unsigned char *>(neural_arena_alloc(arena, bytes));
            ASSERT_NE(memory, nullptr);
            ASSERT_TRUE(aligned(memory));
            memset(memory, i & 0xFF, bytes);
            pieces.emplace_back(memory, bytes);
        }
        for (size_t i = 0; i < pieces.size(); i++) {
            for (size_t k = 0; k < pieces[i].second; k++) {
                ASSERT_EQ(pieces[i].first[k], i & 0xFF);
            }
        }
        neural_arena_reset(arena);
    }
    neural_arena_destroy(arena);
    neural_arena_destroy(nullptr);
}

TEST(Arena, SameStepAllocatesNothing) {
    neural_arena *arena = nullptr;
    ASSERT_EQ(neural_arena_create(1000, &arena), NEURAL_OK);
    const size_t sizes[] = {10, 900, 5000, 64, 64, 1200, 0, 700, 100000, 3};
    std::set<void *> first;
    int64_t count = 0;
    for (int step = 0; step < 4; step++) {
        std::set<void *> places;
        for (size_t bytes : sizes) {
            places.insert(neural_arena_alloc(arena, bytes));
        }
        EXPECT_EQ(places.size(), 10u);
        neural_arena_reset(arena);
        if (step == 0) {
            first = places;
            count = neural_alloc_count();
        }
        EXPECT_EQ(places, first);
    }
    EXPECT_EQ(neural_alloc_count(), count);
    neural_arena_destroy(arena);
}

TEST(Arena, FailuresLeaveItUsable) {
    const int64_t held = neural_alloc_bytes();
    neural_arena *arena = nullptr;
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_arena_create(1000, &arena), NEURAL_ERR_OUT_OF_MEMORY);
    EXPECT_EQ(arena, nullptr);
    ASSERT_EQ(neural_arena_create(1000, &arena), NEURAL_OK);
    neural_alloc_fail_at(1);
    EXPECT_EQ(neural_arena_alloc(arena, 10), nullptr);
    for (size_t bytes : kHuge) {
        EXPECT_EQ(neural_arena_alloc(arena, bytes), nullptr);
        EXPECT_EQ(neural_last_error_code(), NEURAL_ERR_OUT_OF_MEMORY);
    }
    EXPECT_NE(neural_arena_alloc(arena, 10), nullptr);
    neural_arena_destroy(arena);
    EXPECT_EQ(neural_arena_create(10, nullptr), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(neural_alloc_bytes(), held);
}

/* --- references --- */

struct Counted {
    neural_ref ref;
    int destroyed;
};

TEST(Ref, DestroysOnce) {
    Counted object = {{1, [](neural_ref *self) { reinterpret_cast<Counted *>(self)->destroyed++; }},
                      0};
    EXPECT_EQ(neural_ref_retain(&object.ref), &object.ref);
    neural_ref_release(&object.ref);
    EXPECT_EQ(object.destroyed, 0);
    neural_ref_release(&object.ref);
    EXPECT_EQ(object.destroyed, 1);
    EXPECT_EQ(neural_ref_retain(nullptr), nullptr);
    neural_ref_release(nullptr);
}

} // namespace
