// Address space far beyond the memory that is needed for it.
#ifndef TESTS_STRESS_LONG_MEMORY_H_
#define TESTS_STRESS_LONG_MEMORY_H_

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

// The same three MiB over and over, and then a last piece of its own. What depends on the element
// alone fills each repetition with the same values; an index that has wrapped around misses the
// last piece. The period divides no power of two.
class LongMemory {
  public:
    static constexpr int64_t kPeriod = 3 << 20;

    explicit LongMemory(int64_t bytes) : repetitions_(bytes / kPeriod - 1) {
        last_bytes_ = (bytes - repetitions_ * kPeriod + 4095) / 4096 * 4096;
        size_ = static_cast<size_t>(repetitions_ * kPeriod + last_bytes_);
        void *space =
            mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        const int file = memfd_create("long", 0);
        ready_ = space != MAP_FAILED && file >= 0 && ftruncate(file, kPeriod + last_bytes_) == 0;
        data_ = static_cast<char *>(space);
        for (int64_t i = 0; i < repetitions_ && ready_; i++) {
            ready_ = Map(file, i * kPeriod, 0, kPeriod);
        }
        ready_ = ready_ && Map(file, repetitions_ * kPeriod, kPeriod, last_bytes_);
        close(file);
    }
    ~LongMemory() { munmap(data_, size_); }
    LongMemory(const LongMemory &) = delete;
    LongMemory &operator=(const LongMemory &) = delete;

    bool ready() const { return ready_; }
    int64_t repetitions() const { return repetitions_; }
    template <class T> T *data() const { return reinterpret_cast<T *>(data_); }
    // Index of the first element of the last piece.
    template <class T> int64_t last() const {
        return repetitions_ * kPeriod / static_cast<int64_t>(sizeof(T));
    }

  private:
    bool Map(int file, int64_t at, int64_t offset, int64_t bytes) {
        return mmap(data_ + at, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_FIXED, file, offset) != MAP_FAILED;
    }

    int64_t repetitions_, last_bytes_ = 0;
    size_t size_ = 0;
    char *data_ = nullptr;
    bool ready_ = false;
};

// Zeros that take memory where they are written.
class SparseMemory {
  public:
    explicit SparseMemory(int64_t bytes) : size_(static_cast<size_t>(bytes)) {
        void *space = mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        EXPECT_NE(space, MAP_FAILED);
        data_ = static_cast<char *>(space);
    }
    ~SparseMemory() { munmap(data_, size_); }
    SparseMemory(const SparseMemory &) = delete;
    SparseMemory &operator=(const SparseMemory &) = delete;
    template <class T> T *data() const { return reinterpret_cast<T *>(data_); }

  private:
    size_t size_;
    char *data_ = nullptr;
};

#endif // TESTS_STRESS_LONG_MEMORY_H_
