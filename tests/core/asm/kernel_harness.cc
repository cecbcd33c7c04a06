#include "tests/core/asm/kernel_harness.h"

#include <cpuid.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

extern "C" uint64_t neural_test_call(neural_test::call_frame *frame);
extern "C" uint64_t neural_test_upper_halves(void);
extern "C" void neural_test_dirty_upper_half(void);

namespace neural_test {

const std::vector<Slot> &slots() {
#define EXACT                                                                                      \
    { NEURAL_ACCURACY_EXACT, 0 }
#define ULP(bound)                                                                                 \
    { NEURAL_ACCURACY_ULP, bound }
#define SUM(bound)                                                                                 \
    { NEURAL_ACCURACY_SUM, bound }
#define NEURAL_SLOT(op, type, accuracy) {#op, Family::type, accuracy},
    static const std::vector<Slot> all = {
#define NEURAL_PLAIN_SLOT(op, type, accuracy) {#op, Family::type, accuracy},
#include "core/asm/slots.inc"
    };
#undef EXACT
#undef ULP
#undef SUM
    return all;
}

const Slot &slot_of(const std::string &op) {
    for (const Slot &slot : slots()) {
        if (slot.op == op) {
            return slot;
        }
    }
    std::fprintf(stderr, "no slot named %s\n", op.c_str());
    std::abort();
}

const std::vector<Kernel> &kernels() {
    constexpr neural_isa c = NEURAL_ISA_C, sse2 = NEURAL_ISA_SSE2, avx2 = NEURAL_ISA_AVX2,
                         avx512 = NEURAL_ISA_AVX512;
#define NEURAL_KERNEL(isa, op, dtype)                                                              \
    {"neural_" #op "_" #dtype "_" #isa, #op, #dtype, isa,                                          \
     reinterpret_cast<AnyFunction>(neural_##op##_##dtype##_##isa)},
    static const std::vector<Kernel> all = {
#define NEURAL_PLAIN_KERNEL(isa, op)                                                               \
    {"neural_" #op "_" #isa, #op, "", isa, reinterpret_cast<AnyFunction>(neural_##op##_##isa)},
#include "core/asm/kernels.inc"
    };
#undef NEURAL_KERNEL
#undef NEURAL_PLAIN_KERNEL
    return all;
}

std::vector<Kernel> kernels_of(std::initializer_list<Family> families) {
    std::vector<Kernel> chosen;
    for (const Kernel &kernel : kernels()) {
        if (std::count(families.begin(), families.end(), kernel.slot().family)) {
            chosen.push_back(kernel);
        }
    }
    return chosen;
}

const Kernel *kernel_at(const Kernel &kernel, neural_isa isa) {
    for (const Kernel &other : kernels()) {
        if (other.op == kernel.op && other.dtype == kernel.dtype && other.isa == isa) {
            return &other;
        }
    }
    return nullptr;
}

std::string kernel_test_name(const testing::TestParamInfo<Kernel> &info) {
    return info.param.symbol;
}

void PrintTo(const Kernel &kernel, std::ostream *os) {
    *os << kernel.symbol;
}

static bool is_required(neural_isa isa) {
    const char *required = std::getenv("NEURAL_REQUIRE_ISA");
    for (int level = 0; required && level < NEURAL_ISA_COUNT; level++) {
        if (std::strcmp(required, neural_isa_name((neural_isa)level)) == 0) {
            return isa <= level;
        }
    }
    return false;
}

bool lacks_isa(neural_isa isa) {
    if (isa <= neural_isa_detected()) {
        return false;
    }
    if (is_required(isa)) {
        ADD_FAILURE() << "this CPU lacks " << neural_isa_name(isa) << ", NEURAL_REQUIRE_ISA is "
                      << std::getenv("NEURAL_REQUIRE_ISA");
    }
    return true;
}

void KernelTest::SetUp() {
    if (lacks_isa(GetParam().isa)) {
        GTEST_SKIP() << "this CPU lacks " << neural_isa_name(GetParam().isa);
    }
}

uint64_t seed() {
    static const uint64_t value = [] {
        const char *text = std::getenv("NEURAL_TEST_SEED");
        const uint64_t chosen = text ? std::strtoull(text, nullptr, 0) : 1;
        std::printf("replay with NEURAL_TEST_SEED=%llu\n", (unsigned long long)chosen);
        return chosen;
    }();
    return value;
}

std::mt19937_64 generator(const std::string &name) {
    uint64_t hash = 0xcbf29ce484222325u ^ seed(); // FNV-1a
    for (unsigned char letter : name) {
        hash = (hash ^ letter) * 0x100000001b3u;
    }
    return std::mt19937_64(hash);
}

// --- memory --------------------------------------------------------------------------------------

static const unsigned char kPattern = 0xa5;

GuardedBuffer::GuardedBuffer(size_t bytes) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    capacity_ = (bytes + page - 1) / page * page + page;
    mapped_ = capacity_ + 2 * page;
    void *memory =
        mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        std::perror("mmap");
        std::abort();
    }
    mapping_ = static_cast<unsigned char *>(memory);
    data_ = mapping_ + page;
    mprotect(mapping_, page, PROT_NONE);
    mprotect(data_ + capacity_, page, PROT_NONE);
    std::memset(data_, kPattern, capacity_);
}

GuardedBuffer::~GuardedBuffer() {
    munmap(mapping_, mapped_);
}

void *GuardedBuffer::place(size_t offset, size_t bytes) {
    std::memset(data_ + begin_, kPattern, end_ - begin_);
    begin_ = offset;
    end_ = offset + bytes;
    return data_ + offset;
}

bool GuardedBuffer::is_intact() const {
    const auto is_pattern = [](unsigned char byte) { return byte == kPattern; };
    return std::all_of(data_, data_ + begin_, is_pattern) &&
           std::all_of(data_ + end_, data_ + capacity_, is_pattern);
}

std::vector<int64_t> test_lengths() {
    std::vector<int64_t> lengths;
    for (int64_t len = 0; len <= 70; len++) {
        lengths.push_back(len);
    }
    for (int64_t len : {127, 128, 129, 255, 257, 997}) {
        lengths.push_back(len);
    }
    return lengths;
}

int64_t length_over_l2(size_t element_bytes) {
    return neural_cpu_caches().l2 / static_cast<int64_t>(element_bytes) + 13;
}

// --- calls ---------------------------------------------------------------------------------------

// XGETBV with ECX = 1 must exist, and must see what is dirtied and what is cleaned.
static bool can_see_upper_halves() {
    static const bool can = [] {
        unsigned a = 0, b = 0, c = 0, d = 0;
        if (neural_isa_detected() < NEURAL_ISA_AVX2 || !__get_cpuid_count(13, 1, &a, &b, &c, &d) ||
            !(a & 4)) {
            return false;
        }
        neural_test_dirty_upper_half();
        const bool sees_dirt = neural_test_upper_halves() & 4;
        __asm__ volatile("vzeroupper" ::: "xmm7");
        return sees_dirt && !(neural_test_upper_halves() & 4);
    }();
    return can;
}

void run_checked(call_frame *frame) {
    const bool sees_upper = can_see_upper_halves();
    frame->has_avx = neural_isa_detected() >= NEURAL_ISA_AVX2;
    const uint64_t broken = neural_test_call(frame);
    const bool is_dirty = sees_upper && (neural_test_upper_halves() & 4);
    EXPECT_FALSE(broken & 1) << "a callee-saved register was changed";
    EXPECT_FALSE(broken & 2) << "the direction flag was left set";
    EXPECT_FALSE(broken & 4) << "control bits of MXCSR were changed";
    EXPECT_FALSE(broken & 8) << "the stack pointer moved";
    EXPECT_FALSE(is_dirty) << "upper halves of vector registers were left in use";
}

} // namespace neural_test
