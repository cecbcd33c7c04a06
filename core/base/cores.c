#define _GNU_SOURCE
#include "core/base/cores.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SMALL_FILE = 4096, MASK_SETS = 16 };

static int cores_of(long long quota, long long period) {
    if (quota <= 0 || period <= 0) {
        return 0;
    }
    const long long cores = (quota - 1) / period + 1;
    return cores < INT_MAX ? (int)cores : INT_MAX;
}

int neural_cores_from_cpu_max(const char *text) {
    char *end;
    const long long quota = strtoll(text, &end, 10);
    return end == text ? 0 : cores_of(quota, strtoll(end, NULL, 10));
}

int neural_cores_from_cfs(const char *quota, const char *period) {
    return cores_of(strtoll(quota, NULL, 10), strtoll(period, NULL, 10));
}

/* The first bytes of a file as text, "" when it cannot be read. */
static const char *read_small(const char *path, char text[SMALL_FILE]) {
    size_t used = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && used < SMALL_FILE - 1) {
        const ssize_t got = read(fd, text + used, SMALL_FILE - 1 - used);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            break;
        }
        used += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    text[used] = '\0';
    return text;
}

static const char *read_in(const char *mount, const char *dir, const char *group, const char *name,
                           char text[SMALL_FILE]) {
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof(path), "%s%s%s/%s", mount, dir, group, name);
    text[0] = '\0';
    return length > 0 && length < (int)sizeof(path) ? read_small(path, text) : text;
}

/* 0 stands for no limit. */
static int tighter(int a, int b) {
    return !a || (b && b < a) ? b : a;
}

static int limit_at(const char *mount, const char *group, int version) {
    char first[SMALL_FILE], second[SMALL_FILE];
    if (version == 2) {
        return neural_cores_from_cpu_max(read_in(mount, "", group, "cpu.max", first));
    }
    int cores = 0;
    static const char *const dirs[] = {"/cpu", "/cpu,cpuacct"};
    for (int i = 0; i < 2; i++) {
        const char *quota = read_in(mount, dirs[i], group, "cpu.cfs_quota_us", first);
        const char *period = read_in(mount, dirs[i], group, "cpu.cfs_period_us", second);
        cores = tighter(cores, neural_cores_from_cfs(quota, period));
    }
    return cores;
}

/* A container sees the path of its host but has only the root mounted: levels that are absent
 * count as no limit. */
static int limit_upwards(const char *mount, char *group, int version) {
    int cores = 0;
    for (;;) {
        cores = tighter(cores, limit_at(mount, group, version));
        char *slash = strrchr(group, '/');
        if (!slash) {
            return cores;
        }
        *slash = '\0';
    }
}

/* Whether the comma separated list of length bytes holds "cpu". */
static int has_cpu(const char *list, size_t length) {
    while (length > 0) {
        const char *comma = memchr(list, ',', length);
        const size_t word = comma ? (size_t)(comma - list) : length;
        if (word == 3 && memcmp(list, "cpu", 3) == 0) {
            return 1;
        }
        list += word + (comma != NULL);
        length -= word + (comma != NULL);
    }
    return 0;
}

/* One line "id:controllers:path" of the membership file. */
static int limit_of_line(const char *line, size_t length, const char *mount) {
    const char *list = memchr(line, ':', length);
    const char *path = list ? memchr(list + 1, ':', length - (size_t)(list + 1 - line)) : NULL;
    char group[PATH_MAX];
    const size_t bytes = path ? length - (size_t)(path + 1 - line) : sizeof(group);
    if (bytes >= sizeof(group)) {
        return 0;
    }
    memcpy(group, path + 1, bytes);
    group[bytes] = '\0';
    const size_t controllers = (size_t)(path - list - 1);
    if (controllers == 0) {
        return limit_upwards(mount, group, 2);
    }
    return has_cpu(list + 1, controllers) ? limit_upwards(mount, group, 1) : 0;
}

int neural_cores_from_cgroups(const char *membership, const char *mount) {
    int cores = 0;
    while (*membership) {
        const size_t length = strcspn(membership, "\n");
        cores = tighter(cores, limit_of_line(membership, length, mount));
        membership += length + (membership[length] == '\n');
    }
    return cores;
}

int neural_cores_available(void) {
    cpu_set_t mask[MASK_SETS];
    char membership[SMALL_FILE];
    int cores = 0;
    if (sched_getaffinity(0, sizeof(mask), mask) == 0) {
        cores = CPU_COUNT_S(sizeof(mask), mask);
    }
    cores = tighter(cores, neural_cores_from_cgroups(read_small("/proc/self/cgroup", membership),
                                                     "/sys/fs/cgroup"));
    return cores > 0 ? cores : 1;
}
