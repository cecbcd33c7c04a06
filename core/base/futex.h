/* Waiting for a word to change: first by looking, then asleep in the kernel. Only for core/base. */
#ifndef CORE_BASE_FUTEX_H_
#define CORE_BASE_FUTEX_H_

#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* About 50 us on a 2-4 GHz time stamp counter: longer than the gap between two parallel calls of a
 * training step, shorter than anybody notices. */
enum { NEURAL_SPIN_TICKS = 150000 };

/* Returns as soon as the word is no longer `value`, at the latest after `ticks`. */
static inline void neural_spin(const uint32_t *word, uint32_t value, int64_t ticks) {
    const uint64_t start = __builtin_ia32_rdtsc();
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value &&
           (int64_t)(__builtin_ia32_rdtsc() - start) < ticks) {
        __builtin_ia32_pause();
    }
}

/* Sleeps while the word is `value`; may also return early. */
static inline void neural_futex_wait(const uint32_t *word, uint32_t value) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static inline void neural_futex_wake(const uint32_t *word, int sleepers) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, sleepers, NULL, NULL, 0);
}

#endif /* CORE_BASE_FUTEX_H_ */
