#ifndef BENCH_ALIGNED_VECTOR_H_
#define BENCH_ALIGNED_VECTOR_H_

#include <cstddef>
#include <new>
#include <vector>

namespace bench {

// Vectors that start where tensors do.
template <typename T> struct AlignedAllocator {
    using value_type = T;
    AlignedAllocator() = default;
    template <typename U> explicit AlignedAllocator(const AlignedAllocator<U> &) {}
    T *allocate(size_t len) {
        return static_cast<T *>(::operator new(len * sizeof(T), std::align_val_t(64)));
    }
    void deallocate(T *data, size_t) { ::operator delete(data, std::align_val_t(64)); }
    bool operator==(const AlignedAllocator &) const { return true; }
    bool operator!=(const AlignedAllocator &) const { return false; }
};
template <typename T> using AlignedVector = std::vector<T, AlignedAllocator<T>>;

} // namespace bench

#endif // BENCH_ALIGNED_VECTOR_H_
