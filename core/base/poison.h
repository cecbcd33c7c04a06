/* Under AddressSanitizer: memory that is cached, not handed out, traps when touched. */
#ifndef CORE_BASE_POISON_H_
#define CORE_BASE_POISON_H_

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define NEURAL_POISON(memory, bytes) __asan_poison_memory_region((memory), (bytes))
#define NEURAL_UNPOISON(memory, bytes) __asan_unpoison_memory_region((memory), (bytes))
#else
#define NEURAL_POISON(memory, bytes) ((void)(memory), (void)(bytes))
#define NEURAL_UNPOISON(memory, bytes) ((void)(memory), (void)(bytes))
#endif

#endif /* CORE_BASE_POISON_H_ */
