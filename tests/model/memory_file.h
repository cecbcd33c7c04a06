// A regular file in memory, for tests that read thousands of them.
#ifndef TESTS_MODEL_MEMORY_FILE_H_
#define TESTS_MODEL_MEMORY_FILE_H_

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

class MemoryFile {
  public:
    MemoryFile() : fd_(memfd_create("test", 0)) { EXPECT_GE(fd_, 0); }
    ~MemoryFile() { close(fd_); }
    MemoryFile(const MemoryFile &) = delete;
    MemoryFile &operator=(const MemoryFile &) = delete;

    std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

    void Set(const std::string &bytes) {
        EXPECT_EQ(ftruncate(fd_, 0), 0);
        EXPECT_EQ(pwrite(fd_, bytes.data(), bytes.size(), 0), (ssize_t)bytes.size());
    }

  private:
    int fd_;
};

#endif /* TESTS_MODEL_MEMORY_FILE_H_ */
