/* Test hook: what can happen to the operations on files below this library.
 *
 * Every operation that the library does on a file goes through core/base/file_call.h, and there one
 * of them, or all from one on, can be made to fail, to move fewer bytes than asked, or to be the
 * last thing that the process does. Without a fault set an operation costs one load more. */
#ifndef CORE_BASE_FILE_FAULTS_H_
#define CORE_BASE_FILE_FAULTS_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bits, so that a fault may count some kinds only. */
enum {
    NEURAL_FILE_OPEN = 1 << 0,
    NEURAL_FILE_READ = 1 << 1,
    NEURAL_FILE_WRITE = 1 << 2,
    NEURAL_FILE_SYNC = 1 << 3,
    NEURAL_FILE_RENAME = 1 << 4,
    NEURAL_FILE_CLOSE = 1 << 5,
    NEURAL_FILE_REMOVE = 1 << 6,
    NEURAL_FILE_STATUS = 1 << 7, /* stat, fstat, fchmod, readlink */
    NEURAL_FILE_MAP = 1 << 8,
    NEURAL_FILE_TRUNCATE = 1 << 9,
    NEURAL_FILE_LINK = 1 << 10,
    NEURAL_FILE_MKDIR = 1 << 11,
    NEURAL_FILE_LIST = 1 << 12, /* the next entry of a directory */
    NEURAL_FILE_ANY = (1 << 13) - 1
};

typedef enum neural_file_effect {
    NEURAL_FILE_FAILS = 0, /* not done, errno = error; a failed close has closed all the same */
    NEURAL_FILE_SHORT = 1, /* a read or write moves half of its bytes, at least one */
    NEURAL_FILE_KILLS = 2, /* not done: _exit(NEURAL_FILE_KILLED), as abrupt as SIGKILL */
    NEURAL_FILE_SHORT_KILLS = 3, /* _exit after half of the bytes; not done where there are none */
} neural_file_effect;

enum { NEURAL_FILE_KILLED = 9 }; /* the exit status */

typedef struct neural_file_fault {
    unsigned operations; /* which kinds count, by their bits */
    int64_t at;          /* the operation it meets, 1 = the next one; 0 = none: counts only */
    int lasts;           /* it meets all later ones, too: a disk that is full stays full */
    neural_file_effect effect;
    int error; /* an errno, of NEURAL_FILE_FAILS */
} neural_file_fault;

/* From now on, on all threads; NULL switches it off. Not while other threads use files. */
void neural_file_fault_set(const neural_file_fault *fault);

/* Operations of the counted kinds since the last neural_file_fault_set of a fault. */
int64_t neural_file_fault_seen(void);

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_FILE_FAULTS_H_ */
