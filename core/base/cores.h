/* How many cores the control groups grant. Only for core/base and its test. */
#ifndef CORE_BASE_CORES_H_
#define CORE_BASE_CORES_H_

#include "core/base/threads.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ceil(quota / period) of a cgroup v2 cpu.max ("150000 100000\n" -> 2); 0: no limit. */
int neural_cores_from_cpu_max(const char *text);

/* The same of a cgroup v1 cpu.cfs_quota_us and cpu.cfs_period_us. */
int neural_cores_from_cfs(const char *quota, const char *period);

/* The tightest limit on the way from this process's groups to their roots; 0: none. membership is
 * the text of /proc/self/cgroup, mount the directory where the hierarchies are mounted. */
int neural_cores_from_cgroups(const char *membership, const char *mount);

#ifdef __cplusplus
}
#endif

#endif /* CORE_BASE_CORES_H_ */
